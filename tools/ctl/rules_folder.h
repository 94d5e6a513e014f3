#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/rulesfile/rulesfile.h"

namespace lastmeter::ctl {

// The rules of the folder when they may be installed. Otherwise every problem, one a line, each
// with its file and line.
absl::StatusOr<LoadedRules> LoadAndValidate(const std::string& dir);

}  // namespace lastmeter::ctl
