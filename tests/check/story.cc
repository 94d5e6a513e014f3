#include "tests/check/story.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

int64_t M(int64_t minute) { return LogBuilder::Minute(minute); }

constexpr char kReporter[] = "xu-guangming";
constexpr char kOfficer[] = "tan-dan";

}  // namespace

lastmeter::report::v1::HardshipReport Story::MakeReport(const std::string& id,
                                                        const std::string& household) {
  lastmeter::report::v1::HardshipReport report;
  report.set_report_id(id);
  report.set_kind("elder-alone");
  report.set_area("430112001001");
  report.set_routing_code("430112001001");
  report.mutable_reporter()->set_id(kReporter);
  report.mutable_reporter()->set_role(cm::ROLE_STAFF);
  report.set_household_ref(household);
  return report;
}

lastmeter::command::v1::Command Story::MakeCommand(const std::string& id, const std::string& actor,
                                                   const std::string& number) {
  lastmeter::command::v1::Command command;
  command.set_command_id(id);
  command.mutable_actor()->set_id(actor);
  command.mutable_actor()->set_role(cm::ROLE_STAFF);
  command.set_case_number(number);
  return command;
}

lastmeter::command::v1::Command Story::MakeNote(const std::string& id, const std::string& number) {
  auto command = MakeCommand(id, kOfficer, number);
  command.mutable_note()->mutable_text()->set_sealed("?");
  return command;
}

Story::Event Story::CaseEvent(const std::string& number, uint32_t cycle, bool restricted) {
  Event event;
  event.set_case_number(number);
  event.set_area("430112001001");
  event.set_cycle(cycle);
  event.set_restricted(restricted);
  return event;
}

Story::Event Story::Noted(const std::string& number, uint32_t cycle, bool restricted) {
  Event event = CaseEvent(number, cycle, restricted);
  event.mutable_case_noted()->mutable_by()->set_id(kOfficer);
  return event;
}

void Story::Fill(ev::Turn* turn, cm::Promise promise, uint32_t round, cm::Tier tier,
                 int64_t entered, int64_t due) {
  turn->set_promise(promise);
  turn->set_round(round);
  turn->set_tier(tier);
  turn->set_entered_at_ms(M(entered));
  turn->set_due_ms(M(due));
}

void Story::Tell(google::protobuf::RepeatedPtrField<ev::Notice>* notices, const std::string& number,
                 int counter, cm::Tier tier) {
  ev::Notice* notice = notices->Add();
  notice->set_notice_id(number + "/" + std::to_string(counter));
  notice->set_staff_id("staff-" + std::to_string(tier));
  notice->set_tier(tier);
  notice->set_purpose(ev::PURPOSE_ANSWER);
}

void Story::Fill(ev::ClockStart* clock, cm::Promise promise, int64_t start, int64_t near_due,
                 int64_t due, bool provisional) {
  clock->set_promise(promise);
  clock->set_started_at_ms(M(start));
  clock->set_near_due_ms(M(near_due));
  clock->set_due_ms(M(due));
  clock->set_provisional(provisional);
}

Story::Event Story::Climb(const std::string& number, cm::Tier from, cm::Tier to, int64_t was_due,
                          int64_t now, int64_t due) {
  Event event = CaseEvent(number);
  auto* climb = event.mutable_case_escalated();
  climb->set_from_tier(from);
  climb->set_reason(ev::CLIMB_REASON_UNANSWERED);
  climb->set_was_due_ms(M(was_due));
  Fill(climb->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, 1, to, now, due);
  return event;
}

Story::Event Story::Opened(const std::string& number,
                           const lastmeter::report::v1::HardshipReport& report, int64_t minute) {
  Event event = CaseEvent(number);
  auto* opened_case = event.mutable_case_opened();
  opened_case->set_report_id(report.report_id());
  opened_case->set_kind(report.kind());
  opened_case->set_level(cm::LEVEL_URGENT);
  *opened_case->mutable_reporter() = report.reporter();
  opened_case->set_household_ref(report.household_ref());
  opened_case->set_accepted_at_ms(M(minute));
  opened_case->set_rules_ordinal(1);
  Fill(opened_case->add_clocks(), cm::PROMISE_RESOLVE, minute, minute + 700, minute + 1000, true);
  return event;
}

Story::Story() {
  Event event;
  event.mutable_writer_opened()->set_instance("a");
  event.mutable_writer_opened()->set_partition_count(1);
  event.mutable_writer_opened()->set_cluster_id("c");
  writer = log.Engine(0, {event});

  auto install = MakeCommand("install", "operator", "");
  auto* policy = install.mutable_install_rules()->mutable_rules()->mutable_policy();
  policy->set_digest_minutes(1);
  auto* flood = policy->add_kinds();
  flood->set_code("flood");
  flood->set_incident(true);
  flood->add_takes("house-flooded");
  Event installed;
  installed.mutable_rules_installed()->set_ordinal(1);
  installed.mutable_rules_installed()->set_by("operator");
  rules = log.Command(0, install, {installed});

  Event rolled;
  rolled.mutable_day_rolled()->set_date(20260105);
  day = log.Engine(0, {rolled});

  TellFirstCase();
  TellHandDowns();
  TellSecondCase();
  TellTwins();
  TellWork();
  TellIncident();

  writer_again = log.Engine(494, {event});
  Event beat;
  beat.mutable_heartbeat();
  heartbeat = log.Engine(495, {beat});
}

void Story::TellFirstCase() {
  const auto report = MakeReport("r1", "h1");
  Event event = Opened(kFirst, report, 0);
  Fill(event.mutable_case_opened()->add_clocks(), cm::PROMISE_FIRST_RELIEF, 0, 70, 100, false);
  auto* turn = event.mutable_case_opened()->mutable_turn();
  Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_GRID, 0, 15);
  Tell(turn->mutable_notices(), kFirst, 1, cm::TIER_GRID);
  opened = log.Report(0, report, {event});

  Event passed = CaseEvent(kFirst);
  passed.mutable_tier_passed()->set_promise(cm::PROMISE_ACKNOWLEDGE);
  passed.mutable_tier_passed()->set_round(1);
  passed.mutable_tier_passed()->set_tier(cm::TIER_GROUP);
  event = Climb(kFirst, cm::TIER_GRID, cm::TIER_VILLAGE, 15, 15, 45);
  Tell(event.mutable_case_escalated()->mutable_turn()->mutable_notices(), kFirst, 2,
       cm::TIER_VILLAGE);
  climbed = log.Timer(15, kFirst, 15, {passed, event});

  const auto again = MakeReport("r2", "h1");
  event = CaseEvent(kFirst);
  event.mutable_report_attached()->set_report_id("r2");
  event.mutable_report_attached()->set_kind(again.kind());
  *event.mutable_report_attached()->mutable_reporter() = again.reporter();
  event.mutable_report_attached()->set_accepted_at_ms(M(20));
  Event level = CaseEvent(kFirst);
  level.mutable_level_raised()->set_from(cm::LEVEL_URGENT);
  level.mutable_level_raised()->set_to(cm::LEVEL_CRITICAL);
  Fill(level.mutable_level_raised()->add_turns(), cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 20,
       35);
  Fill(level.mutable_level_raised()->add_clocks(), cm::PROMISE_RESOLVE, 20, 620, 900, true);
  attached = log.Report(20, again, {event, level});

  event = Climb(kFirst, cm::TIER_VILLAGE, cm::TIER_TOWN, 35, 35, 65);
  Tell(event.mutable_case_escalated()->mutable_turn()->mutable_notices(), kFirst, 3, cm::TIER_TOWN);
  climbed_on = log.Timer(35, kFirst, 35, {event});

  auto command = MakeCommand("a1", kOfficer, kFirst);
  command.mutable_acknowledge()->set_notice_id(kFirst + "/3");
  event = CaseEvent(kFirst);
  *event.mutable_case_acknowledged()->mutable_by() = command.actor();
  event.mutable_case_acknowledged()->set_tier(cm::TIER_TOWN);
  event.mutable_case_acknowledged()->set_notice_id(kFirst + "/3");
  event.mutable_case_acknowledged()->set_accepted_at_ms(M(40));
  acknowledged = log.Command(40, command, {event});

  command = MakeCommand("a2", "li-si", kFirst);
  command.mutable_acknowledge();
  event = CaseEvent(kFirst);
  event.mutable_command_rejected()->set_command_id("a2");
  event.mutable_command_rejected()->set_reason(ev::REJECTION_ALREADY_ACKNOWLEDGED);
  *event.mutable_command_rejected()->mutable_by() = command.actor();
  refused = log.Command(41, command, {event});

  Event repeat;
  repeat.mutable_input_repeated()->set_input_id("a2");
  repeat.mutable_input_repeated()->set_first_seq(refused + 1);
  repeated = log.Command(42, command, {repeat});
  noted = log.Command(43, MakeNote("n1", kFirst), {Noted(kFirst)});

  event = CaseEvent(kFirst);
  event.mutable_clock_near_due()->set_promise(cm::PROMISE_FIRST_RELIEF);
  event.mutable_clock_near_due()->set_was_due_ms(M(70));
  event.mutable_clock_near_due()->set_due_ms(M(100));
  Tell(event.mutable_clock_near_due()->mutable_notices(), kFirst, 4, cm::TIER_TOWN);
  near_due = log.Timer(70, kFirst, 70, {event});

  Event breach = CaseEvent(kFirst);
  breach.mutable_clock_breached()->set_promise(cm::PROMISE_FIRST_RELIEF);
  breach.mutable_clock_breached()->set_was_due_ms(M(100));
  event = Climb(kFirst, cm::TIER_TOWN, cm::TIER_DISTRICT, 100, 100, 160);
  event.mutable_case_escalated()->set_reason(ev::CLIMB_REASON_OVERDUE);
  event.mutable_case_escalated()->mutable_turn()->set_promise(cm::PROMISE_FIRST_RELIEF);
  Tell(event.mutable_case_escalated()->mutable_turn()->mutable_notices(), kFirst, 5,
       cm::TIER_DISTRICT);
  breach.mutable_clock_breached()->set_twice_due_ms(M(200));
  breached = log.Timer(100, kFirst, 100, {breach, event});

  event = CaseEvent(kFirst);
  auto* top = event.mutable_ladder_exhausted();
  top->set_promise(cm::PROMISE_FIRST_RELIEF);
  top->set_round(1);
  top->set_was_due_ms(M(160));
  top->set_next_reminder_ms(M(220));
  Tell(top->mutable_notices(), kFirst, 6, cm::TIER_DISTRICT);
  exhausted = log.Timer(160, kFirst, 160, {event});

  event = CaseEvent(kFirst);
  event.mutable_clock_overdue_twice()->set_promise(cm::PROMISE_FIRST_RELIEF);
  event.mutable_clock_overdue_twice()->set_was_due_ms(M(200));
  red_card = log.Timer(200, kFirst, 200, {event});

  event = CaseEvent(kFirst);
  auto* reminder = event.mutable_case_reminded();
  reminder->set_promise(cm::PROMISE_FIRST_RELIEF);
  reminder->set_round(1);
  reminder->set_number(1);
  reminder->set_was_due_ms(M(220));
  reminder->set_next_reminder_ms(M(280));
  Tell(reminder->mutable_notices(), kFirst, 7, cm::TIER_DISTRICT);
  reminded = log.Timer(220, kFirst, 220, {event});

  command = MakeCommand("relief", kOfficer, kFirst);
  command.mutable_relief()->add_kinds("meals");
  event = CaseEvent(kFirst);
  *event.mutable_relief_recorded()->mutable_by() = command.actor();
  Fill(event.mutable_relief_recorded()->mutable_paperwork(), cm::PROMISE_PAPERWORK, 230, 5000, 7000,
       false);
  relieved = log.Command(230, command, {event});

  command = MakeCommand("verify", kOfficer, kFirst);
  command.mutable_verify()->set_finding(cm::FINDING_WORSE);
  event = CaseEvent(kFirst);
  *event.mutable_case_verified()->mutable_by() = command.actor();
  event.mutable_case_verified()->set_finding(cm::FINDING_WORSE);
  verified = log.Command(231, command, {event});

  command = MakeCommand("papers", kOfficer, kFirst);
  command.mutable_paperwork();
  event = CaseEvent(kFirst);
  *event.mutable_paperwork_completed()->mutable_by() = command.actor();
  papers_completed = log.Command(232, command, {event});
}

void Story::TellHandDowns() {
  const auto hand_down = [&](int64_t minute, uint32_t count, cm::Tier to, int notice) {
    auto command = MakeCommand("down" + std::to_string(count), "wang-wu", kFirst);
    command.mutable_hand_down()->set_to_tier(to);
    Event event = CaseEvent(kFirst);
    auto* down = event.mutable_case_handed_down();
    *down->mutable_by() = command.actor();
    down->set_from_tier(cm::TIER_DISTRICT);
    down->set_to_tier(to);
    down->set_count(count);
    Fill(down->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, count + 1, to, minute, minute + 60);
    Tell(down->mutable_turn()->mutable_notices(), kFirst, notice, to);
    std::vector<Event> events{event};
    if (count >= 3) {
      Event told = CaseEvent(kFirst);
      told.mutable_district_told()->set_reason("third_hand_down");
      Tell(told.mutable_district_told()->mutable_notices(), kFirst, notice + 1, cm::TIER_DISTRICT);
      events.push_back(told);
    }
    return log.Command(minute, command, events);
  };
  const auto acknowledge = [&](int64_t minute, const std::string& id, uint32_t cycle) {
    auto command = MakeCommand(id, kOfficer, kFirst);
    command.mutable_acknowledge();
    Event event = CaseEvent(kFirst, cycle);
    *event.mutable_case_acknowledged()->mutable_by() = command.actor();
    event.mutable_case_acknowledged()->set_tier(cm::TIER_TOWN);
    event.mutable_case_acknowledged()->set_accepted_at_ms(M(minute));
    return log.Command(minute, command, {event});
  };
  const auto close = [&](int64_t minute, const std::string& id, uint32_t cycle) {
    auto command = MakeCommand(id, kOfficer, kFirst);
    command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
    Event event = CaseEvent(kFirst, cycle);
    *event.mutable_case_closed()->mutable_by() = command.actor();
    event.mutable_case_closed()->set_outcome(cm::OUTCOME_NEED_MET);
    return log.Command(minute, command, {event});
  };

  handed_down = hand_down(240, 1, cm::TIER_VILLAGE, 8);
  handed_down_again = hand_down(250, 2, cm::TIER_GROUP, 9);
  handed_down_thrice = hand_down(260, 3, cm::TIER_GRID, 10);

  auto command = MakeCommand("raise", kReporter, kFirst);
  command.mutable_raise()->set_to_tier(cm::TIER_TOWN);
  Event event = CaseEvent(kFirst);
  auto* climb = event.mutable_case_escalated();
  climb->set_from_tier(cm::TIER_GRID);
  climb->set_reason(ev::CLIMB_REASON_RAISED);
  climb->set_by(kReporter);
  Fill(climb->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, 4, cm::TIER_TOWN, 270, 330);
  Tell(climb->mutable_turn()->mutable_notices(), kFirst, 12, cm::TIER_TOWN);
  raised = log.Command(270, command, {event});
  acknowledged_again = acknowledge(280, "a3", 1);

  event = CaseEvent(kFirst);
  Fill(event.mutable_deadlines_recomputed()->add_clocks(), cm::PROMISE_RESOLVE, 20, 650, 950,
       false);
  recomputed = log.Engine(290, {event});
  closed = close(300, "close1", 1);

  command = MakeCommand("reopen", kOfficer, kFirst);
  command.mutable_reopen();
  event = CaseEvent(kFirst, 2);
  auto* reopen = event.mutable_case_reopened();
  *reopen->mutable_by() = command.actor();
  reopen->set_cycle(2);
  reopen->set_rules_ordinal(1);
  Fill(reopen->add_clocks(), cm::PROMISE_RESOLVE, 310, 1010, 1310, false);
  Fill(reopen->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 310, 370);
  Tell(reopen->mutable_turn()->mutable_notices(), kFirst, 13, cm::TIER_VILLAGE);
  reopened = log.Command(310, command, {event});
  acknowledged_anew = acknowledge(320, "a4", 2);

  command = MakeCommand("hold", kOfficer, kFirst);
  command.mutable_hold()->set_reason(cm::HOLD_REASON_DOCUMENTS);
  command.mutable_hold()->set_until_ms(M(900));
  event = CaseEvent(kFirst, 2);
  auto* hold = event.mutable_case_held();
  *hold->mutable_by() = command.actor();
  hold->set_reason(cm::HOLD_REASON_DOCUMENTS);
  hold->set_until_ms(M(900));
  hold->add_paused(cm::PROMISE_RESOLVE);
  held = log.Command(322, command, {event});

  command = MakeCommand("resume", kOfficer, kFirst);
  command.mutable_resume();
  event = CaseEvent(kFirst, 2);
  auto* ended = event.mutable_hold_ended();
  ended->set_reason(ev::HOLD_END_RESUMED);
  *ended->mutable_by() = command.actor();
  ended->set_ended_at_ms(M(324));
  Fill(ended->add_clocks(), cm::PROMISE_RESOLVE, 310, 1012, 1312, false);
  resumed = log.Command(324, command, {event});
  closed_again = close(330, "close2", 2);
}

void Story::TellSecondCase() {
  const auto report = MakeReport("r3", "h2");
  Event event = Opened(kSecond, report, 340);
  event.set_restricted(true);
  auto* turn = event.mutable_case_opened()->mutable_turn();
  Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_TOWN, 340, 400);
  Tell(turn->mutable_notices(), kSecond, 1, cm::TIER_TOWN);
  Tell(event.mutable_case_opened()->mutable_authorities(), kSecond, 2, cm::TIER_UNSPECIFIED);
  opened_restricted = log.Report(340, report, {event});

  event = CaseEvent(kSecond, 1, true);
  event.mutable_case_quarantined()->set_attempts(2);
  Tell(event.mutable_case_quarantined()->mutable_notices(), kSecond, 3, cm::TIER_DISTRICT);
  quarantined = log.Timer(400, kSecond, 400, {event});
  noted_restricted = log.Command(410, MakeNote("n2", kSecond), {Noted(kSecond, 1, true)});

  event = Climb(kSecond, cm::TIER_TOWN, cm::TIER_DISTRICT, 400, 411, 460);
  event.set_restricted(true);
  event.mutable_case_escalated()->set_outage(true);
  Tell(event.mutable_case_escalated()->mutable_turn()->mutable_notices(), kSecond, 4,
       cm::TIER_DISTRICT);
  late = log.Timer(411, kSecond, 400, {event});

  event = Climb(kSecond, cm::TIER_DISTRICT, cm::TIER_DISTRICT, 460, 460, 520);
  event.set_restricted(true);
  event.mutable_case_escalated()->set_reason(ev::CLIMB_REASON_FALLBACK);
  Tell(event.mutable_case_escalated()->mutable_turn()->mutable_notices(), kSecond, 5,
       cm::TIER_DISTRICT);
  fallback = log.Timer(460, kSecond, 460, {event});
}

void Story::TellTwins() {
  const auto open = [&](const std::string& number, const std::string& id, int64_t minute) {
    const auto report = MakeReport(id, "");
    Event event = Opened(number, report, minute);
    auto* turn = event.mutable_case_opened()->mutable_turn();
    Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, minute, minute + 60);
    Tell(turn->mutable_notices(), number, 1, cm::TIER_VILLAGE);
    log.Report(minute, report, {event});
  };
  open(kThird, "r5", 461);
  open(kFourth, "r6", 462);

  const auto accept = [&](const std::string& id, const std::string& from, int64_t minute) {
    auto command = MakeCommand(id, kOfficer, kThird);
    command.mutable_accept_merge()->set_from(from);
    Event event = CaseEvent(kThird);
    auto* e = event.mutable_merge_accepted();
    *e->mutable_by() = command.actor();
    e->set_from(from);
    e->set_acceptance_id(id);
    e->set_open_until_ms(M(minute + 2));
    return log.Command(minute, command, {event});
  };
  accepted = accept("accept-1", kFourth, 462);
  accept("accept-2", "430112002001-2026-00001", 463);

  auto command = MakeCommand("merge", kOfficer, kFourth);
  command.mutable_merge()->set_into(kThird);
  Event event = CaseEvent(kFourth);
  *event.mutable_case_merged()->mutable_by() = command.actor();
  event.mutable_case_merged()->set_into(kThird);
  command.mutable_merge()->set_case_version(1);
  merged = log.Command(463, command, {event});

  command = MakeCommand("settle", kOfficer, kThird);
  command.mutable_settle_merge()->set_from(kFourth);
  command.mutable_settle_merge()->set_acceptance_id("accept-1");
  command.mutable_settle_merge()->set_merged(true);
  event = CaseEvent(kThird);
  auto* settle = event.mutable_merge_settled();
  *settle->mutable_by() = command.actor();
  settle->set_from(kFourth);
  settle->set_acceptance_id("accept-1");
  settle->set_end(ev::MERGE_END_MERGED);
  settled = log.Command(463, command, {event});

  command = MakeCommand("reassign", kOfficer, kThird);
  command.mutable_reassign()->set_area("430112001002");
  command.mutable_reassign()->set_case_version(4);
  event = CaseEvent(kThird);
  event.set_area("430112001002");
  auto* reassign = event.mutable_case_reassigned();
  *reassign->mutable_by() = command.actor();
  reassign->set_from_area("430112001001");
  Tell(reassign->mutable_notices(), kThird, 2, cm::TIER_VILLAGE);
  Fill(reassign->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, 2, cm::TIER_VILLAGE, 464, 524);
  Tell(reassign->mutable_turn()->mutable_notices(), kThird, 3, cm::TIER_VILLAGE);
  reassigned = log.Command(464, command, {event});

  command = MakeCommand("extend", kOfficer, kThird);
  command.mutable_extend()->set_promise(cm::PROMISE_RESOLVE);
  event = CaseEvent(kThird);
  *event.mutable_clock_extended()->mutable_by() = command.actor();
  Fill(event.mutable_clock_extended()->mutable_clock(), cm::PROMISE_RESOLVE, 461, 1161, 1500, true);
  extended = log.Command(465, command, {event});

  event = CaseEvent(kThird);
  event.set_area("430112001002");
  settle = event.mutable_merge_settled();
  settle->set_from("430112002001-2026-00001");
  settle->set_acceptance_id("accept-2");
  settle->set_end(ev::MERGE_END_UNHEARD);
  settle->set_was_due_ms(M(465));
  Tell(settle->mutable_notices(), kThird, 4, cm::TIER_VILLAGE);
  unheard = log.Timer(465, kThird, 465, {event});

  command = MakeCommand("remind", kOfficer, kThird);
  command.mutable_remind();
  event = CaseEvent(kThird);
  *event.mutable_case_urged()->mutable_by() = command.actor();
  Tell(event.mutable_case_urged()->mutable_notices(), kThird, 5, cm::TIER_VILLAGE);
  urged = log.Command(466, command, {event});

  command = MakeCommand("withdraw", kReporter, kThird);
  command.mutable_withdraw();
  event = CaseEvent(kThird);
  *event.mutable_case_withdrawn()->mutable_by() = command.actor();
  Tell(event.mutable_case_withdrawn()->mutable_notices(), kThird, 6, cm::TIER_VILLAGE);
  withdrawn = log.Command(467, command, {event});
}

}  // namespace lastmeter
