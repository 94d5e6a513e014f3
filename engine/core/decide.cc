#include "engine/core/decide.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/incident.h"
#include "lastmeter/report/v1/report.pb.h"

namespace lastmeter {
namespace {

namespace ev = lastmeter::event::v1;

constexpr size_t kMostRecords = 256;
// Longest ids that are remembered; the gateway refuses longer ones, other producers may not.
constexpr size_t kMostIdBytes = 128;

Decision DecideOne(Draft draft, const LogInput& input) {
  ev::InputCause cause;
  cause.set_topic(input.topic);
  cause.set_position(input.position.value);
  const Timestamp accepted = input.topic == ev::INPUT_TOPIC_REPORT ? DecideReport(draft, input)
                                                                   : DecideCommand(draft, input);
  cause.set_accepted_at_ms(accepted.ms);
  return std::move(draft).Finish(cause, input.bytes);
}

ev::TimerCause CauseOf(const TimerInput& input) {
  ev::TimerCause cause;
  cause.set_case_number(input.number.ToString());
  cause.set_due_ms(input.due.ms);
  cause.set_inputs_unseen(input.inputs_unseen);
  return cause;
}

Decision DecideOne(Draft draft, const TimerInput& input) {
  DecideTimer(draft, input);
  return std::move(draft).Finish(CauseOf(input));
}

Decision DecideOne(Draft draft, const OwnershipInput& input) {
  ev::WriterOpened* opened = draft.AddEvent().mutable_writer_opened();
  opened->set_instance(input.instance);
  opened->set_decider_version(kDeciderVersion);
  opened->set_partition(input.partition.value);
  opened->set_partition_count(input.partition_count);
  opened->set_cluster_id(input.cluster_id);
  if (input.moved_from) {
    ev::MovedFrom* moved = opened->mutable_moved_from();
    moved->set_cluster_id(input.moved_from->cluster_id);
    moved->set_next_report(input.moved_from->next_report.value);
    moved->set_next_command(input.moved_from->next_command.value);
  }
  return std::move(draft).FinishEngine();
}

Decision DecideOne(Draft draft, const HeartbeatInput&) {
  draft.AddEvent().mutable_heartbeat();
  return std::move(draft).FinishEngine();
}

Decision DecideOne(Draft draft, const DayInput&) {
  draft.AddEvent().mutable_day_rolled()->set_date(DateOf(draft.now()));
  return std::move(draft).FinishEngine();
}

Decision DecideOne(Draft draft, const ClockAgreedInput& input) {
  draft.AddEvent().mutable_clock_accepted()->set_wall_ms(input.wall.ms);
  return std::move(draft).FinishEngine();
}

// Nothing of a poisoned input is read here: reading it may be what ended the process.
Decision DecideOne(Draft draft, const PoisonInput& input) {
  ev::InputQuarantined* quarantined = draft.AddEvent().mutable_input_quarantined();
  quarantined->set_attempts(input.attempts);
  quarantined->set_input_sha256(std::string(AsBytes(Sha256(input.input.bytes))));
  ev::InputCause cause;
  cause.set_topic(input.input.topic);
  cause.set_position(input.input.position.value);
  cause.set_accepted_at_ms(input.input.appended_at.ms);
  return std::move(draft).Finish(cause, input.input.bytes);
}

Decision DecideOne(Draft draft, const PoisonTimer& input) {
  DecidePoisonTimer(draft, input);
  return std::move(draft).Finish(CauseOf(input.timer));
}

Decision DecideOne(Draft draft, const RecomputeInput& input) {
  DecideRecompute(draft, input);
  return std::move(draft).FinishEngine();
}

}  // namespace

Decision Decide(const PartitionState& state, const Input& input, Timestamp log_time) {
  state.scratch().decided_number.reset();
  const Timestamp now = std::max(log_time, state.log_time());
  Decision decision =
      std::visit([&](const auto& one) { return DecideOne(Draft(state, now), one); }, input);
  LM_CHECK(!decision.empty() && decision.size() <= kMostRecords) << decision.size();
  return decision;
}

ev::Event& Draft::AddEvent() { return *records_.emplace_back().mutable_event(); }

void Draft::AddCaseEvent(const CaseNumber& number, lastmeter::state::v1::Case& c, ev::Event event) {
  event.set_case_number(number.ToString());
  event.set_case_version(c.version() + 1);
  event.set_area(c.area());
  event.set_restricted(c.restricted());
  event.set_drill(c.drill());
  event.set_cycle(event.has_case_reopened() ? event.case_reopened().cycle() : c.cycle());
  LeaveToDigest(state_, c, &event);
  ApplyToCase(c, event, now_, state_.meta().rules_ordinal());
  auto& scratch = state_.scratch();
  LM_CHECK(&c == &scratch.decided && scratch.decided_number.value_or(number) == number)
      << "one decision, one case";
  scratch.decided_number = number;
  AddEvent() = std::move(event);
}

void Draft::Number() {
  for (size_t i = 0; i < records_.size(); ++i) {
    records_[i].set_part(static_cast<uint32_t>(i));
    records_[i].set_parts(static_cast<uint32_t>(records_.size()));
  }
}

Decision Draft::Finish(const ev::InputCause& cause, const std::string& input) && {
  Number();
  for (auto& record : records_) *record.mutable_input_cause() = cause;
  records_[0].set_input(input);
  return std::move(records_);
}

Decision Draft::Finish(const ev::TimerCause& cause) && {
  Number();
  for (auto& record : records_) *record.mutable_timer_cause() = cause;
  return std::move(records_);
}

Decision Draft::FinishEngine() && {
  Number();
  for (auto& record : records_) record.mutable_engine_cause();
  return std::move(records_);
}

std::string ReportInputId(std::string_view report_id) {
  if (report_id.empty() || report_id.size() > kMostIdBytes) return {};
  return "r" + std::string(report_id);
}

std::string CommandInputId(std::string_view command_id) {
  if (command_id.empty() || command_id.size() > kMostIdBytes) return {};
  return "c" + std::string(command_id);
}

std::string InputId(const PartitionState& state, ev::InputTopic topic, std::string_view bytes) {
  if (topic == ev::INPUT_TOPIC_REPORT) {
    auto& report = state.scratch().report;
    if (!report.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
    return ReportInputId(report.report_id());
  }
  auto& command = state.scratch().command;
  if (!command.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return CommandInputId(command.command_id());
}

void AddPassed(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
               const std::vector<ev::TierPassed>& passed) {
  for (const auto& one : passed) {
    ev::Event event;
    *event.mutable_tier_passed() = one;
    draft.AddCaseEvent(number, c, std::move(event));
  }
}

void AddClimb(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
              LadderPlanner::Climb climb, lastmeter::common::v1::Tier from) {
  AddPassed(draft, number, c, climb.passed);
  ev::Event next;
  ev::CaseEscalated* escalated = next.mutable_case_escalated();
  escalated->set_from_tier(from);
  escalated->set_reason(climb.fallback ? ev::CLIMB_REASON_FALLBACK : ev::CLIMB_REASON_PASSED);
  *escalated->mutable_turn() = *std::move(climb.turn);
  draft.AddCaseEvent(number, c, std::move(next));
}

Input InputOf(const ev::Record& first) {
  const auto timer = [](const ev::TimerCause& cause) {
    auto number = CaseNumber::Parse(cause.case_number());
    LM_CHECK(number.has_value()) << cause.case_number();
    return TimerInput{*number, {cause.due_ms()}, cause.inputs_unseen()};
  };
  if (first.has_input_cause()) {
    LogInput input{first.input_cause().topic(),
                   {first.input_cause().position()},
                   {first.input_cause().accepted_at_ms()},
                   first.input()};
    if (first.event().has_input_quarantined()) {
      return PoisonInput{std::move(input), first.event().input_quarantined().attempts()};
    }
    return input;
  }
  if (first.has_timer_cause()) {
    TimerInput input = timer(first.timer_cause());
    if (first.event().has_case_quarantined()) {
      return PoisonTimer{input, first.event().case_quarantined().attempts()};
    }
    return input;
  }
  switch (first.event().body_case()) {
    case ev::Event::kWriterOpened: {
      const auto& opened = first.event().writer_opened();
      OwnershipInput input{
          opened.instance(), {opened.partition()}, opened.partition_count(), opened.cluster_id()};
      if (opened.has_moved_from()) {
        const auto& moved = opened.moved_from();
        input.moved_from =
            MovedFrom{moved.cluster_id(), {moved.next_report()}, {moved.next_command()}};
      }
      return input;
    }
    case ev::Event::kHeartbeat:
      return HeartbeatInput{};
    case ev::Event::kDayRolled:
      return DayInput{};
    case ev::Event::kClockAccepted:
      return ClockAgreedInput{{first.event().clock_accepted().wall_ms()}};
    case ev::Event::kDeadlinesRecomputed: {
      auto number = CaseNumber::Parse(first.event().case_number());
      LM_CHECK(number.has_value()) << first.event().case_number();
      return RecomputeInput{*number};
    }
    default:
      LM_CHECK(false) << "record " << first.seq() << " answers no input";
      return HeartbeatInput{};
  }
}

}  // namespace lastmeter
