#include "engine/log/memory_log.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lastmeter {

class MemoryLog::Writer final : public LogWriter {
 public:
  Writer(MemoryLog& log, PartitionId partition, uint64_t generation, LogPosition end)
      : log_(log), partition_(partition), generation_(generation), end_at_open_(end) {}

  LogPosition end_at_open() const override { return end_at_open_; }

  void Start(std::vector<Outgoing> batch) override {
    LM_CHECK(!batch.empty()) << "an append without records";
    LM_CHECK(!in_flight_) << "a second append while one is under way";
    batch_ = std::move(batch);
    in_flight_ = true;
  }

  std::optional<AppendOutcome> Poll() override {
    if (!in_flight_) return std::nullopt;
    in_flight_ = false;
    AppendOutcome outcome = Append();
    log_.hub_.Notify(partition_);
    return outcome;
  }

 private:
  AppendOutcome Append() {
    using Kind = AppendOutcome::Kind;
    if (spent_) {
      return {Kind::kNotCommitted, {}, absl::FailedPreconditionError("the writer is spent")};
    }
    std::lock_guard lock(log_.mutex_);
    Partition& p = log_.At({Topic::kEvent, partition_});
    if (p.generation != generation_) {
      spent_ = true;
      return {Kind::kNotCommitted,
              {},
              MakeStatus(absl::StatusCode::kAborted, "fenced: now written by " + p.owner)};
    }
    return {Kind::kCommitted, log_.AppendLocked(p, std::move(batch_)), absl::OkStatus()};
  }

  MemoryLog& log_;
  const PartitionId partition_;
  const uint64_t generation_;
  const LogPosition end_at_open_;
  std::vector<Outgoing> batch_;
  bool in_flight_ = false;
  bool spent_ = false;
};

class MemoryLog::Reader final : public LogReader {
 public:
  Reader(MemoryLog& log, TopicPartition tp, LogPosition from)
      : log_(log), tp_(tp), position_(from) {}

  absl::StatusOr<std::vector<LogEntry>> Read(size_t max_records, size_t max_bytes) override {
    std::lock_guard lock(log_.mutex_);
    const Partition& p = log_.At(tp_);
    if (position_.value < p.begin) {
      return MakeStatus(absl::StatusCode::kOutOfRange,
                        ToString(tp_) + " begins at " + std::to_string(p.begin) + ", asked for " +
                            std::to_string(position_.value));
    }
    auto next =
        std::lower_bound(p.entries.begin(), p.entries.end(), position_,
                         [](const LogEntry& entry, LogPosition at) { return entry.position < at; });
    std::vector<LogEntry> out;
    size_t bytes = 0;
    for (; next != p.entries.end() && out.size() < max_records; ++next) {
      if (!out.empty() && bytes >= max_bytes) break;
      bytes += next->key.size() + next->value.size();
      out.push_back(*next);
    }
    if (next == p.entries.end()) {
      position_ = {p.end};
    } else if (!out.empty()) {
      position_ = {out.back().position.value + 1};
    }
    return out;
  }

  LogPosition position() const override { return position_; }

  void AskEnd() override {
    std::lock_guard lock(log_.mutex_);
    end_answer_ = LogPosition{log_.At(tp_).end};
  }

  std::optional<absl::StatusOr<LogPosition>> EndAnswer() override {
    return std::exchange(end_answer_, std::nullopt);
  }

 private:
  MemoryLog& log_;
  const TopicPartition tp_;
  LogPosition position_;
  std::optional<absl::StatusOr<LogPosition>> end_answer_;
};

class MemoryLog::Producer final : public LogProducer {
 public:
  explicit Producer(MemoryLog& log) : log_(log) {}

  void Append(TopicPartition tp, Outgoing record, Done done) override {
    LogPosition at;
    {
      std::lock_guard lock(log_.mutex_);
      std::vector<Outgoing> batch;
      batch.push_back(std::move(record));
      at = log_.AppendLocked(log_.At(tp), std::move(batch));
    }
    done(at);
    log_.hub_.Notify(tp.partition);
  }

 private:
  MemoryLog& log_;
};

MemoryLog::MemoryLog(Options options) : options_(std::move(options)) {
  LM_CHECK(options_.clock != nullptr) << "a memory log needs a clock";
}

MemoryLog::~MemoryLog() = default;

LogIdentity MemoryLog::identity() const { return {options_.cluster_id, options_.partition_count}; }

absl::StatusOr<std::unique_ptr<LogWriter>> MemoryLog::OpenWriter(PartitionId partition,
                                                                 std::string_view instance) {
  LM_CHECK(partition.value < options_.partition_count) << "no partition " << partition.value;
  std::lock_guard lock(mutex_);
  Partition& p = At({Topic::kEvent, partition});
  p.owner = std::string(instance);
  return std::make_unique<Writer>(*this, partition, ++p.generation, LogPosition{p.end});
}

absl::StatusOr<std::unique_ptr<LogReader>> MemoryLog::OpenReader(TopicPartition tp,
                                                                 LogPosition from) {
  LM_CHECK(tp.partition.value < options_.partition_count) << "no partition " << ToString(tp);
  std::lock_guard lock(mutex_);
  const Partition& p = At(tp);
  if (from.value < p.begin || from.value > p.end) {
    return MakeStatus(absl::StatusCode::kOutOfRange,
                      ToString(tp) + " holds positions " + std::to_string(p.begin) + " to " +
                          std::to_string(p.end) + ", asked for " + std::to_string(from.value));
  }
  return std::make_unique<Reader>(*this, tp, from);
}

absl::StatusOr<std::unique_ptr<LogProducer>> MemoryLog::OpenProducer() {
  return std::make_unique<Producer>(*this);
}

std::unique_ptr<Log::Registration> MemoryLog::OnActivity(PartitionId partition,
                                                         std::function<void()> wake) {
  return hub_.Register(partition, std::move(wake));
}

void MemoryLog::DropBefore(TopicPartition tp, LogPosition position) {
  std::lock_guard lock(mutex_);
  Partition& p = At(tp);
  p.begin = std::clamp(position.value, p.begin, p.end);
  std::erase_if(p.entries, [&](const LogEntry& e) { return e.position.value < p.begin; });
}

LogPosition MemoryLog::AppendLocked(Partition& partition, std::vector<Outgoing> batch) {
  const Timestamp now = options_.clock();
  for (Outgoing& record : batch) {
    partition.entries.push_back(
        {{partition.end++}, now, std::move(record.key), std::move(record.value)});
  }
  const LogPosition last = partition.entries.back().position;
  if (options_.leave_gaps) ++partition.end;
  return last;
}

}  // namespace lastmeter
