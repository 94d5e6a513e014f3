#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/core/codec.h"
#include "engine/log/faulty_log.h"
#include "engine/log/memory_log.h"
#include "engine/runtime/memory_store.h"
#include "engine/runtime/partition.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tests/core/sample_rules.h"

namespace lastmeter {

// A clock that moves when it is told to.
class ManualClock : public ClockSource {
 public:
  explicit ManualClock(Timestamp wall) : wall_(wall) {}

  Timestamp Wall() override { return wall_; }
  Millis Boot() override { return boot_; }
  bool Synchronized() override { return synchronized_; }

  // Time passes.
  void Advance(Millis span) {
    wall_ = wall_ + span;
    boot_ = boot_ + span;
  }
  // Somebody sets the wall clock; no time passes.
  void Jump(Millis by) { wall_ = {wall_.ms + by.ms}; }
  void Reboot() { boot_ = {0}; }
  void SetSynchronized(bool value) { synchronized_ = value; }

 private:
  Timestamp wall_;
  Millis boot_{1'000'000};
  bool synchronized_ = false;
};

// What deciding a poisoned input comes to where a test cannot let its process end.
struct SimulatedCrash {};

// A guard that outlives the partition that uses it, and in which ids can be poisoned.
class MemoryDecideGuard : public DecideGuard {
 public:
  void Enter(const DecideId& id) override {
    LM_CHECK(!entered_) << "entered twice";
    if (poison_.contains(id)) {
      ++attempts_[id];
      throw SimulatedCrash();
    }
    entered_ = true;
  }
  void Leave() override { entered_ = false; }
  uint32_t Attempts(const DecideId& id) const override {
    auto it = attempts_.find(id);
    return it == attempts_.end() ? 0 : it->second;
  }

  void Poison(const DecideId& id) { poison_[id] = true; }

 private:
  bool entered_ = false;
  std::map<DecideId, bool> poison_;
  std::map<DecideId, uint32_t> attempts_;
};

// One partition with everything around it, driven by hand.
class World {
 public:
  static constexpr const char* kVillage = "430112001001";
  static constexpr const char* kGrid = "430112001001001";

  explicit World(const char* start = "2026-03-02T09:00:00+08:00")
      : clock(*ParseRfc3339(start)),
        log({.partition_count = 1, .cluster_id = "test", .clock = [this] { return clock.Wall(); }}),
        faulty(log, 1),
        producer_(*log.OpenProducer()) {
    options.partition = {0};
    options.instance = "one";
  }

  absl::Status Open() {
    partition.reset();
    auto opened = Partition::Open(options, &faulty, &store, &clock, &guard);
    if (!opened.ok()) return opened.status();
    partition = *std::move(opened);
    return absl::OkStatus();
  }

  // Steps until nothing is left to do. The status of the step that failed, if one did.
  absl::Status Settle() {
    for (int i = 0; i < 100'000; ++i) {
      StepResult result = partition->Step();
      if (!result.status.ok()) return result.status;
      if (result.idle) return absl::OkStatus();
    }
    return absl::DeadlineExceededError("does not settle");
  }

  // Opens and settles.
  absl::Status Start() {
    absl::Status status = Open();
    return status.ok() ? Settle() : status;
  }

  LogPosition Append(Topic topic, std::string bytes) {
    std::optional<absl::StatusOr<LogPosition>> answer;
    producer_->Append({topic, {0}}, {.key = kVillage, .value = std::move(bytes)},
                      [&](absl::StatusOr<LogPosition> position) { answer = std::move(position); });
    LM_CHECK(answer.has_value() && answer->ok());
    return **answer;
  }

  LogPosition Report(const std::string& id, const std::string& kind = "elder-alone",
                     const std::string& area = kGrid) {
    report::v1::HardshipReport report;
    report.set_report_id(id);
    report.set_kind(kind);
    report.set_area(area);
    report.set_routing_code(kVillage);
    report.mutable_reporter()->set_id("hotline");
    report.mutable_reporter()->set_role(common::v1::ROLE_SENTINEL);
    report.set_accepted_at_ms(clock.Wall().ms);
    return Append(Topic::kReport, report.SerializeAsString());
  }

  LogPosition Send(command::v1::Command command) {
    if (command.command_id().empty()) command.set_command_id("c" + std::to_string(++commands_));
    command.set_accepted_at_ms(clock.Wall().ms);
    return Append(Topic::kCommand, command.SerializeAsString());
  }

  LogPosition InstallRules(const rules::v1::Rules& rules = SampleRules()) {
    command::v1::Command command;
    command.mutable_actor()->set_id("operator");
    command.mutable_actor()->set_role(common::v1::ROLE_OPERATOR);
    *command.mutable_install_rules()->mutable_rules() = rules;
    return Send(std::move(command));
  }

  LogPosition Acknowledge(const std::string& number, const std::string& by) {
    command::v1::Command command;
    command.mutable_actor()->set_id(by);
    command.mutable_actor()->set_role(common::v1::ROLE_STAFF);
    command.set_case_number(number);
    command.mutable_acknowledge();
    return Send(std::move(command));
  }

  // Every record of the log of record.
  std::vector<event::v1::Record> Records() {
    std::vector<event::v1::Record> records;
    for (const LogEntry& entry : Entries(Topic::kEvent)) {
      records.push_back(*ParseRecord(entry.value));
    }
    return records;
  }

  std::vector<LogEntry> Entries(Topic topic) {
    auto reader = *log.OpenReader({topic, {0}}, {0});
    return *reader->Read(1'000'000, size_t{1} << 40);
  }

  // Records whose event has the given body.
  std::vector<event::v1::Record> RecordsOf(event::v1::Event::BodyCase body) {
    std::vector<event::v1::Record> records = Records();
    std::erase_if(records, [&](const auto& r) { return r.event().body_case() != body; });
    return records;
  }

  size_t Count(event::v1::Event::BodyCase body) { return RecordsOf(body).size(); }

  ManualClock clock;
  MemoryLog log;
  FaultyLog faulty;
  MemoryStore store;
  MemoryDecideGuard guard;
  PartitionOptions options;
  std::unique_ptr<Partition> partition;

 private:
  std::unique_ptr<LogProducer> producer_;
  int commands_ = 0;
};

}  // namespace lastmeter
