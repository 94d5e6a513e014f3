#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/hash.h"
#include "engine/core/codec.h"
#include "engine/log/log.h"

namespace lastmeter {

// One record of the log of record, as a follower meets it.
struct FollowedRecord {
  LogPosition position;
  Timestamp appended_at;
  const event::v1::Record& record;
  // As stored.
  const std::string& bytes;
  Sha256Digest sha256;
};

// Reads the log of record of one partition in order and lets nothing through that does not follow:
// seq, hash chain, epoch and log time are checked, without keeping a state. Single-threaded.
class Follower {
 public:
  // Where to go on. The default is the beginning of the log.
  struct From {
    // The last record taken, and what it was; `seq` 0: none yet.
    LogPosition position{-1};
    uint64_t seq = 0;
    Sha256Digest sha256{};
    uint64_t epoch = 0;
    Timestamp log_time{INT64_MIN};
  };
  // An error ends the polling with it, and the record counts as not taken.
  using Take = std::function<absl::Status(const FollowedRecord&)>;

  // `log` must outlive the follower. Errors: as of Log::OpenReader.
  static absl::StatusOr<std::unique_ptr<Follower>> Open(Log* log, PartitionId partition, From from);

  // Hands over what is there now, at most `most` records; how many they were. Never waits.
  // Errors: kDataLoss for a record that does not follow (text names seq and position); otherwise
  // as of LogReader::Read and of `take`. After any error but kUnavailable from the log the follower
  // is spent.
  absl::StatusOr<size_t> Poll(size_t most, const Take& take);

  // Where it stands: what Open may be given another time.
  const From& at() const { return at_; }

  // For how far there is to go; see LogReader.
  void AskEnd() { reader_->AskEnd(); }
  std::optional<absl::StatusOr<LogPosition>> EndAnswer() { return reader_->EndAnswer(); }
  // Position from which the next poll reads.
  LogPosition position() const { return reader_->position(); }

 private:
  Follower(PartitionId partition, std::unique_ptr<LogReader> reader, From from)
      : partition_(partition), reader_(std::move(reader)), at_(from) {}
  absl::Status CheckChain(const event::v1::Record& record) const;
  absl::Status TakeOne(const LogEntry& entry, const Take& take);

  const PartitionId partition_;
  std::unique_ptr<LogReader> reader_;
  From at_;
  RecordReader record_reader_;
};

}  // namespace lastmeter
