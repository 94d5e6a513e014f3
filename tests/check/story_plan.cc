// What the story tells of several departments at a time, of goals, and of what was no hardship
// lead.
#include <tuple>
#include <utility>

#include "tests/check/story.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

int64_t M(int64_t minute) { return LogBuilder::Minute(minute); }

constexpr char kOfficer[] = "tan-dan";

}  // namespace

void Story::TellSeveralReferrals() {
  const auto refer = [&](const std::string& id, const std::string& to) {
    auto command = MakeCommand(id, kOfficer, kFifth);
    command.mutable_refer()->set_to(to);
    Event event = CaseEvent(kFifth);
    *event.mutable_case_referred()->mutable_by() = command.actor();
    event.mutable_case_referred()->set_to(to);
    return std::pair(command, event);
  };
  auto [command, event] = refer("refer2", "court");
  Fill(event.mutable_case_referred()->mutable_clock(), cm::PROMISE_REFERRAL, 488, 1600, 1700,
       false);
  log.Command(488, command, {event});
  std::tie(command, event) = refer("refer3", "union");
  Fill(event.mutable_case_referred()->mutable_limit(), cm::PROMISE_REFERRAL, 488, 1650, 1800,
       false);
  referred_too = log.Command(488, command, {event});

  const auto answer = [&](const std::string& id, const std::string& from) {
    command = MakeCommand(id, kOfficer, kFifth);
    command.mutable_answer_referral()->set_answer(cm::REFERRAL_ANSWER_REJECTED);
    command.mutable_answer_referral()->set_to(from);
    event = CaseEvent(kFifth);
    auto* answered_by = event.mutable_referral_answered();
    *answered_by->mutable_by() = command.actor();
    answered_by->set_to(from);
    answered_by->set_answer(cm::REFERRAL_ANSWER_REJECTED);
    return answered_by;
  };
  auto* first = answer("answer2", "court");
  first->set_next("union");
  Fill(first->mutable_clock(), cm::PROMISE_REFERRAL, 488, 1650, 1800, false);
  answered_first = log.Command(488, command, {event});
  answer("answer3", "union");
  log.Command(488, command, {event});
}

void Story::TellGoals() {
  const auto set = [&](uint32_t id, int64_t due) {
    auto command = MakeCommand("goal" + std::to_string(id), kOfficer, kFifth);
    command.mutable_set_goal()->set_need("NEED_SKILLS");
    command.mutable_set_goal()->set_by_ms(M(due));
    Event event = CaseEvent(kFifth);
    *event.mutable_goal_set()->mutable_by() = command.actor();
    event.mutable_goal_set()->set_goal_id(id);
    event.mutable_goal_set()->set_need("NEED_SKILLS");
    event.mutable_goal_set()->set_due_ms(M(due));
    return log.Command(488, command, {event});
  };
  goal_set = set(1, 489);
  set(2, 5000);
  Event event = CaseEvent(kFifth);
  event.mutable_goal_overdue()->set_goal_id(1);
  event.mutable_goal_overdue()->set_was_due_ms(M(489));
  Tell(event.mutable_goal_overdue()->mutable_notices(), kFifth, 7, cm::TIER_TOWN);
  goal_overdue = log.Timer(489, kFifth, 489, {event});
  const auto record = [&](uint32_t id, bool in_time) {
    auto command = MakeCommand("record" + std::to_string(id), kOfficer, kFifth);
    command.mutable_record_goal()->set_goal_id(id);
    command.mutable_record_goal()->set_result(cm::GOAL_RESULT_REACHED);
    Event recorded = CaseEvent(kFifth);
    auto* e = recorded.mutable_goal_recorded();
    *e->mutable_by() = command.actor();
    e->set_goal_id(id);
    e->set_result(cm::GOAL_RESULT_REACHED);
    e->set_in_time(in_time);
    e->set_accepted_at_ms(M(in_time ? 489 : 490));
    return log.Command(in_time ? 489 : 490, command, {recorded});
  };
  record(2, true);
  goal_recorded = record(1, false);
}

void Story::TellScreenedOut() {
  const auto report = MakeReport("r14", "");
  Event event = Opened(kNinth, report, 493);
  auto* turn = event.mutable_case_opened()->mutable_turn();
  Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 493, 553);
  Tell(turn->mutable_notices(), kNinth, 1, cm::TIER_VILLAGE);
  log.Report(493, report, {event});
  auto command = MakeCommand("screen", kOfficer, kNinth);
  command.mutable_screen_out()->set_category(cm::NOT_A_LEAD_ANSWERED);
  command.mutable_screen_out()->mutable_reason()->set_sealed("?");
  command.mutable_screen_out()->set_case_version(1);
  event = CaseEvent(kNinth);
  auto* screen = event.mutable_case_screened_out();
  *screen->mutable_by() = command.actor();
  screen->set_tier(cm::TIER_TOWN);
  screen->set_category(cm::NOT_A_LEAD_ANSWERED);
  Tell(screen->mutable_notices(), kNinth, 2, cm::TIER_VILLAGE);
  screened_out = log.Command(493, command, {event});
}

}  // namespace lastmeter
