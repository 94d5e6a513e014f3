#pragma once

#include <rocksdb/compaction_filter.h>

#include <atomic>
#include <memory>

#include "engine/base/time.h"

// Included by case_store.cc only: RocksDB's headers go no further.
namespace lastmeter {

// Lets compaction drop rows of seen input ids that the core has stopped to see. The core looks at
// the dates itself, so that when a row physically goes changes no decision.
class ExpiryFactory : public rocksdb::CompactionFilterFactory {
 public:
  // Twice as far as the core looks would be as right; a week more keeps clear of every edge.
  static constexpr Millis kSeenKept = Days(407);

  const char* Name() const override { return "lastmeter.expiry"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;

  // The partition's day. Thread-safe: compaction runs on RocksDB's threads.
  void SetToday(Date today) { today_.store(today, std::memory_order_relaxed); }

 private:
  std::atomic<Date> today_{0};
};

}  // namespace lastmeter
