#include "tests/scenarios/describe.h"

#include <algorithm>
#include <cctype>

namespace lastmeter::scenario {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string Name(cm::Tier tier) { return Lower(cm::Tier_Name(tier).substr(5)); }
std::string Name(cm::Level level) { return Lower(cm::Level_Name(level).substr(6)); }
std::string Name(cm::Promise promise) { return Lower(cm::Promise_Name(promise).substr(8)); }

std::string Join(const google::protobuf::RepeatedPtrField<ev::Notice>& notices,
                 ev::Purpose purpose) {
  std::string out;
  for (const auto& notice : notices) {
    if (notice.purpose() != purpose) continue;
    if (!out.empty()) out += ",";
    out += notice.staff_id();
    if (!notice.stands_in_for().empty()) out += "(for:" + notice.stands_in_for() + ")";
  }
  return out;
}

}  // namespace

std::string Described::ToString() const {
  std::string out = name;
  for (const auto& [key, value] : fields) out += " " + key + "=" + value;
  return out;
}

std::string When(Timestamp t, Timestamp now) {
  const std::string text = FormatRfc3339(t);
  std::string clock = text.substr(11, 5);
  if (text.substr(17, 2) != "00") clock = text.substr(11, 8);
  return DateOf(t) == DateOf(now) ? clock : text.substr(0, 11) + clock;
}

Described Describe(const ev::Event& event, Timestamp now) {
  const auto when = [now](int64_t ms) { return When({ms}, now); };
  Described d;
  auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) d.fields.emplace_back(key, value);
  };
  auto turn = [&](const ev::Turn& t) {
    add("promise", Name(t.promise()));
    add("tier", Name(t.tier()));
    add("round", std::to_string(t.round()));
    add("due", when(t.due_ms()));
    add("told", Join(t.notices(), ev::PURPOSE_ANSWER));
    add("copied", Join(t.notices(), ev::PURPOSE_COPY));
    if (t.provisional()) add("provisional", "yes");
    if (t.notices_size() > 0 && t.notices(0).not_before_ms() != 0) {
      add("told-at", when(t.notices(0).not_before_ms()));
    }
  };
  auto clock = [&](const auto& start) {
    add(Name(start.promise()).c_str(), when(start.due_ms()));
    add((Name(start.promise()) + "-near").c_str(), when(start.near_due_ms()));
    if (start.provisional()) add((Name(start.promise()) + "-provisional").c_str(), "yes");
  };
  auto clocks = [&](const auto& starts) {
    for (const auto& start : starts) clock(start);
  };
  auto limits = [&](const auto& referrals) {
    for (const auto& one : referrals) {
      add(("limit-of-" + one.to()).c_str(), when(one.clock().due_ms()));
    }
  };
  auto flags = [&](const auto& e) {
    if (e.outage()) add("outage", "yes");
  };
  switch (event.body_case()) {
    case ev::Event::kCaseOpened: {
      const auto& e = event.case_opened();
      d.name = "CaseOpened";
      add("case", event.case_number());
      add("level", Name(e.level()));
      if (e.has_turn()) turn(e.turn());
      clocks(e.clocks());
      for (const auto& twin : e.possible_twins()) add("twin", twin);
      add("authorities", Join(e.authorities(), ev::PURPOSE_OUTSIDE_AUTHORITY));
      if (event.restricted()) add("restricted", "yes");
      if (event.drill()) add("drill", "yes");
      if (e.scheduled()) add("scheduled", "yes");
      if (e.bulletin()) add("readers", Join(e.authorities(), ev::PURPOSE_BULLETIN));
      if (e.incident()) add("incident", "yes");
      add("joins", e.joins());
      add("joined", Join(e.authorities(), ev::PURPOSE_JOINED));
      add("reported-area", e.reported_area());
      if (!e.reported_area().empty()) add("area", event.area());
      if (e.unreadable()) add("unreadable", "yes");
      if (e.occurred_at_clipped()) add("clipped", "yes");
      break;
    }
    case ev::Event::kReportAttached:
      d.name = "ReportAttached";
      add("case", event.case_number());
      break;
    case ev::Event::kLevelRaised: {
      const auto& e = event.level_raised();
      d.name = "LevelRaised";
      add("from", Name(e.from()));
      add("to", Name(e.to()));
      for (const auto& t : e.turns()) turn(t);
      clocks(e.clocks());
      break;
    }
    case ev::Event::kTierPassed:
      d.name = "TierPassed";
      add("tier", Name(event.tier_passed().tier()));
      add("reason", Lower(ev::PassReason_Name(event.tier_passed().reason()).substr(12)));
      break;
    case ev::Event::kCaseEscalated: {
      const auto& e = event.case_escalated();
      d.name = "CaseEscalated";
      add("reason", Lower(ev::ClimbReason_Name(e.reason()).substr(13)));
      turn(e.turn());
      if (e.was_due_ms() != 0) add("was-due", when(e.was_due_ms()));
      flags(e);
      break;
    }
    case ev::Event::kLadderExhausted: {
      const auto& e = event.ladder_exhausted();
      d.name = "LadderExhausted";
      add("promise", Name(e.promise()));
      add("next", when(e.next_reminder_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_REMINDER));
      flags(e);
      break;
    }
    case ev::Event::kCaseReminded: {
      const auto& e = event.case_reminded();
      d.name = "CaseReminded";
      add("promise", Name(e.promise()));
      add("number", std::to_string(e.number()));
      add("next", when(e.next_reminder_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_REMINDER));
      flags(e);
      break;
    }
    case ev::Event::kClockNearDue: {
      const auto& e = event.clock_near_due();
      d.name = "ClockNearDue";
      add("promise", Name(e.promise()));
      add("due", when(e.due_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_NEAR_DUE));
      if (e.next_at_ms() != 0) add("next", when(e.next_at_ms()));
      flags(e);
      break;
    }
    case ev::Event::kClockBreached:
      d.name = "ClockBreached";
      add("promise", Name(event.clock_breached().promise()));
      flags(event.clock_breached());
      break;
    case ev::Event::kCaseAcknowledged:
      d.name = "CaseAcknowledged";
      add("by", event.case_acknowledged().by().id());
      add("tier", Name(event.case_acknowledged().tier()));
      break;
    case ev::Event::kCaseHandedDown: {
      const auto& e = event.case_handed_down();
      d.name = "CaseHandedDown";
      add("count", std::to_string(e.count()));
      add("to", Name(e.to_tier()));
      if (e.has_turn()) turn(e.turn());
      break;
    }
    case ev::Event::kDistrictTold:
      d.name = "DistrictTold";
      add("reason", event.district_told().reason());
      add("told", Join(event.district_told().notices(), ev::PURPOSE_ATTENTION));
      break;
    case ev::Event::kCaseNoted:
      d.name = "CaseNoted";
      add("by", event.case_noted().by().id());
      break;
    case ev::Event::kReliefRecorded:
      d.name = "ReliefRecorded";
      add("by", event.relief_recorded().by().id());
      if (event.relief_recorded().has_paperwork()) clock(event.relief_recorded().paperwork());
      break;
    case ev::Event::kCaseVerified:
      d.name = "CaseVerified";
      add("by", event.case_verified().by().id());
      add("finding", Lower(cm::Finding_Name(event.case_verified().finding()).substr(8)));
      break;
    case ev::Event::kPaperworkCompleted:
      d.name = "PaperworkCompleted";
      add("by", event.paperwork_completed().by().id());
      break;
    case ev::Event::kClockOverdueTwice: {
      const auto& e = event.clock_overdue_twice();
      d.name = "ClockOverdueTwice";
      add("promise", Name(e.promise()));
      add("told", Join(e.notices(), ev::PURPOSE_RED_CARD));
      flags(e);
      break;
    }
    case ev::Event::kCaseWithdrawn:
      d.name = "CaseWithdrawn";
      add("by", event.case_withdrawn().by().id());
      add("told", Join(event.case_withdrawn().notices(), ev::PURPOSE_WITHDRAWN));
      break;
    case ev::Event::kCaseUrged:
      d.name = "CaseUrged";
      add("by", event.case_urged().by().id());
      add("told", Join(event.case_urged().notices(), ev::PURPOSE_REMINDER));
      break;
    case ev::Event::kClockExtended:
      d.name = "ClockExtended";
      add("by", event.clock_extended().by().id());
      clock(event.clock_extended().clock());
      break;
    case ev::Event::kCaseReassigned: {
      const auto& e = event.case_reassigned();
      d.name = "CaseReassigned";
      add("area", event.area());
      add("left", Join(e.notices(), ev::PURPOSE_REASSIGNED));
      if (e.has_turn()) turn(e.turn());
      break;
    }
    case ev::Event::kCaseScreenedOut: {
      const auto& e = event.case_screened_out();
      d.name = "CaseScreenedOut";
      add("by", e.by().id());
      add("tier", Name(e.tier()));
      add("category", Lower(cm::NotALead_Name(e.category()).substr(11)));
      add("told", Join(e.notices(), ev::PURPOSE_SCREENED_OUT));
      break;
    }
    case ev::Event::kGoalSet:
      d.name = "GoalSet";
      add("goal", std::to_string(event.goal_set().goal_id()));
      add("need", event.goal_set().need());
      add("date", when(event.goal_set().due_ms()));
      break;
    case ev::Event::kGoalRecorded: {
      const auto& e = event.goal_recorded();
      d.name = "GoalRecorded";
      add("goal", std::to_string(e.goal_id()));
      add("by", e.by().id());
      add("result", Lower(cm::GoalResult_Name(e.result()).substr(12)));
      add("in-time", e.in_time() ? "yes" : "no");
      break;
    }
    case ev::Event::kGoalOverdue: {
      const auto& e = event.goal_overdue();
      d.name = "GoalOverdue";
      add("goal", std::to_string(e.goal_id()));
      add("was-due", when(e.was_due_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_GOAL_DUE));
      flags(e);
      break;
    }
    case ev::Event::kCaseMerged:
      d.name = "CaseMerged";
      add("into", event.case_merged().into());
      break;
    case ev::Event::kCaseCorrected: {
      const auto& e = event.case_corrected();
      d.name = "CaseCorrected";
      if (e.kind() != e.from_kind()) add("kind", e.kind());
      if (event.area() != e.from_area()) add("area", event.area());
      add("household", e.household_ref());
      add("level", Name(e.level()));
      if (e.has_turn()) turn(e.turn());
      clocks(e.clocks());
      add("before", Join(e.notices(), ev::PURPOSE_CORRECTED));
      break;
    }
    case ev::Event::kMergeAccepted:
      d.name = "MergeAccepted";
      add("from", event.merge_accepted().from());
      add("open-until", when(event.merge_accepted().open_until_ms()));
      break;
    case ev::Event::kMergeSettled: {
      const auto& e = event.merge_settled();
      d.name = "MergeSettled";
      add("from", e.from());
      add("end", Lower(ev::MergeEnd_Name(e.end()).substr(10)));
      if (e.was_due_ms() != 0) add("was-due", when(e.was_due_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_MERGED));
      add("attention", Join(e.notices(), ev::PURPOSE_ATTENTION));
      flags(e);
      break;
    }
    case ev::Event::kCaseHandedOver: {
      const auto& e = event.case_handed_over();
      d.name = "CaseHandedOver";
      add("from", e.from());
      add("to", e.to());
      add("told", Join(e.notices(), ev::PURPOSE_HANDED_OVER));
      break;
    }
    case ev::Event::kBulletinRead: {
      const auto& e = event.bulletin_read();
      d.name = "BulletinRead";
      add("by", e.by().id());
      add("grids", std::to_string(e.grids_size()));
      add("households", std::to_string(e.households()));
      add("left", std::to_string(e.left()));
      break;
    }
    case ev::Event::kIncidentDigest: {
      const auto& e = event.incident_digest();
      d.name = "IncidentDigest";
      std::string told;
      for (const auto& notice : e.notices()) {
        if (!told.empty()) told += ",";
        told += notice.staff_id() + ":" + std::to_string(notice.stands_for());
      }
      add("told", told);
      add("joined", std::to_string(e.joined()));
      if (e.was_due_ms() != 0) add("was-due", when(e.was_due_ms()));
      flags(e);
      break;
    }
    case ev::Event::kCaseCertified: {
      const auto& e = event.case_certified();
      d.name = "CaseCertified";
      add("by", e.by().id());
      clock(e.clock());
      if (e.late()) add("late", "yes");
      if (e.assisted()) add("assisted", "yes");
      break;
    }
    case ev::Event::kWorkPlanned: {
      const auto& e = event.work_planned();
      d.name = "WorkPlanned";
      add("work", std::to_string(e.work_id()));
      add("kind", Lower(cm::WorkKind_Name(e.kind()).substr(10)));
      add("service", e.service());
      add("from", when(e.from_ms()));
      add("until", when(e.until_ms()));
      add("times", std::to_string(e.times()));
      add("told", Join(e.notices(), ev::PURPOSE_WORK_PLANNED));
      break;
    }
    case ev::Event::kWorkClaimed:
      d.name = "WorkClaimed";
      add("by", event.work_claimed().by().id());
      add("turn", std::to_string(event.work_claimed().turn()));
      break;
    case ev::Event::kWorkHandedBack:
      d.name = "WorkHandedBack";
      add("worker", event.work_handed_back().worker());
      add("turn", std::to_string(event.work_handed_back().turn()));
      break;
    case ev::Event::kWorkStarted:
      d.name = "WorkStarted";
      add("by", event.work_started().by().id());
      add("turn", std::to_string(event.work_started().turn()));
      break;
    case ev::Event::kWorkFinished:
      d.name = "WorkFinished";
      add("worker", event.work_finished().worker());
      add("turn", std::to_string(event.work_finished().turn()));
      if (event.work_finished().late()) add("late", "yes");
      break;
    case ev::Event::kWorkUnclaimed: {
      const auto& e = event.work_unclaimed();
      d.name = "WorkUnclaimed";
      add("turn", std::to_string(e.turn()));
      add("from", when(e.from_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_WORK_UNCLAIMED));
      flags(e);
      break;
    }
    case ev::Event::kClaimLapsed: {
      const auto& e = event.claim_lapsed();
      d.name = "ClaimLapsed";
      add("turn", std::to_string(e.turn()));
      add("worker", e.worker());
      add("until", when(e.until_ms()));
      add("told", Join(e.notices(), ev::PURPOSE_WORK_UNCLAIMED));
      flags(e);
      break;
    }
    case ev::Event::kWorkMissed: {
      const auto& e = event.work_missed();
      d.name = "WorkMissed";
      add("turn", std::to_string(e.turn()));
      add("worker", e.worker());
      if (e.started()) add("started", "yes");
      add("told", Join(e.notices(), ev::PURPOSE_WORK_MISSED));
      flags(e);
      break;
    }
    case ev::Event::kWorkCancelled:
      d.name = "WorkCancelled";
      add("work", std::to_string(event.work_cancelled().work_id()));
      add("told", Join(event.work_cancelled().notices(), ev::PURPOSE_WORK_CANCELLED));
      break;
    case ev::Event::kCaseReferred:
      d.name = "CaseReferred";
      add("to", event.case_referred().to());
      if (event.case_referred().has_clock()) clock(event.case_referred().clock());
      // Its own limit, where the clock stands for another one.
      if (event.case_referred().has_limit())
        add("limit", when(event.case_referred().limit().due_ms()));
      break;
    case ev::Event::kReferralAnswered: {
      const auto& e = event.referral_answered();
      d.name = "ReferralAnswered";
      add("to", e.to());
      add("answer", Lower(cm::ReferralAnswer_Name(e.answer()).substr(16)));
      add("number", e.their_number());
      add("next", e.next());
      if (e.has_clock()) clock(e.clock());
      if (e.late()) add("late", "yes");
      break;
    }
    case ev::Event::kFollowUpBegun:
      d.name = "FollowUpBegun";
      add("visits", std::to_string(event.follow_up_begun().visits()));
      clock(event.follow_up_begun().clock());
      break;
    case ev::Event::kFollowUpRecorded: {
      const auto& e = event.follow_up_recorded();
      d.name = "FollowUpRecorded";
      add("number", std::to_string(e.number()));
      add("finding", Lower(cm::FollowUpFinding_Name(e.finding()).substr(18)));
      if (e.late()) add("late", "yes");
      if (e.has_clock()) clock(e.clock());
      break;
    }
    case ev::Event::kFollowUpEnded: {
      const auto& e = event.follow_up_ended();
      d.name = "FollowUpEnded";
      add("reason", Lower(ev::FollowUpEnd_Name(e.reason()).substr(14)));
      add("outcome", Lower(cm::Outcome_Name(e.outcome()).substr(8)));
      break;
    }
    case ev::Event::kResourcePledged:
      d.name = "ResourcePledged";
      add("resource", std::to_string(event.resource_pledged().resource_id()));
      add("fen", std::to_string(event.resource_pledged().value_fen()));
      break;
    case ev::Event::kResourceDelivered:
      d.name = "ResourceDelivered";
      add("resource", std::to_string(event.resource_delivered().resource_id()));
      add("fen", std::to_string(event.resource_delivered().value_fen()));
      break;
    case ev::Event::kCaseHeld:
      d.name = "CaseHeld";
      add("until", when(event.case_held().until_ms()));
      for (const int promise : event.case_held().paused()) {
        add("paused", Name(static_cast<cm::Promise>(promise)));
      }
      break;
    case ev::Event::kHoldEnded: {
      const auto& e = event.hold_ended();
      d.name = "HoldEnded";
      add("reason", Lower(ev::HoldEnd_Name(e.reason()).substr(9)));
      add("by", e.by().id());
      clocks(e.clocks());
      limits(e.referrals());
      add("told", Join(e.notices(), ev::PURPOSE_HOLD_ENDED));
      flags(e);
      break;
    }
    case ev::Event::kCaseClosed:
      d.name = "CaseClosed";
      add("outcome", Lower(cm::Outcome_Name(event.case_closed().outcome()).substr(8)));
      break;
    case ev::Event::kCaseReopened: {
      const auto& e = event.case_reopened();
      d.name = "CaseReopened";
      add("cycle", std::to_string(e.cycle()));
      if (e.has_turn()) turn(e.turn());
      clocks(e.clocks());
      break;
    }
    case ev::Event::kDeadlinesRecomputed: {
      d.name = "DeadlinesRecomputed";
      add("case", event.case_number());
      clocks(event.deadlines_recomputed().clocks());
      limits(event.deadlines_recomputed().referrals());
      for (const auto& t : event.deadlines_recomputed().turns()) turn(t);
      break;
    }
    case ev::Event::kCommandRejected:
      d.name = "CommandRejected";
      add("reason", Lower(ev::Rejection_Name(event.command_rejected().reason()).substr(10)));
      add("detail", event.command_rejected().detail());
      break;
    case ev::Event::kInputRepeated:
      d.name = "InputRepeated";
      add("id", event.input_repeated().input_id());
      break;
    case ev::Event::kInputQuarantined:
      d.name = "InputQuarantined";
      break;
    case ev::Event::kCaseQuarantined:
      d.name = "CaseQuarantined";
      add("told", Join(event.case_quarantined().notices(), ev::PURPOSE_ATTENTION));
      break;
    case ev::Event::kRulesInstalled:
      d.name = "RulesInstalled";
      add("version", event.rules_installed().version());
      break;
    case ev::Event::kWriterOpened:
      d.name = "WriterOpened";
      break;
    case ev::Event::kClockAccepted:
      d.name = "ClockAccepted";
      break;
    case ev::Event::kDayRolled:
      d.name = "DayRolled";
      break;
    default:
      d.name = "Heartbeat";
      break;
  }
  if (!event.incident().empty()) add("of-incident", event.incident());
  return d;
}

}  // namespace lastmeter::scenario
