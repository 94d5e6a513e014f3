#pragma once

#include <atomic>
#include <cstdint>

#include "engine/log_rocksdb/recent_entries.h"

namespace lastmeter::log_rocksdb {

// What readers of one topic and partition share with the acknowledging thread.
struct PartitionState {
  explicit PartitionState(size_t recent_budget_bytes) : recent(recent_budget_bytes) {}

  // Readable positions are begin ≤ p < end. `end` is raised after the entries were published.
  std::atomic<int64_t> begin{0};
  std::atomic<int64_t> end{0};
  RecentEntries recent;
};

}  // namespace lastmeter::log_rocksdb
