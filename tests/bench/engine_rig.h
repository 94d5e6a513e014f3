#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log/log.h"
#include "engine/runtime/clock_source.h"
#include "engine/runtime/decide_guard.h"
#include "engine/runtime/runner.h"
#include "tests/bench/measure.h"
#include "tests/bench/workload.h"

namespace lastmeter::bench {

// The machine's time, which can be made to run faster while cases are filled in, so that a minute
// of due times is dealt out in seconds. Afterwards it runs at the machine's own speed.
class FillClock : public ClockSource {
 public:
  FillClock();
  Timestamp Wall() override { return {start_wall_ms_ + Us() / 1000}; }
  Millis Boot() override { return {Us() / 1000}; }
  bool Synchronized() override { return true; }
  Millis RealTime(Millis span) override;

  // On this clock, since it was made.
  int64_t Us() const;
  // Microseconds since the epoch, as Wall() but finer.
  int64_t WallUs() const { return start_wall_ms_ * 1000 + Us(); }
  void SetSpeed(int64_t speed);

 private:
  mutable std::mutex mutex_;
  const int64_t start_wall_ms_;
  int64_t since_us_;
  int64_t base_us_ = 0;
  int64_t speed_ = 1;
};

// The engine as the server runs it, without HTTP: the embedded log or one on Kafka, one store and
// one runner a partition, all in one folder.
class EngineRig {
 public:
  struct Options {
    std::string dir;
    uint32_t partitions = 4;
    // Kafka's brokers and the prefix of topics that are there; empty: the embedded log.
    std::string brokers{};
    std::string topic_prefix{};
    // Must outlive the rig.
    FillClock* clock = nullptr;
  };
  static absl::StatusOr<std::unique_ptr<EngineRig>> Open(Options options);
  ~EngineRig();

  // Starts the partitions and waits until all run; ends the process when one cannot.
  void Start();
  void Stop();

  Log& log() { return *log_; }
  // Sends through a producer, with a bounded number under way; ends the process on an error.
  void Append(Workload::Message message);
  // Everything that was appended is durable.
  void WaitAppended();
  void Install(const Workload& workload);

  // Inputs decided and committed since Open, over all partitions.
  uint64_t inputs() const { return inputs_; }
  void WaitInputs(uint64_t at_least);
  uint64_t timers() const { return timers_; }
  uint64_t events() const { return events_; }
  uint64_t event_bytes() const { return event_bytes_; }
  size_t open_cases() const;
  // What each partition is doing, for messages.
  std::string Describe() const;

  // From here on, for each timer fired: how long after its due time it was stamped, and how long
  // after it its events could be read.
  void MeasureLateness();
  struct Lateness {
    Samples stamped;
    Samples readable;
    // The most timers of one partition that were due in the same millisecond: much more than the
    // mean means that filling made bursts, whose end nobody could reach in time.
    uint64_t most_at_once = 0;
  };
  // To be called after Stop.
  Lateness TakeLateness();

 private:
  struct PerPartition;
  explicit EngineRig(Options options);
  absl::Status OpenAll();
  void Committed(PerPartition& p, std::span<const CommittedRecord> records);

  const Options options_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<LogProducer> producer_;
  std::vector<std::unique_ptr<PerPartition>> partitions_;
  std::unique_ptr<Runtime> runtime_;

  std::atomic<uint64_t> inputs_{0};
  std::atomic<uint64_t> timers_{0};
  std::atomic<uint64_t> events_{0};
  std::atomic<uint64_t> event_bytes_{0};
  std::atomic<bool> measuring_{false};

  std::mutex mutex_;
  std::condition_variable done_;
  size_t under_way_ = 0;
};

// Just the log, as the rig opens it.
absl::StatusOr<std::unique_ptr<Log>> OpenLog(const EngineRig::Options& options);

struct LoadOptions;
EngineRig::Options RigOptions(const LoadOptions& options, FillClock* clock);

}  // namespace lastmeter::bench
