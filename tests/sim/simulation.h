#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/log/faulty_log.h"
#include "engine/log/memory_log.h"
#include "engine/runtime/partition.h"
#include "tests/runtime/world.h"
#include "tests/sim/clients.h"
#include "tests/sim/lossy_store.h"
#include "tests/sim/random.h"

namespace lastmeter {

// What happened in a run, so that a set of runs can be held to have tried everything.
struct SimCounts {
  uint64_t records = 0;
  uint64_t openings = 0;
  uint64_t crashes = 0;
  uint64_t poisoned_inputs = 0;
  uint64_t poisoned_timers = 0;
  uint64_t reopened_after_failure = 0;
  uint64_t taken_over = 0;
  uint64_t power_cuts = 0;
  uint64_t wiped = 0;
  uint64_t held_steps = 0;
  uint64_t clocks_accepted = 0;
  uint64_t outages = 0;
  uint64_t inputs_unseen = 0;
  uint64_t timers = 0;
  uint64_t repeated = 0;
  uint64_t unknown = 0;

  void Add(const SimCounts& other);
};

// One simulated life of an installation: everything that happens is drawn from the seed.
//
//   machines ── each with a clock of its own, and a store and a guard per partition
//      │ Partition::Step, crash, power cut, reboot, clock jumps, a second owner
//   FaultyLog over MemoryLog ◄── clients that send twice, out of order, again after failures
//
// A run is followed by a quiet end, and then by the checks of checks.h.
class Simulation {
 public:
  explicit Simulation(uint64_t seed);

  // Plays the run. Empty, or what was wrong while it played.
  std::vector<std::string> Play();

  struct Result {
    MemoryLog* log;
    uint32_t partitions;
    // Log time and the log's own time cannot be compared.
    bool clocks_jumped;
    const std::vector<std::unique_ptr<Clients::Sent>>* sent;
    // The live state of each partition at the end.
    std::vector<const PartitionState*> states;
  };
  Result result();
  SimCounts counts() const;

 private:
  // One partition on one machine.
  struct Owner {
    LossyStore store;
    MemoryDecideGuard guard;
    std::unique_ptr<Partition> partition;
    std::optional<LogClock::Anchor> anchor;
    // Another machine owns it; tries again when this many actions have passed.
    int yields_for = 0;
  };
  struct Machine {
    Machine(std::string name, Timestamp now, uint32_t partitions);
    std::string name;
    ManualClock clock;
    bool up = true;
    std::vector<std::unique_ptr<Owner>> owners;
  };

  void Act();
  void ActRarely();
  void StepSome();
  // Empty once the partition is gone.
  std::optional<StepResult> Step(Machine& machine, uint32_t partition);
  void Open(Machine& machine, uint32_t partition);
  void Ended(Owner& owner, const absl::Status& status);
  void Crash(Machine& machine, uint32_t partition);
  void PowerCut(Machine& machine);
  void JumpClock(Machine& machine);
  void PoisonTimer();
  void Pass(Millis span);
  Millis SomeTime();
  FaultPlan SomeFaults();
  void ReadEvents();
  void Quieten();
  bool Settle(Machine& machine, uint32_t partition);

  Random random_;
  const uint32_t partitions_;
  // Otherwise every machine's clock is right all the time.
  const bool clocks_jump_;
  ManualClock truth_;
  MemoryLog log_;
  FaultyLog faulty_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::unique_ptr<Clients> clients_;
  std::vector<std::unique_ptr<LogReader>> event_readers_;
  std::map<std::string, KnownCase> cases_;
  std::vector<std::string> problems_;
  SimCounts counts_;
};

}  // namespace lastmeter
