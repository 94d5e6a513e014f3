#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/time.h"
#include "services/common/http.h"
#include "services/common/metrics.h"
#include "services/common/shutdown.h"

// What every serving process has in common, whatever it serves.
namespace lastmeter {

// A process' work, started and not yet ended. Thread-safe.
class Service {
 public:
  virtual ~Service() = default;

  // "http://127.0.0.1:8480"
  virtual std::string url() const = 0;
  // What /readyz says: empty when all is well, otherwise one reason a line.
  virtual std::vector<std::string> NotReady() const = 0;
  // Set once it cannot go on; names what to do. The process ends with FailWith() of it.
  virtual absl::Status fatal() const = 0;
  // Looks after what takes its time. Called some twenty times a second while it serves.
  virtual void Tend() {}
  // Accepts nothing new, drains within `grace`, closes what it holds. Callable once.
  virtual void Stop(Millis grace) = 0;
};

// Prints "program: message" to standard error and gives the code back.
int Fail(std::string_view program, int code, std::string_view message);
// Why it did not start, or stopped, with the exit code for whoever started it: 75 where another
// process is in the way, 78 where something has to be put right first.
int FailWith(std::string_view program, const absl::Status& status);

// "127.0.0.1:8480", "[::1]:8480" or ":8480" (all addresses). False when it is neither.
bool ReadListen(const std::string& text, std::string* address, uint16_t* port);
// "http://[::1]:8480"
std::string UrlOf(const std::string& address, uint16_t port);

// Prints "ready URL" once to standard output when the service is ready, drains it within 10 s when
// told to end, ends it when it cannot go on. Returns the exit code.
int ServeUntilTold(std::string_view program, Service& service, Shutdown& shutdown);

// /healthz, /readyz and /metrics. What the routes are given must outlive the server.
std::vector<http::Route> OperatorRoutes(std::function<std::vector<std::string>()> not_ready,
                                        const Metrics* metrics);

// lastmeter_ready and what the server counts. `server` is asked when scraped.
void AddServiceMetrics(std::function<std::vector<std::string>()> not_ready,
                       std::function<const http::Server&()> server, Metrics* metrics);

}  // namespace lastmeter
