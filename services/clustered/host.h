#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/runtime/clock_source.h"
#include "services/common/http.h"
#include "services/common/metrics.h"
#include "services/common/service.h"
#include "services/common/tokens.h"

namespace CLI {
class App;
}

namespace lastmeter {

// What every service on Kafka is told besides its log.
struct HostFlags {
  std::string data_dir{};
  std::string listen{};
  std::string tokens{};
  std::string instance{};
  // A demonstration's clock, made by `lastmeter demo`.
  std::string demo_clock{};
};

// Adds --data-dir, --listen and --instance, with `listen` as the default address, and --tokens
// where callers are asked for one. `flags` must outlive the parsing.
void AddHostFlags(CLI::App& app, const std::string& listen, bool takes_tokens, HostFlags* flags);

// The clock that the flags name: the machine's, unless for a demonstration.
absl::StatusOr<std::unique_ptr<ClockSource>> OpenClock(const HostFlags& flags);

// The flag, or "hostname-pid".
std::string InstanceOf(const HostFlags& flags);

// The HTTP server of one service: its routes beside those for operators. Not to be moved: routes
// and metrics point into it.
class Host {
 public:
  using NotReady = std::function<std::vector<std::string>()>;

  Metrics& metrics() { return metrics_; }

  // Errors: kInvalidArgument for the flags, kUnavailable for an address that is taken,
  // kPermissionDenied, kNotFound for the file of tokens.
  absl::Status Start(const HostFlags& flags, std::vector<http::Route> routes, NotReady not_ready);
  void Stop(Millis grace);

  // After Start.
  std::string url() const { return url_; }

 private:
  Metrics metrics_;
  std::string url_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace lastmeter
