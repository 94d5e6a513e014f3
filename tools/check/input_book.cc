#include "tools/check/input_book.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "tools/check/case_book.h"

namespace lastmeter {

namespace cd = lastmeter::command::v1;
namespace ev = lastmeter::event::v1;

namespace {

constexpr size_t kMostIdBytes = 128;
constexpr int64_t kDayMs = 86'400'000;
// Ids are kept 400 days by date; within a day of that either answer is right.
constexpr int64_t kCertainlyKeptMs = 399 * kDayMs;

// Whether a command of this action may be answered by this event, refusals apart.
bool MayFollow(cd::Command::ActionCase action, ev::Event::BodyCase body) {
  switch (action) {
    case cd::Command::kAcknowledge:
      return body == ev::Event::kCaseAcknowledged;
    case cd::Command::kRaise:
      return body == ev::Event::kCaseEscalated || body == ev::Event::kTierPassed ||
             body == ev::Event::kLevelRaised;
    case cd::Command::kHandDown:
      return body == ev::Event::kCaseHandedDown || body == ev::Event::kTierPassed ||
             body == ev::Event::kCaseEscalated || body == ev::Event::kDistrictTold;
    case cd::Command::kNote:
      return body == ev::Event::kCaseNoted;
    case cd::Command::kVerify:
      return body == ev::Event::kCaseVerified;
    case cd::Command::kRelief:
      return body == ev::Event::kReliefRecorded;
    case cd::Command::kPaperwork:
      return body == ev::Event::kPaperworkCompleted;
    case cd::Command::kHold:
      return body == ev::Event::kCaseHeld;
    case cd::Command::kResume:
      return body == ev::Event::kHoldEnded;
    case cd::Command::kWithdraw:
      return body == ev::Event::kCaseWithdrawn;
    case cd::Command::kRemind:
      return body == ev::Event::kCaseUrged;
    case cd::Command::kExtend:
      return body == ev::Event::kClockExtended;
    case cd::Command::kReassign:
      return body == ev::Event::kCaseReassigned || body == ev::Event::kTierPassed ||
             body == ev::Event::kCaseEscalated;
    case cd::Command::kCorrect:
      return body == ev::Event::kCaseCorrected || body == ev::Event::kTierPassed ||
             body == ev::Event::kCaseEscalated;
    case cd::Command::kAcceptMerge:
      return body == ev::Event::kMergeAccepted;
    case cd::Command::kSettleMerge:
      return body == ev::Event::kMergeSettled;
    case cd::Command::kMerge:
      return body == ev::Event::kCaseMerged;
    case cd::Command::kPlanWork:
      return body == ev::Event::kWorkPlanned;
    case cd::Command::kClaimWork:
      return body == ev::Event::kWorkClaimed;
    case cd::Command::kHandBackWork:
      return body == ev::Event::kWorkHandedBack;
    case cd::Command::kStartWork:
      return body == ev::Event::kWorkStarted;
    case cd::Command::kFinishWork:
      return body == ev::Event::kWorkFinished;
    case cd::Command::kCancelWork:
      return body == ev::Event::kWorkCancelled;
    case cd::Command::kRefer:
      return body == ev::Event::kCaseReferred;
    case cd::Command::kAnswerReferral:
      return body == ev::Event::kReferralAnswered;
    case cd::Command::kBeginFollowUp:
      return body == ev::Event::kFollowUpBegun;
    case cd::Command::kPledge:
      return body == ev::Event::kResourcePledged;
    case cd::Command::kDeliver:
      return body == ev::Event::kResourceDelivered;
    case cd::Command::kRecordFollowUp:
      return body == ev::Event::kFollowUpRecorded || body == ev::Event::kFollowUpEnded ||
             body == ev::Event::kCaseReopened || body == ev::Event::kTierPassed ||
             body == ev::Event::kCaseEscalated;
    case cd::Command::kHandOver:
      return body == ev::Event::kCaseHandedOver;
    case cd::Command::kReadBulletin:
      return body == ev::Event::kBulletinRead;
    case cd::Command::kCertify:
      return body == ev::Event::kCaseCertified;
    case cd::Command::kScreenOut:
      return body == ev::Event::kCaseScreenedOut || body == ev::Event::kIncidentDigest;
    case cd::Command::kSetGoal:
      return body == ev::Event::kGoalSet;
    case cd::Command::kRecordGoal:
      return body == ev::Event::kGoalRecorded;
    case cd::Command::kClose:
      return body == ev::Event::kCaseClosed || body == ev::Event::kIncidentDigest;
    case cd::Command::kReopen:
      return body == ev::Event::kCaseReopened || body == ev::Event::kTierPassed ||
             body == ev::Event::kCaseEscalated;
    case cd::Command::kInstallRules:
      return body == ev::Event::kRulesInstalled;
    case cd::Command::kAcceptClock:
      return body == ev::Event::kClockAccepted;
    default:
      return false;
  }
}

// The actor that the event names; null where it names none.
const std::string* ActorOf(const ev::Event& event) {
  switch (event.body_case()) {
    case ev::Event::kCaseAcknowledged:
      return &event.case_acknowledged().by().id();
    case ev::Event::kCaseHandedDown:
      return &event.case_handed_down().by().id();
    case ev::Event::kCaseNoted:
      return &event.case_noted().by().id();
    case ev::Event::kReliefRecorded:
      return &event.relief_recorded().by().id();
    case ev::Event::kCaseVerified:
      return &event.case_verified().by().id();
    case ev::Event::kPaperworkCompleted:
      return &event.paperwork_completed().by().id();
    case ev::Event::kCaseHeld:
      return &event.case_held().by().id();
    case ev::Event::kHoldEnded:
      return event.hold_ended().has_by() ? &event.hold_ended().by().id() : nullptr;
    case ev::Event::kCaseWithdrawn:
      return &event.case_withdrawn().by().id();
    case ev::Event::kCaseUrged:
      return &event.case_urged().by().id();
    case ev::Event::kClockExtended:
      return &event.clock_extended().by().id();
    case ev::Event::kCaseReassigned:
      return &event.case_reassigned().by().id();
    case ev::Event::kCaseCorrected:
      return &event.case_corrected().by().id();
    case ev::Event::kMergeAccepted:
      return &event.merge_accepted().by().id();
    case ev::Event::kMergeSettled:
      return &event.merge_settled().by().id();
    case ev::Event::kCaseMerged:
      return &event.case_merged().by().id();
    case ev::Event::kWorkPlanned:
      return &event.work_planned().by().id();
    case ev::Event::kWorkClaimed:
      return &event.work_claimed().by().id();
    case ev::Event::kWorkHandedBack:
      return &event.work_handed_back().by().id();
    case ev::Event::kWorkStarted:
      return &event.work_started().by().id();
    case ev::Event::kWorkFinished:
      return &event.work_finished().by().id();
    case ev::Event::kWorkCancelled:
      return &event.work_cancelled().by().id();
    case ev::Event::kCaseReferred:
      return &event.case_referred().by().id();
    case ev::Event::kReferralAnswered:
      return &event.referral_answered().by().id();
    case ev::Event::kFollowUpBegun:
      return &event.follow_up_begun().by().id();
    case ev::Event::kFollowUpRecorded:
      return &event.follow_up_recorded().by().id();
    case ev::Event::kResourcePledged:
      return &event.resource_pledged().by().id();
    case ev::Event::kResourceDelivered:
      return &event.resource_delivered().by().id();
    case ev::Event::kCaseHandedOver:
      return &event.case_handed_over().by().id();
    case ev::Event::kBulletinRead:
      return &event.bulletin_read().by().id();
    case ev::Event::kCaseCertified:
      return &event.case_certified().by().id();
    case ev::Event::kCaseScreenedOut:
      return &event.case_screened_out().by().id();
    case ev::Event::kGoalSet:
      return &event.goal_set().by().id();
    case ev::Event::kGoalRecorded:
      return &event.goal_recorded().by().id();
    case ev::Event::kCaseClosed:
      return &event.case_closed().by().id();
    case ev::Event::kCaseReopened:
      return &event.case_reopened().by().id();
    case ev::Event::kLevelRaised:
      return &event.level_raised().by();
    case ev::Event::kRulesInstalled:
      return &event.rules_installed().by();
    case ev::Event::kClockAccepted:
      return &event.clock_accepted().by();
    case ev::Event::kCommandRejected:
      return &event.command_rejected().by().id();
    case ev::Event::kCaseEscalated:
      return event.case_escalated().reason() == ev::CLIMB_REASON_RAISED
                 ? &event.case_escalated().by()
                 : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

void InputBook::Match(bool fits, std::string_view what) {
  sink_.Require(fits, rule::kInputMatch, [&] { return std::string(what); });
}

void InputBook::Begin(const ev::Record& record, DecisionRecord& decision) {
  const bool is_report = decision.topic == ev::INPUT_TOPIC_REPORT;
  if (!is_report && decision.topic != ev::INPUT_TOPIC_COMMAND) {
    return Match(false, "the cause names no input topic");
  }
  int64_t& last = is_report ? last_report_ : last_command_;
  sink_.Require(decision.position > last, rule::kInputOrder, [&] {
    return std::string(is_report ? "report " : "command ") + std::to_string(decision.position) +
           " is decided after " + std::to_string(last);
  });
  last = decision.position;
  // What ended the process twice is not read here either.
  if (record.event().has_input_quarantined()) return;
  const std::string& bytes = record.input();
  if (is_report) {
    if (report_.ParseFromString(bytes)) decision.report = &report_;
  } else {
    if (command_.ParseFromString(bytes)) decision.command = &command_;
  }
  const int64_t says = decision.report != nullptr    ? report_.accepted_at_ms()
                       : decision.command != nullptr ? command_.accepted_at_ms()
                                                     : 0;
  Match(says <= 0 || says == decision.accepted_at_ms,
        "the cause names another time of acceptance than the input");
  Remember(record.event(), decision);
}

void InputBook::Remember(const Event& event, const DecisionRecord& decision) {
  std::string key;
  if (decision.report != nullptr) {
    // What could not be used as a report keeps no id either.
    if (event.has_case_opened() && event.case_opened().unreadable()) return;
    key = "r" + decision.report->report_id();
  } else if (decision.command != nullptr) {
    key = "c" + decision.command->command_id();
  }
  if (key.size() < 2 || key.size() > kMostIdBytes + 1) return;
  const auto [it, is_new] =
      seen_.try_emplace(HashOf(key), Seen{decision.first_seq, decision.log_time_ms});
  if (event.has_input_repeated()) {
    const auto& repeated = event.input_repeated();
    sink_.Require(!is_new && repeated.first_seq() == it->second.first_seq, rule::kInputRepeated,
                  [&] {
                    return repeated.input_id() + " is said to be decided at seq " +
                           std::to_string(repeated.first_seq()) +
                           (is_new ? "; it was not decided before"
                                   : "; it was at " + std::to_string(it->second.first_seq));
                  });
    return;
  }
  if (is_new) return;
  // A command without an actor is refused before anybody asks for its id.
  const bool refused_unseen = decision.command != nullptr && command_.actor().id().empty();
  const bool within = decision.log_time_ms - it->second.log_time_ms < kCertainlyKeptMs;
  sink_.Require(!within || refused_unseen, rule::kInputRepeated, [&] {
    return key.substr(1) + " is decided anew; it was decided at seq " +
           std::to_string(it->second.first_seq);
  });
  it->second = {decision.first_seq, decision.log_time_ms};
}

void InputBook::Take(const Event& event, DecisionRecord& decision, uint32_t part) {
  if (decision.topic == ev::INPUT_TOPIC_REPORT) {
    MatchReport(event, decision);
  } else if (decision.topic == ev::INPUT_TOPIC_COMMAND) {
    MatchCommand(event, decision, part);
  }
}

void InputBook::MatchReport(const Event& event, const DecisionRecord& decision) {
  const auto* report = decision.report;
  switch (event.body_case()) {
    case Event::kCaseOpened: {
      const auto& e = event.case_opened();
      Match(e.accepted_at_ms() == decision.accepted_at_ms,
            "the case names another time of acceptance than its report");
      if (e.unreadable()) return;
      Match(report != nullptr && e.report_id() == report->report_id() &&
                e.kind() == report->kind() && e.reporter().id() == report->reporter().id() &&
                e.household_ref() == (e.incident() ? "" : report->household_ref()) &&
                e.reporter_tier() == report->reporter_tier() &&
                (e.reported_area().empty() ? event.area() : e.reported_area()) == report->area(),
            "the case says something else than its report");
      return;
    }
    case Event::kReportAttached: {
      const auto& e = event.report_attached();
      Match(report != nullptr && e.report_id() == report->report_id() &&
                e.kind() == report->kind() && e.reporter().id() == report->reporter().id() &&
                e.accepted_at_ms() == decision.accepted_at_ms,
            "what is attached says something else than its report");
      return;
    }
    case Event::kInputRepeated:
      return Match(report != nullptr && event.input_repeated().input_id() == report->report_id(),
                   "the repeated id is not the report's");
    default:
      return;
  }
}

void InputBook::MatchWork(const Event& event, const cd::Command& command) {
  const auto same_turn = [&](const auto& e, const auto& asked) {
    Match(e.work_id() == asked.work_id() && e.turn() == asked.turn(),
          "the event concerns another turn than commanded");
  };
  switch (event.body_case()) {
    case Event::kWorkPlanned: {
      const auto& e = event.work_planned();
      const auto& plan = command.plan_work();
      return Match(e.kind() == plan.kind() && e.service() == plan.service() &&
                       e.from_ms() == plan.from_ms() && e.until_ms() == plan.until_ms() &&
                       e.times() == std::max(plan.times(), 1U) && e.assignee() == plan.assignee(),
                   "other work was planned than commanded");
    }
    case Event::kWorkClaimed:
      return same_turn(event.work_claimed(), command.claim_work());
    case Event::kWorkHandedBack:
      return same_turn(event.work_handed_back(), command.hand_back_work());
    case Event::kWorkStarted:
      return same_turn(event.work_started(), command.start_work());
    case Event::kWorkFinished:
      return same_turn(event.work_finished(), command.finish_work());
    case Event::kWorkCancelled:
      return Match(event.work_cancelled().work_id() == command.cancel_work().work_id(),
                   "other work was cancelled than commanded");
    case Event::kCaseReferred:
      return Match(event.case_referred().to() == command.refer().to(),
                   "another department was asked than commanded");
    case Event::kReferralAnswered:
      return Match(event.referral_answered().answer() == command.answer_referral().answer() &&
                       (command.answer_referral().to().empty() ||
                        event.referral_answered().to() == command.answer_referral().to()),
                   "another answer was recorded than commanded");
    case Event::kCaseScreenedOut:
      return Match(event.case_screened_out().category() == command.screen_out().category() &&
                       command.screen_out().case_version() + 1 == event.case_version(),
                   "the case was screened out otherwise than commanded, or on a stale reading");
    case Event::kGoalSet:
      return Match(event.goal_set().need() == command.set_goal().need() &&
                       event.goal_set().due_ms() == command.set_goal().by_ms(),
                   "another goal was set than commanded");
    case Event::kGoalRecorded:
      return Match(event.goal_recorded().goal_id() == command.record_goal().goal_id() &&
                       event.goal_recorded().result() == command.record_goal().result(),
                   "another goal or result was recorded than commanded");
    case Event::kFollowUpBegun:
      return Match(event.follow_up_begun().outcome() == command.begin_follow_up().outcome() &&
                       event.follow_up_begun().visits() == command.begin_follow_up().visits() &&
                       command.begin_follow_up().case_version() + 1 == event.case_version(),
                   "the case is followed up otherwise than commanded, or on a stale reading");
    case Event::kFollowUpRecorded:
      return Match(event.follow_up_recorded().finding() == command.record_follow_up().finding(),
                   "another finding was recorded than commanded");
    case Event::kCaseHandedOver:
      return Match(event.case_handed_over().to() == command.hand_over().to(),
                   "the case was handed to somebody else than commanded");
    case Event::kBulletinRead:
      return Match(event.bulletin_read().households() == command.read_bulletin().households(),
                   "other households were told than commanded");
    case Event::kCaseCertified:
      return Match(
          command.certify().certified_at_ms() == 0 ||
              event.case_certified().certified_at_ms() == command.certify().certified_at_ms(),
          "certified at another time than commanded");
    case Event::kResourcePledged:
      return Match(event.resource_pledged().kind() == command.pledge().kind() &&
                       event.resource_pledged().project() == command.pledge().project() &&
                       event.resource_pledged().value_fen() == command.pledge().value_fen(),
                   "something else was pledged than commanded");
    case Event::kResourceDelivered:
      return Match(event.resource_delivered().resource_id() == command.deliver().resource_id(),
                   "something else was delivered than commanded");
    default:
      return;
  }
}

void InputBook::MatchCommand(const Event& event, const DecisionRecord& decision, uint32_t part) {
  const auto* command = decision.command;
  if (event.has_input_quarantined()) return;
  if (command == nullptr) {
    return Match(event.has_command_rejected() &&
                     event.command_rejected().reason() == ev::REJECTION_UNREADABLE,
                 "bytes that are no command did something");
  }
  if (event.has_input_repeated()) {
    return Match(event.input_repeated().input_id() == command->command_id(),
                 "the repeated id is not the command's");
  }
  if (event.has_command_rejected()) {
    Match(event.command_rejected().command_id() == command->command_id(),
          "the refused id is not the command's");
  } else {
    Match(MayFollow(command->action_case(), event.body_case()),
          "the event is not what the command asks for");
  }
  const std::string* actor = ActorOf(event);
  Match(actor == nullptr || *actor == command->actor().id(), "the event names another actor");
  Match(event.case_number().empty() || event.case_number() == command->case_number(),
        "the event concerns another case than the command");
  if (event.has_case_acknowledged()) {
    Match(event.case_acknowledged().notice_id() == command->acknowledge().notice_id() &&
              (command->accepted_at_ms() <= 0 ||
               event.case_acknowledged().accepted_at_ms() == command->accepted_at_ms()),
          "the acknowledgement says something else than its command");
  }
  if (event.has_case_held()) {
    Match(event.case_held().reason() == command->hold().reason() &&
              event.case_held().until_ms() == command->hold().until_ms(),
          "the hold is for another reason or time than commanded");
  }
  if (event.has_clock_extended()) {
    Match(event.clock_extended().clock().promise() == command->extend().promise() &&
              event.clock_extended().extension().amount() == command->extend().by().amount() &&
              event.clock_extended().extension().unit() == command->extend().by().unit(),
          "another promise is extended than commanded, or by another time");
  }
  if (event.has_case_corrected()) {
    const auto& e = event.case_corrected();
    const auto& asked = command->correct();
    const auto same = [](const std::string& said, const std::string& wanted) {
      return wanted.empty() || said == wanted;
    };
    Match(same(e.kind(), asked.kind()) && same(event.area(), asked.area()) &&
              same(e.household_ref(), asked.household_ref()),
          "the report is put right otherwise than commanded");
  }
  if (event.has_case_reassigned()) {
    Match(event.area() == command->reassign().area() &&
              command->reassign().case_version() + 1 == event.case_version(),
          "the case was reassigned elsewhere than commanded, or on a stale reading");
  }
  if (event.has_merge_accepted()) {
    Match(event.merge_accepted().from() == command->accept_merge().from() &&
              event.merge_accepted().acceptance_id() == command->command_id(),
          "another merge was accepted than commanded");
  }
  if (event.has_merge_settled()) {
    Match(event.merge_settled().from() == command->settle_merge().from() &&
              event.merge_settled().acceptance_id() == command->settle_merge().acceptance_id() &&
              event.merge_settled().end() ==
                  (command->settle_merge().merged() ? ev::MERGE_END_MERGED : ev::MERGE_END_REFUSED),
          "a merge was settled otherwise than commanded");
  }
  if (event.has_case_merged()) {
    Match(event.case_merged().into() == command->merge().into() &&
              (event.case_merged().accepted_until_ms() == 0 ||
               event.case_merged().accepted_until_ms() == command->merge().accepted_until_ms()) &&
              command->merge().case_version() + 1 == event.case_version(),
          "the case was merged into another one than commanded, or on a stale reading");
  }
  MatchWork(event, *command);
  if (event.has_case_closed()) {
    Match(event.case_closed().outcome() == command->close().outcome(),
          "the outcome is not the command's");
    // A close was written against what its author had read.
    Match(part != 0 || command->close().case_version() + 1 == event.case_version(),
          "the case was closed on a stale reading");
  }
  if (event.has_case_handed_down()) {
    Match(event.case_handed_down().to_tier() == command->hand_down().to_tier() &&
              command->hand_down().case_version() + 1 == event.case_version(),
          "the case was handed elsewhere than commanded, or on a stale reading");
  }
}

}  // namespace lastmeter
