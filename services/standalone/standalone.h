#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/common/service.h"
#include "services/common/tokens.h"

namespace lastmeter {

class ClockSource;  // engine/runtime

struct StandaloneOptions {
  // Holds log/, store/<partition>/, query/ and guard/. Made when it does not exist.
  std::string data_dir;
  std::string address = "127.0.0.1";
  // 0: any free port; ask port().
  uint16_t port = 8480;
  // Who may call. Null: everybody is `anonymous`, refused unless the address is loopback.
  std::shared_ptr<const TokenFile> tokens;
  Caller anonymous;
  // Personal details and free texts are stored as they came. For invented data only.
  bool allow_unsealed = false;
  // Fixed when the log is created; compared with the log's own count afterwards.
  uint32_t partitions = 4;
  // Installed through the command log, after the start, where their digest is not the one in
  // force; NotReady() says so until they are, fatal() when a partition refuses them.
  std::optional<lastmeter::rules::v1::Rules> rules;
  // Path of the log's tail witness, best on another disk. Empty: beside the log.
  std::string witness_path;
  // Names this process in WriterOpened and in errors.
  std::string instance = "standalone";
  // Requests a second and caller; 0: not limited.
  double rate_limit_per_s = 2000;
  // Clocks of the engine and of the gateway. Null: the system's. Must outlive the server.
  ClockSource* clock = nullptr;
};

// Everything in one process on the embedded log: gateway, engine and query behind one HTTP server.
// `lastmeter serve` and `lastmeter demo` are thin shells around it. Thread-safe after Start.
class Standalone : public Service {
 public:
  // Returns once the server accepts requests; the partitions may still be opening (see NotReady()).
  // Errors: kPermissionDenied, kFailedPrecondition (in use by another server, other partition
  // count), kUnavailable (address taken), kDataLoss (damaged, with what to do),
  // kInvalidArgument (bad options or rules), kNotFound (no folder that the data folder can be made
  // in).
  static absl::StatusOr<std::unique_ptr<Standalone>> Start(StandaloneOptions options);
  // Stops when Stop was not called.
  ~Standalone() override = default;

  virtual uint16_t port() const = 0;

  // Method and pattern of everything that is served.
  virtual std::vector<std::pair<std::string, std::string>> Routes() const = 0;

  // Waits until NotReady() is empty or the deadline. False at the deadline.
  virtual bool WaitReady(Millis at_most) const = 0;
};

}  // namespace lastmeter
