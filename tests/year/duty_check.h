#pragma once

#include <string>
#include <vector>

#include "tests/year/engine.h"

namespace lastmeter::year {

// Whether the towns told whoever was on duty, and nobody else, and were passed only when nobody
// was: by a reading of its own of roster, rota, leave and calendar, none of which it takes from the
// engine. Whom it saw told by the rota goes into `by_rota`, by a post that keeps nights into
// `by_nights`.
struct DutySeen {
  int by_rota = 0;
  int by_nights = 0;
  int passed = 0;
};
DutySeen CheckTownDuty(Engine& engine, std::vector<std::string>* problems);

}  // namespace lastmeter::year
