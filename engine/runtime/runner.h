#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/runtime/partition.h"

namespace lastmeter {

struct RunnerOptions {
  PartitionOptions partition{};
  // Opens the partition's store, once for every ownership. On the runner's thread.
  std::function<absl::StatusOr<std::unique_ptr<Store>>()> open_store{};
  // How long to wait before the n-th opening in a row that follows a failure, n from 1; in real
  // time. Null: 100 ms, doubled up to 5 s.
  std::function<Millis(int)> backoff{};
  // Called once, on the runner's thread, when the partition is given up: kAborted means that
  // another process owns it (exit 75), kDataLoss and others that somebody has to mend something.
  std::function<void(PartitionId, const absl::Status&)> on_given_up{};
  // Called on the runner's thread for every failure, before it is tried again.
  std::function<void(PartitionId, const absl::Status&)> on_trouble{};
};

// What a runner is doing.
struct RunnerStatus {
  enum class State { kOpening, kRunning, kHeld, kFailed };
  State state = State::kOpening;
  PartitionStatus partition{};
  // Ownerships begun, and why the last one ended; OK while none has.
  uint64_t openings = 0;
  absl::Status last_failure{};
};

// "opening", "running", "held" or "failed".
std::string_view ToString(RunnerStatus::State state);

// Drives one partition on a thread of its own: steps, waits for the log's activity or the time that
// the step named, opens anew after failures that pass. Public methods are thread-safe.
class PartitionRunner {
 public:
  // `log`, `clock` and `guard` must outlive the runner.
  PartitionRunner(RunnerOptions options, Log* log, ClockSource* clock, DecideGuard* guard);
  // Stops and joins.
  ~PartitionRunner();

  void Start();
  // Lets the step under way end. An append in flight is left to its fate: the next opening learns
  // it from the log.
  void Stop();
  // The same without waiting, for the owner of several; the destructor still joins.
  void AskToStop();

  RunnerStatus status() const;
  PartitionId partition() const { return options_.partition.partition; }

 private:
  void Run();
  // One ownership, until it ends.
  absl::Status Own();
  void Publish(const Partition& partition);
  // Waits so long, whatever happens, and returns false when stopping.
  bool Rest(Millis real);
  // Waits until woken, at most so long. False when stopping.
  bool Wait(Millis real);
  void Wake();
  bool Stopping() const;

  const RunnerOptions options_;
  Log* const log_;
  ClockSource* const clock_;
  DecideGuard* const guard_;
  std::optional<LogClock::Anchor> anchor_;
  // Failures in a row without a running partition between them. Runner's thread only.
  int failures_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = false;
  bool stopping_ = false;
  RunnerStatus status_;
  std::thread thread_;
};

// All partitions of a process. Thread-safe.
class Runtime {
 public:
  void Add(std::unique_ptr<PartitionRunner> runner) { runners_.push_back(std::move(runner)); }
  void Start();
  void Stop();

  std::vector<std::pair<PartitionId, RunnerStatus>> status() const;
  // OK when every partition runs, fires its timers and has lost no input: what /readyz answers.
  absl::Status Ready() const;

 private:
  std::vector<std::unique_ptr<PartitionRunner>> runners_;
};

}  // namespace lastmeter
