#pragma once

#include <iosfwd>

#include "lastmeter/api/v1/api.pb.h"
#include "tests/year/life.h"

namespace lastmeter::year {

// What the engine had to do, a figure a line.
void PrintFigures(const Figures& figures, Life& life, std::ostream& out);
// What became of the cases, as the district's office reads it.
void PrintStatistics(const api::v1::Statistics& statistics, std::ostream& out);

}  // namespace lastmeter::year
