#include "tests/sim/simulation.h"

#include <algorithm>
#include <utility>

namespace lastmeter {
namespace {

const Timestamp kStart = *ParseRfc3339("2026-03-02T08:55:00+08:00");
constexpr int kActions = 220;

}  // namespace

void SimCounts::Add(const SimCounts& other) {
  static_assert(sizeof(SimCounts) == 16 * sizeof(uint64_t));
  auto* mine = reinterpret_cast<uint64_t*>(this);
  auto* theirs = reinterpret_cast<const uint64_t*>(&other);
  for (size_t i = 0; i < 16; ++i) mine[i] += theirs[i];
}

Simulation::Machine::Machine(std::string name_, Timestamp now, uint32_t partitions)
    : name(std::move(name_)), clock(now) {
  for (uint32_t p = 0; p < partitions; ++p) owners.push_back(std::make_unique<Owner>());
}

Simulation::Simulation(uint64_t seed)
    : random_(seed),
      partitions_(1 + static_cast<uint32_t>(random_.Below(3))),
      clocks_jump_(random_.Percent(50)),
      truth_(kStart),
      log_({.partition_count = partitions_,
            .cluster_id = "sim",
            .leave_gaps = random_.Percent(50),
            .clock = [this] { return truth_.Wall(); }}),
      faulty_(log_, seed) {
  machines_.push_back(std::make_unique<Machine>("one", kStart, partitions_));
  clients_ =
      std::make_unique<Clients>(&random_, &faulty_, partitions_, [this](const Clients::Sent& sent) {
        if (!random_.Percent(2)) return;
        auto topic = sent.tp.topic == Topic::kReport ? event::v1::INPUT_TOPIC_REPORT
                                                     : event::v1::INPUT_TOPIC_COMMAND;
        DecideId id{.topic = topic, .position = sent.position.value};
        // The guard of one partition must not be told of
        // another's positions.
        for (auto& machine : machines_) {
          machine->owners[sent.tp.partition.value]->guard.Poison(id);
        }
      });
  for (uint32_t p = 0; p < partitions_; ++p) {
    event_readers_.push_back(*log_.OpenReader({Topic::kEvent, {p}}, {0}));
  }
}

FaultPlan Simulation::SomeFaults() {
  FaultPlan plan;
  auto rate = [&](uint32_t most) {
    return random_.Percent(40) ? static_cast<uint32_t>(random_.Below(most)) : 0;
  };
  plan.append_unknown_there = rate(800);
  plan.append_unknown_lost = rate(800);
  plan.append_unknown_late = rate(800);
  plan.append_not_committed = rate(500);
  plan.append_fenced = rate(500);
  plan.append_polls_max = rate(5);
  plan.open_writer_unavailable = rate(2000);
  plan.read_unavailable = random_.Percent(5) ? 10'000 : rate(1500);
  plan.read_short = rate(3000);
  plan.end_unavailable = random_.Percent(5) ? 10'000 : rate(2000);
  plan.end_polls_max = rate(6);
  plan.produce_unavailable_there = rate(1500);
  plan.produce_unavailable_lost = rate(1500);
  plan.produce_no_space = rate(500);
  return plan;
}

Millis Simulation::SomeTime() {
  uint64_t kind = random_.Below(100);
  if (kind < 55) return {random_.Between(0, 2000)};
  if (kind < 75) return Seconds(random_.Between(1, 90));
  if (kind < 93) return Minutes(random_.Between(1, 20));
  if (kind < 99) return Hours(random_.Between(1, 8));
  return Hours(random_.Between(12, 60));
}

void Simulation::Pass(Millis span) {
  truth_.Advance(span);
  for (auto& machine : machines_) machine->clock.Advance(span);
}

std::vector<std::string> Simulation::Play() {
  faulty_.SetPlan(SomeFaults());
  if (random_.Percent(90)) clients_->InstallRules(truth_.Wall());
  for (int i = 0; i < kActions && problems_.empty(); ++i) Act();
  if (problems_.empty()) Quieten();
  return problems_;
}

void Simulation::Act() {
  switch (random_.Below(10)) {
    case 0:
    case 1:
      clients_->Invent(truth_.Wall(), cases_);
      break;
    case 2:
    case 3:
      for (uint64_t n = random_.Below(6); n > 0; --n) clients_->SendOne();
      break;
    case 4:
    case 5:
      Pass(SomeTime());
      break;
    case 6:
      if (random_.Percent(60)) {
        ActRarely();
        break;
      }
      [[fallthrough]];
    default:
      StepSome();
  }
  ReadEvents();
}

void Simulation::ActRarely() {
  Machine& machine = *machines_[random_.Below(machines_.size())];
  uint32_t partition = static_cast<uint32_t>(random_.Below(partitions_));
  switch (random_.Below(14)) {
    case 0:
    case 1:
    case 2:
      return Crash(machine, partition);
    case 3:
      return PowerCut(machine);
    case 4:
      Crash(machine, partition);
      ++counts_.wiped;
      (void)machine.owners[partition]->store.Wipe();
      return;
    case 5:
      return JumpClock(machine);
    case 6:
      return machine.clock.SetSynchronized(random_.Percent(30));
    case 7:
      return clients_->AcceptClock(truth_.Wall(), machine.clock.Wall());
    case 8:
      return machine.clock.Jump(truth_.Wall() - machine.clock.Wall());
    case 9:
    case 10:
      return faulty_.SetPlan(SomeFaults());
    case 11:
      return clients_->InstallRules(truth_.Wall());
    case 12:
      return PoisonTimer();
    default:
      if (machines_.size() == 1) {
        machines_.push_back(std::make_unique<Machine>("two", truth_.Wall(), partitions_));
      } else {
        machine.up = !machine.up;
        if (!machine.up) {
          for (uint32_t p = 0; p < partitions_; ++p) Crash(machine, p);
        }
      }
  }
}

void Simulation::StepSome() {
  Machine& machine = *machines_[random_.Below(machines_.size())];
  uint32_t partition = static_cast<uint32_t>(random_.Below(partitions_));
  if (!machine.up) return;
  for (uint64_t n = 1 + random_.Below(12); n > 0; --n) {
    if (!Step(machine, partition).has_value()) return;
  }
}

void Simulation::Open(Machine& machine, uint32_t partition) {
  Owner& owner = *machine.owners[partition];
  ++counts_.openings;
  PartitionOptions options{.partition = {partition},
                           .instance = machine.name,
                           .max_inputs = 1 + random_.Below(8),
                           .max_timers = 1 + random_.Below(8),
                           .max_batch_bytes = 1 + random_.Below(20'000),
                           .fold_records = 1 + random_.Below(40)};
  options.clock_before = owner.anchor;
  owner.partition =
      *Partition::Open(std::move(options), &faulty_, &owner.store, &machine.clock, &owner.guard);
}

std::optional<StepResult> Simulation::Step(Machine& machine, uint32_t partition) {
  Owner& owner = *machine.owners[partition];
  if (owner.yields_for > 0) {
    --owner.yields_for;
    return std::nullopt;
  }
  if (owner.partition == nullptr) Open(machine, partition);
  try {
    StepResult result = owner.partition->Step();
    if (!result.status.ok()) {
      Ended(owner, result.status);
      return std::nullopt;
    }
    if (owner.partition->status().state == PartitionStatus::State::kHeld) ++counts_.held_steps;
    return result;
  } catch (const SimulatedCrash&) {
    ++counts_.crashes;
    owner.partition.reset();
    owner.anchor.reset();
    return std::nullopt;
  }
}

void Simulation::Ended(Owner& owner, const absl::Status& status) {
  if (status.code() == absl::StatusCode::kAborted) {
    ++counts_.taken_over;
    owner.yields_for = static_cast<int>(random_.Below(8));
  } else if (status.code() == absl::StatusCode::kUnavailable) {
    ++counts_.reopened_after_failure;
  } else {
    problems_.push_back("a partition was given up: " + status.ToString());
  }
  owner.anchor = owner.partition->clock_anchor();
  owner.partition.reset();
}

void Simulation::Crash(Machine& machine, uint32_t partition) {
  Owner& owner = *machine.owners[partition];
  if (owner.partition == nullptr) return;
  ++counts_.crashes;
  owner.partition.reset();
  owner.anchor.reset();
}

void Simulation::PowerCut(Machine& machine) {
  ++counts_.power_cuts;
  for (uint32_t p = 0; p < partitions_; ++p) {
    Crash(machine, p);
    machine.owners[p]->store.LoseLast(random_.Below(8));
  }
  machine.clock.Reboot();
}

void Simulation::JumpClock(Machine& machine) {
  const int64_t jumps[] = {1500, -1500, 60'000, -60'000, 3'600'000, -3'600'000, 90'000'000};
  if (clocks_jump_) machine.clock.Jump({random_.OneOf(jumps)});
}

void Simulation::PoisonTimer() {
  uint32_t partition = static_cast<uint32_t>(random_.Below(partitions_));
  const Partition* live = machines_[0]->owners[partition]->partition.get();
  if (live == nullptr || live->state() == nullptr) return;
  auto timer = live->state()->NextTimer();
  if (!timer.has_value()) return;
  DecideId id = DecideId::Of(TimerInput{timer->number, timer->due});
  for (auto& machine : machines_) machine->owners[partition]->guard.Poison(id);
}

void Simulation::ReadEvents() {
  for (auto& reader : event_readers_) {
    auto entries = reader->Read(100'000, size_t{1} << 30);
    for (const LogEntry& entry : *entries) {
      auto record = *ParseRecord(entry.value);
      const auto& event = record.event();
      ++counts_.records;
      counts_.outages += event.case_escalated().outage();
      counts_.poisoned_inputs += event.has_input_quarantined();
      counts_.poisoned_timers += event.has_case_quarantined();
      counts_.clocks_accepted += event.has_clock_accepted();
      counts_.repeated += event.has_input_repeated();
      counts_.timers += record.has_timer_cause() && record.part() == 0;
      counts_.inputs_unseen += record.timer_cause().inputs_unseen();
      if (event.case_version() == 0) continue;
      KnownCase& known = cases_[event.case_number()];
      known.version = event.case_version();
    }
  }
}

bool Simulation::Settle(Machine& machine, uint32_t partition) {
  Owner& owner = *machine.owners[partition];
  owner.yields_for = 0;
  for (int i = 0; i < 20'000 && problems_.empty(); ++i) {
    std::optional<StepResult> result = Step(machine, partition);
    if (result.has_value() && result->idle) return true;
    if (i % 8 == 7) Pass(Millis{50});
  }
  problems_.push_back("partition " + std::to_string(partition) + " does not come to rest");
  return false;
}

// The end: no faults any more, one machine with a clock that somebody vouches for, everything sent.
void Simulation::Quieten() {
  faulty_.SetPlan({});
  while (!clients_->done()) clients_->SendOne();
  Machine& machine = *machines_[0];
  for (auto& other : machines_) {
    for (uint32_t p = 0; p < partitions_; ++p) Crash(*other, p);
  }
  ReadEvents();
  Timestamp latest = truth_.Wall();
  for (uint32_t p = 0; p < partitions_; ++p) {
    if (!Settle(machine, p)) return;
    latest = std::max(latest, machine.owners[p]->partition->state()->log_time());
  }
  machine.clock.SetSynchronized(true);
  machine.clock.Jump(latest - machine.clock.Wall());
  // Twice: the first round may only accept the clock, or wait for a dead letter.
  for (int round = 0; round < 2; ++round) {
    Pass(Seconds(5));
    for (uint32_t p = 0; p < partitions_; ++p) {
      if (!Settle(machine, p)) return;
    }
  }
  ReadEvents();
}

Simulation::Result Simulation::result() {
  Result result{.log = &log_,
                .partitions = partitions_,
                .clocks_jumped = clocks_jump_,
                .sent = &clients_->sent(),
                .states = {}};
  for (auto& owner : machines_[0]->owners) result.states.push_back(owner->partition->state());
  return result;
}

SimCounts Simulation::counts() const {
  SimCounts counts = counts_;
  FaultCounts faults = faulty_.counts();
  counts.unknown = faults.unknown_there + faults.unknown_lost + faults.unknown_late_there +
                   faults.unknown_late_lost;
  return counts;
}

}  // namespace lastmeter
