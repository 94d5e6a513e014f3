#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/common/http_client.h"

namespace CLI {
class App;
}

// Calls a running server as an operator.
namespace lastmeter::ctl {

struct ServerFlags {
  std::string url;
  std::string token;
  std::string token_file;
};

void AddServer(CLI::App* app, ServerFlags* flags);

// The answer when its status is below 300; otherwise an error with what the problem document says.
// Errors: kInvalidArgument for wrong flags or a refused request, kPermissionDenied, kUnavailable.
absl::StatusOr<http::Response> Ask(const ServerFlags& flags, http::Client::Call call);

}  // namespace lastmeter::ctl
