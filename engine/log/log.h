#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"

// The contract between the engine and whatever keeps its logs. One suite of tests
// (tests/log/contract_test.cc) holds every implementation to this page.
//
// Nothing is promised across partitions. Positions increase inside one topic and partition and may
// have gaps.
namespace lastmeter {

enum class Topic : uint8_t { kReport = 1, kCommand = 2, kEvent = 3, kDeadLetter = 4 };

// The topic's public name, for example "lastmeter.case.event.v1".
std::string_view TopicName(Topic topic);

struct TopicPartition {
  Topic topic = Topic::kEvent;
  PartitionId partition;
  auto operator<=>(const TopicPartition&) const = default;
};

// "lastmeter.case.event.v1/3", for messages.
std::string ToString(TopicPartition tp);

// One record as it is read.
struct LogEntry {
  LogPosition position;
  // When the log took it, by the log's own clock.
  Timestamp appended_at;
  std::string key;
  std::string value;
};

// One record to be appended. The log keeps key and value byte for byte.
struct Outgoing {
  std::string key;
  std::string value;
};

struct AppendOutcome {
  enum class Kind {
    kCommitted,     // durable and visible, whole
    kNotCommitted,  // certainly not there, and never will be
    kUnknown,       // may be there or may appear: destroy the writer and open anew
  };
  Kind kind = Kind::kUnknown;
  // Position of the batch's last record; meaningful when committed.
  LogPosition last;
  // OK when committed; otherwise why. kAborted: fenced, another writer owns the partition.
  absl::Status status;
};

// The single writer of one partition of the log of record. Used by one thread.
//
// After any outcome but kCommitted the writer is spent: every later append answers kNotCommitted
// with kFailedPrecondition.
class LogWriter {
 public:
  virtual ~LogWriter() = default;

  // Position that the first record appended after opening will be greater than or equal to: one
  // past everything that any earlier writer got in.
  virtual LogPosition end_at_open() const = 0;

  // Starts to append the batch: all or nothing, durable before it is answered. Never waits. At
  // most one append at a time. The batch must not be empty.
  virtual void Start(std::vector<Outgoing> batch) = 0;

  // The outcome of the append in flight, once. Never waits. Empty while it is under way.
  virtual std::optional<AppendOutcome> Poll() = 0;

  // Real time for which an append that is started now would be held back. Whoever decides what to
  // append waits so long first, so that what arrives meanwhile goes with it. 0 for most logs.
  virtual Millis Rest() const { return {}; }
};

// Reads one topic and partition in order. Sees committed records only. Used by one thread.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // What is there now, in order, from where the last read ended: at most `max_records`, and no
  // further record once `max_bytes` are reached (at least one record is returned where there is
  // one). It may be less than is there; empty only at the end. Never waits.
  // Errors: kOutOfRange when the log's beginning lies behind the position asked for (records were
  // lost or expired); kDataLoss when stored bytes are damaged; kUnavailable: try again.
  virtual absl::StatusOr<std::vector<LogEntry>> Read(size_t max_records, size_t max_bytes) = 0;

  // Position from which the next read goes on. Reads that found the end of the log leave it at that
  // end, past any gap, so that position() == end means that nothing is unread. Where a gap is at
  // the end it may take a few reads.
  virtual LogPosition position() const = 0;

  // Asks the log where its end is now (one past the last record). The answer comes through
  // EndAnswer, once per question, and is at least the end at the moment of asking. Asking again
  // before the answer replaces the question. Never waits.
  virtual void AskEnd() = 0;
  virtual std::optional<absl::StatusOr<LogPosition>> EndAnswer() = 0;
};

// Appends inputs: many producers, no owner, no order between them. Thread-safe.
class LogProducer {
 public:
  virtual ~LogProducer() = default;

  // Called exactly once for each append, on a thread of the log's, and must not wait. Gets the
  // position, or why not: kUnavailable may mean that it is there all the same (send again under
  // the same id); kResourceExhausted: certainly not there, no space.
  using Done = std::function<void(absl::StatusOr<LogPosition>)>;

  // Never waits. Durable before `done` gets a position.
  virtual void Append(TopicPartition tp, Outgoing record, Done done) = 0;
};

struct LogIdentity {
  // Made when the log was created; a recreated log has another one.
  std::string cluster_id;
  uint32_t partition_count = 0;
};

// All topics of one installation. Thread-safe. Must outlive its writers, readers and producers.
class Log {
 public:
  virtual ~Log() = default;

  virtual LogIdentity identity() const = 0;

  // Opens the writer of record of a partition of the event topic: fences every earlier writer
  // first, then learns the true end. `instance` names the process in errors of the fenced one.
  // Errors: kUnavailable, kDataLoss, kPermissionDenied.
  virtual absl::StatusOr<std::unique_ptr<LogWriter>> OpenWriter(PartitionId partition,
                                                                std::string_view instance) = 0;

  // Opens a reader at a position: 0 is the beginning of a log that has dropped nothing. Errors:
  // kOutOfRange when the position is before the oldest record kept or past the end; kUnavailable,
  // kDataLoss.
  virtual absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(TopicPartition tp,
                                                                LogPosition from) = 0;

  virtual absl::StatusOr<std::unique_ptr<LogProducer>> OpenProducer() = 0;

  // Calls `wake` after records became readable or an append was answered in this partition of any
  // topic. Called on the log's threads, must not wait, may be called for nothing. The registration
  // ends with the returned handle; after its destructor returns `wake` is not called again.
  class Registration {
   public:
    virtual ~Registration() = default;
  };
  virtual std::unique_ptr<Registration> OnActivity(PartitionId partition,
                                                   std::function<void()> wake) = 0;
};

}  // namespace lastmeter
