#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/log/log.h"

namespace lastmeter::log_rocksdb {

// The newest acknowledged entries of one topic and partition, so that a reader near the end never
// touches the disk. Thread-safe: the acknowledging thread publishes, readers read.
class RecentEntries {
 public:
  // The entries of one commit, in order, contiguous. Owned by the ring and by readers at work.
  using Chunk = std::shared_ptr<const std::vector<LogEntry>>;

  explicit RecentEntries(size_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // Adds a chunk that follows the one before. Drops the oldest ones over the budget.
  void Publish(Chunk chunk, size_t bytes);

  // Copies entries from `from` on to `out`, within the limits of LogReader::Read. False when the
  // ring does not reach back that far.
  bool Read(LogPosition from, size_t max_records, size_t max_bytes,
            std::vector<LogEntry>& out) const;

 private:
  struct Held {
    Chunk chunk;
    size_t bytes;
  };

  const size_t budget_bytes_;
  mutable std::mutex mutex_;
  std::deque<Held> chunks_;
  size_t bytes_ = 0;
};

}  // namespace lastmeter::log_rocksdb
