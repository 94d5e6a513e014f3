// What the read side shows of a case is what the engine knows of it: both fold the same events, so
// after every record of every scenario the two must agree.
#include "services/query/case_fold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/core/case_applier.h"
#include "services/query/work_fold.h"
#include "tests/core/sample_rules.h"
#include "tests/paths.h"
#include "tests/scenarios/play.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
using lastmeter::view::v1::CaseRow;
using scenario::Player;

const api::ClockView* FindClock(const api::Case& shown, common::v1::Promise promise) {
  for (const auto& clock : shown.clocks()) {
    if (clock.promise() == promise) return &clock;
  }
  return nullptr;
}

void ExpectSameTurn(const state::v1::Clock& known, const api::TurnView& shown) {
  EXPECT_EQ(shown.tier(), known.tier());
  EXPECT_EQ(shown.round(), known.round());
  EXPECT_EQ(FromProtoTime(shown.entered_at()), known.entered_at_ms());
  EXPECT_EQ(FromProtoTime(shown.due_at()), known.turn_due_ms());
  EXPECT_EQ(shown.exhausted(), known.exhausted());
  EXPECT_EQ(shown.reminders(), known.reminders());
  EXPECT_EQ(FromProtoTime(shown.next_reminder_at()), known.next_reminder_ms());
}

void ExpectSameClock(const state::v1::Clock& known, const api::ClockView* shown) {
  ASSERT_NE(shown, nullptr);
  const bool paused = !known.stopped() && IsPaused(known);
  EXPECT_EQ(shown->state() == api::CLOCK_STATE_PAUSED, paused);
  const bool runs = paused || shown->state() == api::CLOCK_STATE_RUNNING ||
                    shown->state() == api::CLOCK_STATE_BREACHED;
  EXPECT_EQ(runs, !known.stopped());
  if (!runs) return;
  EXPECT_EQ(shown->state() == api::CLOCK_STATE_BREACHED, known.breached());
  EXPECT_EQ(FromProtoTime(shown->due_at()), known.due_ms());
  EXPECT_EQ(shown->provisional(), known.provisional());
  if (known.tier() != common::v1::TIER_UNSPECIFIED) ExpectSameTurn(known, shown->turn());
}

// Departments that have not answered, with their limits.
std::map<std::string, int64_t> Asked(const state::v1::Case& c) {
  std::map<std::string, int64_t> asked;
  for (const auto& one : c.referrals()) asked[one.to()] = one.clock().due_ms();
  return asked;
}

std::map<std::string, int64_t> Asked(const api::Case& shown) {
  std::map<std::string, int64_t> asked;
  for (const auto& one : shown.referrals()) {
    if (one.state() == api::REFERRAL_STATE_OFFERED) asked[one.to()] = FromProtoTime(one.due_at());
  }
  return asked;
}

void ExpectSameGoals(const state::v1::Case& known, const api::Case& shown) {
  std::map<uint32_t, int64_t> open;
  for (const auto& goal : known.goals()) open[goal.id()] = goal.due_ms();
  std::map<uint32_t, int64_t> open_as_shown;
  for (const auto& goal : shown.goals()) {
    if (goal.result() == common::v1::GOAL_RESULT_UNSPECIFIED) {
      open_as_shown[goal.goal_id()] = FromProtoTime(goal.due_at());
    }
  }
  EXPECT_EQ(open_as_shown, open);
}

void ExpectSame(const state::v1::Case& known, const CaseRow& row) {
  const api::Case& shown = row.shown();
  EXPECT_EQ(shown.version(), known.version());
  EXPECT_EQ(shown.cycle(), known.cycle());
  EXPECT_EQ(shown.kind(), known.kind());
  EXPECT_EQ(shown.level(), known.level());
  EXPECT_EQ(shown.area(), known.area());
  EXPECT_EQ(shown.restricted(), known.restricted());
  EXPECT_EQ(shown.reporter().id(), known.reporter_id());
  EXPECT_EQ(shown.household_ref(), known.household_ref());
  EXPECT_EQ(shown.handler_id(), known.handler_id());
  EXPECT_EQ(shown.relieved(), known.relieved());
  EXPECT_EQ(shown.hand_downs(), known.hand_downs());
  EXPECT_EQ(shown.quarantined(), known.quarantined());
  EXPECT_EQ(shown.has_closed_at(), known.closed());
  EXPECT_EQ(shown.status() == api::CASE_STATUS_CLOSED, known.closed());
  EXPECT_EQ(shown.outcome(), known.outcome());
  EXPECT_EQ(shown.hold().reason(), known.hold_reason());
  EXPECT_EQ(FromProtoTime(shown.hold().until()), known.hold_until_ms());
  if (!known.closed()) {
    EXPECT_EQ(Asked(shown), Asked(known));
  }
  ExpectSameGoals(known, shown);
  EXPECT_TRUE(
      std::equal(row.told().begin(), row.told().end(), known.told().begin(), known.told().end()));
  for (const auto& clock : known.clocks()) {
    SCOPED_TRACE(common::v1::Promise_Name(clock.promise()));
    ExpectSameClock(clock, FindClock(shown, clock.promise()));
  }
}

// Plays the text and compares after every record; the rows at the end, by case number.
std::map<std::string, CaseRow> PlayAndCompare(const std::string& text) {
  Player player(SampleRules());
  EXPECT_TRUE(player.Play(text).empty());
  Player::Rows stored;
  PartitionState state(&stored);
  std::map<std::string, CaseRow> rows;
  for (const auto& sealed : player.records()) {
    Apply(state, sealed.record, sealed.sha256);
    stored.Take(state.TakeChanges());
    const std::string& number = sealed.record.event().case_number();
    if (number.empty()) continue;
    FoldCase(sealed.record, &rows[number]);
    FoldWork(sealed.record, &rows[number]);
    const auto known = state.FindCase(*CaseNumber::Parse(number));
    EXPECT_TRUE(known.has_value()) << number;
    if (!known) continue;
    SCOPED_TRACE(number + " at seq " + std::to_string(sealed.record.seq()));
    ExpectSame(*known, rows[number]);
  }
  return rows;
}

class CaseFoldTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(CaseFoldTest, ShowsWhatTheEngineKnows) {
  PlayAndCompare(scenario::ReadScenario(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Scenarios, CaseFoldTest, testing::ValuesIn(scenario::ScenarioFiles()),
                         [](const auto& info) {
                           std::string name = info.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(CaseFoldReferralTest, ADepartmentThatDoesNotAnswerHasExpiredUntilItDoes) {
  const std::string asked =
      "date 2026-01-05\n"
      "rules promise=urgent:referral:600:minutes -> RulesInstalled\n"
      "09:00 report R1 sudden-illness 430112001001001 by=hotline -> CaseOpened\n"
      "09:05 acknowledge by=xu-guangming -> CaseAcknowledged\n"
      "09:10 refer by=xu-guangming to=health-bureau reason=x -> CaseReferred referral=19:10\n"
      "10:10 refer by=xu-guangming to=court reason=x -> CaseReferred limit=20:10\n";
  const CaseRow row = PlayAndCompare(asked).begin()->second;
  const auto states = [](const CaseRow& of, const char* at) {
    std::vector<int> found;
    const api::Case shown = Show(of, *ParseRfc3339(std::string("2026-01-05T") + at + "+08:00"));
    for (const auto& one : shown.referrals()) found.push_back(one.state());
    return found;
  };
  using States = std::vector<int>;
  EXPECT_EQ(states(row, "19:10:00"),
            (States{api::REFERRAL_STATE_OFFERED, api::REFERRAL_STATE_OFFERED}));
  EXPECT_EQ(states(row, "19:10:01"),
            (States{api::REFERRAL_STATE_EXPIRED, api::REFERRAL_STATE_OFFERED}));
  EXPECT_EQ(states(row, "20:11:00"),
            (States{api::REFERRAL_STATE_EXPIRED, api::REFERRAL_STATE_EXPIRED}));
  // Late, and recorded all the same.
  const CaseRow answered =
      PlayAndCompare(asked +
                     "20:11 pass -> ClockNearDue; ClockBreached; CaseEscalated\n"
                     "20:12 answer-referral by=xu-guangming to=health-bureau answer=accepted "
                     "-> ReferralAnswered late=yes\n")
          .begin()
          ->second;
  EXPECT_EQ(states(answered, "20:13:00"),
            (States{api::REFERRAL_STATE_ACCEPTED, api::REFERRAL_STATE_EXPIRED}));
}

TEST(CaseFoldOverdueTest, MovesWithATurnThatTheCalendarMakesLater) {
  // Monday the 16th by the weekdays alone; Spring Festival makes it the 24th.
  const auto rows = PlayAndCompare(
      "date 2026-02-14\n"
      "rules calendar-until=20260214 -> RulesInstalled\n"
      "10:00 report R1 policy-question 430112001001001 by=hotline"
      " -> CaseOpened tier=grid due=2026-02-16T17:00\n"
      "rules -> RulesInstalled; DeadlinesRecomputed tier=grid due=2026-02-24T17:00\n");
  ASSERT_EQ(rows.size(), 1u);
  const CaseRow& row = rows.begin()->second;
  EXPECT_EQ(OverdueAt(row), ParseRfc3339("2026-02-24T17:00:00+08:00")->ms);
  EXPECT_FALSE(Show(row, *ParseRfc3339("2026-02-16T18:00:00+08:00")).overdue());
}

}  // namespace
}  // namespace lastmeter::query
