// One broken document for each rule: the sample rules with one change, and the problem it must
// name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/core/rules_view.h"
#include "tests/core/sample_rules.h"

namespace lastmeter {
namespace {

using common::v1::Level;
using common::v1::Promise;
using common::v1::Tier;
using rules::v1::Rules;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ProblemsOf(const Rules& rules) {
  std::vector<std::string> lines;
  for (const RulesProblem& problem : ValidateRules(rules)) {
    lines.push_back(problem.path + ": " + problem.reason);
  }
  return lines;
}

struct Broken {
  const char* problem;
  std::function<void(Rules&)> change;
};

// Exactly this problem and no other: a fault must not drown in its consequences.
void ExpectOnly(const std::vector<Broken>& table) {
  for (const Broken& row : table) {
    Rules rules = SampleRules();
    row.change(rules);
    EXPECT_THAT(ProblemsOf(rules), ElementsAre(row.problem));
  }
}

rules::v1::LevelPolicy* LevelAt(Rules& r, int i) { return r.mutable_policy()->mutable_levels(i); }
rules::v1::Ladder* AcknowledgeAt(Rules& r, int i) { return LevelAt(r, i)->mutable_acknowledge(); }

TEST(ValidateRulesTest, AcceptsTheSample) { EXPECT_THAT(ProblemsOf(SampleRules()), IsEmpty()); }

TEST(ValidateRulesTest, FindsEverythingMissingInAnEmptyDocument) {
  auto problems = ProblemsOf(Rules());
  for (auto* problem :
       {"version: is missing", "areas: no district is listed", "policy.kinds: no kind is listed",
        "policy.levels: level critical is not listed",
        "policy.levels: level attention is not listed", "policy.fallback_staff_id: is missing",
        "roster: nobody holds a post at the district",
        "calendar.duty: no duty period: there is no working time"}) {
    EXPECT_THAT(problems, Contains(problem));
  }
}

TEST(ValidateRulesTest, RefusesAVersionThatCannotBeNamed) {
  ExpectOnly({
      {"version: is missing", [](Rules& r) { r.clear_version(); }},
      {"version: is longer than 128 bytes", [](Rules& r) { r.set_version(std::string(129, 'v')); }},
      {"version: is not UTF-8", [](Rules& r) { r.set_version("\xcd\xfb\xb3\xc7"); }},
      {"version: has a control character in it", [](Rules& r) { r.set_version("a\nb"); }},
  });
}

TEST(ValidateRulesTest, RefusesBrokenAreas) {
  ExpectOnly({
      {"areas[9].name: is missing", [](Rules& r) { r.mutable_areas(9)->clear_name(); }},
      {"areas[9].name: is not UTF-8", [](Rules& r) { r.mutable_areas(9)->set_name("\xff"); }},
      {"areas[5].tier: is missing", [](Rules& r) { r.mutable_areas(5)->clear_tier(); }},
      {"areas[5].tier: is missing",
       [](Rules& r) { r.mutable_areas(5)->set_tier(static_cast<Tier>(9)); }},
      {"areas[12].code: area 430112001003 is listed twice",
       [](Rules& r) { *r.add_areas() = r.areas(5); }},
      {"areas[5].code: the code of a village has 12 digits",
       [](Rules& r) { r.mutable_areas(5)->set_code("43011200100"); }},
      {"areas[5].code: the code of a village has 12 digits",
       [](Rules& r) { r.mutable_areas(5)->set_code("43011200100x"); }},
      {"areas[11].code: the code of a group has 14 digits",
       [](Rules& r) {
         r.mutable_roster()->RemoveLast();  // the post at that grid
         r.mutable_areas(11)->set_tier(common::v1::TIER_GROUP);
       }},
      {"areas[5].parent: is missing", [](Rules& r) { r.mutable_areas(5)->clear_parent(); }},
      {"areas[5].parent: area 430112009 is not listed",
       [](Rules& r) { r.mutable_areas(5)->set_parent("430112009"); }},
      {"areas[5].parent: the parent of a village cannot be a district",
       [](Rules& r) { r.mutable_areas(5)->set_parent("430112"); }},
      {"areas[5].parent: the parent of a village cannot be a village",
       [](Rules& r) { r.mutable_areas(5)->set_parent("430112001003"); }},
      {"areas[8].parent: the parent of a group cannot be a grid",
       [](Rules& r) { r.mutable_areas(8)->set_parent("430112001001001"); }},
      {"areas[5].parent: the code 430112001003 does not begin with that of its parent",
       [](Rules& r) { r.mutable_areas(5)->set_parent("430112003"); }},
      {"areas[11].parent: the code 430112001001003 does not begin with that of its parent",
       [](Rules& r) { r.mutable_areas(11)->set_parent("430112001002"); }},
      {"areas[0].parent: a district has no parent",
       [](Rules& r) { r.mutable_areas(0)->set_parent("430112001"); }},
      {"areas[12]: is a second district; the rules of one district are installed together",
       [](Rules& r) {
         auto* area = r.add_areas();
         area->set_tier(common::v1::TIER_DISTRICT);
         area->set_code("430111");
         area->set_name("雨花区");
       }},
  });
}

TEST(ValidateRulesTest, RefusesBrokenPosts) {
  ExpectOnly({
      {"roster[17].staff_id: is missing", [](Rules& r) { r.mutable_roster(17)->clear_staff_id(); }},
      {"roster[17].staff_id: is longer than 64 bytes",
       [](Rules& r) { r.mutable_roster(17)->set_staff_id(std::string(65, 'x')); }},
      {"roster[17].name: is missing", [](Rules& r) { r.mutable_roster(17)->clear_name(); }},
      {"roster[17].name: is not UTF-8",
       [](Rules& r) { r.mutable_roster(17)->set_name("\xc0\xaf"); }},
      {"roster[17].duty: is missing", [](Rules& r) { r.mutable_roster(17)->clear_duty(); }},
      {"roster[17].duty: is missing",
       [](Rules& r) { r.mutable_roster(17)->set_duty(static_cast<rules::v1::Duty>(7)); }},
      {"roster[17].tier: is missing", [](Rules& r) { r.mutable_roster(17)->clear_tier(); }},
      {"roster[17].tier: area 430112001001003 is a grid, not a group",
       [](Rules& r) { r.mutable_roster(17)->set_tier(common::v1::TIER_GROUP); }},
      {"roster[17].area: is missing", [](Rules& r) { r.mutable_roster(17)->clear_area(); }},
      {"roster[17].area: area 430112001001009 is not listed",
       [](Rules& r) { r.mutable_roster(17)->set_area("430112001001009"); }},
      {"roster[18]: xu-guangming holds this post twice",
       [](Rules& r) { *r.add_roster() = r.roster(15); }},
      {"roster[9].name: tan-dan has another name further up",
       [](Rules& r) { r.mutable_roster(9)->set_name("谭某"); }},
      {"roster[9].outside_authority: tan-dan cannot be an outside authority and part of a tier",
       [](Rules& r) { r.mutable_roster(9)->set_outside_authority(true); }},
  });
}

TEST(ValidateRulesTest, RefusesAbsencesOfNobody) {
  const auto away = [](const char* who, uint32_t from, uint32_t to, const char* stand_in) {
    return [=](Rules& r) {
      auto* absence = r.add_absences();
      absence->set_staff_id(who);
      absence->set_from_date(from);
      absence->set_to_date(to);
      absence->set_stand_in(stand_in);
    };
  };
  ExpectOnly({
      {"absences[0].staff_id: is missing", away("", 20260105, 20260106, "tan-dan")},
      {"absences[0].staff_id: nobody is not in the roster", away("nobody", 20260105, 20260106, "")},
      {"absences[0].staff_id: police-duty is an outside authority",
       away("police-duty", 20260105, 20260106, "")},
      {"absences[0].stand_in: nobody is not in the roster",
       away("tan-dan", 20260105, 20260106, "nobody")},
      {"absences[0].stand_in: nobody stands in for themselves",
       away("tan-dan", 20260105, 20260106, "tan-dan")},
      {"absences[0].from_date: is not a date", away("tan-dan", 20260230, 20260306, "")},
      {"absences[0].to_date: is not a date", away("tan-dan", 20260105, 0, "")},
      {"absences[0].to_date: lies before the first day", away("tan-dan", 20260105, 20260104, "")},
      {"absences: are more than 4096",
       [](Rules& r) {
         for (int i = 0; i < 4097; ++i) r.add_absences();
       }},
      {"absences[1]: tan-dan is away twice on the same day",
       [=](Rules& r) {
         away("tan-dan", 20260105, 20260110, "")(r);
         away("tan-dan", 20260110, 20260112, "")(r);
       }},
  });
}

TEST(ValidateRulesTest, RefusesSuccessorsThatDoNotExist) {
  const auto replaced = [](const char* code, const char* successor) {
    return [=](Rules& r) {
      for (auto& area : *r.mutable_areas()) {
        if (area.code() == code) area.set_successor(successor);
      }
    };
  };
  // 430112003001: a village with nobody.
  int last = 0;
  const Rules sample = SampleRules();
  while (sample.areas(last).code() != "430112003001") ++last;
  const std::string path = "areas[" + std::to_string(last) + "].successor: ";
  const std::string unknown = path + "area 430112009001 is not listed";
  const std::string other_tier = path + "430112001 is of another tier";
  ExpectOnly({
      {unknown.c_str(), replaced("430112003001", "430112009001")},
      {other_tier.c_str(), replaced("430112003001", "430112001")},
  });
  Rules chain = SampleRules();
  replaced("430112003001", "430112001003")(chain);
  replaced("430112001003", "430112001001")(chain);
  EXPECT_THAT(ProblemsOf(chain),
              ElementsAre(path + "430112001003 has a successor itself; name that one"));
  // 430112003 has one village.
  Rules orphan = SampleRules();
  replaced("430112003", "430112001")(orphan);
  EXPECT_THAT(ProblemsOf(orphan), ElementsAre(path + "is missing: 430112003 has a successor"));
  Rules staffed = SampleRules();
  replaced("430112001002", "430112001001")(staffed);
  EXPECT_THAT(ProblemsOf(staffed),
              Contains(testing::HasSubstr("430112001002 has a successor; move the post there")));
}

TEST(ValidateRulesTest, RefusesADistrictThatNobodyAnswersFor) {
  ExpectOnly({
      {"policy.fallback_staff_id: is missing",
       [](Rules& r) { r.mutable_policy()->clear_fallback_staff_id(); }},
      {"policy.fallback_staff_id: li-si holds no post at the district",
       [](Rules& r) { r.mutable_policy()->set_fallback_staff_id("li-si"); }},
      {"policy.fallback_staff_id: village-head holds no post at the district",
       [](Rules& r) { r.mutable_policy()->set_fallback_staff_id("village-head"); }},
      {"policy.fallback_staff_id: police-duty holds no post at the district",
       [](Rules& r) { r.mutable_policy()->set_fallback_staff_id("police-duty"); }},
      {"roster: no named officer at any town, but kind child-in-danger is restricted",
       [](Rules& r) { r.mutable_roster(8)->clear_named_officer(); }},
      {"roster: no named officer at any district, but kind child-in-danger is restricted",
       [](Rules& r) { r.mutable_roster(2)->clear_named_officer(); }},
      {"policy.withdraw_within_minutes: is longer than a day",
       [](Rules& r) { r.mutable_policy()->set_withdraw_within_minutes(1441); }},
      {"policy.hold_at_most_days: is longer than a year",
       [](Rules& r) { r.mutable_policy()->set_hold_at_most_days(367); }},
      {"policy.reopen_within_days: is more than 3660",
       [](Rules& r) { r.mutable_policy()->set_reopen_within_days(3661); }},
  });
  Rules nobody = SampleRules();
  for (int i = 0; i < 4; ++i) nobody.mutable_roster()->erase(nobody.roster().begin());
  EXPECT_THAT(ProblemsOf(nobody), Contains("roster: nobody holds a post at the district"));
}

TEST(ValidateRulesTest, NeedsNamedOfficersOnlyForRestrictedKinds) {
  Rules rules = SampleRules();
  rules.mutable_roster(8)->clear_named_officer();
  for (auto& kind : *rules.mutable_policy()->mutable_kinds()) kind.clear_restricted();
  EXPECT_THAT(ProblemsOf(rules), IsEmpty());
}

TEST(ValidateRulesTest, RefusesBrokenKinds) {
  auto kind = [](Rules& r, int i) { return r.mutable_policy()->mutable_kinds(i); };
  ExpectOnly({
      {"policy.kinds[2].code: is missing", [&](Rules& r) { kind(r, 2)->clear_code(); }},
      {"policy.kinds[2].code: may only have lower-case letters, digits and hyphens between them",
       [&](Rules& r) { kind(r, 2)->set_code("Nobody to care"); }},
      {"policy.kinds[2].code: may only have lower-case letters, digits and hyphens between them",
       [&](Rules& r) { kind(r, 2)->set_code("-nobody"); }},
      {"policy.kinds[2].code: is longer than 64 bytes",
       [&](Rules& r) { kind(r, 2)->set_code(std::string(65, 'k')); }},
      {"policy.kinds[2].code: kind elder-alone is listed twice",
       [&](Rules& r) { kind(r, 2)->set_code("elder-alone"); }},
      {"policy.kinds[2].name_zh: is missing", [&](Rules& r) { kind(r, 2)->clear_name_zh(); }},
      {"policy.kinds[2].name_en: is not UTF-8",
       [&](Rules& r) { kind(r, 2)->set_name_en("\xed\xa0\x80"); }},
      {"policy.kinds[2].level: is missing", [&](Rules& r) { kind(r, 2)->clear_level(); }},
      {"policy.kinds[2].level: is missing",
       [&](Rules& r) { kind(r, 2)->set_level(static_cast<Level>(5)); }},
      {"policy.kinds[3].outside_authorities[1]: fire-brigade is not in the roster",
       [&](Rules& r) { kind(r, 3)->set_outside_authorities(1, "fire-brigade"); }},
      {"policy.kinds[3].outside_authorities[0]: tan-dan is not marked as an outside authority in "
       "the roster",
       [&](Rules& r) { kind(r, 3)->set_outside_authorities(0, "tan-dan"); }},
      {"policy.kinds[3].outside_authorities[1]: police-duty is listed twice",
       [&](Rules& r) { kind(r, 3)->set_outside_authorities(1, "police-duty"); }},
  });
}

TEST(ValidateRulesTest, RefusesAPolicyWithoutAllFourLevels) {
  ExpectOnly({
      {"policy.levels: level attention is not listed",
       [](Rules& r) { r.mutable_policy()->mutable_levels()->RemoveLast(); }},
      {"policy.levels[4].level: level urgent is listed twice",
       [](Rules& r) { *r.mutable_policy()->add_levels() = r.policy().levels(1); }},
  });
  Rules unnamed = SampleRules();
  LevelAt(unnamed, 3)->set_level(static_cast<Level>(5));
  EXPECT_THAT(ProblemsOf(unnamed), ElementsAre("policy.levels[3].level: is missing",
                                               "policy.levels: level attention is not listed"));
}

TEST(ValidateRulesTest, RefusesLaddersThatDoNotRiseThroughAllTiers) {
  ExpectOnly({
      {"policy.levels[1].acknowledge.rungs: tier group has no rung",
       [](Rules& r) {
         auto* rungs = AcknowledgeAt(r, 1)->mutable_rungs();
         rungs->erase(rungs->begin() + 1);
       }},
      {"policy.levels[1].acknowledge.rungs: does not rise to the district",
       [](Rules& r) { AcknowledgeAt(r, 1)->mutable_rungs()->RemoveLast(); }},
      {"policy.levels[1].acknowledge.rungs[2].tier: group is not above the rung before it",
       [](Rules& r) { AcknowledgeAt(r, 1)->mutable_rungs()->SwapElements(1, 2); }},
      {"policy.levels[1].acknowledge.rungs[5].tier: district is not above the rung before it",
       [](Rules& r) { *AcknowledgeAt(r, 1)->add_rungs() = AcknowledgeAt(r, 1)->rungs(4); }},
      {"policy.levels[1].acknowledge.remind_every: is missing",
       [](Rules& r) { AcknowledgeAt(r, 1)->clear_remind_every(); }},
      {"policy.levels[0].acknowledge.rungs[0].copied_in[2]: is not a tier",
       [](Rules& r) {
         AcknowledgeAt(r, 0)->mutable_rungs(0)->add_copied_in(static_cast<Tier>(6));
       }},
      {"policy.levels[0].acknowledge.rungs[0].copied_in[2]: town is listed twice",
       [](Rules& r) {
         AcknowledgeAt(r, 0)->mutable_rungs(0)->add_copied_in(common::v1::TIER_TOWN);
       }},
      {"policy.levels[0].acknowledge.rungs[0].copied_in[2]: grid is already asked to answer on "
       "this "
       "rung",
       [](Rules& r) {
         AcknowledgeAt(r, 0)->mutable_rungs(0)->add_copied_in(common::v1::TIER_GRID);
       }},
  });
  Rules untold = SampleRules();
  AcknowledgeAt(untold, 1)->mutable_rungs(1)->clear_tier();
  EXPECT_THAT(ProblemsOf(untold),
              ElementsAre("policy.levels[1].acknowledge.rungs[1].tier: is missing",
                          "policy.levels[1].acknowledge.rungs: tier group has no rung"));
}

TEST(ValidateRulesTest, RefusesDurationsThatMeanNothing) {
  auto time = [](Rules& r) {
    return AcknowledgeAt(r, 1)->mutable_rungs(0)->mutable_answer_within();
  };
  ExpectOnly({
      {"policy.levels[1].acknowledge.rungs[0].answer_within: is missing",
       [&](Rules& r) { time(r)->Clear(); }},
      {"policy.levels[1].acknowledge.rungs[0].answer_within: must be at least 1",
       [&](Rules& r) { time(r)->set_amount(0); }},
      {"policy.levels[1].acknowledge.rungs[0].answer_within: has no unit",
       [&](Rules& r) { time(r)->clear_unit(); }},
      {"policy.levels[1].acknowledge.rungs[0].answer_within: has no unit",
       [&](Rules& r) { time(r)->set_unit(static_cast<rules::v1::DurationUnit>(4)); }},
      {"policy.levels[1].acknowledge.rungs[0].answer_within: is longer than ten years",
       [&](Rules& r) { time(r)->set_amount(4'000'000'000u); }},
      {"policy.levels[2].acknowledge.remind_every: is longer than ten years",
       [&](Rules& r) { AcknowledgeAt(r, 2)->mutable_remind_every()->set_amount(2501); }},
  });
}

TEST(ValidateRulesTest, RefusesClocksThatLeaveACaseWithoutAPromise) {
  auto clock = [](Rules& r, int i) { return LevelAt(r, 0)->mutable_clocks(i); };
  ExpectOnly({
      {"policy.levels[2].clocks: the clock for closing the case (resolve) is missing",
       [](Rules& r) { LevelAt(r, 2)->clear_clocks(); }},
      {"policy.levels[0].clocks[2].promise: the same promise is listed twice",
       [&](Rules& r) { *LevelAt(r, 0)->add_clocks() = *clock(r, 1); }},
      {"policy.levels[0].clocks[0].promise: is missing",
       [&](Rules& r) { clock(r, 0)->clear_promise(); }},
      {"policy.levels[0].clocks[0].promise: is missing",
       [&](Rules& r) { clock(r, 0)->set_promise(static_cast<Promise>(99)); }},
      {"policy.levels[0].clocks[0].promise: acknowledgement has its own ladder and no clock beside "
       "it",
       [&](Rules& r) { clock(r, 0)->set_promise(common::v1::PROMISE_ACKNOWLEDGE); }},
      {"policy.levels[0].clocks[1].paused_by: a statutory clock cannot be paused",
       [](Rules& r) {
         LevelAt(r, 0)->mutable_clocks(1)->set_statutory(true);
         LevelAt(r, 0)->mutable_clocks(1)->add_paused_by(common::v1::HOLD_REASON_OTHERS);
       }},
      {"policy.levels[0].clocks[1].paused_by[0]: is no reason for a hold",
       [](Rules& r) {
         LevelAt(r, 0)->mutable_clocks(1)->add_paused_by(common::v1::HOLD_REASON_UNSPECIFIED);
       }},
      {"policy.levels[0].clocks[1].paused_by[1]: the same reason is listed twice",
       [](Rules& r) {
         LevelAt(r, 0)->mutable_clocks(1)->add_paused_by(common::v1::HOLD_REASON_OTHERS);
         LevelAt(r, 0)->mutable_clocks(1)->add_paused_by(common::v1::HOLD_REASON_OTHERS);
       }},
      {"policy.levels[0].clocks[1].within: is missing",
       [&](Rules& r) { clock(r, 1)->clear_within(); }},
      {"policy.levels[0].clocks[1].overdue.rungs: does not rise to the district",
       [&](Rules& r) { clock(r, 1)->mutable_overdue()->clear_rungs(); }},
      {"policy.levels[0].clocks[1].overdue.rungs[1].tier: group is not above the rung before it",
       [&](Rules& r) { clock(r, 1)->mutable_overdue()->mutable_rungs()->SwapElements(0, 1); }},
      {"policy.levels[0].clocks[1].overdue.remind_every: is missing",
       [&](Rules& r) { clock(r, 1)->mutable_overdue()->clear_remind_every(); }},
  });
}

TEST(ValidateRulesTest, AcceptsAnOverdueLadderThatSkipsTiers) {
  Rules rules = SampleRules();
  auto* rungs = LevelAt(rules, 0)->mutable_clocks(0)->mutable_overdue()->mutable_rungs();
  rungs->erase(rungs->begin(), rungs->begin() + 2);
  EXPECT_THAT(ProblemsOf(rules), IsEmpty());
}

TEST(ValidateRulesTest, RefusesEntryRulesThatContradict) {
  auto rule = [](Rules& r, int i) { return r.mutable_policy()->mutable_entry(i); };
  ExpectOnly({
      {"policy.entry[2].reporter_tier: has a rule already",
       [&](Rules& r) { rule(r, 2)->set_reporter_tier(common::v1::TIER_GRID); }},
      {"policy.entry[2].reporter_tier: is not a tier",
       [&](Rules& r) { rule(r, 2)->set_reporter_tier(static_cast<Tier>(6)); }},
      {"policy.entry[2].enter_at: is missing", [&](Rules& r) { rule(r, 2)->clear_enter_at(); }},
  });
}

TEST(ValidateRulesTest, RefusesACalendarThatCannotCount) {
  ExpectOnly({
      {"calendar.duty: no duty period: there is no working time",
       [](Rules& r) { r.mutable_calendar()->clear_duty(); }},
      {"calendar.days[3].date: 20260230 is not a date",
       [](Rules& r) { r.mutable_calendar()->mutable_days(3)->set_date(20260230); }},
      {"calendar.known_until: 0 is not a date",
       [](Rules& r) { r.mutable_calendar()->clear_known_until(); }},
  });
}

}  // namespace
}  // namespace lastmeter
