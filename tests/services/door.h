#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/log/faulty_log.h"
#include "engine/log/memory_log.h"
#include "services/gateway/gateway.h"
#include "tests/services/house.h"

namespace lastmeter::test {

// Nobody decides anything.
class NoOutcomes : public Outcomes {
 public:
  std::optional<KnownInput> FindInput(const InputName&) const override { return std::nullopt; }
  void WaitFor(InputName, Millis, Callback callback) override { callback(std::nullopt); }
  std::optional<api::v1::Case> FindCase(const Caller&, std::string_view) const override {
    return std::nullopt;
  }
  std::optional<rules::v1::Kind> FindKind(PartitionId, std::string_view) const override {
    return std::nullopt;
  }
  bool ShowsTurn(const Caller&, std::string_view, TurnName) const override { return false; }
  LogPosition UndecidedFrom(InputLog) const override { return {}; }
};

// A gateway before a log that nobody reads.
class Door {
 public:
  // `outcomes`: what its read side says; null: nothing. Must outlive the door.
  explicit Door(double rate_limit_per_s = 0, const FaultPlan& faults = {},
                Outcomes* outcomes = nullptr);
  ~Door() { server_->Stop(0); }

  Answer Post(const char* token, const std::string& target, const nlohmann::json& body,
              Headers headers = {}, const char* method = "POST");

  void SetFaults(const FaultPlan& faults) { log_.SetPlan(faults); }
  // All that entered, partition after partition.
  std::vector<command::v1::Command> Commands();

  // How old the oldest unread input is said to be.
  std::atomic<int64_t> unread_age_ms{0};

 private:
  MemoryLog memory_;
  FaultyLog log_;
  NoOutcomes outcomes_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace lastmeter::test
