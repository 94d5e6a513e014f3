#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/log/activity_hub.h"
#include "engine/log/log.h"

namespace lastmeter {

// A log that forgets everything with the process: for tests, the simulation and what-if runs.
// Deterministic when used by one thread. An append happens when it is polled; a producer's `done`
// and every wake-up are called before the call that caused them returns, on the same thread.
class MemoryLog final : public Log {
 public:
  struct Options {
    uint32_t partition_count = 4;
    std::string cluster_id = "memory";
    // Leaves one position unused after every batch, as Kafka's transaction markers do.
    bool leave_gaps = false;
    // Gives appended_at. Must be set; called with the log's lock held, so it must not call back.
    std::function<Timestamp()> clock;
  };

  explicit MemoryLog(Options options);
  ~MemoryLog() override;

  LogIdentity identity() const override;
  absl::StatusOr<std::unique_ptr<LogWriter>> OpenWriter(PartitionId partition,
                                                        std::string_view instance) override;
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(TopicPartition tp,
                                                        LogPosition from) override;
  absl::StatusOr<std::unique_ptr<LogProducer>> OpenProducer() override;
  std::unique_ptr<Registration> OnActivity(PartitionId partition,
                                           std::function<void()> wake) override;

  // Forgets what lies before `position`, as retention does. Later reads of it: kOutOfRange.
  void DropBefore(TopicPartition tp, LogPosition position);

 private:
  class Writer;
  class Reader;
  class Producer;

  struct Partition {
    std::vector<LogEntry> entries;  // positions rise
    int64_t begin = 0;
    int64_t end = 0;
    // Counts the writers opened; a writer with a smaller number is fenced.
    uint64_t generation = 0;
    std::string owner;
  };

  // With the lock held.
  LogPosition AppendLocked(Partition& partition, std::vector<Outgoing> batch);
  Partition& At(TopicPartition tp) { return partitions_[tp]; }

  const Options options_;
  mutable std::mutex mutex_;
  std::map<TopicPartition, Partition> partitions_;
  ActivityHub hub_;
};

}  // namespace lastmeter
