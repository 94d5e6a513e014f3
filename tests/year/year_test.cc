// The generator of tests/year itself: that it makes what it says, and that its checks can fail.
#include "tests/year/year.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/rules_view.h"
#include "tests/paths.h"
#include "tests/year/life.h"
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
  EXPECT_THAT(WhatWasNeverTried(Figures{}), Contains(HasSubstr("case_reassigned")));
}

}  // namespace
}  // namespace lastmeter::year
