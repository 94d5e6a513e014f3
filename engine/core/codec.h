#pragma once

#include <google/protobuf/arena.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/decide.h"
#include "engine/core/state.h"

namespace lastmeter {

// A record with the bytes that are stored and their hash.
struct SealedRecord {
  lastmeter::event::v1::Record record;
  std::string bytes;
  Sha256Digest sha256;
};

// Completes a decision: seq and chain go on from the state, log time as given (never below the
// state's), the epoch is the state's, or one more for WriterOpened.
std::vector<SealedRecord> Seal(const PartitionState& state, Decision decision, Timestamp log_time);

// The event's key in the log: the case's routing code, or empty for events of the partition.
std::string EventKey(const lastmeter::event::v1::Record& record);

// Reads stored bytes. kDataLoss when they are not a record or hold an event unknown here.
absl::StatusOr<lastmeter::event::v1::Record> ParseRecord(std::string_view bytes);

// ParseRecord for one record after another, in memory that is used again: getting it anew for each
// was a third of the cost of a fold.
class RecordReader {
 public:
  RecordReader();
  // What is returned is good until the next call.
  absl::StatusOr<const lastmeter::event::v1::Record*> Read(std::string_view bytes);

 private:
  const std::unique_ptr<char[]> block_;
  google::protobuf::Arena arena_;
};

// Whether the record may follow the state: next seq, right chain, log time and epoch not falling,
// a decision's parts complete and in order. kDataLoss names what is wrong.
absl::Status CheckFollows(const PartitionState& state, const lastmeter::event::v1::Record& record);

}  // namespace lastmeter
