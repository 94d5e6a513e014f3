#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/http.h"

// A small HTTP client for tools and tests, on Boost.Beast. No Beast header shows through here.
namespace lastmeter::http {

struct Url {
  std::string host;
  uint16_t port = 80;
  // What stands before a target: empty, or "/prefix" without a last slash.
  std::string prefix;
};

// Reads "http://host[:port][/prefix]". kInvalidArgument names what is wrong; https is answered with
// the advice to go through a proxy on this machine.
absl::StatusOr<Url> ParseUrl(std::string_view text);

struct ClientOptions {
  Url url;
  // Bearer token; empty: none is sent.
  std::string token{};
  // For a whole call, connecting included.
  int timeout_ms = 10'000;
  size_t body_limit = 64 << 20;
};

// One connection, kept alive between calls and opened anew where it has ended. Used by one thread.
class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  struct Call {
    std::string method = "GET";
    // Path and query, percent-encoded.
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
  };
  // Waits for the answer, whatever its status. Header names come in lower case.
  // Errors: kUnavailable: nobody answered, or not to the end, and the server may or may not have
  // taken the request; the message says at what point. Nothing is sent twice here.
  absl::StatusOr<Response> Send(const Call& call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastmeter::http
