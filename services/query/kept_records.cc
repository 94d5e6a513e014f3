#include "services/query/kept_records.h"

#include <string>
#include <vector>

#include "engine/base/status.h"
#include "services/query/view_keys.h"

namespace lastmeter::query {
namespace {

class Reader final : public RecordReader {
 public:
  Reader(const ViewStore* store, PartitionId partition, LogPosition from)
      : store_(store), partition_(partition), next_(from) {}

  absl::StatusOr<std::vector<StoredRecord>> Read(size_t max_records, size_t max_bytes) override {
    std::vector<StoredRecord> records;
    size_t bytes = 0;
    const std::string prefix = PartitionKey('e', partition_);
    LM_RETURN_IF_ERROR(store_->Scan(
        RecordKey(partition_, next_), After(prefix),
        [&](std::string_view key, std::string_view value) {
          if (records.size() == max_records || (!records.empty() && bytes >= max_bytes)) {
            return false;
          }
          const LogPosition position{static_cast<int64_t>(ReadBe64(key.substr(prefix.size())))};
          records.push_back({position, std::string(value)});
          bytes += value.size();
          next_ = {position.value + 1};
          return true;
        }));
    return records;
  }

 private:
  const ViewStore* const store_;
  const PartitionId partition_;
  LogPosition next_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RecordReader>> KeptRecords::Open(PartitionId partition,
                                                                LogPosition from) const {
  return std::make_unique<Reader>(store_, partition, from);
}

}  // namespace lastmeter::query
