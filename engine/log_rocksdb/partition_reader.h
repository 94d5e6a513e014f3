#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/log/log.h"
#include "engine/log_rocksdb/partition_state.h"
#include "engine/log_rocksdb/store.h"
#include "rocksdb/iterator.h"

namespace lastmeter::log_rocksdb {

// Reads near the end from memory, further back by a scan of the store.
class PartitionReader final : public LogReader {
 public:
  // Both must outlive the reader.
  PartitionReader(Store& store, const PartitionState& state, TopicPartition tp, LogPosition from);

  absl::StatusOr<std::vector<LogEntry>> Read(size_t max_records, size_t max_bytes) override;
  LogPosition position() const override { return position_; }
  void AskEnd() override;
  std::optional<absl::StatusOr<LogPosition>> EndAnswer() override;

 private:
  absl::Status Scan(LogPosition end, size_t max_records, size_t max_bytes,
                    std::vector<LogEntry>& out);
  absl::Status OutOfRange() const;
  absl::Status Missing() const;

  Store& store_;
  const PartitionState& state_;
  const TopicPartition tp_;
  LogPosition position_;
  // Kept from read to read while the reader is far behind; stands on position_. Sees what was
  // there when it was made.
  std::unique_ptr<rocksdb::Iterator> scan_;
  std::optional<LogPosition> end_answer_;
};

}  // namespace lastmeter::log_rocksdb
