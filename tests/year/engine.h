#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/log/memory_log.h"
#include "engine/runtime/memory_store.h"
#include "engine/runtime/partition.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tests/runtime/world.h"
#include "tests/sim/clients.h"

namespace lastmeter::year {

// The real engine on a log in memory, with a clock that is moved from one instant to the next.
//
// Partitions are stepped where something waits for them and at midnight, not every second as a
// runner does: a heartbeat every ten minutes would be nine in ten of the year's records and say
// nothing. Every timer is still fired at its own instant.
class Engine {
 public:
  static constexpr uint32_t kPartitions = 4;

  explicit Engine(Timestamp start);

  // Time passes, up to this.
  void AdvanceTo(Timestamp t) { clock_.Advance(t - clock_.Wall()); }
  Timestamp now() { return clock_.Wall(); }

  // Into the log of that topic, as a gateway does it. `id` is the input's; empty for garbage.
  void Send(Topic topic, const std::string& routing_code, std::string id, std::string bytes);
  void SendTo(PartitionId partition, Topic topic, std::string id, std::string bytes);

  // Steps until nothing is left to do now; of all partitions where `all`.
  absl::Status Settle(bool all);
  // New programs take the partitions over.
  void Restart();

  // The earliest instant at which the engine has something to do; empty when it has nothing.
  std::optional<Timestamp> NextTimer() const;

  // Hands on what came to stand in the event log since the last call.
  void ReadNew(const std::function<void(PartitionId, const event::v1::Record&)>& take);

  MemoryLog* log() { return &log_; }
  const std::vector<std::unique_ptr<Clients::Sent>>& sent() const { return sent_; }
  std::vector<const PartitionState*> states() const;
  // Timers fired, all partitions and ownerships.
  uint64_t timers_fired() const;

 private:
  struct Owner {
    MemoryStore store;
    NoDecideGuard guard;
    std::unique_ptr<Partition> partition;
    std::unique_ptr<LogReader> events;
    // Something was sent.
    bool called = true;
    uint64_t fired_before = 0;
  };
  void Open(uint32_t partition);

  ManualClock clock_;
  MemoryLog log_;
  std::unique_ptr<LogProducer> producer_;
  std::vector<std::unique_ptr<Owner>> owners_;
  std::vector<std::unique_ptr<Clients::Sent>> sent_;
};

}  // namespace lastmeter::year
