#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/core/state.h"
#include "engine/log/log.h"
#include "engine/runtime/dead_letters.h"
#include "engine/runtime/decide_guard.h"
#include "engine/runtime/inputs.h"
#include "engine/runtime/log_clock.h"
#include "engine/runtime/store.h"

namespace lastmeter {

// A committed record, as an audience hears of it.
struct CommittedRecord {
  Seq seq{};
  event::v1::Event::BodyCase kind = event::v1::Event::BODY_NOT_SET;
  // First record of a decision on an input, or on a timer that was due then.
  bool answers_input = false;
  std::optional<Timestamp> answers_timer{};
  // As stored.
  std::string bytes{};
};

struct PartitionOptions {
  PartitionId partition{};
  // Names the process in the log, in errors of whoever it replaces.
  std::string instance{};

  // Bounds of one step.
  size_t max_inputs = 4096;
  size_t max_input_bytes = 4 << 20;
  size_t max_timers = 4096;
  size_t max_batch_bytes = 8 << 20;
  size_t fold_records = 4096;
  size_t fold_bytes = 4 << 20;

  // How long a fenced owner looks for the word of whoever fenced it before it takes the partition
  // back: on a log across a network as long as it takes to open, or two engines that were told to
  // own one partition would go on fencing each other.
  Millis successor_within{};

  // From the ownership before in this process, if there was one.
  std::optional<LogClock::Anchor> clock_before{};

  // Called by Step once records are committed and in the store, with the position of the last.
  std::function<void(std::span<const CommittedRecord>, LogPosition)> on_committed{};
  // Called by Step for every timer fired: how late after its due time it was stamped.
  std::function<void(Millis)> on_timer{};
};

// What to do after a step.
struct StepResult {
  // Not OK: the object is spent; destroy it. Then, by code:
  //   kUnavailable, kResourceExhausted  open anew after a while
  //   kAborted                          another process owns the partition: leave it be
  //   kDataLoss and others              nothing helps until somebody has mended the cause
  absl::Status status{};
  // Nothing is under way, unread or held back: all that was there has been decided and committed.
  bool idle = false;
  // Step again at once.
  bool again = false;
  // Otherwise after so long by the clock source, or when the log reports activity.
  Millis wake_in{};
  // Not before so much real time has passed, whatever the log reports.
  Millis rest{};
};

// What a partition is doing, as of its last step.
struct PartitionStatus {
  enum class State { kOpening, kRunning, kHeld, kSpent };
  State state = State::kOpening;
  uint64_t epoch = 0;
  uint64_t seq = 0;
  Timestamp log_time{};
  size_t open_cases = 0;
  size_t timers = 0;
  // How far the earliest timer is past its due time; 0 when none is.
  Millis timer_lag{};
  // Age of the oldest input that is known of and not committed; 0 when there is none.
  Millis backlog_age{};
  uint64_t steps = 0;
  uint64_t inputs = 0;
  uint64_t records = 0;
  uint64_t timers_fired = 0;
  uint64_t quarantined = 0;
  // What is amiss without stopping the partition; OK when nothing is.
  absl::Status trouble{};
};

// The one owner of one partition: decides, appends, applies. Everything happens inside Step, which
// never waits and is the only caller of Decide. Single-threaded.
//
// There is no undo: when an append did not certainly succeed, the state is ahead of the log, Step
// answers with an error, and the object has to be destroyed and opened anew.
class Partition {
 public:
  // Takes no part in the partition yet: the steps fence the writer before, check the store against
  // the log, fold the rest and announce themselves. All pointers must outlive the object.
  // Errors: kInvalidArgument.
  static absl::StatusOr<std::unique_ptr<Partition>> Open(PartitionOptions options, Log* log,
                                                         Store* store, ClockSource* clock,
                                                         DecideGuard* guard);

  StepResult Step();

  PartitionStatus status() const;
  // For the ownership that follows in this process; empty before the clock was opened.
  std::optional<LogClock::Anchor> clock_anchor() const;
  // For tests and tools. Null before the store was read.
  const PartitionState* state() const { return state_.get(); }
  bool running() const { return phase_ == Phase::kRunning; }

 private:
  enum class Phase { kFence, kVerify, kLoad, kFold, kAnnounce, kRunning, kFenced, kSpent };

  Partition(PartitionOptions options, Log* log, Store* store, ClockSource* clock,
            DecideGuard* guard);

  // opening.cc
  StepResult Opening();
  absl::Status Fence();
  absl::Status VerifyStore();
  absl::Status LoadStore();
  absl::Status CheckIdentity() const;
  // One slice; sets the next phase at the end.
  absl::Status Fold();
  absl::Status FoldEntry(const LogEntry& entry);
  absl::Status Announce();
  // Who took the partition over, kAborted; kUnavailable when nobody has said so.
  absl::Status WhoFenced(std::string_view how);
  StepResult AwaitSuccessor();

  // partition.cc
  StepResult Spend(absl::Status status);
  absl::Status FinishAppend(const AppendOutcome& outcome);
  absl::Status CommitStore();
  absl::Status DecideBatch();
  void FillInputs();
  void DecideInputs();
  void DecideTimers();
  void DecideUpkeep();
  // Decides, seals, applies. The first record's event says what came of the input.
  enum class Readable { kYes, kNo };
  Readable DecideOne(const Input& input);
  void AddToBatch(SealedRecord sealed);
  // Empty when it may be decided as it is.
  std::optional<uint32_t> PoisonAttempts(const DecideId& id) const;
  void StartAppend();
  StepResult NextCall() const;

  const PartitionOptions options_;
  Log* const log_;
  Store* const store_;
  ClockSource* const clock_source_;
  DecideGuard* const guard_;

  Phase phase_ = Phase::kFence;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<LogReader> event_reader_;
  std::optional<RecordReader> fold_reader_;
  std::unique_ptr<PartitionState> state_;
  std::optional<LogClock> clock_;
  std::optional<Inputs> inputs_;
  std::optional<DeadLetters> dead_letters_;
  // The log held back a record that it is known to have; it is asked again.
  bool log_slow_ = false;
  // The last record known to be in the log and the state.
  StoreMark mark_;

  // Decided and applied, not known to be committed. Only stored bytes are kept: messages of
  // thousands of records would push each other out of the processor's caches.
  struct Batch {
    // Moved to the log when their append starts.
    std::vector<Outgoing> outgoing;
    size_t records = 0;
    size_t bytes = 0;
    Seq last{};
    Sha256Digest last_sha256{};
    // Only when there is an audience.
    std::vector<CommittedRecord> committed;

    // Under load the next batch is of the same size.
    void Clear();
  };
  Batch batch_;
  bool in_flight_ = false;
  // Set in phase kFenced: the log's own words, and since when.
  std::string fenced_how_;
  Millis fenced_at_;
  // A quarantine ends its step, so that it is committed before another input can end the process.
  bool cut_short_ = false;
  std::optional<Timestamp> oldest_in_batch_;

  Timestamp stamp_;
  Millis boot_;
  Inputs::Watermark watermark_{};
  // Timers due that a step left for the next only because of its bound.
  bool timers_left_ = false;

  uint64_t steps_ = 0;
  uint64_t inputs_decided_ = 0;
  uint64_t records_ = 0;
  uint64_t timers_fired_ = 0;
  uint64_t quarantined_ = 0;
};

}  // namespace lastmeter
