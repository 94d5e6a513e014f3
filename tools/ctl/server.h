#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/http_client.h"

namespace CLI {
class App;
}
namespace google::protobuf {
class Message;
}

// Calls a running server.
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

// Many calls over one connection. Used by one thread.
class Session {
 public:
  // Waits so many seconds before a call is made again; false: it is not to be made again. By
  // default the thread sleeps.
  using Pause = std::function<bool(int seconds)>;

  // Connects to nobody yet. kInvalidArgument for wrong flags.
  static absl::StatusOr<Session> Open(const ServerFlags& flags, Pause pause = {});

  // The answer, whatever its status, but for 429 and 503: those are waited out as Retry-After says,
  // for five minutes at most, and are the answer then, or once the pause was refused. A call whose
  // connection broke is made once more, so it must be one that may be repeated.
  // Errors: kUnavailable.
  absl::StatusOr<http::Response> Send(const http::Client::Call& call);

  // GET of a message. Errors as Ask; kAborted where the server stayed busy.
  absl::Status Get(const std::string& target, google::protobuf::Message* out);

 private:
  Session(http::Client client, Pause pause)
      : client_(std::move(client)), pause_(std::move(pause)) {}

  http::Client client_;
  Pause pause_;
};

// What the problem document of an answer of 300 or above says, as an error: kPermissionDenied for
// 401 and 403, kNotFound for 404, kAborted for 429 and 503, otherwise kInvalidArgument.
absl::Status RefusalOf(const http::Response& response);

}  // namespace lastmeter::ctl
