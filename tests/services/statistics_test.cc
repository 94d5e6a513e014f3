#include "services/query/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "services/query/case_fold.h"
#include "services/query/cycle_fold.h"
#include "services/query/work_fold.h"
#include "tests/core/sample_rules.h"
#include "tests/paths.h"
#include "tests/scenarios/play.h"
#include "tests/services/naive_count.h"

namespace lastmeter::query {
namespace {

namespace cm = common::v1;
namespace ev = event::v1;
using scenario::Player;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::StartsWith;
using view::v1::CaseRow;

Timestamp At(const char* text) { return *ParseRfc3339(std::string(text) + "+08:00"); }

// A cycle that began on a Monday at nine and ended so many minutes later.
void AddEnded(CaseRow* row, int minutes, cm::Outcome outcome) {
  auto* cycle = row->add_cycles();
  cycle->set_number(static_cast<uint32_t>(row->cycles_size()));
  cycle->set_began_ms(At("2026-01-05T09:00:00").ms);
  cycle->set_ended_ms(cycle->began_ms() + Minutes(minutes).ms);
  cycle->set_outcome(outcome);
}

constexpr Date kFirstDay = 20000101;
constexpr Date kLastDay = 20991231;

api::v1::StatisticsPeriod TallyOf(const std::vector<CaseRow>& rows, const WorkCalendar* calendar,
                                  Timestamp now = {}) {
  Tally tally(calendar);
  for (const CaseRow& row : rows) {
    for (const auto& cycle : row.cycles()) tally.Add(row, cycle);
    for (const auto& deed : row.deeds()) tally.Add(deed);
    tally.AddExpired(row, kFirstDay, kLastDay, now);
  }
  return tally.Result();
}

TEST(TallyTest, MediansAndNinetiethPercentilesAreExact) {
  const auto calendar = *WorkCalendar::Create(SampleRules().calendar());
  std::vector<CaseRow> rows(10);
  for (int i = 0; i < 10; ++i)
    AddEnded(&rows[static_cast<size_t>(i)], (10 - i) * 10, cm::OUTCOME_NEED_MET);
  auto period = TallyOf(rows, &calendar);
  ASSERT_EQ(period.times_size(), 1);
  EXPECT_EQ(period.times(0).promise(), cm::PROMISE_RESOLVE);
  EXPECT_EQ(period.times(0).count(), 10u);
  EXPECT_DOUBLE_EQ(period.times(0).median_minutes(), 55);
  EXPECT_DOUBLE_EQ(period.times(0).p90_minutes(), 90);
  EXPECT_DOUBLE_EQ(period.times(0).median_working_minutes(), 55);

  // From Monday nine to Tuesday nine there are eight and a half duty hours less the half before.
  rows.resize(1);
  rows[0].mutable_cycles(0)->set_ended_ms(At("2026-01-06T09:00:00").ms);
  period = TallyOf(rows, &calendar);
  EXPECT_DOUBLE_EQ(period.times(0).median_minutes(), 24 * 60);
  EXPECT_DOUBLE_EQ(period.times(0).p90_working_minutes(), 7 * 60);
  EXPECT_EQ(TallyOf(rows, nullptr).times(0).median_working_minutes(), 0);
}

TEST(TallyTest, HouseholdsCountOnceAndWithdrawnReportsNowhere) {
  std::vector<CaseRow> rows(5);
  AddEnded(&rows[0], 10, cm::OUTCOME_NEED_MET);
  AddEnded(&rows[0], 20, cm::OUTCOME_PARTLY_MET);
  rows[0].mutable_shown()->set_household_ref("h1");
  AddEnded(&rows[1], 10, cm::OUTCOME_NEED_MET);
  rows[1].mutable_shown()->set_household_ref("h1");
  AddEnded(&rows[2], 10, cm::OUTCOME_UNFOUNDED);
  rows[2].mutable_shown()->set_household_ref("h2");
  AddEnded(&rows[3], 10, cm::OUTCOME_NEED_MET);
  AddEnded(&rows[4], 5, cm::OUTCOME_WITHDRAWN);
  rows[4].mutable_cycles(0)->add_misses()->set_tier(cm::TIER_GRID);
  const auto period = TallyOf(rows, nullptr);
  EXPECT_EQ(period.begun(), 5u);
  EXPECT_EQ(period.reopened(), 1u);
  EXPECT_EQ(period.withdrawn(), 1u);
  EXPECT_EQ(period.ended(), 5u);
  EXPECT_EQ(period.households_helped(), 1u);
  EXPECT_EQ(period.helped_without_household(), 1u);
  EXPECT_EQ(period.misses_size(), 0);
}

TEST(TallyTest, WhatWasNoLeadCountsAsSuchAndNowhereElse) {
  std::vector<CaseRow> rows(1);
  AddEnded(&rows[0], 5, cm::OUTCOME_SCREENED_OUT);
  rows[0].mutable_cycles(0)->add_misses()->set_tier(cm::TIER_GRID);
  const auto period = TallyOf(rows, nullptr);
  EXPECT_EQ(period.screened_out(), 1u);
  EXPECT_EQ(period.begun() + period.ended(), 0u);
  EXPECT_EQ(period.misses_size() + period.outcomes_size() + period.times_size(), 0);
}

TEST(TallyTest, ADepartmentThatDoesNotAnswerHasNotAcceptedInTime) {
  std::vector<CaseRow> rows(1);
  const auto answer = [&](view::v1::DeedKind kind) { rows[0].add_deeds()->set_kind(kind); };
  answer(view::v1::DEED_KIND_REFERRAL_ACCEPTED);
  answer(view::v1::DEED_KIND_REFERRAL_ACCEPTED);
  answer(view::v1::DEED_KIND_REFERRAL_REJECTED);
  auto* asked = rows[0].mutable_planned()->add_referrals();
  asked->mutable_clock()->set_due_ms(At("2026-01-05T17:00:00").ms);
  auto work = TallyOf(rows, nullptr, At("2026-01-05T17:00:00")).work();
  EXPECT_EQ(work.referrals_expired(), 0u);
  EXPECT_NEAR(work.referral_acceptance(), 200.0 / 3, 0.01);
  work = TallyOf(rows, nullptr, At("2026-01-05T17:00:01")).work();
  EXPECT_EQ(work.referrals_expired(), 1u);
  EXPECT_DOUBLE_EQ(work.referral_acceptance(), 50);
  // It waits with the case.
  asked->mutable_clock()->add_pauses()->set_from_ms(1);
  EXPECT_EQ(TallyOf(rows, nullptr, At("2026-01-06T09:00:00")).work().referrals_expired(), 0u);
  EXPECT_FALSE(TallyOf({}, nullptr).work().has_referral_acceptance());
}

TEST(TallyTest, SharesHaveABaseEach) {
  std::vector<CaseRow> rows(4);
  for (auto& row : rows) AddEnded(&row, 10, cm::OUTCOME_NEED_MET);
  AddEnded(&rows[0], 10, cm::OUTCOME_NEED_MET);
  rows[0].mutable_shown()->set_proactive(true);
  const auto period = TallyOf(rows, nullptr);
  EXPECT_EQ(period.begun(), 5u);
  EXPECT_EQ(period.opened(), 4u);
  EXPECT_DOUBLE_EQ(period.proactive_percent(), 25) << "of four cases opened";
  EXPECT_DOUBLE_EQ(period.reopened_percent(), 20) << "of five cycles begun";
  EXPECT_FALSE(TallyOf({}, nullptr).has_proactive_percent());
  EXPECT_FALSE(TallyOf({}, nullptr).has_reopened_percent());
}

TEST(TallyTest, WhatWasLateThroughUsIsNobodysFault) {
  std::vector<CaseRow> rows(1);
  AddEnded(&rows[0], 10, cm::OUTCOME_NEED_MET);
  for (const bool outage : {false, true}) {
    for (const bool limit : {false, true}) {
      auto* miss = rows[0].mutable_cycles(0)->add_misses();
      miss->set_tier(cm::TIER_TOWN);
      miss->set_promise(cm::PROMISE_VERIFY);
      miss->set_outage(outage);
      miss->set_limit(limit);
    }
  }
  const auto period = TallyOf(rows, nullptr);
  ASSERT_EQ(period.misses_size(), 1);
  EXPECT_EQ(period.misses(0).turns(), 1u);
  EXPECT_EQ(period.misses(0).limits(), 1u);
  EXPECT_EQ(period.misses(0).ours(), 2u);
}

TEST(StatisticsTest, ChangesNeedSomethingToCompareWith) {
  EXPECT_FALSE(ChangeInPercent(5, 0).has_value());
  EXPECT_DOUBLE_EQ(*ChangeInPercent(70, 100), -30);
  EXPECT_DOUBLE_EQ(*ChangeInPercent(150, 100), 50);
}

TEST(StatisticsTest, EveryFigureStandsBesideTheYearBefore) {
  const auto calendar = *WorkCalendar::Create(SampleRules().calendar());
  std::vector<CaseRow> now(1);
  AddEnded(&now[0], 70, cm::OUTCOME_NEED_MET);
  now[0].mutable_shown()->set_proactive(true);
  std::vector<CaseRow> before(2);
  for (auto& row : before) AddEnded(&row, 100, cm::OUTCOME_NEED_MET);
  before[0].mutable_shown()->set_proactive(true);
  api::v1::Statistics statistics;
  *statistics.mutable_period() = TallyOf(now, &calendar);
  *statistics.mutable_year_before() = TallyOf(before, &calendar);
  Compare(&statistics);
  const auto& change = statistics.change();
  EXPECT_DOUBLE_EQ(change.begun(), -50);
  EXPECT_DOUBLE_EQ(change.close_median(), -30);
  ASSERT_EQ(change.times_size(), 1);
  EXPECT_DOUBLE_EQ(change.times(0).median(), -30);
  EXPECT_DOUBLE_EQ(change.times(0).median_working(), -30);
  EXPECT_DOUBLE_EQ(change.proactive_points(), 50);
  const std::string csv = StatisticsCsv(statistics);
  EXPECT_THAT(csv, HasSubstr("\"受理 begun\",\"1\",\"2\",\"-50.0%\"\r\n"));
  EXPECT_THAT(csv, HasSubstr("median minutes\",\"70.0\",\"100.0\",\"-30.0%\"\r\n"));
  EXPECT_THAT(csv, HasSubstr("proactive share, % of opened\",\"100.0\",\"50.0\",\"+50.0 pp\"\r\n"));

  statistics.clear_year_before();
  statistics.clear_change();
  Compare(&statistics);
  EXPECT_FALSE(statistics.change().has_begun());
  EXPECT_EQ(statistics.change().times_size(), 0);
  EXPECT_THAT(StatisticsCsv(statistics), HasSubstr("median minutes\",\"70.0\",\"\",\"\"\r\n"))
      << "nobody took no time";
}

TEST(StatisticsTest, OpenCasesAreToldApartByTheAreaBelow) {
  const Timestamp now = At("2026-01-10T09:00:00");
  const auto tally = [&](const std::string& area, const std::vector<std::string>& areas) {
    OpenTally open(now, area);
    for (const std::string& code : areas) {
      CaseRow row;
      row.mutable_shown()->set_area(code);
      row.mutable_shown()->set_tier(cm::TIER_GRID);
      *row.mutable_shown()->mutable_accepted_at() = ToProtoTime((now - Hours(30)).ms);
      open.Add(row);
    }
    api::v1::Statistics statistics;
    open.Into(&statistics);
    return statistics;
  };
  const auto district = tally("430112", {"430112001001", "430112001002", "430112003001", "430112"});
  ASSERT_EQ(district.open_by_area_size(), 3);
  EXPECT_EQ(district.open_by_area(0).area(), "430112") << "no town is known";
  EXPECT_EQ(district.open_by_area(1).area(), "430112001");
  EXPECT_EQ(district.open_by_area(1).open(0).under_three_days(), 2u);
  EXPECT_EQ(district.open_by_area(1).open(0).tier(), cm::TIER_GRID);
  EXPECT_EQ(tally("430112001", {"430112001001001"}).open_by_area(0).area(), "430112001001");
  EXPECT_EQ(tally("430112001001", {"430112001001001"}).open_by_area_size(), 0);
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("4301" + std::to_string(12'000 + i));
  const auto bounded = tally("", many);
  EXPECT_EQ(bounded.open_by_area_size(), 201) << "the rest stands together";
  EXPECT_EQ(bounded.open_by_area(0).open(0).under_three_days(), 100u);
}

TEST(StatisticsTest, CsvOpensInASpreadsheet) {
  api::v1::Statistics statistics;
  statistics.set_from("2026-01-01");
  statistics.set_to("2026-01-31");
  statistics.mutable_period()->set_begun(7);
  statistics.mutable_year_before()->set_begun(5);
  auto* open = statistics.add_open();
  open->set_tier(cm::TIER_VILLAGE);
  open->set_older(3);
  const std::string csv = StatisticsCsv(statistics);
  EXPECT_THAT(csv, StartsWith("\xEF\xBB\xBF\"指标 figure\",\"2026-01-01 – 2026-01-31\""));
  EXPECT_THAT(csv, HasSubstr("\"受理 begun\",\"7\",\"5\",\"+40.0%\"\r\n"));
  EXPECT_THAT(
      csv, HasSubstr("\"在办 open now, 村（社区） village: 十天以上 older\",\"3\",\"\",\"\"\r\n"));
}

// ---- Against an independent count over the records of every scenario.

class StatisticsOfScenariosTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(StatisticsOfScenariosTest, AgreeWithACountOverTheLog) {
  Player player(SampleRules());
  ASSERT_TRUE(player.Play(scenario::ReadScenario(GetParam())).empty());
  std::map<std::string, CaseRow> rows;
  NaiveCount naive;
  for (const auto& sealed : player.records()) {
    naive.Take(sealed.record);
    const ev::Event& event = sealed.record.event();
    if (event.case_number().empty() || event.has_command_rejected()) continue;
    FoldCycle(sealed.record, &rows[event.case_number()]);
    FoldCase(sealed.record, &rows[event.case_number()]);
    FoldWork(sealed.record, &rows[event.case_number()]);
  }
  std::vector<CaseRow> all;
  for (auto& [number, row] : rows) all.push_back(row);
  // Looked at long after, whatever nobody answered has expired.
  const Timestamp last{player.records().back().record.log_time_ms()};
  for (const Timestamp now : {last, last + Days(400)}) {
    EXPECT_EQ(NaiveFiguresOf(TallyOf(all, nullptr, now)), naive.Result(now));
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, StatisticsOfScenariosTest,
                         testing::ValuesIn(scenario::ScenarioFiles()), [](const auto& info) {
                           std::string name = info.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace lastmeter::query
