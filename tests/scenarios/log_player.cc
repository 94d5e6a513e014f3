#include "tests/scenarios/log_player.h"

#include <chrono>
#include <future>
#include <utility>

#include "engine/base/status.h"
#include "engine/core/codec.h"

namespace lastmeter::scenario {
namespace {

constexpr PartitionId kPartition{0};
constexpr auto kPatience = std::chrono::seconds(60);

Topic TopicOf(event::v1::InputTopic topic) {
  return topic == event::v1::INPUT_TOPIC_COMMAND ? Topic::kCommand : Topic::kReport;
}

}  // namespace

// The log with the times of its inputs as they were noted here.
class LogPlayer::TimedLog final : public Log {
 public:
  explicit TimedLog(Log* log) : log_(log) {}
  void Note(TopicPartition tp, LogPosition position, Timestamp at) { times_[{tp, position}] = at; }

  LogIdentity identity() const override { return log_->identity(); }
  absl::StatusOr<std::unique_ptr<LogWriter>> OpenWriter(PartitionId partition,
                                                        std::string_view instance) override {
    return log_->OpenWriter(partition, instance);
  }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(TopicPartition tp,
                                                        LogPosition from) override {
    LM_ASSIGN_OR_RETURN(auto reader, log_->OpenReader(tp, from));
    return std::make_unique<Reader>(this, tp, std::move(reader));
  }
  absl::StatusOr<std::unique_ptr<LogProducer>> OpenProducer() override {
    return log_->OpenProducer();
  }
  std::unique_ptr<Registration> OnActivity(PartitionId partition,
                                           std::function<void()> wake) override {
    return log_->OnActivity(partition, std::move(wake));
  }

 private:
  class Reader final : public LogReader {
   public:
    Reader(TimedLog* log, TopicPartition tp, std::unique_ptr<LogReader> reader)
        : log_(log), tp_(tp), reader_(std::move(reader)) {}
    absl::StatusOr<std::vector<LogEntry>> Read(size_t max_records, size_t max_bytes) override {
      LM_ASSIGN_OR_RETURN(std::vector<LogEntry> entries, reader_->Read(max_records, max_bytes));
      for (LogEntry& entry : entries) {
        auto noted = log_->times_.find({tp_, entry.position});
        if (noted != log_->times_.end()) entry.appended_at = noted->second;
      }
      return entries;
    }
    LogPosition position() const override { return reader_->position(); }
    void AskEnd() override { reader_->AskEnd(); }
    std::optional<absl::StatusOr<LogPosition>> EndAnswer() override { return reader_->EndAnswer(); }

   private:
    TimedLog* const log_;
    const TopicPartition tp_;
    std::unique_ptr<LogReader> reader_;
  };

  Log* const log_;
  std::map<std::pair<TopicPartition, LogPosition>, Timestamp> times_;
};

// Takes what the file calls poison for having ended the process twice. Once it was set aside it is
// taken for mended, as the files do.
class LogPlayer::Guard final : public DecideGuard {
 public:
  void Enter(const DecideId&) override {}
  void Leave() override {}
  uint32_t Attempts(const DecideId& id) const override {
    auto it = attempts_.find(id);
    return it == attempts_.end() ? 0 : it->second;
  }
  void Poison(const DecideId& id, uint32_t attempts) { attempts_[id] = attempts; }
  void Mend() { attempts_.clear(); }

 private:
  std::map<DecideId, uint32_t> attempts_;
};

LogPlayer::LogPlayer(Log* log)
    : log_(log),
      clock_({0}),
      timed_(std::make_unique<TimedLog>(log)),
      guard_(std::make_unique<Guard>()),
      activity_(log->OnActivity(kPartition, [this] {
        std::lock_guard lock(mutex_);
        ++rings_;
        rung_.notify_all();
      })) {}

LogPlayer::~LogPlayer() = default;

absl::Status LogPlayer::Play(const std::vector<Player::Moment>& moments) {
  LM_ASSIGN_OR_RETURN(producer_, log_->OpenProducer());
  clock_.Jump({moments.front().now.ms});
  for (const Player::Moment& moment : moments) LM_RETURN_IF_ERROR(PlayMoment(moment));
  return Settle();
}

absl::Status LogPlayer::PlayMoment(const Player::Moment& moment) {
  clock_.Advance(moment.now - clock_.Wall());
  if (const auto* input = std::get_if<LogInput>(&moment.input)) {
    LM_RETURN_IF_ERROR(Append(*input).status());
  } else if (const auto* poison = std::get_if<PoisonInput>(&moment.input)) {
    LM_ASSIGN_OR_RETURN(LogPosition position, Append(poison->input));
    guard_->Poison({.topic = poison->input.topic, .position = position.value}, poison->attempts);
  } else if (const auto* timer = std::get_if<PoisonTimer>(&moment.input)) {
    guard_->Poison(DecideId::Of(timer->timer), timer->attempts);
  } else if (std::holds_alternative<OwnershipInput>(moment.input)) {
    LM_RETURN_IF_ERROR(Open());
  }
  // A step fires whatever is due, so that what the file leaves for later must not be stepped over.
  if (moment.due_left && !std::holds_alternative<TimerInput>(moment.input)) return absl::OkStatus();
  LM_RETURN_IF_ERROR(Settle());
  guard_->Mend();
  return absl::OkStatus();
}

absl::Status LogPlayer::Open() {
  partition_.reset();
  LM_ASSIGN_OR_RETURN(partition_, Partition::Open({.partition = kPartition, .instance = "scenario"},
                                                  timed_.get(), &store_, &clock_, guard_.get()));
  return absl::OkStatus();
}

absl::Status LogPlayer::Settle() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    const StepResult result = partition_->Step();
    if (!result.status.ok()) return result.status;
    if (result.idle) return absl::OkStatus();
    if (result.again) continue;
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, std::chrono::milliseconds(std::min<int64_t>(result.wake_in.ms, 100)),
                   [this] { return rings_ > 0; });
    rings_ = 0;
  }
  return absl::DeadlineExceededError("the partition does not settle");
}

absl::StatusOr<LogPosition> LogPlayer::Append(const LogInput& input) {
  const TopicPartition tp{TopicOf(input.topic), kPartition};
  auto answer = std::make_shared<std::promise<absl::StatusOr<LogPosition>>>();
  std::future<absl::StatusOr<LogPosition>> position = answer->get_future();
  producer_->Append(tp, {.key = "", .value = input.bytes},
                    [answer](absl::StatusOr<LogPosition> at) { answer->set_value(std::move(at)); });
  LM_ASSIGN_OR_RETURN(LogPosition at, position.get());
  timed_->Note(tp, at, input.appended_at);
  return at;
}

absl::StatusOr<std::vector<event::v1::Record>> LogPlayer::Records() {
  LM_ASSIGN_OR_RETURN(auto reader, log_->OpenReader({Topic::kEvent, kPartition}, {0}));
  std::vector<event::v1::Record> records;
  while (true) {
    LM_ASSIGN_OR_RETURN(auto entries, reader->Read(1'000'000, size_t{1} << 40));
    if (entries.empty()) return records;
    for (const LogEntry& entry : entries) {
      LM_ASSIGN_OR_RETURN(event::v1::Record record, ParseRecord(entry.value));
      records.push_back(std::move(record));
    }
  }
}

std::vector<std::string> Comparable(const std::vector<event::v1::Record>& records) {
  std::vector<std::string> out;
  std::map<uint64_t, uint64_t> place_of;
  for (const event::v1::Record& record : records) {
    event::v1::Event event = record.event();
    const bool own = event.has_heartbeat() || event.has_day_rolled() || event.has_writer_opened() ||
                     (event.has_clock_accepted() && record.has_engine_cause());
    if (own) continue;
    place_of[record.seq()] = out.size();
    if (event.has_input_repeated()) {
      auto* repeated = event.mutable_input_repeated();
      repeated->set_first_seq(place_of[repeated->first_seq()]);
    }
    out.push_back(FormatRfc3339({record.log_time_ms()}) + " " + event.SerializeAsString());
  }
  return out;
}

}  // namespace lastmeter::scenario
