// The rota: which one may be installed, and who is on duty by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/core/rules_view.h"
#include "tests/core/sample_rules.h"

namespace lastmeter {
namespace {

using rules::v1::Rules;
using testing::ElementsAre;
using testing::IsEmpty;

Timestamp At(const std::string& local) { return ParseRfc3339(local + ":00+08:00").value(); }

void AddShift(Rules& rules, const std::string& who, const std::string& from,
              const std::string& to) {
  rules::v1::DutyShift* shift = rules.add_rota();
  shift->set_staff_id(who);
  if (!from.empty()) shift->set_from_ms(At(from).ms);
  if (!to.empty()) shift->set_to_ms(At(to).ms);
}

void SetDuty(Rules& rules, const std::string& who, rules::v1::Duty duty) {
  for (auto& post : *rules.mutable_roster()) {
    if (post.staff_id() == who) post.set_duty(duty);
  }
}

std::vector<std::string> ProblemsOf(const Rules& rules) { return DescribeRulesProblems(rules); }

TEST(ValidateRotaTest, AcceptsPeriodsThatTouch) {
  Rules rules = SampleRules();
  AddShift(rules, "village-head", "2026-10-01T17:30", "2026-10-02T08:30");
  AddShift(rules, "village-deputy", "2026-10-01T17:30", "2026-10-02T08:30");
  AddShift(rules, "village-head", "2026-10-02T08:30", "2026-10-02T12:00");
  AddShift(rules, "village-head", "2026-09-01T00:00", "2026-10-01T17:30");
  SetDuty(rules, "village-head", rules::v1::DUTY_ROTA);
  SetDuty(rules, "village-deputy", rules::v1::DUTY_NIGHTS);
  EXPECT_THAT(ProblemsOf(rules), IsEmpty());
}

TEST(ValidateRotaTest, RefusesBrokenPeriods) {
  const auto problems = [](const std::string& who, const std::string& from, const std::string& to) {
    Rules rules = SampleRules();
    AddShift(rules, who, from, to);
    return ProblemsOf(rules);
  };
  const std::string from = "2026-10-01T17:30";
  const std::string to = "2026-10-02T08:30";
  EXPECT_THAT(problems("", from, to), ElementsAre("rota[0].staff_id: is missing"));
  EXPECT_THAT(problems("nobody", from, to),
              ElementsAre("rota[0].staff_id: nobody is not in the roster"));
  EXPECT_THAT(problems("police-duty", from, to),
              ElementsAre("rota[0].staff_id: police-duty is an outside authority"));
  EXPECT_THAT(problems("tan-dan", "", to), ElementsAre("rota[0].from_ms: is missing"));
  EXPECT_THAT(problems("tan-dan", from, ""), ElementsAre("rota[0].to_ms: is missing"));
  EXPECT_THAT(problems("tan-dan", from, from),
              ElementsAre("rota[0].to_ms: is not later than the begin of the period"));
  EXPECT_THAT(problems("tan-dan", to, from),
              ElementsAre("rota[0].to_ms: is not later than the begin of the period"));
  EXPECT_THAT(problems("tan-dan", "2026-10-01T00:00", "2026-11-01T00:00"), IsEmpty());
  EXPECT_THAT(problems("tan-dan", "2026-10-01T00:00", "2026-11-01T00:01"),
              ElementsAre("rota[0].to_ms: is more than 31 days after the begin of the period"));
}

TEST(ValidateRotaTest, RefusesTimesThatNobodyMeans) {
  Rules rules = SampleRules();
  AddShift(rules, "tan-dan", "2026-10-01T17:30", "2026-10-02T08:30");
  rules.mutable_rota(0)->set_from_ms(INT64_MIN);
  EXPECT_THAT(ProblemsOf(rules), ElementsAre("rota[0].from_ms: is no such time"));
  rules.mutable_rota(0)->set_from_ms(INT64_MAX - 1);
  rules.mutable_rota(0)->set_to_ms(INT64_MAX);
  EXPECT_THAT(ProblemsOf(rules), ElementsAre("rota[0].from_ms: is no such time"));
}

TEST(ValidateRotaTest, RefusesVolunteers) {
  Rules rules = SampleRules();
  auto* post = rules.add_roster();
  *post = rules.roster(15);
  post->set_staff_id("neighbour");
  post->set_volunteer(true);
  AddShift(rules, "neighbour", "2026-10-01T17:30", "2026-10-02T08:30");
  EXPECT_THAT(ProblemsOf(rules), ElementsAre("rota[0].staff_id: neighbour is a volunteer"));
}

TEST(ValidateRotaTest, RefusesPeriodsThatOverlapAndNamesTheLaterLine) {
  Rules rules = SampleRules();
  AddShift(rules, "tan-dan", "2026-10-02T08:29", "2026-10-02T20:00");
  AddShift(rules, "town-named", "2026-10-02T08:29", "2026-10-02T20:00");
  AddShift(rules, "tan-dan", "2026-10-01T17:30", "2026-10-02T08:30");
  EXPECT_THAT(ProblemsOf(rules),
              ElementsAre("rota[2]: tan-dan is on duty twice at 2026-10-02 08:29:00.000"));
}

TEST(ValidateRotaTest, RefusesMoreThanFitIntoARecord) {
  Rules rules = SampleRules();
  for (int i = 0; i <= 16'384; ++i) rules.add_rota();
  EXPECT_THAT(ProblemsOf(rules), ElementsAre("rota: has more than 16384 periods"));
}

class RotaViewTest : public testing::Test {
 protected:
  // Of the posts of the village 430112001001, in roster order.
  std::string OnDuty(const std::string& local) const {
    std::string staff;
    const auto view = RulesView::Create(rules_);
    for (const auto* post : view->FindPosts("430112001001", common::v1::TIER_VILLAGE).posts) {
      if (!view->OnDuty(*post, At(local))) continue;
      if (!staff.empty()) staff += " ";
      staff += post->staff_id();
    }
    return staff;
  }

  RotaViewTest() { SetDuty(rules_, "tan-dan", rules::v1::DUTY_ROTA); }

  // tan-dan by the rota, village-head always, village-deputy in hours.
  Rules rules_ = SampleRules();
};

TEST_F(RotaViewTest, NightsAreWhateverIsNotHours) {
  SetDuty(rules_, "village-head", rules::v1::DUTY_NIGHTS);
  EXPECT_EQ(OnDuty("2026-03-03T02:00"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-03T08:29"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-03T08:30"), "village-deputy");
  EXPECT_EQ(OnDuty("2026-03-03T12:00"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-03T17:00"), "village-head");
  // A Saturday, a Saturday that is worked, and a holiday.
  EXPECT_EQ(OnDuty("2026-03-07T10:00"), "village-head");
  EXPECT_EQ(OnDuty("2026-02-28T10:00"), "village-deputy");
  EXPECT_EQ(OnDuty("2026-10-01T10:00"), "village-head");
}

TEST_F(RotaViewTest, APeriodBeginsAndEndsToTheMinuteAndAddsToTheDuty) {
  SetDuty(rules_, "village-head", rules::v1::DUTY_ROTA);
  AddShift(rules_, "village-head", "2026-03-04T20:00", "2026-03-05T08:00");
  AddShift(rules_, "village-head", "2026-03-01T20:00", "2026-03-02T08:00");
  AddShift(rules_, "village-deputy", "2026-03-03T20:00", "2026-03-04T20:00");
  EXPECT_EQ(OnDuty("2026-03-01T19:59"), "");
  EXPECT_EQ(OnDuty("2026-03-01T20:00"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-02T00:00"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-02T07:59"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-02T08:00"), "");
  EXPECT_EQ(OnDuty("2026-03-03T10:00"), "village-deputy");
  EXPECT_EQ(OnDuty("2026-03-04T19:59"), "village-deputy");
  EXPECT_EQ(OnDuty("2026-03-04T20:00"), "village-head");
  EXPECT_EQ(OnDuty("2026-03-05T08:00"), "");
}

TEST_F(RotaViewTest, FindsThePeriodOfAPersonAlone) {
  AddShift(rules_, "tan-dan", "2026-03-04T20:00", "2026-03-05T08:00");
  AddShift(rules_, "tan-dan", "2026-03-01T20:00", "2026-03-02T08:00");
  AddShift(rules_, "tan", "2026-03-02T20:00", "2026-03-03T08:00");
  AddShift(rules_, "tan-dan-2", "2026-03-03T20:00", "2026-03-04T08:00");
  const auto view = RulesView::Create(rules_);
  ASSERT_EQ(view->RotaOf("tan-dan").size(), 2u);
  EXPECT_EQ(view->RotaOf("tan-dan")[0]->from_ms(), At("2026-03-01T20:00").ms);
  EXPECT_TRUE(view->RotaOf("tan-da").empty());
  EXPECT_EQ(view->ShiftOf("tan-dan", At("2026-03-04T22:00"))->to_ms(), At("2026-03-05T08:00").ms);
  EXPECT_EQ(view->ShiftOf("tan-dan", At("2026-03-02T22:00")), nullptr);
  EXPECT_EQ(view->ShiftOf("stranger", At("2026-03-04T22:00")), nullptr);
}

TEST_F(RotaViewTest, WithoutARotaNobodyIsOnDutyByIt) {
  EXPECT_EQ(OnDuty("2026-03-03T10:00"), "village-head village-deputy");
  EXPECT_EQ(OnDuty("2026-03-03T23:00"), "village-head");
  EXPECT_TRUE(RulesView::Create(rules_)->RotaOf("tan-dan").empty());
}

}  // namespace
}  // namespace lastmeter
