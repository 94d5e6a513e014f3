#pragma once

#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace lastmeter {

// What must hold after every run; empty when it does:
//   every input in the log, and so every acknowledged one, has exactly one decision;
//   an input id changes something at most once;
//   no timer fires twice, none fires over an input taken before it was due, none is left;
//   the recorded inputs, decided again, give the same bytes;
//   folding the log gives the live state;
//   the independent judge finds nothing.
std::vector<std::string> CheckRun(const Simulation::Result& run);

}  // namespace lastmeter
