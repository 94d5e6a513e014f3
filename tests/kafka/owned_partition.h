#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/core/codec.h"
#include "engine/log_kafka/kafka_log.h"
#include "engine/runtime/partition.h"
#include "engine/store_rocksdb/case_store.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tests/core/sample_rules.h"
#include "tests/log/temp_folder.h"

namespace lastmeter {

// Partition 0 of an installation on a real broker, owned with a store on disk and the machine's
// clock, and stepped by the test's own thread.
class OwnedPartition {
 public:
  static constexpr const char* kVillage = "430112001001";
  static constexpr auto kPatience = std::chrono::seconds(60);

  // `max_inputs`: how many inputs a transaction answers at most.
  OwnedPartition(KafkaLog::Options log_options, std::string instance, size_t max_inputs = 4096)
      : log_options_(std::move(log_options)),
        instance_(std::move(instance)),
        max_inputs_(max_inputs) {}

  // As a new process would: log, store and partition are opened. What they cannot do is told by
  // the next step.
  absl::Status Open() {
    Close();
    auto log = KafkaLog::Open(log_options_);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    return Reopen();
  }
  // As a runner does after a failure: the log stays open.
  absl::Status Reopen() {
    partition_.reset();
    store_.reset();
    auto store = CaseStore::Open(store_folder_->path(), {});
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    auto partition =
        Partition::Open({.partition = {0}, .instance = instance_, .max_inputs = max_inputs_},
                        log_.get(), store_.get(), &clock_, &guard_);
    if (!partition.ok()) return partition.status();
    partition_ = *std::move(partition);
    activity_ = log_->OnActivity({0}, [this] { Ring(); });
    return absl::OkStatus();
  }
  void Close() {
    activity_.reset();
    partition_.reset();
    store_.reset();
    log_.reset();
  }
  void LoseStore() {
    Close();
    store_folder_ = std::make_unique<TempFolder>();
  }

  // Steps, waiting where a step says so, until `done` holds after one. Fails with the status of
  // the step that fails, or with kDeadlineExceeded after a minute in which nothing was decided.
  absl::Status StepUntil(const std::function<bool(const StepResult&)>& done) {
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    uint64_t seq = 0;
    while (std::chrono::steady_clock::now() < deadline) {
      const StepResult result = partition_->Step();
      if (const uint64_t now = partition_->status().seq; now != seq) {
        seq = now;
        deadline = std::chrono::steady_clock::now() + kPatience;
      }
      if (!result.status.ok()) return result.status;
      if (done(result)) return absl::OkStatus();
      if (result.again) continue;
      std::unique_lock lock(mutex_);
      rung_.wait_for(lock, std::chrono::milliseconds(std::min<int64_t>(result.wake_in.ms, 200)),
                     [this] { return rings_ > 0; });
      rings_ = 0;
    }
    return absl::DeadlineExceededError("the partition does not come to it");
  }
  // Until it has nothing left to do.
  absl::Status Settle() {
    return StepUntil([](const StepResult& result) { return result.idle; });
  }
  absl::Status SettleInputs(uint64_t count) {
    return StepUntil([this, count](const StepResult& result) {
      return result.idle && partition_->status().inputs >= count;
    });
  }
  // Opens and settles as often as a runner would; the status that a runner gives up with, or OK.
  absl::Status Run() {
    absl::Status status = absl::UnavailableError("not run");
    for (int i = 0; i < 10 && status.code() == absl::StatusCode::kUnavailable; ++i) {
      status = Reopen();
      if (status.ok()) status = Settle();
    }
    return status;
  }

  LogPosition Append(Topic topic, std::string bytes) {
    auto answer = std::make_shared<std::promise<absl::StatusOr<LogPosition>>>();
    auto position = answer->get_future();
    (*log_->OpenProducer())
        ->Append({topic, {0}}, {.key = kVillage, .value = std::move(bytes)},
                 [answer](absl::StatusOr<LogPosition> at) { answer->set_value(std::move(at)); });
    auto at = position.get();
    LM_CHECK(at.ok()) << at.status();
    return *at;
  }
  static std::string Report(const std::string& id) {
    report::v1::HardshipReport report;
    report.set_report_id(id);
    report.set_kind("elder-alone");
    report.set_area(kVillage);
    report.set_routing_code(kVillage);
    report.mutable_reporter()->set_id("hotline");
    report.mutable_reporter()->set_role(common::v1::ROLE_SENTINEL);
    return report.SerializeAsString();
  }
  LogPosition SendReport(const std::string& id) { return Append(Topic::kReport, Report(id)); }
  LogPosition InstallRules() {
    command::v1::Command command;
    command.set_command_id("rules");
    command.mutable_actor()->set_id("operator");
    command.mutable_actor()->set_role(common::v1::ROLE_OPERATOR);
    *command.mutable_install_rules()->mutable_rules() = SampleRules();
    return Append(Topic::kCommand, command.SerializeAsString());
  }

  // All that a stranger's reader sees in the topic. Records that cannot be read are left out.
  std::vector<LogEntry> Entries(Topic topic) {
    auto log = KafkaLog::Open(log_options_);
    LM_CHECK(log.ok()) << log.status();
    auto reader = (*log)->OpenReader({topic, {0}}, {0});
    LM_CHECK(reader.ok()) << reader.status();
    std::vector<LogEntry> all;
    while (true) {
      auto entries = (*reader)->Read(1'000'000, size_t{1} << 40);
      LM_CHECK(entries.ok()) << entries.status();
      if (entries->empty()) return all;
      std::move(entries->begin(), entries->end(), std::back_inserter(all));
    }
  }
  std::vector<event::v1::Record> RecordsOf(event::v1::Event::BodyCase body) {
    std::vector<event::v1::Record> records;
    for (const LogEntry& entry : Entries(Topic::kEvent)) {
      auto record = ParseRecord(entry.value);
      if (record.ok() && record->event().body_case() == body) records.push_back(*record);
    }
    return records;
  }

  KafkaLog& log() { return *log_; }
  Partition& partition() { return *partition_; }
  std::string Name(Topic topic) const {
    return log_options_.topic_prefix + std::string(TopicName(topic));
  }
  const KafkaLog::Options& log_options() const { return log_options_; }

 private:
  void Ring() {
    std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }

  KafkaLog::Options log_options_;
  const std::string instance_;
  const size_t max_inputs_;
  std::unique_ptr<TempFolder> store_folder_ = std::make_unique<TempFolder>();
  SystemClock clock_;
  NoDecideGuard guard_;
  std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Partition> partition_;
  std::unique_ptr<Log::Registration> activity_;
};

}  // namespace lastmeter
