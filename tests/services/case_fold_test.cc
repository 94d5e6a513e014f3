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
