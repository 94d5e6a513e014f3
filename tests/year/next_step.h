#pragma once

#include <cstdint>
#include <optional>

#include "tests/year/acts.h"
#include "tests/year/case_book.h"

namespace lastmeter::year {

// What whoever holds a case does next.
struct Step {
  Act act = Act::kClose;
  // Until when it is to be done, Unix ms; 0 where nothing says so.
  int64_t due_ms = 0;
  // As in Intent.
  uint32_t item = 0;
  uint32_t nth = 0;
};

// Of an open case that somebody has: verify, relieve, complete the papers, hear from the department
// that was asked, and close or follow up. What one person prefers is the same at every look at the
// case. Empty where planned work may go on.
std::optional<Step> NextStep(const KnownCase& c, bool pressed);

// The last turn of some planned work ended undone.
bool HasOverdueWork(const KnownCase& c);

}  // namespace lastmeter::year
