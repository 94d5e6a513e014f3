#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace lastmeter::http {

struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

// Takes a request target (origin form, or the absolute form that proxies send) apart and decodes
// it. Error: kInvalidArgument for malformed escapes, control characters, an escaped '/', "." and
// ".." segments and anything that is not UTF-8. The message never repeats what was sent.
absl::StatusOr<Target> ParseTarget(std::string_view raw);

}  // namespace lastmeter::http
