#include "services/query/query.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/logging.h"
#include "services/query/calendar_warning.h"
#include "services/query/case_fold.h"
#include "services/query/visibility.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace ev = lastmeter::event::v1;
using lastmeter::view::v1::InputRow;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kRecordsAtOnce = 512;
constexpr auto kLookAheadEvery = std::chrono::seconds(1);
// A question may be lost with the broker that had it: it is put again long before it times out.
constexpr auto kAskAgainAfter = std::chrono::seconds(3);
// A log that has not answered for so long cannot be read, and whoever asks is told so. Readers
// find nothing new meanwhile, which is no error of theirs.
constexpr auto kSilentAfter = std::chrono::seconds(6);

// Waiters get the texts: each waits for what it sent itself. The gateway gives volunteers none.
const Caller& Insider() {
  static const Caller* const insider = [] {
    auto* caller = new Caller;
    caller->role = lastmeter::common::v1::ROLE_STAFF;
    return caller;
  }();
  return *insider;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Query>> Query::Open(QueryOptions options) {
  LM_ASSIGN_OR_RETURN(
      auto view, View::Open(options.open_store, options.log->identity(), options.keeps_records));
  auto query = std::unique_ptr<Query>(new Query(std::move(options), std::move(view)));
  for (uint32_t p = 0; p < query->view_->partitions(); ++p) {
    const PartitionId partition{p};
    LM_ASSIGN_OR_RETURN(const Follower::From from, query->view_->Position(partition));
    auto follower = Follower::Open(query->options_.log, partition, from);
    if (follower.status().code() == absl::StatusCode::kOutOfRange) {
      return absl::DataLossError(
          "the read side and the store remember records that the log no longer has (" +
          std::string(follower.status().message()) +
          "): the log was cut or replaced by an older one. Restore its newest copy; to go on "
          "without what is missing: lastmeterctl log accept-loss");
    }
    if (!follower.ok()) return follower.status();
    query->followers_.push_back(*std::move(follower));
    query->folded_.push_back(LogPosition{from.position.value + 1});
  }
  return query;
}

Query::Query(QueryOptions options, std::unique_ptr<View> view)
    : options_(std::move(options)),
      view_(std::move(view)),
      log_records_(options_.log),
      records_(view_->records() != nullptr ? view_->records() : &log_records_),
      ahead_(view_->partitions()),
      streams_(view_.get(), [this] { return Folded(); }) {}

Query::~Query() { Stop(); }

void Query::Start() {
  for (uint32_t p = 0; p < view_->partitions(); ++p) {
    registrations_.push_back(options_.log->OnActivity(PartitionId{p}, [this] {
      {
        std::lock_guard lock(mutex_);
        awake_ = true;
      }
      wake_.notify_one();
    }));
  }
  streams_.Start();
  thread_ = std::thread([this] { Run(); });
}

void Query::Stop() {
  registrations_.clear();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  waiters_.Expire(steady_clock::now(), true);
  streams_.Stop();
}

void Query::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    awake_ = false;
    lock.unlock();
    size_t folded = 0;
    absl::Status failure;
    for (uint32_t p = 0; p < view_->partitions(); ++p) {
      const auto some = FoldSome(PartitionId{p});
      if (some.ok()) {
        folded += *some;
      } else if (failure.ok()) {
        failure = some.status();
      }
    }
    if (folded > 0) streams_.Wake();
    WarnOnceADay();
    const auto now = steady_clock::now();
    const auto next = waiters_.Expire(now, false);
    lock.lock();
    health_ = failure;
    if (folded > 0 || stopping_) continue;
    auto until = now + milliseconds(failure.ok() ? 1000 : 200);
    if (next) until = std::min(until, *next);
    wake_.wait_until(lock, until, [this] { return awake_ || stopping_; });
  }
}

absl::StatusOr<size_t> Query::FoldSome(PartitionId partition) {
  auto& follower = followers_[partition.value];
  if (follower == nullptr) {
    // After a failure the view's own position is where to go on.
    LM_ASSIGN_OR_RETURN(const Follower::From from, view_->Position(partition));
    LM_ASSIGN_OR_RETURN(follower, Follower::Open(options_.log, partition, from));
    std::lock_guard lock(mutex_);
    ahead_[partition.value].asking = false;
  }
  LM_ASSIGN_OR_RETURN(const size_t taken, PollWhole(partition));
  LookAhead(partition);
  if (taken == 0) return 0;
  if (absl::Status status = view_->Commit(partition, follower->at()); !status.ok()) {
    follower.reset();
    arriving_.erase(partition);
    return status;
  }
  records_folded_ += taken;
  {
    std::lock_guard lock(mutex_);
    folded_[partition.value] = LogPosition{follower->at().position.value + 1};
    for (const auto& [log, next] : decided_) {
      Ahead& ahead = ahead_[partition.value];
      (log.is_report ? ahead.next_report : ahead.next_command) = next;
    }
  }
  for (const auto& [name, outcome] : resolved_) waiters_.Resolve(name, outcome);
  return taken;
}

void Query::LookAhead(PartitionId partition) {
  Follower& follower = *followers_[partition.value];
  const auto now = steady_clock::now();
  std::lock_guard lock(mutex_);
  Ahead& ahead = ahead_[partition.value];
  if (ahead.asking) {
    if (const auto answer = follower.EndAnswer()) {
      ahead.asking = false;
      if (answer->ok()) {
        ahead.end = **answer;
        ahead.heard_at = now;
      }
    } else if (now - ahead.asked_at >= kAskAgainAfter) {
      follower.AskEnd();
      ahead.asked_at = now;
    }
  } else if (now - ahead.asked_at >= kLookAheadEvery || !ahead.end) {
    follower.AskEnd();
    ahead.asking = true;
    ahead.asked_at = now;
  }
  if (!ahead.end) return;
  ahead.lag = std::max<int64_t>(0, ahead.end->value - follower.position().value);
  if (ahead.lag == 0) ahead.caught_up = true;
}

// A decision is put in whole: it is in the log whole, so that its end is there to be read.
absl::StatusOr<size_t> Query::PollWhole(PartitionId partition) {
  auto& follower = followers_[partition.value];
  size_t taken = 0;
  bool whole = true;
  resolved_.clear();
  decided_.clear();
  const auto take = [&](const FollowedRecord& followed) -> absl::Status {
    whole = followed.record.part() + 1 >= followed.record.parts();
    LM_RETURN_IF_ERROR(view_->Fold(partition, followed));
    NoteDecided(partition, followed.record);
    Gather(partition, followed.record);
    return absl::OkStatus();
  };
  do {
    const auto some = follower->Poll(kRecordsAtOnce, take);
    if (!some.ok()) {
      if (some.status().code() != absl::StatusCode::kUnavailable || taken > 0 || !whole) {
        follower.reset();
        view_->Drop();
        arriving_.erase(partition);
      }
      return some.status();
    }
    taken += *some;
    if (*some == 0) break;
  } while (!whole);
  return taken;
}

void Query::NoteDecided(PartitionId partition, const ev::Record& record) {
  if (!record.has_input_cause() || record.part() != 0) return;
  const auto& cause = record.input_cause();
  decided_.emplace_back(InputLog{cause.topic() == ev::INPUT_TOPIC_REPORT, partition},
                        LogPosition{cause.position() + 1});
}

void Query::WarnOnceADay() {
  const Date today = DateOf(options_.now());
  if (today == warned_on_) return;
  const auto row = view_->FindRules(PartitionId{0});
  if (!row.ok() || !*row) return;
  warned_on_ = today;
  lastmeter::rules::v1::Rules rules;
  rules.ParseFromString((*row)->rules());
  const std::string warning = CalendarWarning(rules.calendar(), options_.now());
  if (!warning.empty()) logging::Warning(warning, {{"rules", (*row)->version()}});
}

void Query::Gather(PartitionId partition, const ev::Record& record) {
  if (record.has_input_cause() && record.part() == 0) {
    arriving_.erase(partition);
    auto decided = InputOfRecord(partition, record);
    if (!decided || !waiters_.Any(decided->name)) return;
    Arriving arriving;
    arriving.name = std::move(decided->name);
    arriving.outcome.actor = std::move(decided->actor);
    arriving.outcome.fingerprint = std::move(decided->fingerprint);
    arriving.outcome.case_number = record.event().case_number();
    arriving.repeated = record.event().has_input_repeated();
    arriving_[partition] = std::move(arriving);
  }
  const auto it = arriving_.find(partition);
  if (it == arriving_.end()) return;
  it->second.outcome.events.push_back(ShowRecord(partition, record, Insider()));
  if (record.part() + 1 < record.parts()) return;
  Arriving arriving = std::move(it->second);
  arriving_.erase(it);
  if (arriving.repeated) {
    // The first decision's answer is the answer to the repeat.
    const auto row = view_->FindInput(arriving.name);
    if (row.ok() && *row) {
      if (auto first = Recall(arriving.name, **row); first.ok()) {
        arriving.outcome = *std::move(first);
      }
    }
  }
  resolved_.emplace_back(std::move(arriving.name), std::move(arriving.outcome));
}

PositionVector Query::Folded() const {
  std::lock_guard lock(mutex_);
  return folded_;
}

absl::Status Query::health() const {
  std::lock_guard lock(mutex_);
  if (!health_.ok()) return health_;
  const auto silence =
      steady_clock::now() -
      std::min_element(ahead_.begin(), ahead_.end(), [](const auto& a, const auto& b) {
        return a.heard_at < b.heard_at;
      })->heard_at;
  if (silence < kSilentAfter) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the log has not answered for ",
                   std::chrono::duration_cast<std::chrono::seconds>(silence).count(), " s"));
}

bool Query::caught_up() const {
  std::lock_guard lock(mutex_);
  return std::all_of(ahead_.begin(), ahead_.end(), [](const Ahead& a) { return a.caught_up; });
}

int64_t Query::lag() const {
  std::lock_guard lock(mutex_);
  int64_t most = 0;
  for (const Ahead& ahead : ahead_) most = std::max(most, ahead.lag);
  return most;
}

void Query::AddMetrics(Metrics* metrics) const {
  metrics->SampleCounter("lastmeter_view_records_total", "Records folded by the read side",
                         [this] { return static_cast<double>(records_folded()); });
  metrics->Sample("lastmeter_view_lag_records",
                  "Positions of the log, roughly records, that the read side has not folded",
                  [this] { return static_cast<double>(lag()); });
  metrics->Sample("lastmeter_event_listeners", "Streams of events that are open",
                  [this] { return static_cast<double>(listeners()); });
}

LogPosition Query::UndecidedFrom(InputLog log) const {
  std::lock_guard lock(mutex_);
  const Ahead& ahead = ahead_[log.partition.value];
  return log.is_report ? ahead.next_report : ahead.next_command;
}

absl::StatusOr<Outcome> Query::Recall(const InputName& input, const InputRow& row) const {
  Outcome outcome;
  outcome.actor = row.actor();
  outcome.fingerprint = row.fingerprint();
  outcome.case_number = row.case_number();
  LM_ASSIGN_OR_RETURN(auto reader, records_->Open(input.partition, LogPosition{row.position()}));
  while (outcome.events.size() < row.records()) {
    LM_ASSIGN_OR_RETURN(const auto stored,
                        reader->Read(row.records() - outcome.events.size(), 4 << 20));
    if (stored.empty()) return absl::UnavailableError("a decision's records cannot be read");
    for (const StoredRecord& one : stored) {
      ev::Record record;
      if (!record.ParseFromString(one.bytes)) return absl::DataLossError("a damaged record");
      outcome.events.push_back(ShowRecord(input.partition, record, Insider()));
    }
  }
  return outcome;
}

std::optional<KnownInput> Query::FindInput(const InputName& input) const {
  const auto row = view_->FindInput(input);
  if (!row.ok() || !*row) return std::nullopt;
  return KnownInput{(*row)->actor(), (*row)->fingerprint(), LogPosition{(*row)->input_position()}};
}

void Query::WaitFor(InputName input, Millis at_most, Callback callback) {
  const uint64_t number =
      waiters_.Add(input, steady_clock::now() + milliseconds(at_most.ms), std::move(callback));
  bool stopping = false;
  {
    // The thread must learn of a deadline that lies before the one that it sleeps to.
    std::lock_guard lock(mutex_);
    awake_ = true;
    stopping = stopping_;
  }
  wake_.notify_one();
  if (stopping) {
    if (auto waiting = waiters_.Take(input, number)) (*waiting)(std::nullopt);
    return;
  }
  // Decided before anybody waited: the fold will not come past it again.
  const auto row = view_->FindInput(input);
  if (!row.ok() || !*row) return;
  auto outcome = Recall(input, **row);
  if (!outcome.ok()) return;
  if (auto waiting = waiters_.Take(input, number)) (*waiting)(*std::move(outcome));
}

std::optional<api::Case> Query::FindCase(const Caller& caller, std::string_view number) const {
  const auto parsed = CaseNumber::Parse(number);
  if (!parsed) return std::nullopt;
  const auto row = view_->FindCase(*parsed);
  if (!row.ok() || !*row || !MaySee(caller, **row)) return std::nullopt;
  return Show(**row, options_.now());
}

}  // namespace lastmeter::query
