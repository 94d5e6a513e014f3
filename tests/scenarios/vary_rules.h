#pragma once

#include <map>
#include <string>

#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter::scenario {

// Changes rules as the options of a scenario's `rules` line say (tests/scenarios/README.md) and
// appends to their version what was changed. Returns what is wrong with the options; empty when
// nothing is.
std::string VaryRules(const std::map<std::string, std::string>& options,
                      lastmeter::rules::v1::Rules* rules);

}  // namespace lastmeter::scenario
