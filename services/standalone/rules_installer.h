#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/log/log.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/query/query.h"

namespace lastmeter {

// Installs the rules that a server was started with, by the way that an operator's go: through the
// command log of every partition where others are in force. Public methods are thread-safe.
class RulesInstaller {
 public:
  struct Options {
    lastmeter::rules::v1::Rules rules;
    // Both must outlive the installer.
    Log* log = nullptr;
    query::Query* query = nullptr;
    std::function<Timestamp()> now;
    // A partition refused the rules. On the installer's thread.
    std::function<void(const absl::Status&)> on_refused;
  };

  static absl::StatusOr<std::unique_ptr<RulesInstaller>> Create(Options options);
  ~RulesInstaller() { Stop(); }

  void Start();
  void Stop();
  // Whether the rules are in force everywhere.
  bool done() const { return done_; }

 private:
  RulesInstaller(Options options, std::unique_ptr<LogProducer> producer);
  void Run();
  // True when nothing is left to do. Errors end the installation.
  absl::StatusOr<bool> Round();
  absl::StatusOr<bool> InstallIn(PartitionId partition, uint32_t ordinal);
  bool Pause();

  const Options options_;
  const std::string bytes_;
  const std::string sha256_;
  const std::unique_ptr<LogProducer> producer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace lastmeter
