#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace lastmeter {

// The bytes as UTF-8. GB18030 contains GBK and GB2312, so one converter serves all three. Error:
// kInvalidArgument with the byte where they are something else.
absl::StatusOr<std::string> FromGb18030(const std::string& bytes);

}  // namespace lastmeter
