#include "tests/sim/checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "engine/runtime/redecide.h"
#include "tools/check/judge.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using event::v1::Record;

// Which clock of its case a timer was, and for what: two may fall due at the same instant.
std::string ClockOf(const Event& event) {
  auto named = [](const char* what, common::v1::Promise promise) {
    return what + std::to_string(promise);
  };
  switch (event.body_case()) {
    case Event::kClockNearDue:
      return named("near due ", event.clock_near_due().promise());
    case Event::kClockBreached:
      return named("breached ", event.clock_breached().promise());
    case Event::kTierPassed:
      return named("ladder ", event.tier_passed().promise());
    case Event::kCaseEscalated:
      return named("ladder ", event.case_escalated().turn().promise());
    case Event::kLadderExhausted:
      return named("ladder ", event.ladder_exhausted().promise());
    case Event::kCaseReminded:
      return named("ladder ", event.case_reminded().promise());
    default:
      return "unexpected event " + std::to_string(event.body_case());
  }
}

class PartitionCheck {
 public:
  PartitionCheck(const Simulation::Result& run, PartitionId partition)
      : run_(run),
        partition_(partition),
        judge_(partition, {.log_is_complete_to_now = true}),
        redecider_(&scratch_) {}

  std::vector<std::string> Check() {
    reports_ = All(Topic::kReport);
    commands_ = All(Topic::kCommand);
    bool redeciding = true;
    for (const LogEntry& entry : All(Topic::kEvent)) {
      judge_.Take(entry.position, entry.value);
      if (redeciding) {
        absl::Status status = redecider_.Take(entry.position, entry.value);
        if (!status.ok()) {
          Wrong("decided again: " + std::string(status.message()));
          redeciding = false;
        }
      }
      auto record = ParseRecord(entry.value);
      if (record.ok() && record->part() == 0) Take(*record);
    }
    judge_.Finish();
    for (const Finding& finding : judge_.findings()) Wrong("judge: " + ToString(finding));
    CheckInputs(reports_, event::v1::INPUT_TOPIC_REPORT);
    CheckInputs(commands_, event::v1::INPUT_TOPIC_COMMAND);
    if (redeciding) CheckStates();
    return std::move(problems_);
  }

 private:
  void Wrong(const std::string& what) {
    problems_.push_back("partition " + std::to_string(partition_.value) + ": " + what);
  }

  std::vector<LogEntry> All(Topic topic) {
    auto reader = *run_.log->OpenReader({topic, partition_}, {0});
    return *reader->Read(10'000'000, size_t{1} << 40);
  }

  void Take(const Record& first) {
    if (first.has_input_cause()) TakeInput(first);
    if (first.has_timer_cause()) TakeTimer(first);
  }

  void TakeInput(const Record& first) {
    const auto& cause = first.input_cause();
    if (!decided_.insert({cause.topic(), cause.position()}).second) {
      Wrong("input " + std::to_string(cause.position()) + " decided twice");
    }
    (cause.topic() == event::v1::INPUT_TOPIC_REPORT ? next_report_ : next_command_) =
        cause.position() + 1;
    const Event& event = first.event();
    if (event.has_case_opened() && !event.case_opened().unreadable()) {
      TakeId(event.case_opened().report_id());
    }
    if (event.has_report_attached()) TakeId(event.report_attached().report_id());
  }

  void TakeId(const std::string& report_id) {
    if (!ids_.insert(report_id).second) Wrong("report " + report_id + " was taken up twice");
  }

  void TakeTimer(const Record& first) {
    const auto& cause = first.timer_cause();
    // A case set aside gets its timers back once somebody acts on it; they may be poison still.
    if (!first.event().has_case_quarantined() &&
        !fired_.insert({cause.case_number(), cause.due_ms(), ClockOf(first.event())}).second) {
      Wrong("timer " + cause.case_number() + " due " + std::to_string(cause.due_ms()) +
            " fired twice");
    }
    if (first.log_time_ms() < cause.due_ms()) Wrong("a timer fired early");
    if (run_.clocks_jumped || cause.inputs_unseen()) return;
    CheckNotOver(reports_, next_report_, {cause.due_ms()}, first.seq());
    CheckNotOver(commands_, next_command_, {cause.due_ms()}, first.seq());
  }

  // Nothing that the log took before the timer was due may stand undecided behind it.
  void CheckNotOver(const std::vector<LogEntry>& inputs, int64_t next, Timestamp due,
                    uint64_t seq) {
    auto unread = std::lower_bound(
        inputs.begin(), inputs.end(), next,
        [](const LogEntry& e, int64_t position) { return e.position.value < position; });
    if (unread == inputs.end() || unread->appended_at >= due) return;
    Wrong("record " + std::to_string(seq) + ": a timer due " + FormatRfc3339(due) +
          " fired over an input of " + FormatRfc3339(unread->appended_at));
  }

  void CheckInputs(const std::vector<LogEntry>& inputs, event::v1::InputTopic topic) {
    for (const LogEntry& e : inputs) {
      if (!decided_.contains({topic, e.position.value})) {
        Wrong("input " + std::to_string(e.position.value) + " of topic " + std::to_string(topic) +
              " was never decided");
      }
    }
    Topic log_topic = topic == event::v1::INPUT_TOPIC_REPORT ? Topic::kReport : Topic::kCommand;
    for (const auto& sent : *run_.sent) {
      if (sent->tp != TopicPartition{log_topic, partition_}) continue;
      if (!sent->acknowledged) {
        Wrong(sent->id + " was never acknowledged");
      } else if (!decided_.contains({topic, sent->position.value})) {
        Wrong(sent->id + " was acknowledged and never decided");
      }
    }
  }

  void CheckStates() {
    if (absl::Status s = redecider_.Finish(); !s.ok()) Wrong(s.ToString());
    const PartitionState& live = *run_.states[partition_.value];
    if (live.Digest() != redecider_.state().Digest()) {
      Wrong("folding the log gives another state than the live one");
    }
    if (auto timer = live.NextTimer(); timer.has_value() && timer->due <= live.log_time()) {
      Wrong("a timer due " + FormatRfc3339(timer->due) + " was left behind");
    }
  }

  const Simulation::Result& run_;
  const PartitionId partition_;
  Judge judge_;
  MemoryStore scratch_;
  Redecider redecider_;
  std::vector<LogEntry> reports_;
  std::vector<LogEntry> commands_;
  int64_t next_report_ = 0;
  int64_t next_command_ = 0;
  std::set<std::pair<int, int64_t>> decided_;
  std::set<std::string> ids_;
  std::set<std::tuple<std::string, int64_t, std::string>> fired_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> CheckRun(const Simulation::Result& run) {
  std::vector<std::string> problems;
  for (uint32_t p = 0; p < run.partitions; ++p) {
    for (std::string& problem : PartitionCheck(run, {p}).Check()) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

}  // namespace lastmeter
