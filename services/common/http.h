#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/tokens.h"

// The one HTTP server of all services, on Boost.Beast. No Beast header shows through here.
namespace lastmeter::http {

struct Request {
  // HEAD is served by GET's route, which sees GET; the server leaves the body out.
  std::string method;
  // Percent-decoded, without the query. Valid UTF-8 without control characters or dot segments.
  std::string path;
  // Query parameters in order, percent-decoded; '+' stays '+', as times have it in their offset.
  std::vector<std::pair<std::string, std::string>> query;
  // Header fields; names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Values of the pattern's {placeholders}, in order.
  std::vector<std::string> captures;
  // Who calls; the server has checked the token.
  Caller caller;

  std::optional<std::string> Header(std::string_view lower_case_name) const;
  std::optional<std::string> Query(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A problem document (RFC 9457), application/problem+json. `type` is a short code that clients may
// rely on ("stale-version"); it becomes "/problems/<type>". `extra_json` is empty or the inside of
// an object (`"present":{…}`) that is added to the document.
Response Problem(int status, std::string_view type, std::string_view detail,
                 std::string_view extra_json = {});

// A response of unknown length, for Server-Sent Events. Thread-safe.
class Stream {
 public:
  virtual ~Stream() = default;
  // Queues bytes. False when the client is gone, or so slow that the bounded buffer (1 MiB) is
  // full, upon which the connection is closed.
  virtual bool Write(std::string bytes) = 0;
  // Bytes queued and not yet taken by the kernel.
  virtual size_t backlog() const = 0;
  virtual bool closed() const = 0;
  virtual void Close() = 0;
};

// Answers one request, exactly once, from any thread, now or later. Dropped unanswered: 500.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(Response response) = 0;
  virtual std::shared_ptr<Stream> StartStream(Response head) = 0;
};

// Called on one of the server's threads; must not wait.
using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;

struct Route {
  std::string method;
  // "/v1/cases/{number}:acknowledge": a placeholder matches one or more characters but '/' and ':'.
  std::string pattern;
  Handler handler;
  // False: answered without a token (health, readiness, metrics).
  bool needs_token = true;
  size_t body_limit = 256 * 1024;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  // 0: any free port.
  uint16_t port = 0;
  int threads = 2;
  size_t max_connections = 1024;
  size_t header_limit = 16 * 1024;
  size_t uri_limit = 4 * 1024;
  int header_timeout_ms = 5'000;
  int body_timeout_ms = 15'000;
  int idle_timeout_ms = 30'000;
  // Time that the client may take to receive a response, plus a second for every 256 KiB of it; on
  // a stream, the time until queued bytes were taken.
  int write_timeout_ms = 30'000;
  // Null: no tokens, every caller is `anonymous`; refused unless the address is loopback.
  std::shared_ptr<const TokenFile> tokens;
  Caller anonymous;
};

class Server {
 public:
  // Errors: kUnavailable when the address is taken, kInvalidArgument, kPermissionDenied.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options,
                                                       std::vector<Route> routes);
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  // Accepts nothing new, lets requests under way finish for at most `grace_ms`, then closes all.
  virtual void Stop(int grace_ms) = 0;

  struct Counters {
    uint64_t requests = 0;
    uint64_t refused_connections = 0;
    uint64_t timeouts = 0;
    int64_t connections = 0;
  };
  virtual Counters counters() const = 0;
};

}  // namespace lastmeter::http
