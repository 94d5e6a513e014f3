#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log/log.h"

namespace lastmeter::query {

// One record of the log of record, as stored.
struct StoredRecord {
  LogPosition position;
  std::string bytes;
};

// Reads records of one partition in order. Used by one thread at a time.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  // What is there now, from where the last read ended: at most `max_records`, and no further one
  // once `max_bytes` are reached. Empty at the end. Never waits for the network.
  // Errors: kDataLoss, kUnavailable.
  virtual absl::StatusOr<std::vector<StoredRecord>> Read(size_t max_records, size_t max_bytes) = 0;
};

// Where the read side finds again what it has folded: for histories, streams and repeated inputs.
// Thread-safe.
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  // `from` is the position of a record, or one past one. Errors: kOutOfRange when what was there
  // is no longer kept; kDataLoss, kUnavailable.
  virtual absl::StatusOr<std::unique_ptr<RecordReader>> Open(PartitionId partition,
                                                             LogPosition from) const = 0;
};

// Reads the log itself: for a log on this machine, where opening a reader costs nothing.
class LogRecords final : public RecordSource {
 public:
  // `log` must outlive this and its readers.
  explicit LogRecords(Log* log) : log_(log) {}
  absl::StatusOr<std::unique_ptr<RecordReader>> Open(PartitionId partition,
                                                     LogPosition from) const override;

 private:
  Log* const log_;
};

}  // namespace lastmeter::query
