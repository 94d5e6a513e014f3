#pragma once

#include <memory>

#include "services/query/record_source.h"
#include "services/query/view_store.h"

namespace lastmeter::query {

// The records beside the rows that were folded from them.
class KeptRecords final : public RecordSource {
 public:
  // `store` must outlive this and its readers.
  explicit KeptRecords(const ViewStore* store) : store_(store) {}

  absl::StatusOr<std::unique_ptr<RecordReader>> Open(PartitionId partition,
                                                     LogPosition from) const override;

 private:
  const ViewStore* const store_;
};

}  // namespace lastmeter::query
