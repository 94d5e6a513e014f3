// The generator of tests/year itself: that it makes what it says, and that its checks can fail.
#include "tests/year/year.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/core/rules_view.h"
#include "tests/paths.h"
#include "tests/year/case_book.h"
#include "tests/year/life.h"
#include "tests/year/office.h"
#include "tests/year/verify.h"

namespace lastmeter::year {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Date kFirst = 20260101;

std::unique_ptr<Life> Lived(uint64_t seed, int days) {
  Life::Options options;
  options.year = {.seed = seed, .first = kFirst, .days = days, .reports_a_day = 4};
  options.rules_dir = test::SourcePath("deploy/rules");
  auto life = Life::Create(options);
  EXPECT_TRUE(life.ok() && (*life)->Live().ok());
  return *std::move(life);
}

std::vector<Sha256Digest> DigestsOf(Life& life) {
  std::vector<Sha256Digest> digests;
  for (const PartitionState* state : life.engine().states()) digests.push_back(state->Digest());
  return digests;
}

District WholeYear() { return *District::Load(test::SourcePath("deploy/rules"), 1, kFirst, 365); }

TEST(DistrictTest, HasTwoThousandGridsAndRulesThatMayBeInstalledEachMonth) {
  const District district = WholeYear();
  EXPECT_EQ(district.villages().size(), 160u);
  EXPECT_GE(district.grids(), 1950u);
  EXPECT_LE(district.grids(), 2050u);
  // The month with the most leave, and one with little.
  for (const Date month : {20260201u, 20260701u}) {
    EXPECT_THAT(DescribeRulesProblems(district.RulesFor(month, false)), IsEmpty()) << month;
  }
  EXPECT_THAT(DescribeRulesProblems(district.RulesFor(20261228, true)), IsEmpty());
}

TEST(DistrictTest, WhoIsAwayIsReplacedByTheStandInOfTheRules) {
  const District district = WholeYear();
  size_t replaced = 0;
  const rules::v1::Rules rules = district.RulesFor(20260701, false);
  for (const auto& absence : rules.absences()) {
    const auto present = district.Present(absence.staff_id(), absence.from_date());
    EXPECT_NE(present, absence.staff_id());
    if (present) {
      EXPECT_EQ(*present, absence.stand_in());
      ++replaced;
    }
  }
  EXPECT_GT(replaced, 100u);
}

TEST(DistrictTest, ATownWithARotaHasSomebodyAtEveryHourOfTheMonth) {
  const District district = WholeYear();
  // February has the Spring Festival, and a Saturday that is worked.
  for (const Date month : {20260201u, 20261001u}) {
    const auto view = RulesView::Create(district.RulesFor(month, false));
    std::set<std::string> by_rota;
    for (const auto& post : view->rules().roster()) {
      if (post.duty() == rules::v1::DUTY_ROTA) by_rota.insert(post.area());
    }
    EXPECT_EQ(by_rota.size(), 5u);
    for (const std::string& town : by_rota) {
      const auto posts = view->FindPosts(town, common::v1::TIER_TOWN).posts;
      for (Timestamp t = StartOf(month); DateOf(t) / 100 == month / 100; t = t + Minutes(30)) {
        EXPECT_TRUE(std::any_of(posts.begin(), posts.end(),
                                [&](const auto* post) { return view->OnDuty(*post, t); }))
            << town << " " << FormatLocal(t);
      }
    }
  }
}

TEST(YearTest, FollowsTheCalendarAndTheRiver) {
  const District district = WholeYear();
  Year year(&district.calendar(), {.seed = 1});
  std::map<Date, size_t> reports;
  size_t all = 0;
  for (int day = 0; day < 365; ++day) {
    const auto moments = year.Reports(day);
    for (const auto& moment : moments) {
      EXPECT_EQ(DateOf(moment.at), year.DateOfDay(day));
      all += !moment.flood;
    }
    reports[year.DateOfDay(day)] = moments.size();
  }
  EXPECT_NEAR(static_cast<double>(all), 365 * 30, 365);
  // The Spring Festival, and the day after it.
  EXPECT_LT(reports[20260218], reports[20260224]);
  EXPECT_EQ(year.DateOfDay(year.flood_from()), 20260702u);
  EXPECT_GT(reports[20260703], 500u);
}

TEST(OfficeTest, SendsTheListTheBulletinsAndOneExercise) {
  const District district = WholeYear();
  const Year year(&district.calendar(), {.seed = 1});
  Office office(&district, &year);
  std::map<std::string, size_t> listed;
  std::map<Date, std::set<std::string>> told;
  std::set<Date> exercises;
  for (int day = 0; day < 365; ++day) {
    const Date date = year.DateOfDay(day);
    for (const auto& report : office.On(day)) {
      EXPECT_EQ(DateOf({report.accepted_at_ms()}), date);
      if (report.drill()) exercises.insert(date);
      if (report.kind() == "policy-bulletin") told[date].insert(report.area());
      if (report.kind() == "survival-certification") ++listed[report.household_ref()];
    }
  }
  EXPECT_EQ(listed.size(), 300u);
  EXPECT_EQ(exercises.size(), 1u);
  EXPECT_EQ(told.size(), 4u);
  for (const auto& [date, towns] : told) {
    EXPECT_EQ(towns.size(), 16u) << date;
    EXPECT_TRUE(district.calendar().IsWorkingDay(date)) << date;
  }
}

TEST(CaseBookTest, FollowsPlannedWorkFromTurnToTurn) {
  CaseBook book;
  event::v1::Event event;
  event.set_case_number("1");
  event.mutable_work_planned()->set_work_id(1);
  event.mutable_work_planned()->set_times(2);
  event.mutable_work_planned()->set_every_days(7);
  event.mutable_work_planned()->set_assignee("li");
  const KnownCase& c = *book.Read(event);
  EXPECT_EQ(c.works.at(1).FromOf(2), Timestamp{} + Days(7));
  event.mutable_work_handed_back()->set_work_id(1);
  event.mutable_work_handed_back()->set_turn(2);
  book.Read(event);
  EXPECT_EQ(c.works.at(1).WorkerOf(1), "li");
  EXPECT_EQ(c.works.at(1).WorkerOf(2), "");
  event.mutable_work_missed()->set_work_id(1);
  book.Read(event);
  EXPECT_EQ(c.works.at(1).turn, 2u);
  EXPECT_FALSE(c.works.at(1).overdue);
  book.Read(event);
  EXPECT_TRUE(c.works.at(1).overdue);
  event.mutable_work_finished()->set_work_id(1);
  book.Read(event);
  EXPECT_TRUE(c.works.empty());
}

TEST(LifeTest, TheSameSeedMakesTheSameYear) {
  const auto digests = DigestsOf(*Lived(3, 3));
  EXPECT_EQ(digests, DigestsOf(*Lived(3, 3)));
  EXPECT_NE(digests, DigestsOf(*Lived(4, 3)));
}

TEST(LifeTest, EverythingHoldsAfterSomeDays) {
  const auto life = Lived(5, 9);
  EXPECT_THAT(VerifyYear(*life), IsEmpty());
  EXPECT_GT(life->figures().Of(event::v1::Event::kCaseClosed), 0u);
}

TEST(LifeTest, AReportThatNobodyDecidedIsFound) {
  const auto life = Lived(5, 3);
  report::v1::HardshipReport report;
  report.set_report_id("late");
  life->engine().Send(Topic::kReport, "430112001001", "late", report.SerializeAsString());
  EXPECT_THAT(VerifyYear(*life),
              AllOf(Contains(HasSubstr("late was acknowledged and never decided")),
                    Contains(HasSubstr("report late came to 0 outcomes"))));
}

TEST(LifeTest, WhatAYearNeverTriedIsNamed) {
  EXPECT_THAT(WhatWasNeverTried(Figures{}),
              AllOf(Contains(HasSubstr("case_reassigned")), Contains(HasSubstr("exercise"))));
}

}  // namespace
}  // namespace lastmeter::year
