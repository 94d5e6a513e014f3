#include "tests/scenarios/play_work.h"

#include <algorithm>
#include <cctype>

namespace lastmeter::scenario {
namespace {

namespace cd = lastmeter::command::v1;
namespace cm = lastmeter::common::v1;

uint32_t Number(const std::string& text) {
  return text.empty() ? 0 : static_cast<uint32_t>(std::stoul(text));
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void Plan(const WorkWords& words, cd::PlanWork* plan) {
  cm::WorkKind kind = cm::WORK_KIND_UNSPECIFIED;
  cm::WorkKind_Parse("WORK_KIND_" + Upper(words.option("kind")), &kind);
  plan->set_kind(kind);
  plan->set_service(words.option("service"));
  if (!words.option("from").empty()) plan->set_from_ms(words.time(words.option("from")).ms);
  if (!words.option("until").empty()) plan->set_until_ms(words.time(words.option("until")).ms);
  plan->set_times(Number(words.option("times")));
  plan->set_every_days(Number(words.option("every")));
  plan->set_assignee(words.option("for"));
}

}  // namespace

bool FillWorkCommand(const std::string& verb, const WorkWords& words, cd::Command* command) {
  const uint32_t work = Number(words.option("work"));
  const uint32_t turn = Number(words.option("turn"));
  const std::string reason = words.option("reason");
  const auto name_turn = [&](auto* action) {
    action->set_work_id(work);
    action->set_turn(turn);
  };
  if (verb == "plan") {
    Plan(words, command->mutable_plan_work());
  } else if (verb == "claim") {
    name_turn(command->mutable_claim_work());
  } else if (verb == "hand-back") {
    name_turn(command->mutable_hand_back_work());
    command->mutable_hand_back_work()->mutable_reason()->set_open(reason);
  } else if (verb == "start") {
    name_turn(command->mutable_start_work());
  } else if (verb == "finish") {
    name_turn(command->mutable_finish_work());
  } else if (verb == "cancel-work") {
    command->mutable_cancel_work()->set_work_id(work);
    command->mutable_cancel_work()->mutable_reason()->set_open(reason);
  } else if (verb == "refer") {
    command->mutable_refer()->set_to(words.option("to"));
    command->mutable_refer()->mutable_reason()->set_open(reason);
  } else if (verb == "answer-referral") {
    cm::ReferralAnswer answer = cm::REFERRAL_ANSWER_UNSPECIFIED;
    cm::ReferralAnswer_Parse("REFERRAL_ANSWER_" + Upper(words.option("answer")), &answer);
    command->mutable_answer_referral()->set_answer(answer);
    command->mutable_answer_referral()->set_their_number(words.option("number"));
    command->mutable_answer_referral()->set_to(words.option("to"));
  } else if (verb == "begin-follow-up") {
    cm::Outcome outcome = cm::OUTCOME_UNSPECIFIED;
    cm::Outcome_Parse("OUTCOME_" + Upper(words.option("outcome")), &outcome);
    command->mutable_begin_follow_up()->set_outcome(outcome);
    command->mutable_begin_follow_up()->set_visits(Number(words.option("visits")));
    command->mutable_begin_follow_up()->set_case_version(words.version);
  } else if (verb == "record-follow-up") {
    cm::FollowUpFinding finding = cm::FOLLOW_UP_FINDING_UNSPECIFIED;
    cm::FollowUpFinding_Parse("FOLLOW_UP_FINDING_" + Upper(words.option("finding")), &finding);
    command->mutable_record_follow_up()->set_finding(finding);
  } else if (verb == "pledge") {
    command->mutable_pledge()->set_kind(words.option("kind"));
    command->mutable_pledge()->set_project(words.option("project"));
    command->mutable_pledge()->set_value_fen(Number(words.option("fen")));
  } else if (verb == "deliver") {
    command->mutable_deliver()->set_resource_id(Number(words.option("resource")));
    command->mutable_deliver()->set_value_fen(Number(words.option("fen")));
  } else if (verb == "hand-over") {
    command->mutable_hand_over()->set_to(words.option("to"));
    command->mutable_hand_over()->mutable_reason()->set_open(reason);
  } else if (verb == "screen-out") {
    cm::NotALead category = cm::NOT_A_LEAD_UNSPECIFIED;
    cm::NotALead_Parse("NOT_A_LEAD_" + Upper(words.option("category")), &category);
    command->mutable_screen_out()->set_category(category);
    command->mutable_screen_out()->set_case_version(words.version);
    command->mutable_screen_out()->mutable_reason()->set_open(reason);
  } else if (verb == "set-goal") {
    command->mutable_set_goal()->set_need(words.option("need"));
    const std::string date = words.option("date");
    if (!date.empty()) command->mutable_set_goal()->set_by_ms(words.time(date).ms);
  } else if (verb == "record-goal") {
    cm::GoalResult result = cm::GOAL_RESULT_UNSPECIFIED;
    cm::GoalResult_Parse("GOAL_RESULT_" + Upper(words.option("result")), &result);
    command->mutable_record_goal()->set_goal_id(Number(words.option("goal")));
    command->mutable_record_goal()->set_result(result);
  } else if (verb == "read") {
    command->mutable_read_bulletin()->set_households(Number(words.option("households")));
  } else if (verb == "certify") {
    if (!words.option("at").empty()) {
      command->mutable_certify()->set_certified_at_ms(words.time(words.option("at")).ms);
    }
    command->mutable_certify()->set_assisted(words.option("assisted") == "yes");
  } else {
    return false;
  }
  return true;
}

}  // namespace lastmeter::scenario
