#include "engine/log/faulty_log.h"

#include <thread>
#include <utility>

#include "engine/base/check.h"

namespace lastmeter {
namespace {

using Kind = AppendOutcome::Kind;

// Waits for the inner log's answer. Only for orphans and faults that must be certain of the
// outcome; the inner logs answer every append in bounded time.
AppendOutcome Await(LogWriter& writer) {
  for (;;) {
    if (std::optional<AppendOutcome> outcome = writer.Poll()) return *std::move(outcome);
    std::this_thread::yield();
  }
}

}  // namespace

class FaultyLog::Writer final : public LogWriter {
 public:
  Writer(FaultyLog& log, PartitionId partition, std::unique_ptr<LogWriter> inner)
      : log_(log),
        partition_(partition),
        inner_(std::move(inner)),
        end_at_open_(inner_->end_at_open()) {}

  ~Writer() override {
    if (!in_flight_ || spent_) return;
    // The fates that never reach the inner log may not reach it by way of a death either.
    if (fate_ == Fate::kNotCommitted || fate_ == Fate::kFenced) return;
    log_.Adopt(partition_, {std::move(inner_), std::move(batch_), true});
  }

  LogPosition end_at_open() const override { return end_at_open_; }

  void Start(std::vector<Outgoing> batch) override {
    LM_CHECK(!batch.empty()) << "an append without records";
    LM_CHECK(!in_flight_) << "a second append while one is under way";
    in_flight_ = true;
    batch_ = std::move(batch);
    if (spent_) return;
    std::lock_guard lock(log_.mutex_);
    fate_ = log_.DrawFate();
    polls_left_ = log_.UpTo(log_.plan_.append_polls_max);
    if (polls_left_ == 0 && fate_ == Fate::kCommit) {
      inner_->Start(std::exchange(batch_, {}));
    }
  }

  std::optional<AppendOutcome> Poll() override {
    if (!in_flight_) return std::nullopt;
    if (spent_) {
      in_flight_ = false;
      return AppendOutcome{
          Kind::kNotCommitted, {}, absl::FailedPreconditionError("the writer is spent")};
    }
    if (polls_left_ > 0) {
      --polls_left_;
      log_.hub_.Notify(partition_);
      return std::nullopt;
    }
    std::optional<AppendOutcome> outcome = Finish();
    if (outcome) {
      in_flight_ = false;
      spent_ = outcome->kind != Kind::kCommitted;
      log_.hub_.Notify(partition_);
    }
    return outcome;
  }

 private:
  std::optional<AppendOutcome> Finish() {
    switch (fate_) {
      case Fate::kCommit:
        if (!batch_.empty()) inner_->Start(std::exchange(batch_, {}));
        return inner_->Poll();
      case Fate::kUnknownThere: {
        inner_->Start(std::exchange(batch_, {}));
        // A batch that the inner log refused is unknown to our caller all the same.
        const bool there = Await(*inner_).kind == Kind::kCommitted;
        Count(there ? &FaultCounts::unknown_there : &FaultCounts::unknown_lost);
        return Unknown();
      }
      case Fate::kUnknownLost:
        Count(&FaultCounts::unknown_lost);
        return Unknown();
      case Fate::kUnknownLate:
        log_.Adopt(partition_, {std::move(inner_), std::exchange(batch_, {}), false});
        return Unknown();
      case Fate::kNotCommitted:
        Count(&FaultCounts::not_committed);
        return AppendOutcome{Kind::kNotCommitted, {}, absl::UnavailableError("injected: refused")};
      case Fate::kFenced:
        Count(&FaultCounts::fenced);
        return AppendOutcome{Kind::kNotCommitted, {}, absl::AbortedError("injected: fenced")};
    }
    return std::nullopt;
  }

  static AppendOutcome Unknown() {
    return {Kind::kUnknown, {}, absl::UnavailableError("injected: no answer")};
  }

  void Count(uint64_t FaultCounts::*what) {
    std::lock_guard lock(log_.mutex_);
    ++(log_.counts_.*what);
  }

  FaultyLog& log_;
  const PartitionId partition_;
  // Empty once the batch was left to appear late.
  std::unique_ptr<LogWriter> inner_;
  const LogPosition end_at_open_;
  std::vector<Outgoing> batch_;
  Fate fate_ = Fate::kCommit;
  uint32_t polls_left_ = 0;
  bool in_flight_ = false;
  bool spent_ = false;
};

class FaultyLog::Reader final : public LogReader {
 public:
  Reader(FaultyLog& log, TopicPartition tp, std::unique_ptr<LogReader> inner)
      : log_(log), tp_(tp), inner_(std::move(inner)) {}

  absl::StatusOr<std::vector<LogEntry>> Read(size_t max_records, size_t max_bytes) override {
    bool unavailable = false;
    bool settle = false;
    {
      std::lock_guard lock(log_.mutex_);
      // A pending batch shows up some time between two reads, not at a moment of our choosing.
      settle = tp_.topic == Topic::kEvent && log_.orphans_.contains(tp_.partition) &&
               log_.Happens(2'500);
      unavailable = log_.Happens(log_.plan_.read_unavailable);
      if (unavailable) {
        ++log_.counts_.read_unavailable;
      } else if (log_.Happens(log_.plan_.read_short)) {
        ++log_.counts_.read_short;
        max_records = log_.UpTo(max_records > 4 ? 4 : static_cast<uint32_t>(max_records));
      }
    }
    if (settle) log_.SettleOrphans(tp_.partition);
    if (unavailable) {
      log_.hub_.Notify(tp_.partition);
      return absl::UnavailableError("injected: read failed");
    }
    if (max_records == 0) {
      log_.hub_.Notify(tp_.partition);
      return std::vector<LogEntry>{};
    }
    return inner_->Read(max_records, max_bytes);
  }

  LogPosition position() const override { return inner_->position(); }

  void AskEnd() override {
    inner_->AskEnd();
    std::lock_guard lock(log_.mutex_);
    end_unavailable_ = log_.Happens(log_.plan_.end_unavailable);
    end_polls_left_ = log_.UpTo(log_.plan_.end_polls_max);
  }

  std::optional<absl::StatusOr<LogPosition>> EndAnswer() override {
    if (end_polls_left_ > 0) {
      --end_polls_left_;
      log_.hub_.Notify(tp_.partition);
      return std::nullopt;
    }
    std::optional<absl::StatusOr<LogPosition>> answer = inner_->EndAnswer();
    if (answer && std::exchange(end_unavailable_, false)) {
      std::lock_guard lock(log_.mutex_);
      ++log_.counts_.end_unavailable;
      return absl::StatusOr<LogPosition>(absl::UnavailableError("injected: end unknown"));
    }
    return answer;
  }

 private:
  FaultyLog& log_;
  const TopicPartition tp_;
  std::unique_ptr<LogReader> inner_;
  bool end_unavailable_ = false;
  uint32_t end_polls_left_ = 0;
};

class FaultyLog::Producer final : public LogProducer {
 public:
  Producer(FaultyLog& log, std::unique_ptr<LogProducer> inner)
      : log_(log), inner_(std::move(inner)) {}

  void Append(TopicPartition tp, Outgoing record, Done done) override {
    enum { kPass, kThere, kLost, kNoSpace } fate = kPass;
    {
      std::lock_guard lock(log_.mutex_);
      const FaultPlan& plan = log_.plan_;
      const uint32_t there = plan.produce_unavailable_there;
      const uint32_t lost = there + plan.produce_unavailable_lost;
      const uint32_t full = lost + plan.produce_no_space;
      if (full > 0) {
        const uint64_t draw = log_.Next() % 10'000;
        fate = draw < there ? kThere : draw < lost ? kLost : draw < full ? kNoSpace : kPass;
      }
      if (fate == kThere) ++log_.counts_.produce_there;
      if (fate == kLost) ++log_.counts_.produce_lost;
      if (fate == kNoSpace) ++log_.counts_.produce_no_space;
    }
    switch (fate) {
      case kPass:
        return inner_->Append(tp, std::move(record), std::move(done));
      case kThere:
        return inner_->Append(tp, std::move(record),
                              [done = std::move(done)](const absl::StatusOr<LogPosition>&) {
                                done(absl::UnavailableError("injected: no answer"));
                              });
      case kLost:
        return done(absl::UnavailableError("injected: no answer"));
      case kNoSpace:
        return done(absl::ResourceExhaustedError("injected: no space"));
    }
  }

 private:
  FaultyLog& log_;
  std::unique_ptr<LogProducer> inner_;
};

FaultyLog::FaultyLog(Log& inner, uint64_t seed, FaultPlan plan)
    : inner_(inner), random_(seed), plan_(plan) {}

FaultyLog::~FaultyLog() = default;

void FaultyLog::SetPlan(FaultPlan plan) {
  std::lock_guard lock(mutex_);
  plan_ = plan;
}

FaultCounts FaultyLog::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

LogIdentity FaultyLog::identity() const { return inner_.identity(); }

absl::StatusOr<std::unique_ptr<LogWriter>> FaultyLog::OpenWriter(PartitionId partition,
                                                                 std::string_view instance) {
  {
    std::lock_guard lock(mutex_);
    if (Happens(plan_.open_writer_unavailable)) {
      return absl::UnavailableError("injected: the writer cannot be opened");
    }
  }
  SettleOrphans(partition);
  auto inner = inner_.OpenWriter(partition, instance);
  if (!inner.ok()) return inner.status();
  return std::make_unique<Writer>(*this, partition, *std::move(inner));
}

absl::StatusOr<std::unique_ptr<LogReader>> FaultyLog::OpenReader(TopicPartition tp,
                                                                 LogPosition from) {
  auto inner = inner_.OpenReader(tp, from);
  if (!inner.ok()) return inner.status();
  return std::make_unique<Reader>(*this, tp, *std::move(inner));
}

absl::StatusOr<std::unique_ptr<LogProducer>> FaultyLog::OpenProducer() {
  auto inner = inner_.OpenProducer();
  if (!inner.ok()) return inner.status();
  return std::make_unique<Producer>(*this, *std::move(inner));
}

std::unique_ptr<Log::Registration> FaultyLog::OnActivity(PartitionId partition,
                                                         std::function<void()> wake) {
  class Both final : public Registration {
   public:
    Both(std::unique_ptr<Registration> a, std::unique_ptr<Registration> b)
        : a_(std::move(a)), b_(std::move(b)) {}

   private:
    std::unique_ptr<Registration> a_, b_;
  };
  auto own = hub_.Register(partition, wake);
  return std::make_unique<Both>(std::move(own), inner_.OnActivity(partition, std::move(wake)));
}

uint64_t FaultyLog::Next() {
  // splitmix64 (Steele, Lea, Flood 2014): the same numbers on every compiler.
  uint64_t z = (random_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

FaultyLog::Fate FaultyLog::DrawFate() {
  const std::pair<uint32_t, Fate> fates[] = {
      {plan_.append_unknown_there, Fate::kUnknownThere},
      {plan_.append_unknown_lost, Fate::kUnknownLost},
      {plan_.append_unknown_late, Fate::kUnknownLate},
      {plan_.append_not_committed, Fate::kNotCommitted},
      {plan_.append_fenced, Fate::kFenced},
  };
  uint32_t sum = 0;
  for (const auto& [rate, fate] : fates) sum += rate;
  if (sum == 0) return Fate::kCommit;
  LM_CHECK(sum <= 10'000) << "rates of an append add up to " << sum;
  uint64_t draw = Next() % 10'000;
  for (const auto& [rate, fate] : fates) {
    if (draw < rate) return fate;
    draw -= rate;
  }
  return Fate::kCommit;
}

void FaultyLog::Adopt(PartitionId partition, Orphan orphan) {
  std::lock_guard lock(mutex_);
  orphans_[partition].push_back(std::move(orphan));
}

void FaultyLog::SettleOrphans(PartitionId partition) {
  std::vector<std::pair<Orphan, bool>> settled;
  {
    std::lock_guard lock(mutex_);
    auto found = orphans_.find(partition);
    if (found == orphans_.end()) return;
    for (Orphan& orphan : found->second) settled.emplace_back(std::move(orphan), Next() % 2 == 0);
    orphans_.erase(found);
  }
  // Outside the lock: the inner log calls wake-ups when it answers.
  for (auto& [orphan, there] : settled) {
    if (there && !orphan.batch.empty()) orphan.writer->Start(std::move(orphan.batch));
    if (there) there = Await(*orphan.writer).kind == Kind::kCommitted;
    std::lock_guard lock(mutex_);
    if (orphan.by_death) {
      ++(there ? counts_.dropped_there : counts_.dropped_lost);
    } else {
      ++(there ? counts_.unknown_late_there : counts_.unknown_late_lost);
    }
  }
}

}  // namespace lastmeter
