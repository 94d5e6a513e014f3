#include "engine/log_rocksdb/recent_entries.h"

#include <algorithm>
#include <utility>

namespace lastmeter::log_rocksdb {
namespace {

// Chunks taken by one read, a bound for the time under the lock.
constexpr size_t kMostChunks = 1'024;

}  // namespace

void RecentEntries::Publish(Chunk chunk, size_t bytes) {
  // Freed outside the lock: a big chunk takes a while.
  std::vector<Held> dropped;
  std::lock_guard lock(mutex_);
  chunks_.push_back({std::move(chunk), bytes});
  bytes_ += bytes;
  while (bytes_ > budget_bytes_ && chunks_.size() > 1) {
    bytes_ -= chunks_.front().bytes;
    dropped.push_back(std::move(chunks_.front()));
    chunks_.pop_front();
  }
}

bool RecentEntries::Read(LogPosition from, size_t max_records, size_t max_bytes,
                         std::vector<LogEntry>& out) const {
  std::vector<Chunk> found;
  {
    std::lock_guard lock(mutex_);
    auto next = std::partition_point(chunks_.begin(), chunks_.end(), [&](const Held& held) {
      return held.chunk->back().position < from;
    });
    if (next == chunks_.end() || next->chunk->front().position > from) return false;
    // Holding a few chunks too many costs nothing; the exact limits are kept below, unlocked.
    size_t records = 0;
    for (; next != chunks_.end() && records < max_records && found.size() < kMostChunks; ++next) {
      const int64_t skipped =
          std::max<int64_t>(0, from.value - next->chunk->front().position.value);
      records += next->chunk->size() - static_cast<size_t>(skipped);
      found.push_back(next->chunk);
    }
  }
  size_t bytes = 0;
  for (const Chunk& chunk : found) {
    for (const LogEntry& entry : *chunk) {
      if (entry.position < from) continue;
      if (out.size() == max_records || (!out.empty() && bytes >= max_bytes)) return true;
      bytes += entry.key.size() + entry.value.size();
      out.push_back(entry);
    }
  }
  return true;
}

}  // namespace lastmeter::log_rocksdb
