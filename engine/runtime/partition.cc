#include "engine/runtime/partition.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/core/apply.h"

namespace lastmeter {
namespace {

constexpr Millis kHeartbeatAfter = Minutes(10);
constexpr uint32_t kPoisonousFrom = 2;
// Provisional limits that one step computes again after a calendar was installed.
constexpr size_t kMostRecomputed = 256;
// How long a step waits to ask again for what the log reports to nobody.
constexpr Millis kAskAgain{1};
constexpr Millis kLongestWait = Seconds(1);

// The log refuses what it was given, and will refuse it again after it was decided again.
bool IsRefusal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kPermissionDenied ||
         status.code() == absl::StatusCode::kFailedPrecondition;
}

bool IsUnreadable(const event::v1::Event& event) {
  return event.case_opened().unreadable() ||
         event.command_rejected().reason() == event::v1::REJECTION_UNREADABLE;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Partition>> Partition::Open(PartitionOptions options, Log* log,
                                                           Store* store, ClockSource* clock,
                                                           DecideGuard* guard) {
  LogIdentity identity = log->identity();
  if (options.partition.value >= identity.partition_count) {
    return absl::InvalidArgumentError("the log has " + std::to_string(identity.partition_count) +
                                      " partitions and none of number " +
                                      std::to_string(options.partition.value));
  }
  if (options.instance.empty()) return absl::InvalidArgumentError("an owner needs a name");
  return std::unique_ptr<Partition>(new Partition(std::move(options), log, store, clock, guard));
}

Partition::Partition(PartitionOptions options, Log* log, Store* store, ClockSource* clock,
                     DecideGuard* guard)
    : options_(std::move(options)), log_(log), store_(store), clock_source_(clock), guard_(guard) {}

void Partition::Batch::Clear() {
  outgoing.clear();
  outgoing.reserve(records);
  committed.clear();
  records = 0;
  bytes = 0;
}

StepResult Partition::Step() {
  LM_CHECK(phase_ != Phase::kSpent) << "a spent partition was stepped";
  ++steps_;
  if (in_flight_) {
    std::optional<AppendOutcome> outcome = writer_->Poll();
    if (!outcome.has_value()) return {.status = absl::OkStatus(), .wake_in = kLongestWait};
    if (absl::Status s = FinishAppend(*outcome); !s.ok()) return Spend(s);
    if (phase_ != Phase::kFenced) phase_ = Phase::kRunning;
  }
  if (phase_ == Phase::kRunning && batch_.records == 0) {
    if (const Millis rest = writer_->Rest(); rest.ms > 0) return {.rest = rest};
  }
  if (phase_ == Phase::kFenced) return AwaitSuccessor();
  if (phase_ != Phase::kRunning) return Opening();
  if (absl::Status s = DecideBatch(); !s.ok()) return Spend(s);
  return NextCall();
}

StepResult Partition::Spend(absl::Status status) {
  phase_ = Phase::kSpent;
  return {.status = Annotate(status, "partition " + std::to_string(options_.partition.value))};
}

absl::Status Partition::FinishAppend(const AppendOutcome& outcome) {
  in_flight_ = false;
  if (outcome.kind != AppendOutcome::Kind::kCommitted) {
    if (outcome.status.code() == absl::StatusCode::kAborted) {
      fenced_how_ = std::string(outcome.status.message());
      fenced_at_ = clock_source_->Boot();
      phase_ = Phase::kFenced;
      return absl::OkStatus();
    }
    if (outcome.status.code() == absl::StatusCode::kResourceExhausted ||
        IsRefusal(outcome.status)) {
      return outcome.status;
    }
    return absl::UnavailableError(
        "an append did not certainly succeed, so the log is read again: " +
        std::string(outcome.status.message()));
  }
  mark_ = {.position = outcome.last, .seq = batch_.last, .sha256 = batch_.last_sha256};
  LM_RETURN_IF_ERROR(CommitStore());
  records_ += batch_.records;
  if (options_.on_committed) options_.on_committed(batch_.committed, outcome.last);
  batch_.Clear();
  oldest_in_batch_.reset();
  return absl::OkStatus();
}

absl::Status Partition::CommitStore() {
  return Annotate(store_->Commit(state_->TakeChanges(), mark_), "store");
}

absl::Status Partition::DecideBatch() {
  boot_ = clock_source_->Boot();
  // A batch may be waiting for its dead letters; nothing is decided on top of it.
  if (batch_.records == 0) {
    stamp_ = clock_->Stamp();
    cut_short_ = false;
    DecideUpkeep();
    std::optional<PartitionState::Timer> timer = state_->NextTimer();
    if (timer.has_value() && timer->due <= stamp_ && timer->due > watermark_.until) {
      inputs_->AskEnds(stamp_, boot_);
    }
    DecideInputs();
    DecideTimers();
    if (batch_.records == 0 && stamp_ - state_->log_time() >= kHeartbeatAfter) {
      DecideOne(HeartbeatInput{});
    }
  }
  if (batch_.records == 0 || !dead_letters_->Settled(boot_)) return absl::OkStatus();
  // What was decided on a row that could not be read must not reach the log.
  LM_RETURN_IF_ERROR(Annotate(store_->health(), "store"));
  StartAppend();
  return absl::OkStatus();
}

void Partition::DecideUpkeep() {
  if (std::optional<Timestamp> wall = clock_->Agreed()) DecideOne(ClockAgreedInput{*wall});
  if (DateOf(stamp_) > state_->meta().today()) DecideOne(DayInput{});
  for (size_t i = 0; i < kMostRecomputed; ++i) {
    std::optional<CaseNumber> number = state_->NextRecompute();
    if (!number.has_value()) break;
    DecideOne(RecomputeInput{*number});
  }
}

void Partition::FillInputs() {
  inputs_->Fill({.records = options_.max_inputs, .bytes = options_.max_input_bytes}, boot_);
}

void Partition::DecideInputs() {
  FillInputs();
  for (size_t i = 0; i < options_.max_inputs && !cut_short_; ++i) {
    if (i > 0 && batch_.bytes >= options_.max_batch_bytes / 2) break;
    std::optional<LogInput> taken = inputs_->Take();
    if (!taken.has_value()) break;
    if (!oldest_in_batch_.has_value()) oldest_in_batch_ = taken->appended_at;
    ++inputs_decided_;
    if (auto attempts = PoisonAttempts(DecideId::Of(*taken))) {
      dead_letters_->Send(*taken, "ended the process while it was being decided", boot_);
      DecideOne(PoisonInput{*std::move(taken), *attempts});
      continue;
    }
    const Input input(*std::move(taken));
    if (DecideOne(input) == Readable::kNo) {
      dead_letters_->Send(std::get<LogInput>(input), "cannot be read", boot_);
    }
  }
}

void Partition::DecideTimers() {
  timers_left_ = false;
  // In a backlog the next unread input has to be known for what may fire before it.
  std::optional<PartitionState::Timer> next = state_->NextTimer();
  if (next.has_value() && next->due <= stamp_) FillInputs();
  watermark_ = inputs_->FireUntil(stamp_, boot_);
  if (clock_->held()) return;
  for (size_t fired = 0; !cut_short_; ++fired) {
    std::optional<PartitionState::Timer> timer = state_->NextTimer();
    if (!timer.has_value() || timer->due > watermark_.until) return;
    // The first one goes even into a full batch: timers advance in every step.
    if (fired > 0 && (fired >= options_.max_timers || batch_.bytes >= options_.max_batch_bytes)) {
      timers_left_ = true;
      return;
    }
    ++timers_fired_;
    if (options_.on_timer) options_.on_timer(stamp_ - timer->due);
    TimerInput input{
        .number = timer->number, .due = timer->due, .inputs_unseen = timer->due > watermark_.seen};
    if (auto attempts = PoisonAttempts(DecideId::Of(input))) {
      DecideOne(PoisonTimer{input, *attempts});
    } else {
      DecideOne(input);
    }
  }
}

std::optional<uint32_t> Partition::PoisonAttempts(const DecideId& id) const {
  uint32_t attempts = guard_->Attempts(id);
  if (attempts < kPoisonousFrom) return std::nullopt;
  return attempts;
}

Partition::Readable Partition::DecideOne(const Input& input) {
  std::optional<DecideId> id;
  if (const auto* log_input = std::get_if<LogInput>(&input)) id = DecideId::Of(*log_input);
  if (const auto* timer = std::get_if<TimerInput>(&input)) id = DecideId::Of(*timer);
  if (std::holds_alternative<PoisonInput>(input) || std::holds_alternative<PoisonTimer>(input)) {
    ++quarantined_;
    cut_short_ = true;
  }
  if (id.has_value()) guard_->Enter(*id);
  std::vector<SealedRecord> decision = Seal(*state_, Decide(*state_, input, stamp_), stamp_);
  ApplyDecided(*state_, decision);
  const bool unreadable = IsUnreadable(decision.front().record.event());
  for (SealedRecord& sealed : decision) AddToBatch(std::move(sealed));
  if (id.has_value()) guard_->Leave();
  return unreadable ? Readable::kNo : Readable::kYes;
}

void Partition::AddToBatch(SealedRecord sealed) {
  const event::v1::Record& record = sealed.record;
  if (record.event().has_clock_accepted()) {
    clock_->Accept({record.event().clock_accepted().wall_ms()});
  }
  ++batch_.records;
  batch_.bytes += sealed.bytes.size();
  batch_.last = {record.seq()};
  batch_.last_sha256 = sealed.sha256;
  if (options_.on_committed) {
    CommittedRecord& told = batch_.committed.emplace_back();
    told.seq = {record.seq()};
    told.kind = record.event().body_case();
    told.answers_input = record.part() == 0 && record.has_input_cause();
    if (record.part() == 0 && record.has_timer_cause()) {
      told.answers_timer = Timestamp{record.timer_cause().due_ms()};
    }
    told.bytes = sealed.bytes;
  }
  batch_.outgoing.push_back({EventKey(record), std::move(sealed.bytes)});
}

void Partition::StartAppend() {
  writer_->Start(std::move(batch_.outgoing));
  in_flight_ = true;
}

StepResult Partition::NextCall() const {
  StepResult result{.wake_in = kLongestWait};
  if (in_flight_) return result;
  if (batch_.records > 0) {
    result.wake_in = Millis{50};
    return result;
  }
  result.again = inputs_->more() || timers_left_ || state_->NextRecompute().has_value();
  auto wake_by = [&](Timestamp instant) {
    result.wake_in = std::min(result.wake_in, clock_->Until(instant));
  };
  wake_by(state_->log_time() + kHeartbeatAfter);
  std::optional<PartitionState::Timer> timer = state_->NextTimer();
  bool due = timer.has_value() && timer->due <= stamp_ && !clock_->held();
  result.idle = !result.again && !due && inputs_->health().ok();
  if (!timer.has_value() || clock_->held()) return result;
  if (!due) {
    wake_by(timer->due);
  } else {
    // Due, and held back by the watermark.
    result.wake_in = inputs_->health().ok() ? kAskAgain : Inputs::kRetryAfter;
  }
  return result;
}

PartitionStatus Partition::status() const {
  PartitionStatus s{.steps = steps_,
                    .inputs = inputs_decided_,
                    .records = records_,
                    .timers_fired = timers_fired_,
                    .quarantined = quarantined_};
  if (state_ != nullptr) {
    s.epoch = state_->meta().epoch();
    s.seq = state_->meta().seq();
    s.log_time = state_->log_time();
    s.open_cases = state_->open_cases();
    s.timers = state_->timers();
  }
  if (phase_ == Phase::kSpent) s.state = PartitionStatus::State::kSpent;
  if (phase_ != Phase::kRunning) return s;
  s.state = clock_->held() ? PartitionStatus::State::kHeld : PartitionStatus::State::kRunning;
  Timestamp now = stamp_ + (clock_source_->Boot() - boot_);
  if (auto timer = state_->NextTimer()) s.timer_lag = {std::max<int64_t>(0, (now - timer->due).ms)};
  std::optional<Timestamp> oldest = oldest_in_batch_;
  if (!oldest.has_value()) oldest = inputs_->oldest_unread();
  if (oldest.has_value()) s.backlog_age = {std::max<int64_t>(0, (now - *oldest).ms)};
  s.trouble = inputs_->health();
  if (s.trouble.ok()) s.trouble = dead_letters_->health();
  if (clock_->held()) {
    s.trouble = absl::FailedPreconditionError(
        "the wall clock has jumped: no timer fires until it agrees again, the kernel reports "
        "that it is synchronised, or an operator accepts it");
  }
  return s;
}

std::optional<LogClock::Anchor> Partition::clock_anchor() const {
  if (!clock_.has_value()) return std::nullopt;
  return clock_->anchor();
}

}  // namespace lastmeter
