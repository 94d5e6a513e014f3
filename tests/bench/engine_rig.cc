#include "tests/bench/engine_rig.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log_kafka/kafka_log.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "engine/store_rocksdb/case_store.h"
#include "services/common/cloud_events.h"
#include "tests/bench/modes.h"

namespace lastmeter::bench {
namespace {

// Appends that may wait for the disk at once.
constexpr size_t kUnderWay = 16'384;

int64_t SystemMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

FillClock::FillClock() : start_wall_ms_(SystemMs()), since_us_(NowUs()) {}

int64_t FillClock::Us() const {
  std::lock_guard lock(mutex_);
  return base_us_ + (NowUs() - since_us_) * speed_;
}

Millis FillClock::RealTime(Millis span) {
  std::lock_guard lock(mutex_);
  return {(span.ms + speed_ - 1) / speed_};
}

void FillClock::SetSpeed(int64_t speed) {
  std::lock_guard lock(mutex_);
  const int64_t now = NowUs();
  base_us_ += (now - since_us_) * speed_;
  since_us_ = now;
  speed_ = speed;
}

struct EngineRig::PerPartition {
  std::unique_ptr<FileDecideGuard> guard;
  // Used by the partition's runner until it has stopped.
  Lateness lateness;
  Timestamp due_last;
  uint64_t due_then = 0;
};

EngineRig::EngineRig(Options options) : options_(std::move(options)) {}

EngineRig::~EngineRig() { Stop(); }

absl::StatusOr<std::unique_ptr<EngineRig>> EngineRig::Open(Options options) {
  std::unique_ptr<EngineRig> rig(new EngineRig(std::move(options)));
  LM_RETURN_IF_ERROR(rig->OpenAll());
  return rig;
}

absl::StatusOr<std::unique_ptr<Log>> OpenLog(const EngineRig::Options& options) {
  if (options.brokers.empty()) {
    FillClock* clock = options.clock;
    return RocksdbLog::Open({.dir = options.dir + "/log",
                             .partition_count = options.partitions,
                             .clock = [clock] { return clock->Wall(); }});
  }
  KafkaLog::Options kafka;
  kafka.brokers = options.brokers;
  kafka.topic_prefix = options.topic_prefix;
  kafka.transactional_prefix = options.topic_prefix + kafka.transactional_prefix;
  kafka.headers_of = [](std::string_view record) { return CloudEventHeaders(record); };
  return KafkaLog::Open(std::move(kafka));
}

absl::Status EngineRig::OpenAll() {
  std::filesystem::create_directories(options_.dir + "/store");
  std::filesystem::create_directories(options_.dir + "/guard");
  FillClock* clock = options_.clock;
  LM_ASSIGN_OR_RETURN(log_, OpenLog(options_));
  LM_ASSIGN_OR_RETURN(producer_, log_->OpenProducer());
  runtime_ = std::make_unique<Runtime>();
  for (uint32_t i = 0; i < options_.partitions; ++i) {
    auto own = std::make_unique<PerPartition>();
    LM_ASSIGN_OR_RETURN(own->guard,
                        FileDecideGuard::Open(options_.dir + "/guard/decide-" + std::to_string(i)));
    PerPartition* p = own.get();
    RunnerOptions runner;
    runner.partition.partition = {i};
    runner.partition.instance = "bench";
    runner.partition.on_committed = [this, p](std::span<const CommittedRecord> records,
                                              LogPosition) { Committed(*p, records); };
    runner.partition.on_timer = [this, p](Millis late) {
      if (measuring_) p->lateness.stamped.Add(late.ms * 1000);
    };
    runner.open_store = [folder = options_.dir + "/store/" +
                                  std::to_string(i)]() -> absl::StatusOr<std::unique_ptr<Store>> {
      LM_ASSIGN_OR_RETURN(auto store, CaseStore::OpenOrRebuild(folder, {}, nullptr));
      return std::unique_ptr<Store>(std::move(store));
    };
    runner.on_given_up = [](PartitionId partition, const absl::Status& status) {
      LM_CHECK(false) << "partition " << partition.value << ": " << status.ToString();
    };
    runtime_->Add(
        std::make_unique<PartitionRunner>(std::move(runner), log_.get(), clock, p->guard.get()));
    partitions_.push_back(std::move(own));
  }
  return absl::OkStatus();
}

void EngineRig::Start() {
  runtime_->Start();
  while (!runtime_->Ready().ok()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void EngineRig::Stop() {
  if (runtime_) runtime_->Stop();
}

void EngineRig::Committed(PerPartition& p, std::span<const CommittedRecord> records) {
  uint64_t inputs = 0;
  uint64_t timers = 0;
  uint64_t bytes = 0;
  const bool measuring = measuring_;
  const int64_t now_us = measuring ? options_.clock->WallUs() : 0;
  for (const CommittedRecord& record : records) {
    bytes += record.bytes.size();
    // Nothing here is refused: otherwise the figures would be those of refusals.
    LM_CHECK(record.kind != event::v1::Event::kCommandRejected) << "a command was refused";
    if (record.answers_input) ++inputs;
    if (!record.answers_timer) continue;
    ++timers;
    if (!measuring) continue;
    p.lateness.readable.Add(now_us - record.answers_timer->ms * 1000);
    p.due_then = p.due_last == *record.answers_timer ? p.due_then + 1 : 1;
    p.due_last = *record.answers_timer;
    p.lateness.most_at_once = std::max(p.lateness.most_at_once, p.due_then);
  }
  inputs_ += inputs;
  timers_ += timers;
  events_ += records.size();
  event_bytes_ += bytes;
}

void EngineRig::Append(Workload::Message message) {
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return under_way_ < kUnderWay; });
    ++under_way_;
  }
  producer_->Append(message.tp, std::move(message.record), [this](absl::StatusOr<LogPosition> at) {
    LM_CHECK(at.ok()) << "append: " << at.status().ToString();
    std::lock_guard lock(mutex_);
    --under_way_;
    if (under_way_ == 0 || under_way_ + 1 == kUnderWay) done_.notify_all();
  });
}

void EngineRig::WaitAppended() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return under_way_ == 0; });
}

void EngineRig::Install(const Workload& workload) {
  const uint64_t before = inputs_;
  for (uint32_t i = 0; i < options_.partitions; ++i) {
    Append(workload.Install({i}, options_.clock->Wall()));
  }
  WaitInputs(before + options_.partitions);
}

void EngineRig::WaitInputs(uint64_t at_least) {
  while (inputs_ < at_least) std::this_thread::sleep_for(std::chrono::microseconds(500));
}

size_t EngineRig::open_cases() const {
  size_t open = 0;
  for (const auto& [partition, status] : runtime_->status()) open += status.partition.open_cases;
  return open;
}

std::string EngineRig::Describe() const {
  std::string text;
  for (const auto& [partition, status] : runtime_->status()) {
    const PartitionStatus& p = status.partition;
    text += "\npartition " + std::to_string(partition.value) + " " +
            std::string(ToString(status.state)) + ": " + std::to_string(p.open_cases) + " cases, " +
            std::to_string(p.timers) + " timers, earliest late by " +
            std::to_string(p.timer_lag.ms) + " ms, log time " + FormatLocal(p.log_time) + ", " +
            p.trouble.ToString();
  }
  return text;
}

void EngineRig::MeasureLateness() { measuring_ = true; }

EngineRig::Lateness EngineRig::TakeLateness() {
  Lateness all;
  for (auto& p : partitions_) {
    all.stamped.Add(p->lateness.stamped);
    all.readable.Add(p->lateness.readable);
    all.most_at_once = std::max(all.most_at_once, p->lateness.most_at_once);
  }
  return all;
}

EngineRig::Options RigOptions(const LoadOptions& options, FillClock* clock) {
  return {.dir = options.dir,
          .partitions = options.partitions,
          .brokers = options.brokers,
          .topic_prefix = options.topic_prefix,
          .clock = clock};
}

}  // namespace lastmeter::bench
