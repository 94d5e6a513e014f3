#include "tools/check/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/check/story.h"
#include "tools/check/rules.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

Judge JudgeOf(const std::vector<std::string>& stored, JudgeOptions options = {}) {
  Judge judge(PartitionId{0}, options);
  // Gaps, as a log's own positions have them.
  for (size_t i = 0; i < stored.size(); ++i) {
    judge.Take({static_cast<int64_t>(i * 3)}, stored[i]);
  }
  judge.Finish();
  return judge;
}

std::set<std::string> RulesOf(const Judge& judge) {
  std::set<std::string> rules;
  for (const Finding& finding : judge.findings()) rules.insert(finding.rule);
  return rules;
}

std::string Told(const Judge& judge) {
  std::string all;
  for (const Finding& finding : judge.findings()) all += ToString(finding) + "\n";
  return all;
}

// A log that breaks one rule and no other.
struct Broken {
  const rule::Rule& rule;
  std::string how;
  std::function<void(Story&)> make;
  // Changes stored bytes after sealing.
  std::function<void(std::vector<std::string>&)> damage = nullptr;
};

// Changes the input of a decision.
template <typename Message>
void ChangeInput(LogBuilder::Record& record, const std::function<void(Message&)>& change) {
  Message message;
  ASSERT_TRUE(message.ParseFromString(record.input()));
  change(message);
  record.set_input(message.SerializeAsString());
}

using lastmeter::command::v1::Command;
using lastmeter::report::v1::HardshipReport;

void ReplaceEverywhere(LogBuilder& log, const std::string& from, const std::string& to) {
  ASSERT_EQ(from.size(), to.size()) << "lengths are part of the encoding";
  for (auto& record : log.records()) {
    std::string bytes = record.SerializeAsString();
    for (size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size()) {
      bytes.replace(at, to.size(), to);
    }
    ASSERT_TRUE(record.ParseFromString(bytes));
  }
}

int64_t M(int64_t minute) { return LogBuilder::Minute(minute); }

std::vector<Broken> LogFaults() {
  return {
      {rule::kParse, "a value is no record", [](Story&) {},
       [](auto& stored) { stored.back() = "\xff\xff"; }},
      {rule::kUnknownEvent, "an event from the future",
       [](Story& s) { s.log[s.heartbeat].mutable_event()->clear_body(); }},
      {rule::kSeq, "a number is left out", [](Story& s) { s.log[s.heartbeat].set_seq(999); }},
      {rule::kChain, "a hash is wrong",
       [](Story& s) { s.log[s.heartbeat].set_prev_sha256(std::string(32, 'x')); }},
      {rule::kChain, "a stored byte was changed afterwards", [](Story&) {},
       [](auto& stored) {
         const size_t at = stored[3].find("staff-");
         ASSERT_NE(at, std::string::npos);
         stored[3][at] = 'S';
       }},
      {rule::kTime, "log time falls", [](Story& s) { s.log[s.heartbeat].set_log_time_ms(M(465)); }},
      {rule::kEpoch, "an epoch rises by itself", [](Story& s) { s.log[s.heartbeat].set_epoch(3); }},
      {rule::kEpoch, "the first epoch is not 1",
       [](Story& s) {
         for (auto& record : s.log.records()) record.set_epoch(2);
         s.log[s.writer_again].set_epoch(3);
         s.log[s.heartbeat].set_epoch(3);
       }},
      {rule::kEpoch, "two owners in one epoch",
       [](Story& s) {
         s.log[s.writer_again].set_epoch(1);
         s.log[s.heartbeat].set_epoch(1);
       }},
      {rule::kWriter, "a log of another cluster",
       [](Story& s) {
         s.log[s.writer_again].mutable_event()->mutable_writer_opened()->set_cluster_id("other");
       }},
      {rule::kWriter, "a log that was moved from another one than this",
       [](Story& s) {
         auto* opened = s.log[s.writer_again].mutable_event()->mutable_writer_opened();
         opened->set_cluster_id("other");
         opened->mutable_moved_from()->set_cluster_id("somebody else's");
       }},
      {rule::kWriter, "a log that was moved to itself",
       [](Story& s) {
         auto* opened = s.log[s.writer_again].mutable_event()->mutable_writer_opened();
         opened->mutable_moved_from()->set_cluster_id("c");
       }},
      {rule::kWriter, "a log that was moved before it began",
       [](Story& s) {
         s.log[s.writer].mutable_event()->mutable_writer_opened()->mutable_moved_from();
       }},
      {rule::kDay, "tomorrow comes today",
       [](Story& s) { s.log[s.day].mutable_event()->mutable_day_rolled()->set_date(20260106); }},
      {rule::kRules, "rules are counted twice",
       [](Story& s) { s.log[s.rules].mutable_event()->mutable_rules_installed()->set_ordinal(2); }},
      {rule::kRules, "a case pins rules that are not in force",
       [](Story& s) {
         s.log[s.opened].mutable_event()->mutable_case_opened()->set_rules_ordinal(7);
       }},
      {rule::kParts, "a decision is not whole",
       [](Story& s) {
         s.log[s.climbed].set_parts(3);
         s.log[s.climbed + 1].set_parts(3);
       }},
      {rule::kParts, "the log ends inside a decision",
       [](Story& s) { s.log[s.heartbeat].set_parts(2); }},
      {rule::kWhole, "two log times in one decision",
       [](Story& s) { s.log[s.climbed + 1].set_log_time_ms(M(15) + 1); }},
      {rule::kWhole, "two inputs in one decision",
       [](Story& s) { s.log[s.attached + 1].mutable_input_cause()->set_position(77); }},
      {rule::kCause, "a note without anybody's command",
       [](Story& s) {
         s.log[s.noted].mutable_engine_cause();
         s.log[s.noted].clear_input();
       }},
      {rule::kInputBytes, "a timer with input bytes",
       [](Story& s) { s.log[s.climbed].set_input("x"); }},
      {rule::kInputBytes, "a second part with input bytes",
       [](Story& s) { s.log[s.attached + 1].set_input("x"); }},
      {rule::kInputOrder, "an input is decided after a later one",
       [](Story& s) { s.log[s.noted].mutable_input_cause()->set_position(1); }},
      {rule::kInputRepeated, "a command is decided twice",
       [](Story& s) {
         ChangeInput<Command>(s.log[s.noted], [](Command& c) { c.set_command_id("a1"); });
       }},
      {rule::kInputRepeated, "a repetition names another decision",
       [](Story& s) {
         s.log[s.repeated].mutable_event()->mutable_input_repeated()->set_first_seq(3);
       }},
      {rule::kInputMatch, "somebody else's name",
       [](Story& s) {
         s.log[s.noted].mutable_event()->mutable_case_noted()->mutable_by()->set_id("li-si");
       }},
      {rule::kInputMatch, "another report than the input's",
       [](Story& s) {
         s.log[s.opened].mutable_event()->mutable_case_opened()->set_report_id("r9");
       }},
      {rule::kInputMatch, "something else than was commanded",
       [](Story& s) {
         ChangeInput<Command>(s.log[s.closed], [](Command& c) { c.mutable_note(); });
       }},
      {rule::kInputMatch, "a close on a stale reading",
       [](Story& s) {
         ChangeInput<Command>(s.log[s.closed],
                              [](Command& c) { c.mutable_close()->set_case_version(3); });
       }},
      {rule::kInputMatch, "another time of acceptance",
       [](Story& s) { s.log[s.noted].mutable_input_cause()->set_accepted_at_ms(M(1)); }},
  };
}

std::vector<Broken> CaseFaults() {
  return {
      {rule::kCaseNumber, "a counter is left out",
       [](Story& s) { ReplaceEverywhere(s.log, Story::kFourth, "430112001001-2026-00019"); }},
      {rule::kCaseNumber, "last year's number",
       [](Story& s) { ReplaceEverywhere(s.log, Story::kSecond, "430112001001-2025-00001"); }},
      {rule::kCaseNumber, "another place's number",
       [](Story& s) { ReplaceEverywhere(s.log, Story::kSecond, "430112001002-2026-00001"); }},
      {rule::kCaseVersion, "a version is left out",
       [](Story& s) { s.log[s.noted_restricted].mutable_event()->set_case_version(9); }},
      {rule::kCaseUnknown, "a refusal about a case that is not there",
       [](Story& s) {
         const std::string number = "430112001001-2026-00029";
         LogBuilder::Event event = Story::CaseEvent(number);
         event.mutable_command_rejected()->set_command_id("x");
         event.mutable_command_rejected()->mutable_by()->set_id("tan-dan");
         s.log.Command(495, Story::MakeNote("x", number), {event});
       }},
      {rule::kCaseClosed, "a note on a closed case",
       [](Story& s) {
         s.log.Command(495, Story::MakeNote("x", Story::kFirst), {Story::Noted(Story::kFirst, 2)});
       }},
      {rule::kCaseClosed, "a clock of a closed case fires",
       [](Story& s) {
         LogBuilder::Event event = Story::CaseEvent(Story::kFirst, 2);
         event.mutable_clock_near_due()->set_promise(cm::PROMISE_RESOLVE);
         event.mutable_clock_near_due()->set_was_due_ms(M(495));
         s.log.Timer(495, Story::kFirst, 495, {event});
       }},
      {rule::kCaseCycle, "a note of a cycle to come",
       [](Story& s) { s.log[s.noted].mutable_event()->set_cycle(2); }},
      {rule::kCasePromise, "a case opens and nobody is asked",
       [](Story& s) {
         const auto report = Story::MakeReport("r9", "h9");
         s.log.Report(495, report, {Story::Opened("430112001001-2026-00012", report, 495)});
       }},
      {rule::kCasePromise, "an acknowledged case without a clock",
       [](Story& s) {
         s.log[s.reopened].mutable_event()->mutable_case_reopened()->clear_clocks();
         for (const size_t at : {s.closed_again, s.resumed, s.held}) s.log.Erase(at);
       }},
      {rule::kRestricted, "the village is told of a restricted case",
       [](Story& s) {
         s.log[s.opened_restricted]
             .mutable_event()
             ->mutable_case_opened()
             ->mutable_turn()
             ->mutable_notices(0)
             ->set_tier(cm::TIER_VILLAGE);
       }},
      {rule::kRestricted, "a case is no longer restricted",
       [](Story& s) { s.log[s.noted_restricted].mutable_event()->set_restricted(false); }},
      {rule::kNotices, "a notice id twice",
       [](Story& s) {
         s.log[s.climbed + 1]
             .mutable_event()
             ->mutable_case_escalated()
             ->mutable_turn()
             ->mutable_notices(0)
             ->set_notice_id(Story::kFirst + "/1");
       }},
      {rule::kAttach, "a report of another household",
       [](Story& s) {
         ChangeInput<HardshipReport>(s.log[s.attached],
                                     [](HardshipReport& r) { r.set_household_ref("h7"); });
       }},
      {rule::kAcknowledge, "the reporter acknowledges",
       [](Story& s) {
         s.log[s.acknowledged].mutable_event()->mutable_case_acknowledged()->mutable_by()->set_id(
             "xu-guangming");
         ChangeInput<Command>(s.log[s.acknowledged],
                              [](Command& c) { c.mutable_actor()->set_id("xu-guangming"); });
       }},
      {rule::kAcknowledge, "a notice that was never given out",
       [](Story& s) {
         s.log[s.acknowledged].mutable_event()->mutable_case_acknowledged()->set_notice_id(
             Story::kFirst + "/4");
         ChangeInput<Command>(s.log[s.acknowledged], [](Command& c) {
           c.mutable_acknowledge()->set_notice_id(Story::kFirst + "/4");
         });
       }},
      {rule::kHandDown, "the district is not told of the third",
       [](Story& s) {
         s.log.Erase(s.handed_down_thrice + 1);
         s.log[s.handed_down_thrice].set_parts(1);
         // The notice's number is free for the next.
         s.log[s.raised - 1]
             .mutable_event()
             ->mutable_case_escalated()
             ->mutable_turn()
             ->mutable_notices(0)
             ->set_notice_id(Story::kFirst + "/11");
         s.log[s.reopened - 1]
             .mutable_event()
             ->mutable_case_reopened()
             ->mutable_turn()
             ->mutable_notices(0)
             ->set_notice_id(Story::kFirst + "/12");
       }},
      {rule::kHandDown, "handed to the same tier",
       [](Story& s) {
         s.log[s.handed_down].mutable_event()->mutable_case_handed_down()->set_from_tier(
             cm::TIER_VILLAGE);
       }},
      {rule::kLevel, "from a level that the case does not have",
       [](Story& s) {
         s.log[s.attached + 1].mutable_event()->mutable_level_raised()->set_from(
             cm::LEVEL_ORDINARY);
       }},
      {rule::kLevel, "a limit becomes later",
       [](Story& s) {
         s.log[s.attached + 1]
             .mutable_event()
             ->mutable_level_raised()
             ->mutable_clocks(0)
             ->set_due_ms(M(1001));
       }},
      {rule::kClose, "nobody had acknowledged",
       [](Story& s) {
         for (const size_t at : {s.resumed, s.held, s.acknowledged_anew}) s.log.Erase(at);
       }},
  };
}

ev::CaseEscalated& ClimbOf(Story& s, size_t index) {
  return *s.log[index].mutable_event()->mutable_case_escalated();
}

std::vector<Broken> LadderFaults() {
  return {
      {rule::kTurnOrder, "the same tier again",
       [](Story& s) { ClimbOf(s, s.climbed_on).mutable_turn()->set_tier(cm::TIER_VILLAGE); }},
      {rule::kTurnOrder, "a tier that was passed",
       [](Story& s) {
         ClimbOf(s, s.climbed + 1).mutable_turn()->set_tier(cm::TIER_GROUP);
         auto* level = s.log[s.attached + 1].mutable_event()->mutable_level_raised();
         level->mutable_turns(0)->set_tier(cm::TIER_GROUP);
       }},
      {rule::kTurnOrder, "the fallback post twice",
       [](Story& s) {
         LogBuilder::Event event = s.log[s.fallback].event();
         auto* again = event.mutable_case_escalated();
         again->mutable_turn()->clear_notices();
         again->mutable_turn()->set_entered_at_ms(M(520));
         again->mutable_turn()->set_due_ms(M(580));
         s.log.Timer(520, Story::kSecond, 520, {event});
       }},
      {rule::kTurnRound, "a round begins by itself",
       [](Story& s) { ClimbOf(s, s.climbed_on).mutable_turn()->set_round(2); }},
      {rule::kTurnTimes, "a turn counted from the earlier due time",
       [](Story& s) { ClimbOf(s, s.late).mutable_turn()->set_entered_at_ms(M(400)); }},
      {rule::kAnswered, "the ladder goes on after the answer",
       [](Story& s) {
         s.log.Timer(65, Story::kFirst, 65,
                     {Story::Climb(Story::kFirst, cm::TIER_TOWN, cm::TIER_DISTRICT, 65, 65, 95)});
         s.log.MoveLastTo(s.near_due);
       }},
      {rule::kAnswered, "a reminder of relief that was given",
       [](Story& s) {
         LogBuilder::Event event = s.log[s.reminded].event();
         event.mutable_case_reminded()->set_number(2);
         event.mutable_case_reminded()->set_was_due_ms(M(280));
         event.mutable_case_reminded()->set_next_reminder_ms(M(340));
         event.mutable_case_reminded()->clear_notices();
         s.log.Timer(280, Story::kFirst, 280, {event});
         s.log.MoveLastTo(s.recomputed);
       }},
      {rule::kReason, "passed, and no tier was",
       [](Story& s) { ClimbOf(s, s.climbed_on).set_reason(ev::CLIMB_REASON_PASSED); }},
      {rule::kReason, "overdue without a breach",
       [](Story& s) { ClimbOf(s, s.climbed_on).set_reason(ev::CLIMB_REASON_OVERDUE); }},
      {rule::kExhausted, "exhausted below the district",
       [](Story& s) {
         auto* top = s.log[s.late].mutable_event()->mutable_ladder_exhausted();
         top->set_promise(cm::PROMISE_ACKNOWLEDGE);
         top->set_round(1);
         top->set_was_due_ms(M(400));
         top->set_next_reminder_ms(M(520));
         top->set_outage(true);
         s.log.Erase(s.fallback);
       }},
      {rule::kReminder, "a reminder is left out",
       [](Story& s) { s.log[s.reminded].mutable_event()->mutable_case_reminded()->set_number(2); }},
      {rule::kClockStart, "near due after the limit",
       [](Story& s) {
         s.log[s.opened_restricted]
             .mutable_event()
             ->mutable_case_opened()
             ->mutable_clocks(0)
             ->set_near_due_ms(M(2000));
       }},
      {rule::kClockOnce, "first relief twice",
       [](Story& s) {
         auto command = Story::MakeCommand("again", "tan-dan", Story::kFirst);
         command.mutable_relief()->add_kinds("cash");
         LogBuilder::Event event = s.log[s.relieved].event();
         event.mutable_relief_recorded()->clear_paperwork();
         s.log.Command(230, command, {event});
         s.log.MoveLastTo(s.relieved + 1);
         // The order of the inputs is another rule.
         s.log[s.relieved + 1].mutable_input_cause()->set_position(
             s.log[s.relieved].input_cause().position() + 1);
         for (size_t i = s.relieved + 2; i < s.log.records().size(); ++i) {
           auto& record = s.log[i];
           if (record.input_cause().topic() != ev::INPUT_TOPIC_COMMAND) continue;
           record.mutable_input_cause()->set_position(record.input_cause().position() + 1);
         }
       }},
      {rule::kVerify, "nothing was found",
       [](Story& s) {
         s.log[s.verified].mutable_event()->mutable_case_verified()->clear_finding();
       }},
      {rule::kPaperwork, "closed while papers are owed",
       [](Story& s) { s.log.Erase(s.papers_completed); }},
      {rule::kWithdraw, "taken back by somebody else",
       [](Story& s) {
         auto command = Story::MakeCommand("withdraw", "tan-dan", Story::kThird);
         command.mutable_withdraw();
         s.log[s.withdrawn].set_input(command.SerializeAsString());
         s.log[s.withdrawn].mutable_event()->mutable_case_withdrawn()->mutable_by()->set_id(
             "tan-dan");
       }},
      {rule::kScreenOut, "screened out by its reporter",
       [](Story& s) {
         auto command = Story::MakeCommand("screen", "xu-guangming", Story::kNinth);
         command.mutable_screen_out()->set_category(cm::NOT_A_LEAD_ANSWERED);
         command.mutable_screen_out()->set_case_version(1);
         command.set_accepted_at_ms(M(493));
         s.log[s.screened_out].set_input(command.SerializeAsString());
         s.log[s.screened_out].mutable_event()->mutable_case_screened_out()->mutable_by()->set_id(
             "xu-guangming");
       }},
      {rule::kScreenOut, "screened out by a group",
       [](Story& s) {
         s.log[s.screened_out].mutable_event()->mutable_case_screened_out()->set_tier(
             cm::TIER_GROUP);
       }},
      {rule::kExtend, "less time instead of more",
       [](Story& s) {
         s.log[s.extended].mutable_event()->mutable_clock_extended()->mutable_clock()->set_due_ms(
             M(1400));
       }},
      {rule::kReassign, "to the same area",
       [](Story& s) {
         s.log[s.reassigned].mutable_event()->mutable_case_reassigned()->set_from_area(
             "430112001002");
       }},
      {rule::kMerge, "into a case that was never opened",
       [](Story& s) {
         auto command = Story::MakeCommand("merge", "tan-dan", Story::kFourth);
         command.mutable_merge()->set_into("430112001001-2026-00019");
         command.mutable_merge()->set_case_version(1);
         s.log[s.merged].set_input(command.SerializeAsString());
         s.log[s.merged].mutable_event()->mutable_case_merged()->set_into(
             "430112001001-2026-00019");
       }},
      {rule::kMerge, "into another partition, when that may no longer stay open",
       [](Story& s) {
         auto command = Story::MakeCommand("merge", "tan-dan", Story::kFourth);
         command.mutable_merge()->set_into(Story::kThird);
         command.mutable_merge()->set_case_version(1);
         command.mutable_merge()->set_accepted_until_ms(M(463));
         s.log[s.merged].set_input(command.SerializeAsString());
         s.log[s.merged].mutable_event()->mutable_case_merged()->set_accepted_until_ms(M(463));
       }},
      {rule::kMerge, "one acceptance settled twice, another never",
       [](Story& s) {
         s.log[s.unheard].mutable_event()->mutable_merge_settled()->set_acceptance_id("accept-1");
       }},
      {rule::kMerge, "settled by itself as merged",
       [](Story& s) {
         s.log[s.unheard].mutable_event()->mutable_merge_settled()->set_end(ev::MERGE_END_MERGED);
       }},
      {rule::kMerge, "stays open for longer than it may",
       [](Story& s) {
         s.log[s.accepted].mutable_event()->mutable_merge_accepted()->set_open_until_ms(M(472));
       }},
      {rule::kRedCard, "a red card before its breach",
       [](Story& s) {
         s.log[s.breached].mutable_event()->mutable_clock_breached()->set_twice_due_ms(M(99));
         s.log.Erase(s.red_card);
       }},
      {rule::kHold, "a hold without an end to come",
       [](Story& s) {
         auto* held = s.log[s.held].mutable_event()->mutable_case_held();
         held->set_until_ms(M(322));
         auto command = Story::MakeCommand("hold", "tan-dan", Story::kFirst);
         command.mutable_hold()->set_reason(held->reason());
         command.mutable_hold()->set_until_ms(M(322));
         s.log[s.held].set_input(command.SerializeAsString());
       }},
      {rule::kHold, "a promise is paused that was not given",
       [](Story& s) {
         s.log[s.held].mutable_event()->mutable_case_held()->add_paused(cm::PROMISE_FIRST_RELIEF);
       }},
      {rule::kHold, "a pause that outlives its hold",
       [](Story& s) { s.log[s.resumed].mutable_event()->mutable_hold_ended()->clear_clocks(); }},
      {rule::kHold, "sooner due for having waited",
       [](Story& s) {
         s.log[s.resumed].mutable_event()->mutable_hold_ended()->mutable_clocks(0)->set_due_ms(
             M(1309));
       }},
      {rule::kWork, "missed by somebody who had not the turn",
       [](Story& s) {
         s.log[s.missed].mutable_event()->mutable_work_missed()->set_worker("li-si");
       }},
      {rule::kWorkClaim, "a claim lapses that somebody else made",
       [](Story& s) {
         s.log[s.lapsed].mutable_event()->mutable_claim_lapsed()->set_worker("li-si");
       }},
      {rule::kWorkClaim, "handed back from somebody who had it not",
       [](Story& s) {
         s.log[s.handed_back].mutable_event()->mutable_work_handed_back()->set_worker("li-si");
       }},
      {rule::kReferral, "answered by whom nobody asked",
       [](Story& s) {
         s.log[s.answered].mutable_event()->mutable_referral_answered()->set_to("somebody");
       }},
      {rule::kReferral, "the clock stands for nobody's limit",
       [](Story& s) {
         s.log[s.answered_first]
             .mutable_event()
             ->mutable_referral_answered()
             ->mutable_clock()
             ->set_due_ms(M(1750));
       }},
      {rule::kReferral, "the clock stops while somebody is still asked",
       [](Story& s) {
         auto* e = s.log[s.answered_first].mutable_event()->mutable_referral_answered();
         e->clear_next();
         e->clear_clock();
       }},
      {rule::kReferral, "the clock is the later one's",
       [](Story& s) {
         auto* e = s.log[s.referred_too].mutable_event()->mutable_case_referred();
         *e->mutable_clock() = e->limit();
         e->clear_limit();
       }},
      {rule::kGoal, "a need is met while a goal is open",
       [](Story& s) { s.log.Erase(s.goal_recorded); }},
      {rule::kGoal, "counted from 2",
       [](Story& s) { s.log[s.goal_set].mutable_event()->mutable_goal_set()->set_goal_id(3); }},
      {rule::kGoal, "in time, and was not",
       [](Story& s) {
         s.log[s.goal_recorded].mutable_event()->mutable_goal_recorded()->set_in_time(true);
       }},
      {rule::kFollowUp, "ends with another outcome than it began with",
       [](Story& s) {
         s.log[s.trouble + 1].mutable_event()->mutable_follow_up_ended()->set_outcome(
             cm::OUTCOME_MOVED);
       }},
      {rule::kFollowUp, "a visit that was not made counts",
       [](Story& s) {
         s.log[s.followed_up].mutable_event()->mutable_follow_up_recorded()->set_number(2);
         s.log[s.trouble].mutable_event()->mutable_follow_up_recorded()->set_number(3);
       }},
      {rule::kResource, "delivered under another project",
       [](Story& s) {
         s.log[s.delivered].mutable_event()->mutable_resource_delivered()->set_project("other");
       }},
      {rule::kHandOver, "handed over by whoever had it not",
       [](Story& s) {
         s.log[s.handed_over].mutable_event()->mutable_case_handed_over()->set_from("somebody");
       }},
      {rule::kSchedule, "certified at another time than its clock says",
       [](Story& s) {
         auto* e = s.log[s.certified].mutable_event()->mutable_case_certified();
         e->mutable_clock()->set_started_at_ms(M(150));
       }},
      {rule::kSchedule, "reminded again after the limit",
       [](Story& s) {
         s.log[s.scheduled + 1].mutable_event()->mutable_clock_near_due()->set_next_at_ms(M(9001));
       }},
      {rule::kBulletin, "read where nobody was told",
       [](Story& s) {
         s.log[s.read].mutable_event()->mutable_bulletin_read()->set_grids(0, "430112001001009");
         s.log[s.read].mutable_event()->mutable_bulletin_read()->set_left(2);
       }},
      {rule::kIncident, "joined, and its event does not name the incident",
       [](Story& s) { s.log[s.joined].mutable_event()->clear_incident(); }},
      {rule::kDigest, "told of less than was left to the digest",
       [](Story& s) {
         auto* e = s.log[s.digest].mutable_event()->mutable_incident_digest();
         e->mutable_notices(0)->set_stands_for(2);
       }},
      {rule::kDigest, "left to a digest, where there is none",
       [](Story& s) {
         auto* e = s.log[s.incident].mutable_event()->mutable_case_opened();
         e->mutable_turn()->mutable_notices(0)->set_in_digest(true);
       }},
      {rule::kDrill, "an exercise that does not say so",
       [](Story& s) { s.log[s.drilled].mutable_event()->set_drill(false); }},
      {rule::kUnfinished, "closed while turns were still to come",
       [](Story& s) { s.log.Erase(s.cancelled); }},
      {rule::kRecompute, "a limit that was certain",
       [](Story& s) {
         s.log[s.attached + 1]
             .mutable_event()
             ->mutable_level_raised()
             ->mutable_clocks(0)
             ->set_provisional(false);
       }},
      {rule::kEarly, "a climb a minute early",
       [](Story& s) {
         s.log[s.climbed_on].set_log_time_ms(M(34));
         ClimbOf(s, s.climbed_on).mutable_turn()->set_entered_at_ms(M(34));
       }},
      {rule::kTimerPending, "nothing was due then",
       [](Story& s) {
         s.log[s.late].mutable_timer_cause()->set_due_ms(M(399));
         ClimbOf(s, s.late).set_was_due_ms(M(399));
       }},
      {rule::kTimerEvent, "another due time than its timer's",
       [](Story& s) { ClimbOf(s, s.late).set_was_due_ms(M(399)); }},
      {rule::kOutage, "late through us and not marked",
       [](Story& s) { ClimbOf(s, s.late).set_outage(false); }},
      {rule::kOutage, "marked late and in time",
       [](Story& s) { ClimbOf(s, s.climbed_on).set_outage(true); }},
      {rule::kTimerMissed, "a turn that ended unnoticed",
       [](Story& s) { s.log.Erase(s.fallback); }},
  };
}

std::vector<Broken> AllFaults() {
  std::vector<Broken> all = LogFaults();
  for (auto* more : {&CaseFaults, &LadderFaults}) {
    for (Broken& broken : (*more)()) all.push_back(std::move(broken));
  }
  return all;
}

constexpr JudgeOptions kComplete{.log_is_complete_to_now = true};

TEST(JudgeTest, AGoodLogIsClean) {
  Story story;
  Judge judge = JudgeOf(story.log.Seal(), kComplete);
  EXPECT_TRUE(judge.clean()) << Told(judge);
  EXPECT_EQ(judge.counts().records, story.log.records().size());
  EXPECT_EQ(judge.counts().opened, 11u);
  EXPECT_EQ(judge.counts().open, 6u);
  EXPECT_EQ(judge.counts().closed, 7u);
  EXPECT_EQ(judge.counts().acknowledged, 5u);
  EXPECT_EQ(judge.counts().hand_downs, 3u);
  EXPECT_EQ(judge.counts().ownerships, 2u);
}

TEST(JudgeTest, AnEmptyLogIsClean) { EXPECT_TRUE(JudgeOf({}, kComplete).clean()); }

TEST(JudgeTest, EveryPrefixOfWholeDecisionsIsClean) {
  Story story;
  const auto stored = story.log.Seal();
  for (size_t n = 0; n <= stored.size(); ++n) {
    if (n < stored.size() && story.log[n].part() != 0) continue;
    Judge judge = JudgeOf({stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(n)});
    EXPECT_TRUE(judge.clean()) << n << " records: " << Told(judge);
  }
}

TEST(JudgeTest, AMovedLogGoesOnWithTheInputsOfItsNewTopics) {
  Story s;
  // Inputs after the second ownership are numbered anew.
  auto note = Story::MakeNote("after the move", Story::kSecond);
  s.log.Command(496, note, {Story::Noted(Story::kSecond, 1, true)});
  s.log.records().back().mutable_input_cause()->set_position(0);
  const auto findings = [&] {
    const Judge judge = JudgeOf(s.log.Seal(), {});
    return judge.counts().findings;
  };
  EXPECT_EQ(findings(), 1u) << "an input before those that were decided";
  auto* opened = s.log[s.writer_again].mutable_event()->mutable_writer_opened();
  opened->set_cluster_id("new");
  opened->mutable_moved_from()->set_cluster_id("c");
  EXPECT_EQ(findings(), 0u);
  opened->mutable_moved_from()->set_next_command(1);
  EXPECT_EQ(findings(), 1u) << "an input before those that were still to be decided";
}

TEST(JudgeTest, EachFaultIsFoundAsWhatItIs) {
  for (const Broken& broken : AllFaults()) {
    Story story;
    broken.make(story);
    auto stored = story.log.Seal();
    if (broken.damage) broken.damage(stored);
    Judge judge = JudgeOf(stored, kComplete);
    EXPECT_THAT(RulesOf(judge), ElementsAre(std::string(broken.rule.name))) << broken.how << "\n"
                                                                            << Told(judge);
  }
}

TEST(JudgeTest, EveryRuleHasALogThatBreaksIt) {
  std::set<std::string_view> named;
  for (const rule::Rule& one : rule::AllRules()) {
    EXPECT_TRUE(named.insert(one.name).second) << one.name << " stands twice in the list";
    EXPECT_FALSE(one.text.empty());
  }
  std::set<std::string_view> broken;
  for (const Broken& one : AllFaults()) broken.insert(one.rule.name);
  EXPECT_EQ(named, broken);
}

TEST(JudgeTest, WhatMayStillFireIsNotMissedInALogThatGoesOn) {
  Story story;
  story.log.Erase(story.fallback);
  EXPECT_TRUE(JudgeOf(story.log.Seal()).clean());
}

TEST(JudgeTest, NamesTheRecordThatIsWrong) {
  Story story;
  ClimbOf(story, story.climbed_on).mutable_turn()->set_tier(cm::TIER_VILLAGE);
  Judge judge = JudgeOf(story.log.Seal());
  ASSERT_EQ(judge.findings().size(), 1u);
  EXPECT_EQ(judge.findings()[0].seq, story.climbed_on + 1);
  EXPECT_EQ(judge.findings()[0].position.value, static_cast<int64_t>(story.climbed_on * 3));
  EXPECT_THAT(ToString(judge.findings()[0]), ::testing::HasSubstr(Story::kFirst));
}

TEST(JudgeTest, CountsFindingsBeyondThoseItKeeps) {
  Judge judge(PartitionId{0}, {.max_findings = 2});
  for (int i = 0; i < 5; ++i) judge.Take({i}, "\xff");
  judge.Finish();
  EXPECT_EQ(judge.findings().size(), 2u);
  EXPECT_EQ(judge.counts().findings, 5u);
}

TEST(JudgeTest, ALogOfAnotherPartitionIsNotThisOne) {
  Story story;
  const auto stored = story.log.Seal();
  Judge judge(PartitionId{1});
  for (const auto& bytes : stored) judge.Take({0}, bytes);
  judge.Finish();
  EXPECT_TRUE(RulesOf(judge).contains("writer"));
}

}  // namespace
}  // namespace lastmeter
