#include "services/query/record_source.h"

#include <utility>

#include "engine/base/status.h"

namespace lastmeter::query {
namespace {

class FromLog final : public RecordReader {
 public:
  explicit FromLog(std::unique_ptr<LogReader> reader) : reader_(std::move(reader)) {}

  absl::StatusOr<std::vector<StoredRecord>> Read(size_t max_records, size_t max_bytes) override {
    LM_ASSIGN_OR_RETURN(auto entries, reader_->Read(max_records, max_bytes));
    std::vector<StoredRecord> records;
    records.reserve(entries.size());
    for (LogEntry& entry : entries) records.push_back({entry.position, std::move(entry.value)});
    return records;
  }

 private:
  const std::unique_ptr<LogReader> reader_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RecordReader>> LogRecords::Open(PartitionId partition,
                                                               LogPosition from) const {
  LM_ASSIGN_OR_RETURN(auto reader, log_->OpenReader({Topic::kEvent, partition}, from));
  return std::make_unique<FromLog>(std::move(reader));
}

}  // namespace lastmeter::query
