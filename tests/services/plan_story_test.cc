// Triage, several departments and goals through the HTTP door.
#include <algorithm>

#include "tests/services/house.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

class PlanStory : public House {
 protected:
  json Page(const std::string& number) { return Get(kTanDan, "/v1/cases/" + number).body; }
};

TEST_F(PlanStory, WhatIsNoHardshipLeadIsScreenedOut) {
  Open();
  const std::string number = Report("injury");
  json screen = {{"category", "NOT_A_LEAD_ANSWERED"}, {"caseVersion", 1}, {"reason", "answered"}};
  EXPECT_EQ(Post(kGridWorker, Act(number, "screenOut"), screen).status, 403);
  screen["caseVersion"] = 7;
  EXPECT_EQ(Post(kTanDan, Act(number, "screenOut"), screen).problem, "stale-version");
  screen["caseVersion"] = 1;
  for (const char* field : {"category", "reason", "caseVersion"}) {
    json without = screen;
    without.erase(field);
    EXPECT_EQ(Post(kTanDan, Act(number, "screenOut"), without).problem, "missing-field") << field;
  }
  const Answer answer = Post(kTanDan, Act(number, "screenOut"), screen);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json& shown = answer.body["case"];
  EXPECT_EQ(shown["status"], "CASE_STATUS_CLOSED");
  EXPECT_EQ(shown["outcome"], "OUTCOME_SCREENED_OUT");
  EXPECT_EQ(shown["notALead"], "NOT_A_LEAD_ANSWERED");
  EXPECT_EQ(shown["told"].back()["purpose"], "PURPOSE_SCREENED_OUT");
  EXPECT_EQ(Post(kTanDan, Act(number, "screenOut"), screen).problem, "already-closed");
  json counted = Get(kDesk, "/v1/statistics").body["period"];
  EXPECT_EQ(counted["screenedOut"], 1);
  EXPECT_FALSE(counted.contains("begun"));
  EXPECT_FALSE(counted.contains("outcomes"));
  // Somebody was in need after all.
  ASSERT_EQ(Post(kTanDan, Act(number, "reopen"), {{"reason", "it was one"}}).status, 200);
  EXPECT_FALSE(Page(number).contains("notALead"));
  ASSERT_EQ(Post(kTanDan, Act(number, "verify"), {{"finding", "FINDING_WORSE"}}).status, 200);
  screen["caseVersion"] = Page(number)["version"];
  EXPECT_EQ(Post(kTanDan, Act(number, "screenOut"), screen).problem, "help-begun");
  EXPECT_EQ(Post(kTanDan, Act(number, "close"),
                 {{"outcome", "OUTCOME_SCREENED_OUT"}, {"caseVersion", screen["caseVersion"]}})
                .status,
            422);
  counted = Get(kDesk, "/v1/statistics").body["period"];
  EXPECT_EQ(counted["screenedOut"], 1);
  EXPECT_EQ(counted["begun"], 1);
}

TEST_F(PlanStory, SeveralDepartmentsAreAskedAtATime) {
  Open();
  const std::string number = Report("medical-costs");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  const auto refer = [&](const char* to) {
    return Post(kTanDan, Act(number, "refer"), {{"to", to}, {"reason", "they can do better"}});
  };
  const auto answered = [&](const char* answer, const json& to) {
    json body = {{"answer", answer}};
    if (!to.is_null()) body["to"] = to;
    return Post(kTanDan, Act(number, "answerReferral"), body);
  };
  ASSERT_EQ(refer("health-bureau").status, 200);
  EXPECT_EQ(refer("health-bureau").problem, "referral-open");
  ASSERT_EQ(refer("disabled-federation").status, 200);
  json referrals = Page(number)["referrals"];
  ASSERT_EQ(referrals.size(), 2u);
  for (const json& one : referrals) {
    EXPECT_EQ(one["state"], "REFERRAL_STATE_OFFERED");
    EXPECT_TRUE(one.contains("dueAt"));
  }
  EXPECT_EQ(answered("REFERRAL_ANSWER_ACCEPTED", nullptr).problem, "ambiguous-referral");
  EXPECT_EQ(answered("REFERRAL_ANSWER_ACCEPTED", "court").problem, "no-referral");
  EXPECT_EQ(answered("REFERRAL_ANSWER_ACCEPTED", "The Court").problem, "wrong-value");
  const Answer close =
      Post(kTanDan, Act(number, "close"),
           {{"outcome", "OUTCOME_TRANSFERRED"}, {"caseVersion", Page(number)["version"]}});
  EXPECT_EQ(close.problem, "referral-open");
  EXPECT_NE(close.body.dump().find("health-bureau, disabled-federation"), std::string::npos)
      << close.body;
  ASSERT_EQ(answered("REFERRAL_ANSWER_REJECTED", "health-bureau").status, 200);
  // The clock goes on for whoever is left.
  json clocks = Page(number)["clocks"];
  EXPECT_TRUE(std::any_of(clocks.begin(), clocks.end(), [](const json& clock) {
    return clock["promise"] == "PROMISE_REFERRAL" && clock["state"] == "CLOCK_STATE_RUNNING";
  })) << clocks;
  ASSERT_EQ(answered("REFERRAL_ANSWER_ACCEPTED", nullptr).status, 200);
  referrals = Page(number)["referrals"];
  EXPECT_EQ(referrals[0]["state"], "REFERRAL_STATE_REJECTED");
  EXPECT_EQ(referrals[1]["state"], "REFERRAL_STATE_ACCEPTED");
  const json work = Get(kDesk, "/v1/statistics").body["period"]["work"];
  EXPECT_EQ(work["referrals"], 2);
  EXPECT_EQ(work["referralAcceptance"], 50);
}

TEST_F(PlanStory, GoalsAreSetAndRecorded) {
  Open();
  const std::string number = Report("job-loss");
  const auto set = [&](const json& body) { return Post(kTanDan, Act(number, "setGoal"), body); };
  const json by = FormatRfc3339(clock_.Wall() + Days(60));
  EXPECT_EQ(set({{"need", "NEED_SKILLS"}, {"by", by}}).problem, "not-acknowledged");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  EXPECT_EQ(set({{"by", by}}).problem, "missing-field");
  EXPECT_EQ(set({{"need", "NEED_SKILLS"}}).problem, "missing-field");
  EXPECT_EQ(set({{"need", "NEED_SKILLS"}, {"by", "soon"}}).problem, "wrong-value");
  EXPECT_EQ(set({{"need", "NEED_SKILLS"}, {"by", 1000}}).problem, "wrong-time");
  ASSERT_EQ(set({{"need", "NEED_SKILLS"}, {"by", by}, {"text", "the course"}}).status, 200);
  Answer answer = set({{"need", "NEED_JOB"}, {"by", by}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.body["case"]["goals"].size(), 2u);
  EXPECT_EQ(answer.body["case"]["goals"][1]["need"], "NEED_JOB");
  EXPECT_FALSE(answer.body["case"]["goals"][1].contains("overdue"));
  const auto record = [&](int goal, const char* result) {
    return Post(kTanDan, Act(number, "recordGoal"), {{"goalId", goal}, {"result", result}});
  };
  EXPECT_EQ(record(3, "GOAL_RESULT_REACHED").problem, "unknown-goal");
  EXPECT_EQ(record(0, "GOAL_RESULT_REACHED").problem, "missing-field");
  EXPECT_EQ(record(1, "GOAL_RESULT_UNSPECIFIED").problem, "missing-field");
  const auto close = [&] {
    return Post(kTanDan, Act(number, "close"),
                {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", Page(number)["version"]}});
  };
  EXPECT_EQ(close().problem, "goal-open");
  ASSERT_EQ(record(1, "GOAL_RESULT_REACHED").status, 200);
  EXPECT_EQ(record(1, "GOAL_RESULT_REACHED").problem, "goal-recorded");
  answer = record(2, "GOAL_RESULT_PARTLY");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["goals"][0]["result"], "GOAL_RESULT_REACHED");
  EXPECT_EQ(answer.body["case"]["goals"][0]["inTime"], true);
  EXPECT_EQ(close().status, 200);
  const json work = Get(kDesk, "/v1/statistics").body["period"]["work"];
  EXPECT_EQ(work["goalsReached"], 1);
  EXPECT_EQ(work["goalsPartly"], 1);
  EXPECT_FALSE(work.contains("goalsDropped"));
}

}  // namespace
}  // namespace lastmeter::test
