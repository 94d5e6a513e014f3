#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/runtime/decide_guard.h"
#include "engine/runtime/runner.h"
#include "services/common/metrics.h"

namespace lastmeter {

struct EscalatorOptions {
  // Both must outlive the escalator.
  Log* log = nullptr;
  ClockSource* clock = nullptr;
  // Names this process in the log, and in errors of whoever it replaces.
  std::string instance{};
  // Where a partition's cached state and its guard are kept. On any thread.
  std::function<absl::StatusOr<std::unique_ptr<Store>>(PartitionId)> open_store{};
  std::function<absl::StatusOr<std::unique_ptr<DecideGuard>>(PartitionId)> open_guard{};
  // What to do when another process has taken over a partition, or one has failed for good. False:
  // this process was told to own it, so it ends (fatal() says so). True: partitions come and go;
  // one that was taken over is let go until Own() names it anew, or until it has been owned in name
  // only for `take_back_after`.
  bool yields = false;
  // See PartitionOptions.
  Millis successor_within{};
  Millis take_back_after = Seconds(60);
};

// The engine of a process: owns partitions, each on a thread of its own. Thread-safe.
class Escalator {
 public:
  explicit Escalator(EscalatorOptions options);
  ~Escalator() { Stop(); }

  // Begins to own what is new in `partitions` and lets go of what is not in them any more. Returns
  // once what was let go is closed, so that its next owner need not take it away. Errors are those
  // of `open_guard`; what could be begun was.
  absl::Status Own(const std::vector<PartitionId>& partitions);
  // Lets go of everything, for good.
  void Stop();

  // By partition. A partition that was let go because somebody took it over is kFailed.
  std::vector<std::pair<PartitionId, RunnerStatus>> status() const;
  // What /readyz says: one reason a line.
  std::vector<std::string> NotReady() const;
  // Set without `yields` once a partition has failed for good: damaged log or store, or owned by
  // another process (kAborted). With it the other partitions go on and NotReady() names the one.
  absl::Status fatal() const;
  // How old the oldest input is that is known of and not decided, in real time.
  Millis oldest_unread_age() const;

  // Takes back what `take_back_after` is over for. To be called now and then.
  void Tend();

  // Sums over all partitions, and the state of each of the log's.
  void AddMetrics(Metrics* metrics) const;

 private:
  using SteadyClock = std::chrono::steady_clock;
  // In this order: the guard is used by the runner.
  struct Owned {
    std::unique_ptr<DecideGuard> guard;
    std::unique_ptr<PartitionRunner> runner;
    // When another process took it over.
    std::optional<SteadyClock::time_point> taken_at{};
  };

  absl::Status Begin(PartitionId partition);
  RunnerOptions OptionsOf(PartitionId partition);
  void GivenUp(PartitionId partition, const absl::Status& status);

  const EscalatorOptions options_;
  // Held while runners are begun and ended, which takes as long as an append; never with mutex_
  // held before it.
  std::mutex changing_;
  mutable std::mutex mutex_;
  std::map<PartitionId, Owned> owned_;
  absl::Status fatal_;
};

}  // namespace lastmeter
