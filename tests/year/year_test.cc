// The generator of tests/year itself: that it makes what it says.
#include "tests/year/year.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/rules_view.h"
#include "tests/paths.h"
#include "tests/year/district.h"

namespace lastmeter::year {
namespace {

using testing::IsEmpty;

constexpr Date kFirst = 20260101;

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

}  // namespace
}  // namespace lastmeter::year
