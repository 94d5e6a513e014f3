#include "services/escalator/escalator.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

// Timers that are so late are called stalled.
constexpr Millis kStalled = Seconds(60);

}  // namespace

Escalator::Escalator(EscalatorOptions options) : options_(std::move(options)) {}

RunnerOptions Escalator::OptionsOf(PartitionId partition) {
  RunnerOptions options;
  options.partition.partition = partition;
  options.partition.instance = options_.instance;
  options.partition.successor_within = options_.successor_within;
  options.open_store = [this, partition] { return options_.open_store(partition); };
  options.on_given_up = [this](PartitionId p, const absl::Status& status) { GivenUp(p, status); };
  options.on_trouble = [](PartitionId p, const absl::Status& status) {
    logging::Warning("a partition is opened anew",
                     {{"partition", p.value}, {"why", ToStd(status.message())}});
  };
  return options;
}

absl::Status Escalator::Begin(PartitionId partition) {
  LM_ASSIGN_OR_RETURN(auto guard, options_.open_guard(partition));
  auto runner = std::make_unique<PartitionRunner>(OptionsOf(partition), options_.log,
                                                  options_.clock, guard.get());
  std::lock_guard lock(mutex_);
  Owned& owned = owned_[partition];
  owned.guard = std::move(guard);
  owned.runner = std::move(runner);
  owned.runner->Start();
  return absl::OkStatus();
}

absl::Status Escalator::Own(const std::vector<PartitionId>& partitions) {
  std::lock_guard changing(changing_);
  const std::set<PartitionId> wanted(partitions.begin(), partitions.end());
  std::vector<Owned> ended;
  std::vector<PartitionId> fresh;
  {
    std::lock_guard lock(mutex_);
    for (auto it = owned_.begin(); it != owned_.end();) {
      if (wanted.contains(it->first)) {
        ++it;
        continue;
      }
      ended.push_back(std::move(it->second));
      it = owned_.erase(it);
    }
    for (const PartitionId partition : wanted) {
      if (!owned_.contains(partition)) fresh.push_back(partition);
    }
  }
  // Each takes as long as its append under way: told all at once, waited for one by one.
  for (Owned& one : ended) one.runner->AskToStop();
  ended.clear();
  absl::Status first;
  for (const PartitionId partition : fresh) first.Update(Begin(partition));
  return first;
}

void Escalator::Stop() {
  // Nothing can fail where nothing is begun.
  (void)Own({});
}

void Escalator::GivenUp(PartitionId partition, const absl::Status& status) {
  if (status.code() == absl::StatusCode::kAborted && options_.yields) {
    logging::Warning("another process took the partition over",
                     {{"partition", partition.value}, {"why", ToStd(status.message())}});
    std::lock_guard lock(mutex_);
    const auto it = owned_.find(partition);
    if (it != owned_.end()) it->second.taken_at = SteadyClock::now();
    return;
  }
  logging::Error("stopped for good", {{"why", ToStd(status.message())}});
  // In a group the partition would end the next process, too: the others here go on, and readiness
  // says what is wrong with this one.
  if (options_.yields) return;
  std::lock_guard lock(mutex_);
  if (fatal_.ok()) fatal_ = status;
}

void Escalator::Tend() {
  std::unique_lock changing(changing_, std::try_to_lock);
  if (!changing.owns_lock()) return;
  std::vector<PartitionId> due;
  std::vector<Owned> ended;
  {
    std::lock_guard lock(mutex_);
    const auto long_ago =
        SteadyClock::now() - std::chrono::milliseconds(options_.take_back_after.ms);
    for (auto& [partition, owned] : owned_) {
      if (!owned.taken_at || *owned.taken_at > long_ago) continue;
      due.push_back(partition);
      ended.push_back(std::move(owned));
    }
    for (const PartitionId partition : due) owned_.erase(partition);
  }
  ended.clear();
  for (const PartitionId partition : due) {
    if (absl::Status status = Begin(partition); !status.ok()) GivenUp(partition, status);
  }
}

std::vector<std::pair<PartitionId, RunnerStatus>> Escalator::status() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<PartitionId, RunnerStatus>> all;
  for (const auto& [partition, owned] : owned_) {
    all.emplace_back(partition, owned.runner->status());
  }
  return all;
}

absl::Status Escalator::fatal() const {
  std::lock_guard lock(mutex_);
  return fatal_;
}

Millis Escalator::oldest_unread_age() const {
  Millis age;
  for (const auto& [partition, status] : status()) {
    age = std::max(age, status.partition.backlog_age);
  }
  // A demonstration's clock runs faster than the callers' patience.
  return options_.clock->RealTime(age);
}

std::vector<std::string> Escalator::NotReady() const {
  std::vector<std::string> reasons;
  for (const auto& [partition, status] : status()) {
    const std::string name = absl::StrCat("partition ", partition.value);
    if (status.state != RunnerStatus::State::kRunning) {
      const absl::Status& why = status.state == RunnerStatus::State::kHeld
                                    ? status.partition.trouble
                                    : status.last_failure;
      reasons.push_back(absl::StrCat(name, " is ", ToAbsl(ToString(status.state)),
                                     why.ok() ? "" : ": ", why.message()));
    } else if (!status.partition.trouble.ok()) {
      reasons.push_back(absl::StrCat(name, ": ", status.partition.trouble.message()));
    } else if (options_.clock->RealTime(status.partition.timer_lag) > kStalled) {
      reasons.push_back(absl::StrCat(name, ": timers are stalled, the earliest is ",
                                     status.partition.timer_lag.ms / 1000, " s late"));
    }
  }
  if (const absl::Status status = fatal(); !status.ok()) {
    reasons.push_back(absl::StrCat("stopped for good: ", status.message()));
  }
  return reasons;
}

void Escalator::AddMetrics(Metrics* metrics) const {
  const auto sum = [this](auto member) {
    return [this, member] {
      double total = 0;
      for (const auto& [partition, one] : status()) {
        total += static_cast<double>(one.partition.*member);
      }
      return total;
    };
  };
  metrics->Sample("lastmeter_open_cases", "Open cases", sum(&PartitionStatus::open_cases));
  metrics->Sample("lastmeter_timers", "Timers that wait", sum(&PartitionStatus::timers));
  metrics->SampleCounter("lastmeter_inputs_total", "Inputs decided by this ownership",
                         sum(&PartitionStatus::inputs));
  metrics->SampleCounter("lastmeter_records_total", "Records appended by this ownership",
                         sum(&PartitionStatus::records));
  metrics->SampleCounter("lastmeter_timers_fired_total", "Timers fired by this ownership",
                         sum(&PartitionStatus::timers_fired));
  metrics->SampleCounter("lastmeter_quarantined_total", "Inputs and timers set aside",
                         sum(&PartitionStatus::quarantined));
  metrics->Sample("lastmeter_oldest_unread_seconds", "Age of the oldest undecided input",
                  [this] { return static_cast<double>(oldest_unread_age().ms) / 1000; });
  metrics->Sample("lastmeter_timer_lag_seconds", "How late the latest timer is", [this] {
    Millis lag;
    for (const auto& [p, one] : status()) lag = std::max(lag, one.partition.timer_lag);
    return static_cast<double>(lag.ms) / 1000;
  });
  metrics->Sample("lastmeter_partitions_owned", "Partitions that this process decides",
                  [this] { return static_cast<double>(status().size()); });
  for (uint32_t p = 0; p < options_.log->identity().partition_count; ++p) {
    const auto find = [this, p](auto&& holds) {
      return [this, p, holds] {
        for (const auto& [partition, one] : status()) {
          if (partition.value == p) return holds(one) ? 1.0 : 0.0;
        }
        return 0.0;
      };
    };
    const Metrics::Labels labels{{"partition", std::to_string(p)}};
    metrics->Sample("lastmeter_partition_owned", "1 where this process is the partition's owner",
                    find([](const RunnerStatus&) { return true; }), labels);
    metrics->Sample(
        "lastmeter_partition_running",
        "1 where this process decides the partition and fires its timers",
        find([](const RunnerStatus& one) { return one.state == RunnerStatus::State::kRunning; }),
        labels);
  }
}

}  // namespace lastmeter
