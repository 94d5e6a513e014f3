// The story's fifth case: planned work, a referral, resources, follow-up visits.
#include "tests/check/story.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

int64_t M(int64_t minute) { return LogBuilder::Minute(minute); }

constexpr char kOfficer[] = "tan-dan";
constexpr char kNeighbour[] = "zhou-meilan";
constexpr char kHelper[] = "he-xiaoyu";

template <typename Message>
void Name(Message* message, uint32_t work_id, uint32_t turn) {
  message->set_work_id(work_id);
  message->set_turn(turn);
}

}  // namespace

void Story::TellWork() {
  const auto report = MakeReport("r7", "h5");
  Event event = Opened(kFifth, report, 468);
  auto* turn = event.mutable_case_opened()->mutable_turn();
  Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 468, 528);
  Tell(turn->mutable_notices(), kFifth, 1, cm::TIER_VILLAGE);
  log.Report(468, report, {event});

  auto command = MakeCommand("a5", kOfficer, kFifth);
  command.mutable_acknowledge();
  event = CaseEvent(kFifth);
  *event.mutable_case_acknowledged()->mutable_by() = command.actor();
  event.mutable_case_acknowledged()->set_tier(cm::TIER_TOWN);
  event.mutable_case_acknowledged()->set_accepted_at_ms(M(469));
  log.Command(469, command, {event});

  TellRelay();
  TellVisit();
  TellReferral();
  TellSeveralReferrals();
  TellGoals();
  TellFollowUp();
  TellScheduleAndDrill();
  TellScreenedOut();
}

void Story::TellRelay() {
  auto command = MakeCommand("plan1", kOfficer, kFifth);
  auto* plan = command.mutable_plan_work();
  plan->set_kind(cm::WORK_KIND_SERVICE);
  plan->set_service("NEED_MEALS");
  plan->set_from_ms(M(474));
  plan->set_until_ms(M(478));
  plan->set_times(2);
  plan->set_every_days(1);
  Event event = CaseEvent(kFifth);
  auto* planned_work = event.mutable_work_planned();
  *planned_work->mutable_by() = command.actor();
  planned_work->set_work_id(1);
  planned_work->set_kind(cm::WORK_KIND_SERVICE);
  planned_work->set_service("NEED_MEALS");
  planned_work->set_from_ms(M(474));
  planned_work->set_until_ms(M(478));
  planned_work->set_times(2);
  planned_work->set_every_days(1);
  planned_work->set_notice_minutes(3);
  planned = log.Command(470, command, {event});

  const auto tell_open = [&](int64_t minute, int notice) {
    Event open = CaseEvent(kFifth);
    auto* unclaimed_turn = open.mutable_work_unclaimed();
    Name(unclaimed_turn, 1, 1);
    unclaimed_turn->set_was_due_ms(M(minute));
    unclaimed_turn->set_from_ms(M(474));
    Tell(unclaimed_turn->mutable_notices(), kFifth, notice, cm::TIER_TOWN);
    return log.Timer(minute, kFifth, minute, {open});
  };
  const auto claim = [&](int64_t minute, const std::string& id) {
    auto asked = MakeCommand(id, kNeighbour, kFifth);
    Name(asked.mutable_claim_work(), 1, 1);
    Event taken = CaseEvent(kFifth);
    *taken.mutable_work_claimed()->mutable_by() = asked.actor();
    Name(taken.mutable_work_claimed(), 1, 1);
    return log.Command(minute, asked, {taken});
  };
  unclaimed = tell_open(471, 2);
  claim(472, "claim1");

  command = MakeCommand("back1", kNeighbour, kFifth);
  Name(command.mutable_hand_back_work(), 1, 1);
  event = CaseEvent(kFifth);
  *event.mutable_work_handed_back()->mutable_by() = command.actor();
  Name(event.mutable_work_handed_back(), 1, 1);
  event.mutable_work_handed_back()->set_worker(kNeighbour);
  handed_back = log.Command(473, command, {event});
  tell_open(473, 3);
  claimed = claim(474, "claim2");

  event = CaseEvent(kFifth);
  auto* lapse = event.mutable_claim_lapsed();
  Name(lapse, 1, 1);
  lapse->set_worker(kNeighbour);
  lapse->set_was_due_ms(M(476));
  lapse->set_until_ms(M(478));
  Tell(lapse->mutable_notices(), kFifth, 4, cm::TIER_TOWN);
  lapsed = log.Timer(476, kFifth, 476, {event});

  command = MakeCommand("start1", kHelper, kFifth);
  Name(command.mutable_start_work(), 1, 1);
  event = CaseEvent(kFifth);
  *event.mutable_work_started()->mutable_by() = command.actor();
  Name(event.mutable_work_started(), 1, 1);
  started = log.Command(477, command, {event});

  command = MakeCommand("finish1", kHelper, kFifth);
  Name(command.mutable_finish_work(), 1, 1);
  event = CaseEvent(kFifth);
  *event.mutable_work_finished()->mutable_by() = command.actor();
  Name(event.mutable_work_finished(), 1, 1);
  event.mutable_work_finished()->set_worker(kHelper);
  finished = log.Command(477, command, {event});
}

void Story::TellVisit() {
  auto command = MakeCommand("plan2", kOfficer, kFifth);
  auto* plan = command.mutable_plan_work();
  plan->set_kind(cm::WORK_KIND_VISIT);
  plan->set_from_ms(M(480));
  plan->set_until_ms(M(482));
  plan->set_assignee("wang-wu");
  Event event = CaseEvent(kFifth);
  auto* visit = event.mutable_work_planned();
  *visit->mutable_by() = command.actor();
  visit->set_work_id(2);
  visit->set_kind(cm::WORK_KIND_VISIT);
  visit->set_from_ms(M(480));
  visit->set_until_ms(M(482));
  visit->set_times(1);
  visit->set_assignee("wang-wu");
  visit->set_notice_minutes(3);
  Tell(visit->mutable_notices(), kFifth, 5, cm::TIER_VILLAGE);
  log.Command(479, command, {event});

  event = CaseEvent(kFifth);
  auto* miss = event.mutable_work_missed();
  Name(miss, 2, 1);
  miss->set_worker("wang-wu");
  miss->set_was_due_ms(M(482));
  Tell(miss->mutable_notices(), kFifth, 6, cm::TIER_TOWN);
  missed = log.Timer(482, kFifth, 482, {event});

  command = MakeCommand("finish2", "wang-wu", kFifth);
  Name(command.mutable_finish_work(), 2, 1);
  event = CaseEvent(kFifth);
  *event.mutable_work_finished()->mutable_by() = command.actor();
  Name(event.mutable_work_finished(), 2, 1);
  event.mutable_work_finished()->set_worker("wang-wu");
  event.mutable_work_finished()->set_late(true);
  log.Command(483, command, {event});

  command = MakeCommand("cancel1", kOfficer, kFifth);
  command.mutable_cancel_work()->set_work_id(1);
  event = CaseEvent(kFifth);
  *event.mutable_work_cancelled()->mutable_by() = command.actor();
  event.mutable_work_cancelled()->set_work_id(1);
  cancelled = log.Command(484, command, {event});
}

void Story::TellReferral() {
  auto command = MakeCommand("refer1", kOfficer, kFifth);
  command.mutable_refer()->set_to("health-bureau");
  Event event = CaseEvent(kFifth);
  *event.mutable_case_referred()->mutable_by() = command.actor();
  event.mutable_case_referred()->set_to("health-bureau");
  Fill(event.mutable_case_referred()->mutable_clock(), cm::PROMISE_REFERRAL, 485, 1600, 1700,
       false);
  referred = log.Command(485, command, {event});

  command = MakeCommand("answer1", kOfficer, kFifth);
  command.mutable_answer_referral()->set_answer(cm::REFERRAL_ANSWER_ACCEPTED);
  event = CaseEvent(kFifth);
  auto* answer = event.mutable_referral_answered();
  *answer->mutable_by() = command.actor();
  answer->set_to("health-bureau");
  answer->set_answer(cm::REFERRAL_ANSWER_ACCEPTED);
  answered = log.Command(486, command, {event});

  command = MakeCommand("pledge1", kOfficer, kFifth);
  command.mutable_pledge()->set_kind("NEED_GOODS");
  command.mutable_pledge()->set_project("xinghuo");
  command.mutable_pledge()->set_value_fen(120'000);
  event = CaseEvent(kFifth);
  auto* pledge = event.mutable_resource_pledged();
  *pledge->mutable_by() = command.actor();
  pledge->set_resource_id(1);
  pledge->set_kind("NEED_GOODS");
  pledge->set_project("xinghuo");
  pledge->set_value_fen(120'000);
  pledged = log.Command(487, command, {event});

  command = MakeCommand("deliver1", kOfficer, kFifth);
  command.mutable_deliver()->set_resource_id(1);
  event = CaseEvent(kFifth);
  auto* delivery = event.mutable_resource_delivered();
  *delivery->mutable_by() = command.actor();
  delivery->set_resource_id(1);
  delivery->set_project("xinghuo");
  delivery->set_value_fen(110'000);
  delivered = log.Command(488, command, {event});

  command = MakeCommand("over1", kOfficer, kFifth);
  command.mutable_hand_over()->set_to("li-si");
  event = CaseEvent(kFifth);
  auto* over = event.mutable_case_handed_over();
  *over->mutable_by() = command.actor();
  over->set_from(kOfficer);
  over->set_to("li-si");
  over->set_tier(cm::TIER_VILLAGE);
  handed_over = log.Command(488, command, {event});
}

void Story::TellScheduleAndDrill() {
  auto report = MakeReport("r13", "h8");
  Event event = Opened(kSixth, report, 493);
  auto* opened_case = event.mutable_case_opened();
  opened_case->set_scheduled(true);
  opened_case->clear_clocks();
  Fill(opened_case->add_clocks(), cm::PROMISE_CERTIFICATION, 100, 493, 9000, false);
  scheduled = log.Report(493, report, {event});
  event = CaseEvent(kSixth);
  auto* near = event.mutable_clock_near_due();
  near->set_promise(cm::PROMISE_CERTIFICATION);
  near->set_was_due_ms(M(493));
  near->set_due_ms(M(9000));
  near->set_next_at_ms(M(3000));
  Tell(near->mutable_notices(), kSixth, 1, cm::TIER_GRID);
  log.Timer(493, kSixth, 493, {event});
  auto command = MakeCommand("certify", kOfficer, kSixth);
  command.mutable_certify()->set_certified_at_ms(M(200));
  event = CaseEvent(kSixth);
  auto* certification = event.mutable_case_certified();
  *certification->mutable_by() = command.actor();
  certification->set_certified_at_ms(M(200));
  Fill(certification->mutable_clock(), cm::PROMISE_CERTIFICATION, 200, 5000, 9500, false);
  certified = log.Command(493, command, {event});

  report = MakeReport("r12", "");
  event = Opened(kEighth, report, 493);
  auto* bulletin = event.mutable_case_opened();
  bulletin->set_bulletin(true);
  for (const char* grid : {"430112001001001", "430112001001002"}) {
    bulletin->add_readers()->set_grid(grid);
    bulletin->mutable_readers(bulletin->readers_size() - 1)->set_staff_id(kNeighbour);
  }
  Tell(bulletin->mutable_authorities(), kEighth, 1, cm::TIER_GRID);
  // Below, so that the numbers of cases rise.
  const auto published_report = report;
  const Event published_event = event;

  report = MakeReport("r11", "h9");
  report.set_drill(true);
  event = Opened(kSeventh, report, 493);
  event.set_drill(true);
  auto* turn = event.mutable_case_opened()->mutable_turn();
  Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 493, 553);
  Tell(turn->mutable_notices(), kSeventh, 1, cm::TIER_VILLAGE);
  log.Report(493, report, {event});
  event = Noted(kSeventh);
  event.set_drill(true);
  drilled = log.Command(493, MakeNote("n7", kSeventh), {event});

  published = log.Report(493, published_report, {published_event});
  command = MakeCommand("read1", kNeighbour, kEighth);
  command.mutable_read_bulletin()->set_households(41);
  event = CaseEvent(kEighth);
  auto* known = event.mutable_bulletin_read();
  *known->mutable_by() = command.actor();
  known->add_grids("430112001001001");
  known->set_households(41);
  known->set_left(1);
  read = log.Command(493, command, {event});
}

void Story::TellFollowUp() {
  auto command = MakeCommand("follow", kOfficer, kFifth);
  command.mutable_begin_follow_up()->set_outcome(cm::OUTCOME_NEED_MET);
  command.mutable_begin_follow_up()->set_visits(3);
  Event event = CaseEvent(kFifth);
  auto* begin = event.mutable_follow_up_begun();
  *begin->mutable_by() = command.actor();
  begin->set_outcome(cm::OUTCOME_NEED_MET);
  begin->set_visits(3);
  Fill(begin->mutable_clock(), cm::PROMISE_FOLLOW_UP, 490, 1500, 1800, false);
  follow_up_begun = log.Command(490, command, {event});

  const auto visited = [&](const std::string& id, uint32_t number, cm::FollowUpFinding finding) {
    command = MakeCommand(id, kOfficer, kFifth);
    command.mutable_record_follow_up()->set_finding(finding);
    Event visit = CaseEvent(kFifth);
    auto* recorded = visit.mutable_follow_up_recorded();
    *recorded->mutable_by() = command.actor();
    recorded->set_number(number);
    recorded->set_finding(finding);
    return visit;
  };
  event = visited("visit1", 1, cm::FOLLOW_UP_FINDING_STABLE);
  Fill(event.mutable_follow_up_recorded()->mutable_clock(), cm::PROMISE_FOLLOW_UP, 490, 1501, 1801,
       false);
  followed_up = log.Command(490, command, {event});

  event = visited("visit2", 2, cm::FOLLOW_UP_FINDING_TROUBLE);
  Event end = CaseEvent(kFifth);
  end.mutable_follow_up_ended()->set_reason(ev::FOLLOW_UP_END_TROUBLE);
  end.mutable_follow_up_ended()->set_outcome(cm::OUTCOME_NEED_MET);
  Event again = CaseEvent(kFifth, 2);
  auto* reopen = again.mutable_case_reopened();
  *reopen->mutable_by() = command.actor();
  reopen->set_cycle(2);
  reopen->set_rules_ordinal(1);
  Fill(reopen->add_clocks(), cm::PROMISE_RESOLVE, 491, 1191, 1491, false);
  Fill(reopen->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 491, 551);
  Tell(reopen->mutable_turn()->mutable_notices(), kFifth, 8, cm::TIER_VILLAGE);
  trouble = log.Command(491, command, {event, end, again});

  command = MakeCommand("a6", kOfficer, kFifth);
  command.mutable_acknowledge();
  event = CaseEvent(kFifth, 2);
  *event.mutable_case_acknowledged()->mutable_by() = command.actor();
  event.mutable_case_acknowledged()->set_tier(cm::TIER_TOWN);
  event.mutable_case_acknowledged()->set_accepted_at_ms(M(492));
  log.Command(492, command, {event});

  command = MakeCommand("close5", kOfficer, kFifth);
  command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
  event = CaseEvent(kFifth, 2);
  *event.mutable_case_closed()->mutable_by() = command.actor();
  event.mutable_case_closed()->set_outcome(cm::OUTCOME_NEED_MET);
  log.Command(493, command, {event});
}

}  // namespace lastmeter
