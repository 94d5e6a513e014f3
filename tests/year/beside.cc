#include "tests/year/beside.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "tests/year/weighted.h"

namespace lastmeter::year {
namespace {

namespace cd = command::v1;
namespace cm = common::v1;

struct Service {
  int weight;
  const char* need;
  // Of one turn.
  int64_t minutes;
  uint32_t every_days;
};
constexpr Service kServices[] = {{45, "NEED_MEALS", 60, 1},
                                 {15, "NEED_BATHING", 90, 7},
                                 {15, "NEED_CLEANING", 120, 7},
                                 {15, "NEED_NURSING", 90, 1},
                                 {10, "NEED_MOBILITY", 180, 7}};

struct Answered {
  int weight;
  cm::ReferralAnswer answer;
};
constexpr Answered kAnswers[] = {{68, cm::REFERRAL_ANSWER_ACCEPTED},
                                 {24, cm::REFERRAL_ANSWER_REJECTED},
                                 {8, cm::REFERRAL_ANSWER_WITHDRAWN}};

struct Result {
  int weight;
  cm::GoalResult result;
};
constexpr Result kResults[] = {
    {65, cm::GOAL_RESULT_REACHED}, {20, cm::GOAL_RESULT_PARTLY}, {15, cm::GOAL_RESULT_DROPPED}};

const char* const kGoals[] = {"NEED_SKILLS", "NEED_JOB", "NEED_SOCIAL_INCLUSION"};
const char* const kDepartments[] = {"health-bureau", "housing-bureau", "disabled-federation",
                                    "charity-federation", "education-bureau"};
const char* const kProjects[] = {"xinghuo", "charity-day", "daycare", "red-cross"};
const char* const kGiven[] = {"NEED_GOODS", "NEED_CASH", "NEED_DAY_CARE"};

// Whoever goes there again and again: a grid worker of the place, somebody of the village, or
// whoever holds the case. A restricted case is nobody else's.
std::string VisitorOf(const KnownCase& c, const District& district, Random* random) {
  if (c.restricted || c.area.size() < 12 || random->Percent(30)) return c.handler;
  if (c.area.size() == 15 && random->Percent(60)) return district.WorkerOf(c.area);
  const auto& heads = district.StaffAt(c.area.substr(0, 12));
  return heads.empty() ? c.handler : heads[random->Below(heads.size())];
}

// Not whoever has it or reported it; of the same tier, or of the one above.
std::string ColleagueOf(const KnownCase& c, const District& district, Random* random) {
  for (const size_t digits : {size_t{12}, size_t{9}, size_t{6}}) {
    if (digits > c.area.size()) continue;
    if (digits == 12 && (c.restricted || c.handler_tier >= cm::TIER_TOWN)) continue;
    if (digits == 9 && c.handler_tier >= cm::TIER_DISTRICT) continue;
    std::vector<std::string> colleagues = district.StaffAt(c.area.substr(0, digits));
    std::erase(colleagues, c.handler);
    std::erase(colleagues, c.reporter);
    if (!colleagues.empty()) return colleagues[random->Below(colleagues.size())];
  }
  return {};
}

bool FillPlan(const Intent& intent, const KnownCase& c, const District& district, Random* random,
              cd::PlanWork* plan) {
  const Timestamp day = StartOf(DateOf(intent.at)) + Days(random->Between(1, 4));
  int64_t minutes = random->Between(30, 60);
  if (intent.act == Act::kPlanVisit) {
    plan->set_kind(cm::WORK_KIND_VISIT);
    plan->set_assignee(VisitorOf(c, district, random));
    plan->set_times(static_cast<uint32_t>(random->Between(1, 6)));
    plan->set_every_days(plan->times() > 1 ? 7 : 0);
    if (plan->assignee().empty()) return false;
  } else {
    const Service& service = DrawFrom(kServices, random);
    minutes = service.minutes;
    plan->set_kind(cm::WORK_KIND_SERVICE);
    plan->set_service(service.need);
    plan->set_times(static_cast<uint32_t>(random->Between(2, 20)));
    plan->set_every_days(service.every_days);
  }
  const Timestamp from = day + Hours(8) + Minutes(15 * random->Between(0, 32));
  plan->set_from_ms(from.ms);
  plan->set_until_ms((from + Minutes(minutes)).ms);
  return true;
}

bool FillTurn(const Intent& intent, cd::Command* command) {
  const auto name = [&](auto* turn) {
    turn->set_work_id(intent.item);
    turn->set_turn(intent.nth);
  };
  switch (intent.act) {
    case Act::kClaimTurn:
      name(command->mutable_claim_work());
      return true;
    case Act::kHandBackTurn:
      name(command->mutable_hand_back_work());
      command->mutable_hand_back_work()->mutable_reason()->set_open("cannot come that day");
      return true;
    case Act::kStartTurn:
      name(command->mutable_start_work());
      return true;
    case Act::kFinishTurn:
      name(command->mutable_finish_work());
      return true;
    default:
      return false;
  }
}

bool FillOther(const Intent& intent, const KnownCase& c, Random* random, cd::Command* command) {
  switch (intent.act) {
    case Act::kRefer:
      command->mutable_refer()->set_to(random->OneOf(kDepartments));
      command->mutable_refer()->mutable_reason()->set_open("they can do better");
      return true;
    case Act::kAnswerReferral: {
      auto* answer = command->mutable_answer_referral();
      // Where only one is asked, nobody need say which.
      if (c.referred_to.size() > 1) {
        auto to = c.referred_to.begin();
        std::advance(to, static_cast<int64_t>(random->Below(c.referred_to.size())));
        answer->set_to(*to);
      }
      answer->set_answer(DrawFrom(kAnswers, random).answer);
      if (answer->answer() == cm::REFERRAL_ANSWER_ACCEPTED) {
        answer->set_their_number("WJ-" + std::to_string(random->Below(100'000)));
      }
      return true;
    }
    case Act::kPledge:
      command->mutable_pledge()->set_kind(random->OneOf(kGiven));
      command->mutable_pledge()->set_project(random->OneOf(kProjects));
      command->mutable_pledge()->set_value_fen(static_cast<uint64_t>(random->Between(50, 5000)) *
                                               100);
      return true;
    case Act::kDeliver: {
      command->mutable_deliver()->set_resource_id(intent.item);
      const auto pledge = c.pledges.find(intent.item);
      // Now and then less comes than was promised.
      if (pledge != c.pledges.end() && random->Percent(20)) {
        command->mutable_deliver()->set_value_fen(std::max<uint64_t>(1, pledge->second * 4 / 5));
      }
      return true;
    }
    case Act::kBeginFollowUp:
      command->mutable_begin_follow_up()->set_outcome(random->Percent(80) ? cm::OUTCOME_NEED_MET
                                                                          : cm::OUTCOME_PARTLY_MET);
      command->mutable_begin_follow_up()->set_visits(static_cast<uint32_t>(random->Between(2, 4)));
      command->mutable_begin_follow_up()->set_case_version(c.version);
      return true;
    case Act::kRecordFollowUp:
      command->mutable_record_follow_up()->set_finding(
          random->Percent(6) ? cm::FOLLOW_UP_FINDING_TROUBLE : cm::FOLLOW_UP_FINDING_STABLE);
      return true;
    case Act::kSetGoal:
      command->mutable_set_goal()->set_need(random->OneOf(kGoals));
      command->mutable_set_goal()->set_by_ms((intent.at + Days(random->Between(5, 90))).ms);
      return true;
    case Act::kRecordGoal:
      command->mutable_record_goal()->set_goal_id(intent.item);
      command->mutable_record_goal()->set_result(DrawFrom(kResults, random).result);
      return true;
    case Act::kCertify:
      command->mutable_certify()->set_assisted(random->Percent(40));
      // Some write down in the evening whom they saw in the morning.
      if (random->Percent(15)) {
        command->mutable_certify()->set_certified_at_ms((intent.at - Hours(3)).ms);
      }
      return true;
    case Act::kReadBulletin:
      command->mutable_read_bulletin()->set_households(
          static_cast<uint32_t>(random->Between(8, 60)));
      return true;
    default:
      return false;
  }
}

}  // namespace

bool IsTurn(Act act) {
  return act == Act::kClaimTurn || act == Act::kHandBackTurn || act == Act::kStartTurn ||
         act == Act::kFinishTurn;
}

bool IsTurnStillNeeded(const Intent& intent, const KnownCase& c) {
  const KnownWork* work = c.FindWork(intent.item);
  if (work == nullptr || intent.nth < work->turn) return false;
  const std::string& worker = work->WorkerOf(intent.nth);
  const bool present = intent.nth == work->turn;
  const bool begun = present && (work->started || work->overdue);
  switch (intent.act) {
    case Act::kClaimTurn:
      return worker.empty() && !begun;
    case Act::kHandBackTurn:
      return worker == intent.staff && !begun;
    case Act::kStartTurn:
      return present && !begun && (worker.empty() || worker == intent.staff);
    default:
      return begun && (worker == intent.staff || c.handler == intent.staff);
  }
}

bool IsBesideStillNeeded(const Intent& intent, const KnownCase& c) {
  const bool held = !c.handler.empty();
  switch (intent.act) {
    case Act::kPlanVisit:
    case Act::kPlanService:
    case Act::kPledge:
      return held;
    case Act::kCancelWork:
      return held && c.works.contains(intent.item);
    case Act::kRefer:
      return held && c.referred_to.size() < 3 && c.follow_ups_left == 0;
    case Act::kSetGoal:
      return held && c.follow_ups_left == 0;
    case Act::kRecordGoal:
      return c.goals.contains(intent.item);
    case Act::kAnswerReferral:
      return !c.referred_to.empty();
    case Act::kBeginFollowUp:
      return c.follow_ups_left == 0 && IsReadyToEnd(c);
    case Act::kRecordFollowUp:
      // The last visit ends the case, and with it whatever is planned.
      return c.follow_ups_left > 0 && intent.nth == c.follow_ups_made + 1 &&
             (c.follow_ups_left > 1 || c.works.empty());
    case Act::kDeliver:
      return c.pledges.contains(intent.item);
    case Act::kHandOver:
      return c.handler == intent.staff;
    case Act::kCertify:
      return c.scheduled && intent.nth == c.certified + 1;
    case Act::kReadBulletin:
      return !c.read_by.contains(intent.staff);
    default:
      return true;
  }
}

bool IsReadyToEnd(const KnownCase& c) {
  return !c.handler.empty() && !c.on_hold && !c.papers_owed && c.referred_to.empty() &&
         c.goals.empty();
}

bool FillBeside(const Intent& intent, const KnownCase& c, const District& district, Random* random,
                cd::Command* command) {
  switch (intent.act) {
    case Act::kPlanVisit:
    case Act::kPlanService:
      return FillPlan(intent, c, district, random, command->mutable_plan_work());
    case Act::kCancelWork:
      command->mutable_cancel_work()->set_work_id(intent.item);
      command->mutable_cancel_work()->mutable_reason()->set_open("not needed any more");
      return true;
    case Act::kHandOver:
      command->mutable_hand_over()->set_to(ColleagueOf(c, district, random));
      command->mutable_hand_over()->mutable_reason()->set_open("on leave from tomorrow");
      return !command->hand_over().to().empty();
    default:
      return IsTurn(intent.act) ? FillTurn(intent, command) : FillOther(intent, c, random, command);
  }
}

}  // namespace lastmeter::year
