// How a partition is taken over: fence, verify, load, fold, announce. One phase a step, and the
// folding in slices.
#include <utility>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/core/apply.h"
#include "engine/runtime/partition.h"

namespace lastmeter {
namespace {

// How often a fenced owner looks for its successor's word.
constexpr Millis kLookForSuccessor{100};
// When a log shows less than it is known to hold.
constexpr Millis kReadAgain{5};

std::string At(PartitionId partition, LogPosition position) {
  return ToString({Topic::kEvent, partition}) + ", position " + std::to_string(position.value);
}

// What to do when store and log do not belong together.
absl::Status StoreDiffers(PartitionId partition, std::string_view what, const StoreMark& mark) {
  std::string text = "the store has taken in record seq " + std::to_string(mark.seq.value) +
                     " at " + At(partition, mark.position) + ", but ";
  text += what;
  text +=
      ": the log has lost records, or the store belongs to another log. Going on would give case "
      "numbers twice. Put the log back from its copy; only when it is certain that this log is "
      "whole, remove the store's folder and it is rebuilt from the log";
  return MakeStatus(absl::StatusCode::kDataLoss, text);
}

}  // namespace

StepResult Partition::Opening() {
  absl::Status status;
  switch (phase_) {
    case Phase::kFence:
      status = Fence();
      break;
    case Phase::kVerify:
      status = VerifyStore();
      break;
    case Phase::kLoad:
      status = LoadStore();
      break;
    case Phase::kFold:
      status = Fold();
      break;
    case Phase::kAnnounce:
      status = Announce();
      break;
    case Phase::kRunning:
    case Phase::kFenced:
    case Phase::kSpent:
      LM_CHECK(false) << "not opening";
  }
  if (!status.ok()) return Spend(status);
  return {.status = absl::OkStatus(),
          .again = !in_flight_ && !log_slow_,
          .wake_in = log_slow_ ? kReadAgain : Seconds(1)};
}

absl::Status Partition::Fence() {
  LM_ASSIGN_OR_RETURN(writer_, log_->OpenWriter(options_.partition, options_.instance));
  phase_ = Phase::kVerify;
  return absl::OkStatus();
}

absl::Status Partition::VerifyStore() {
  TopicPartition events{Topic::kEvent, options_.partition};
  std::optional<StoreMark> mark = store_->mark();
  if (!mark.has_value()) {
    auto reader = log_->OpenReader(events, LogPosition{0});
    if (!reader.ok()) return Annotate(reader.status(), ToString(events));
    event_reader_ = *std::move(reader);
    phase_ = Phase::kLoad;
    return absl::OkStatus();
  }
  if (mark->position >= writer_->end_at_open()) {
    return StoreDiffers(options_.partition,
                        "the log ends at position " + std::to_string(writer_->end_at_open().value),
                        *mark);
  }
  if (event_reader_ == nullptr) {
    auto reader = log_->OpenReader(events, mark->position);
    if (reader.status().code() == absl::StatusCode::kOutOfRange) {
      return StoreDiffers(options_.partition, "the log no longer has it", *mark);
    }
    if (!reader.ok()) return Annotate(reader.status(), ToString(events));
    event_reader_ = *std::move(reader);
  }
  LM_ASSIGN_OR_RETURN(std::vector<LogEntry> entries, event_reader_->Read(1, 1));
  log_slow_ = entries.empty() && event_reader_->position() < writer_->end_at_open();
  if (log_slow_) return absl::OkStatus();
  if (entries.empty() || entries[0].position != mark->position) {
    return StoreDiffers(options_.partition, "the log has no record there", *mark);
  }
  if (Sha256(entries[0].value) != mark->sha256) {
    return StoreDiffers(options_.partition, "the record there is another one", *mark);
  }
  mark_ = *mark;
  phase_ = Phase::kLoad;
  return absl::OkStatus();
}

absl::Status Partition::LoadStore() {
  state_ = std::make_unique<PartitionState>(store_);
  absl::Status loaded = store_->Load([this](std::string_view key, std::string_view value) {
    if (state_->LoadRow(key, value)) return absl::OkStatus();
    return absl::DataLossError("row " + ToHex(key.substr(0, 32)) + " cannot be read");
  });
  LM_RETURN_IF_ERROR(Annotate(loaded, "store"));
  const auto& meta = state_->meta();
  if (meta.seq() != mark_.seq.value ||
      (meta.seq() > 0 && meta.last_sha256() != AsBytes(mark_.sha256))) {
    return absl::DataLossError("store: its rows stand at seq " + std::to_string(meta.seq()) +
                               " and its mark at " + std::to_string(mark_.seq.value) +
                               "; remove its folder and it is rebuilt from the log");
  }
  LM_RETURN_IF_ERROR(CheckIdentity());
  fold_reader_.emplace();
  phase_ = Phase::kFold;
  return absl::OkStatus();
}

absl::Status Partition::CheckIdentity() const {
  const auto& meta = state_->meta();
  if (meta.cluster_id().empty()) return absl::OkStatus();
  LogIdentity identity = log_->identity();
  std::string was = meta.cluster_id() + ", partition " + std::to_string(meta.partition()) + " of " +
                    std::to_string(meta.partition_count());
  std::string is = identity.cluster_id + ", partition " + std::to_string(options_.partition.value) +
                   " of " + std::to_string(identity.partition_count);
  if (was == is) return absl::OkStatus();
  return absl::FailedPreconditionError("the partition was kept for log " + was +
                                       ", and this is log " + is +
                                       ": the log was made anew or its partitions were changed");
}

absl::Status Partition::FoldEntry(const LogEntry& entry) {
  auto read = fold_reader_->Read(entry.value);
  if (!read.ok()) return Annotate(read.status(), At(options_.partition, entry.position));
  const event::v1::Record& record = **read;
  if (absl::Status s = CheckFollows(*state_, record); !s.ok()) {
    return Annotate(s, At(options_.partition, entry.position));
  }
  Sha256Digest sha256 = Sha256(entry.value);
  Apply(*state_, record, sha256);
  mark_ = {.position = entry.position, .seq = {record.seq()}, .sha256 = sha256};
  return absl::OkStatus();
}

absl::Status Partition::Fold() {
  bool at_end = event_reader_->position() >= writer_->end_at_open();
  if (!at_end) {
    auto entries = event_reader_->Read(options_.fold_records, options_.fold_bytes);
    if (!entries.ok())
      return Annotate(entries.status(), ToString({Topic::kEvent, options_.partition}));
    log_slow_ = entries->empty() && event_reader_->position() < writer_->end_at_open();
    for (const LogEntry& entry : *entries) {
      // Written after this writer opened, so by one that opened later.
      if (entry.position >= writer_->end_at_open()) return WhoFenced("overtaken while opening");
      LM_RETURN_IF_ERROR(FoldEntry(entry));
    }
    return entries->empty() ? absl::OkStatus() : CommitStore();
  }
  LM_RETURN_IF_ERROR(CheckIdentity());
  if (state_->meta().parts_missing() > 0) {
    return absl::DataLossError("event log: its last decision lacks " +
                               std::to_string(state_->meta().parts_missing()) + " records");
  }
  event_reader_.reset();
  fold_reader_.reset();
  phase_ = Phase::kAnnounce;
  return absl::OkStatus();
}

absl::Status Partition::Announce() {
  const auto& meta = state_->meta();
  clock_.emplace(clock_source_, state_->log_time(), options_.clock_before);
  inputs_.emplace(log_, options_.partition,
                  Inputs::From{.report = {meta.next_report()}, .command = {meta.next_command()}});
  dead_letters_.emplace(log_, options_.partition);
  boot_ = clock_source_->Boot();
  stamp_ = clock_->Stamp();
  watermark_ = {.until = {INT64_MIN}, .seen = {INT64_MIN}};
  LogIdentity identity = log_->identity();
  DecideOne(OwnershipInput{.instance = options_.instance,
                           .partition = options_.partition,
                           .partition_count = identity.partition_count,
                           .cluster_id = identity.cluster_id});
  StartAppend();
  return absl::OkStatus();
}

StepResult Partition::AwaitSuccessor() {
  absl::Status status = WhoFenced(fenced_how_);
  if (status.code() == absl::StatusCode::kUnavailable &&
      clock_source_->Boot() - fenced_at_ < options_.successor_within) {
    return {.status = absl::OkStatus(), .wake_in = kLookForSuccessor};
  }
  return Spend(std::move(status));
}

absl::Status Partition::WhoFenced(std::string_view how) {
  TopicPartition events{Topic::kEvent, options_.partition};
  LM_ASSIGN_OR_RETURN(auto reader,
                      log_->OpenReader(events, LogPosition{writer_->end_at_open().value}));
  uint64_t own_epoch = state_->meta().epoch();
  while (true) {
    LM_ASSIGN_OR_RETURN(auto entries, reader->Read(options_.fold_records, options_.fold_bytes));
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) {
      auto parsed = ParseRecord(entry.value);
      if (!parsed.ok()) return Annotate(parsed.status(), At(options_.partition, entry.position));
      const event::v1::Record& record = *parsed;
      if (!record.event().has_writer_opened()) continue;
      const std::string& instance = record.event().writer_opened().instance();
      if (record.epoch() < own_epoch ||
          (record.epoch() == own_epoch && instance == options_.instance)) {
        continue;
      }
      return absl::AbortedError("owned by " + instance + " since seq " +
                                std::to_string(record.seq()));
    }
  }
  return absl::UnavailableError("fenced, yet nobody else has taken the partition: " +
                                std::string(how));
}

}  // namespace lastmeter
