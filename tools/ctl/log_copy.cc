#include "tools/ctl/log_copy.h"

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/runtime/follower.h"
#include "engine/runtime/memory_store.h"
#include "tools/ctl/bell.h"

namespace lastmeter::ctl {
namespace {

constexpr char kInstance[] = "lastmeterctl log copy";
constexpr size_t kReadRecords = 4096;
constexpr size_t kReadBytes = size_t{4} << 20;
constexpr size_t kBatchRecords = 2000;
constexpr size_t kBatchBytes = size_t{1} << 20;
// Inputs under way at once.
constexpr size_t kInputsAtOnce = 500;
constexpr auto kAnswerWithin = std::chrono::seconds(60);
// A transaction's marker follows its commit within milliseconds. Where none comes for so long its
// writer has died or lives on.
constexpr auto kMarkerWithin = std::chrono::seconds(3);
// Logs stamp in milliseconds.
constexpr auto kStampsApart = std::chrono::milliseconds(2);

// A topic and partition from a position to where it ends when this is made.
class Scan {
 public:
  static absl::StatusOr<Scan> Open(const OpenedLog& opened, TopicPartition tp, LogPosition from) {
    LM_ASSIGN_OR_RETURN(const LogExtent extent, opened.extent(tp));
    if (from < extent.begin) {
      return MakeStatus(absl::StatusCode::kOutOfRange,
                        opened.Where(tp) + " begins at " + opened.position_word + " " +
                            std::to_string(extent.begin.value) + ", and what stood from " +
                            std::to_string(from.value) + " on has to be copied: it has expired");
    }
    LM_ASSIGN_OR_RETURN(auto reader, opened.log->OpenReader(tp, from));
    Scan scan(opened.Where(tp), std::move(reader), extent.end);
    scan.activity_ =
        opened.log->OnActivity(tp.partition, [bell = scan.bell_.get()] { bell->Ring(); });
    return scan;
  }

  // Empty at the end.
  absl::StatusOr<std::optional<LogEntry>> Next() {
    const auto deadline = std::chrono::steady_clock::now() + kMarkerWithin;
    while (ahead_.empty() && reader_->position() < end_) {
      LM_ASSIGN_OR_RETURN(auto entries, reader_->Read(kReadRecords, kReadBytes));
      for (LogEntry& entry : entries) ahead_.push_back(std::move(entry));
      if (!ahead_.empty() || reader_->position() >= end_) break;
      bell_->Wait(kMarkerWithin);
      // On a log with transactions: one of a writer that died ends by itself.
      if (std::chrono::steady_clock::now() > deadline) {
        return absl::AbortedError(where_ +
                                  " is being written by somebody: stop every gateway and escalator "
                                  "of both logs, and call this again in a minute");
      }
    }
    if (ahead_.empty()) return std::optional<LogEntry>();
    LogEntry entry = std::move(ahead_.front());
    ahead_.pop_front();
    return std::optional<LogEntry>(std::move(entry));
  }
  LogPosition end() const { return end_; }

 private:
  Scan(std::string where, std::unique_ptr<LogReader> reader, LogPosition end)
      : where_(std::move(where)), reader_(std::move(reader)), end_(end) {}

  std::string where_;
  std::unique_ptr<LogReader> reader_;
  LogPosition end_;
  // In this order: the bell is rung until the registration ends.
  std::unique_ptr<Bell> bell_ = std::make_unique<Bell>();
  std::unique_ptr<Log::Registration> activity_;
  std::deque<LogEntry> ahead_;
};

absl::Status SomethingElse(const OpenedLog& to, TopicPartition tp, LogPosition position,
                           std::string_view what) {
  return absl::FailedPreconditionError(
      to.Where(tp, position) + " " + std::string(what) +
      ": a log can only be copied into empty topics, or be gone on with where an earlier copy "
      "stopped. Give it topics or a folder of its own");
}

// Folds a log as its owner does.
class Fold {
 public:
  absl::Status Take(const LogEntry& entry) {
    LM_ASSIGN_OR_RETURN(const auto record, ParseRecord(entry.value));
    LM_RETURN_IF_ERROR(CheckFollows(state_, record));
    const Sha256Digest sha256 = Sha256(entry.value);
    Apply(state_, record, sha256);
    return store_.Commit(state_.TakeChanges(),
                         {.position = entry.position, .seq = {record.seq()}, .sha256 = sha256});
  }
  bool whole() const { return state_.meta().parts_missing() == 0; }
  const PartitionState& state() const { return state_; }

 private:
  MemoryStore store_;
  PartitionState state_{&store_};
};

class Copy {
 public:
  Copy(const OpenedLog& from, const OpenedLog& to, PartitionId partition)
      : from_(from), to_(to), partition_(partition), events_{Topic::kEvent, partition} {
    report_.partition = partition;
  }

  absl::StatusOr<CopiedPartition> Run() {
    for (Topic topic : {Topic::kReport, Topic::kCommand, Topic::kEvent, Topic::kDeadLetter}) {
      const TopicPartition tp{topic, partition_};
      LM_ASSIGN_OR_RETURN(const LogExtent extent, to_.extent(tp));
      if (extent.begin.value != 0) return SomethingElse(to_, tp, extent.begin, "is its beginning");
    }
    LM_RETURN_IF_ERROR(CopyEvents());
    if (report_.gone_on) return report_;
    LM_RETURN_IF_ERROR(CopyLetters());
    LM_RETURN_IF_ERROR(CopyInputs());
    LM_RETURN_IF_ERROR(CheckStill());
    LM_RETURN_IF_ERROR(Announce());
    LM_RETURN_IF_ERROR(ReadBack());
    return report_;
  }

 private:
  absl::Status CopyEvents();
  // After the last record: what the new log may hold behind it.
  absl::Status MeetEnd(const std::optional<LogEntry>& behind);
  absl::Status Append(std::vector<Outgoing> batch);
  absl::Status CopyLetters();
  absl::Status CopyInputs();
  // Whether the new log holds the entry as its next one already.
  absl::StatusOr<bool> IsThere(TopicPartition tp, Scan& target, const LogEntry& entry) const;
  absl::Status Produce(TopicPartition tp, std::vector<Outgoing> batch);
  // Whether nobody wrote to the log before meanwhile.
  absl::Status CheckStill() const;
  absl::Status Announce();
  absl::Status ReadBack() const;

  const OpenedLog& from_;
  const OpenedLog& to_;
  const PartitionId partition_;
  const TopicPartition events_;
  Fold fold_;
  std::map<Topic, LogPosition> ends_;
  // The new log has the record that ends the copy.
  bool announced_ = false;
  std::unique_ptr<LogWriter> writer_;
  CopiedPartition report_;
};

absl::Status Copy::CopyEvents() {
  LM_ASSIGN_OR_RETURN(auto at_first, OpenAtFirstRecord(from_, partition_));
  LM_ASSIGN_OR_RETURN(Scan source, Scan::Open(from_, events_, at_first->position()));
  ends_[Topic::kEvent] = source.end();
  LM_ASSIGN_OR_RETURN(Scan target, Scan::Open(to_, events_, {0}));
  std::vector<Outgoing> batch;
  size_t bytes = 0;
  LM_ASSIGN_OR_RETURN(auto there, target.Next());
  while (true) {
    LM_ASSIGN_OR_RETURN(auto entry, source.Next());
    if (!entry) break;
    LM_RETURN_IF_ERROR(Annotate(fold_.Take(*entry), from_.Where(events_, entry->position)));
    ++report_.records;
    if (there) {
      if (there->value != entry->value || there->key != entry->key) {
        return SomethingElse(to_, events_, there->position, "holds another record");
      }
      ++report_.found;
      LM_ASSIGN_OR_RETURN(there, target.Next());
      continue;
    }
    bytes += entry->value.size();
    batch.push_back({std::move(entry->key), std::move(entry->value)});
    if (fold_.whole() && (batch.size() >= kBatchRecords || bytes >= kBatchBytes)) {
      LM_RETURN_IF_ERROR(Append(std::exchange(batch, {})));
      bytes = 0;
    }
  }
  if (!fold_.whole()) {
    return absl::DataLossError(from_.Where(events_) + ": its last decision is not whole");
  }
  const auto& meta = fold_.state().meta();
  report_.last_sha256 = ToHex(meta.last_sha256());
  report_.empty = report_.records == 0;
  if (!report_.empty && meta.cluster_id() != from_.log->identity().cluster_id) {
    return absl::FailedPreconditionError(from_.Where(events_) + " was kept for log " +
                                         meta.cluster_id() + ", and this is log " +
                                         from_.log->identity().cluster_id);
  }
  if (!batch.empty()) LM_RETURN_IF_ERROR(Append(std::move(batch)));
  LM_RETURN_IF_ERROR(MeetEnd(there));
  LM_ASSIGN_OR_RETURN(const auto more, target.Next());
  report_.gone_on = more.has_value();
  return absl::OkStatus();
}

absl::Status Copy::MeetEnd(const std::optional<LogEntry>& behind) {
  if (!behind) return absl::OkStatus();
  const auto& meta = fold_.state().meta();
  auto record = ParseRecord(behind->value);
  announced_ = record.ok() && record->seq() == meta.seq() + 1 &&
               record->prev_sha256() == meta.last_sha256() &&
               record->event().writer_opened().moved_from().cluster_id() == meta.cluster_id() &&
               !report_.empty;
  if (announced_) return absl::OkStatus();
  return SomethingElse(to_, events_, behind->position, "is no record of the log to be copied");
}

absl::Status Copy::Append(std::vector<Outgoing> batch) {
  Bell bell;
  auto registration = to_.log->OnActivity(partition_, [&bell] { bell.Ring(); });
  if (writer_ == nullptr) {
    LM_ASSIGN_OR_RETURN(writer_, to_.log->OpenWriter(partition_, kInstance));
  }
  writer_->Start(std::move(batch));
  std::optional<AppendOutcome> outcome;
  while (!(outcome = writer_->Poll())) {
    if (!bell.Wait(kAnswerWithin)) {
      return absl::UnavailableError(to_.Where(events_) + ": no answer to an append");
    }
  }
  if (outcome->kind == AppendOutcome::Kind::kCommitted) return absl::OkStatus();
  return Annotate(outcome->status, to_.Where(events_) +
                                       ": the copy stopped and goes on from here when it is "
                                       "called again");
}

absl::StatusOr<bool> Copy::IsThere(TopicPartition tp, Scan& target, const LogEntry& entry) const {
  LM_ASSIGN_OR_RETURN(const auto there, target.Next());
  if (there) {
    if (there->value == entry.value && there->key == entry.key) return true;
    return SomethingElse(to_, tp, there->position, "holds something else");
  }
  if (!announced_) return false;
  return absl::AbortedError(from_.Where(tp, entry.position) +
                            " came after the partition had been moved, and nobody has decided it. "
                            "Send it again to the new log, under the same id");
}

absl::Status Copy::CopyLetters() {
  const TopicPartition tp{Topic::kDeadLetter, partition_};
  LM_ASSIGN_OR_RETURN(const LogExtent extent, from_.extent(tp));
  LM_ASSIGN_OR_RETURN(Scan source, Scan::Open(from_, tp, extent.begin));
  LM_ASSIGN_OR_RETURN(Scan target, Scan::Open(to_, tp, {0}));
  std::vector<Outgoing> batch;
  while (true) {
    LM_ASSIGN_OR_RETURN(auto entry, source.Next());
    if (!entry) break;
    ++report_.letters;
    LM_ASSIGN_OR_RETURN(const bool there, IsThere(tp, target, *entry));
    if (there) continue;
    batch.push_back({std::move(entry->key), std::move(entry->value)});
    if (batch.size() >= kInputsAtOnce) LM_RETURN_IF_ERROR(Produce(tp, std::exchange(batch, {})));
  }
  return batch.empty() ? absl::OkStatus() : Produce(tp, std::move(batch));
}

absl::Status Copy::CopyInputs() {
  struct Source {
    TopicPartition tp;
    Scan scan;
    Scan target;
    std::optional<LogEntry> next;
  };
  const auto& meta = fold_.state().meta();
  std::vector<Source> sources;
  for (const auto& [topic, from] : {std::pair{Topic::kReport, meta.next_report()},
                                    std::pair{Topic::kCommand, meta.next_command()}}) {
    const TopicPartition tp{topic, partition_};
    LM_ASSIGN_OR_RETURN(Scan scan, Scan::Open(from_, tp, {from}));
    LM_ASSIGN_OR_RETURN(Scan target, Scan::Open(to_, tp, {0}));
    ends_[topic] = scan.end();
    sources.push_back({tp, std::move(scan), std::move(target), std::nullopt});
    LM_ASSIGN_OR_RETURN(sources.back().next, sources.back().scan.Next());
  }
  // In the order in which the engine would have taken them: the new log stamps them anew, and the
  // engine merges by that stamp.
  std::vector<Outgoing> batch;
  Source* last = nullptr;
  while (sources[0].next || sources[1].next) {
    const bool report = sources[0].next && (!sources[1].next || sources[0].next->appended_at <=
                                                                    sources[1].next->appended_at);
    Source& source = sources[report ? 0 : 1];
    if (!batch.empty() && (last != &source || batch.size() >= kInputsAtOnce)) {
      LM_RETURN_IF_ERROR(Produce(last->tp, std::exchange(batch, {})));
      if (last != &source) std::this_thread::sleep_for(kStampsApart);
    }
    last = &source;
    ++report_.inputs;
    LM_ASSIGN_OR_RETURN(const bool there, IsThere(source.tp, source.target, *source.next));
    if (!there) batch.push_back({std::move(source.next->key), std::move(source.next->value)});
    LM_ASSIGN_OR_RETURN(source.next, source.scan.Next());
  }
  return batch.empty() ? absl::OkStatus() : Produce(last->tp, std::move(batch));
}

absl::Status Copy::Produce(TopicPartition tp, std::vector<Outgoing> batch) {
  // Answers may come after this has given up waiting for them.
  struct Answers {
    Bell bell;
    std::mutex mutex;
    size_t open = 0;
    absl::Status status;
  };
  auto answers = std::make_shared<Answers>();
  answers->open = batch.size();
  LM_ASSIGN_OR_RETURN(auto producer, to_.log->OpenProducer());
  for (Outgoing& one : batch) {
    producer->Append(tp, std::move(one), [answers](const absl::StatusOr<LogPosition>& position) {
      std::lock_guard lock(answers->mutex);
      answers->status.Update(position.status());
      if (--answers->open == 0) answers->bell.Ring();
    });
  }
  const bool answered = answers->bell.Wait(kAnswerWithin);
  std::lock_guard lock(answers->mutex);
  if (!answered && answers->open > 0) {
    return absl::UnavailableError(to_.Where(tp) + ": no answer to an append");
  }
  return Annotate(answers->status, to_.Where(tp));
}

absl::Status Copy::CheckStill() const {
  for (const auto& [topic, end] : ends_) {
    const TopicPartition tp{topic, partition_};
    LM_ASSIGN_OR_RETURN(const LogExtent now, from_.extent(tp));
    if (now.end == end) continue;
    return absl::AbortedError(from_.Where(tp) + " went on from " + from_.position_word + " " +
                              std::to_string(end.value) + " to " + std::to_string(now.end.value) +
                              " meanwhile: stop every gateway and escalator of the old log, then "
                              "call this again");
  }
  return absl::OkStatus();
}

absl::Status Copy::Announce() {
  if (announced_ || report_.empty) return absl::OkStatus();
  const PartitionState& state = fold_.state();
  OwnershipInput input{
      .instance = kInstance,
      .partition = partition_,
      .partition_count = to_.log->identity().partition_count,
      .cluster_id = to_.log->identity().cluster_id,
      // All that stands in the new input topics is still to be decided.
      .moved_from = MovedFrom{
          .cluster_id = state.meta().cluster_id(), .next_report = {0}, .next_command = {0}}};
  // The copy makes no claim about the time: the engine that goes on judges the clock by the last
  // stamp of the log.
  auto sealed = Seal(state, Decide(state, input, state.log_time()), state.log_time());
  std::vector<Outgoing> batch;
  for (SealedRecord& one : sealed) {
    batch.push_back({EventKey(one.record), std::move(one.bytes)});
  }
  return Append(std::move(batch));
}

absl::Status Copy::ReadBack() const {
  LM_ASSIGN_OR_RETURN(auto follower, Follower::Open(to_.log.get(), partition_, {}));
  uint64_t records = 0;
  const auto take = [&](const FollowedRecord& one) {
    if (++records != report_.records || ToHex(AsBytes(one.sha256)) == report_.last_sha256) {
      return absl::OkStatus();
    }
    return absl::DataLossError(to_.Where(events_, one.position) +
                               " is not the record that was copied");
  };
  while (true) {
    LM_ASSIGN_OR_RETURN(const size_t taken, follower->Poll(kReadRecords, take));
    if (taken == 0) break;
  }
  const uint64_t wanted = report_.records + (report_.empty ? 0 : 1);
  if (records == wanted) return absl::OkStatus();
  return absl::DataLossError(to_.Where(events_) + " has " + std::to_string(records) +
                             " records where " + std::to_string(wanted) + " were written");
}

}  // namespace

absl::StatusOr<CopiedPartition> CopyPartition(const OpenedLog& from, const OpenedLog& to,
                                              PartitionId partition) {
  const LogIdentity before = from.log->identity();
  const LogIdentity after = to.log->identity();
  if (before.partition_count != after.partition_count) {
    return absl::FailedPreconditionError(
        "the log has " + std::to_string(before.partition_count) + " partitions and the new one " +
        std::to_string(after.partition_count) +
        ": a case's partition is computed from their number, so both must have as many");
  }
  if (before.cluster_id == after.cluster_id) {
    return absl::FailedPreconditionError("both are the same log, " + before.cluster_id);
  }
  return Copy(from, to, partition).Run();
}

}  // namespace lastmeter::ctl
