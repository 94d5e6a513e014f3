#include "tests/year/engine.h"

#include <algorithm>
#include <utility>

#include "engine/base/hash.h"
#include "engine/core/codec.h"

namespace lastmeter::year {
namespace {

constexpr int kMostSteps = 100'000;
constexpr size_t kReadRecords = 10'000;
constexpr size_t kReadBytes = size_t{64} << 20;

}  // namespace

Engine::Engine(Timestamp start)
    : clock_(start),
      log_({.partition_count = kPartitions,
            .cluster_id = "year",
            .clock = [this] { return clock_.Wall(); }}),
      producer_(*log_.OpenProducer()) {
  for (uint32_t p = 0; p < kPartitions; ++p) {
    owners_.push_back(std::make_unique<Owner>());
    owners_[p]->events = *log_.OpenReader({Topic::kEvent, {p}}, {0});
    Open(p);
  }
}

void Engine::Open(uint32_t partition) {
  Owner& owner = *owners_[partition];
  owner.partition = *Partition::Open({.partition = {partition}, .instance = "year"}, &log_,
                                     &owner.store, &clock_, &owner.guard);
  owner.called = true;
}

void Engine::Restart() {
  for (uint32_t p = 0; p < kPartitions; ++p) {
    owners_[p]->fired_before += owners_[p]->partition->status().timers_fired;
    owners_[p]->partition.reset();
    Open(p);
  }
}

void Engine::Send(Topic topic, const std::string& routing_code, std::string id, std::string bytes) {
  SendTo({PartitionFor(routing_code, kPartitions)}, topic, std::move(id), std::move(bytes));
}

void Engine::SendTo(PartitionId partition, Topic topic, std::string id, std::string bytes) {
  auto sent = std::make_unique<Clients::Sent>();
  sent->tp = {topic, partition};
  sent->id = std::move(id);
  producer_->Append(sent->tp, {.key = {}, .value = std::move(bytes)},
                    [&](absl::StatusOr<LogPosition> position) {
                      sent->acknowledged = position.ok();
                      if (position.ok()) sent->position = *position;
                    });
  owners_[partition.value]->called = true;
  sent_.push_back(std::move(sent));
}

absl::Status Engine::Settle(bool all) {
  for (auto& owner : owners_) {
    const PartitionState* state = owner->partition->state();
    const auto timer = state == nullptr ? std::nullopt : state->NextTimer();
    const bool due = timer.has_value() && timer->due <= clock_.Wall();
    if (!all && !owner->called && !due) continue;
    owner->called = false;
    int steps = 0;
    for (StepResult result; !result.idle; ++steps) {
      if (steps == kMostSteps) return absl::InternalError("a partition does not come to rest");
      result = owner->partition->Step();
      if (!result.status.ok()) return result.status;
    }
  }
  return absl::OkStatus();
}

std::optional<Timestamp> Engine::NextTimer() const {
  std::optional<Timestamp> next;
  for (const auto& owner : owners_) {
    const PartitionState* state = owner->partition->state();
    const auto timer = state == nullptr ? std::nullopt : state->NextTimer();
    if (timer.has_value() && (!next || timer->due < *next)) next = timer->due;
  }
  return next;
}

void Engine::ReadNew(const std::function<void(PartitionId, const event::v1::Record&)>& take) {
  for (uint32_t p = 0; p < kPartitions; ++p) {
    auto entries = *owners_[p]->events->Read(kReadRecords, kReadBytes);
    for (; !entries.empty(); entries = *owners_[p]->events->Read(kReadRecords, kReadBytes)) {
      for (const LogEntry& entry : entries) take({p}, *ParseRecord(entry.value));
    }
  }
}

std::vector<const PartitionState*> Engine::states() const {
  std::vector<const PartitionState*> states;
  for (const auto& owner : owners_) states.push_back(owner->partition->state());
  return states;
}

uint64_t Engine::timers_fired() const {
  uint64_t fired = 0;
  for (const auto& owner : owners_) {
    fired += owner->fired_before + owner->partition->status().timers_fired;
  }
  return fired;
}

}  // namespace lastmeter::year
