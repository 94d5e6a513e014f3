#pragma once

#include <string>
#include <string_view>

#include "engine/rulesfile/problems.h"
#include "engine/rulesfile/rulesfile.h"

namespace lastmeter {

// Reads policy.yaml into version, policy, duty hours and known_until of `loaded`, and notes the
// line of each field under its path. `file` is the name used in messages.
void ReadPolicy(std::string_view file, const std::string& text, LoadedRules& loaded,
                FileProblems& problems);

}  // namespace lastmeter
