// The product through its HTTP door: cases, from report to reopening.
#include <algorithm>

#include "tests/services/house.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

class Story : public House {};

TEST_F(Story, ACaseGoesFromReportToReopening) {
  Open();
  const Answer reported =
      Post(kHotline, "/v1/reports?wait=20s",
           {{"kind", "elder-alone"}, {"area", kVillage}, {"survey", {{"signs", {"SIGN_FALLEN"}}}}});
  ASSERT_EQ(reported.status, 201) << reported.body;
  const std::string number = reported.body["caseNumber"];
  EXPECT_EQ(reported.Header("location"), "/v1/cases/" + number);
  EXPECT_EQ(reported.body["state"], "REPORT_STATE_OPENED");

  Answer page = Get(kTanDan, "/v1/cases/" + number);
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.Header("etag"), "\"" + page.body["version"].dump() + "\"");
  EXPECT_EQ(page.body["status"], "CASE_STATUS_REPORTED");
  EXPECT_EQ(page.body["lamp"], "LAMP_ON_TIME");
  EXPECT_EQ(page.body["survey"]["signs"], json::array({"SIGN_FALLEN"}));

  Answer answer = Post(kTanDan, Act(number, "acknowledge"), json::object());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["events"][0]["type"], "CaseAcknowledged");
  EXPECT_EQ(answer.body["case"]["handlerId"], "tan-dan");

  answer = Post(kTanDan, Act(number, "verify"), json::object());
  EXPECT_EQ(answer.status, 422) << answer.body;
  answer = Post(kTanDan, Act(number, "verify"), {{"finding", "FINDING_WORSE"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["status"], "CASE_STATUS_VERIFIED");
  EXPECT_EQ(answer.body["case"]["finding"], "FINDING_WORSE");
  answer = Post(kTanDan, Act(number, "relief"),
                {{"kinds", json::array({"NEED_MEALS"})}, {"text", "lunch"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["status"], "CASE_STATUS_IN_SERVICE");
  answer = Post(kTanDan, Act(number, "note"), {{"text", "neighbours cook in turns"}});
  ASSERT_EQ(answer.status, 200) << answer.body;

  const int version = Get(kTanDan, "/v1/cases/" + number).body["version"];
  answer = Post(kTanDan, Act(number, "close"),
                {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", version - 1}});
  ASSERT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.problem, "stale-version");
  EXPECT_EQ(answer.body["present"]["version"], version);
  answer = Post(kTanDan, Act(number, "close"),
                {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", version}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["status"], "CASE_STATUS_CLOSED");
  answer = Post(kTanDan, Act(number, "acknowledge"), json::object());
  ASSERT_EQ(answer.status, 409);
  EXPECT_EQ(answer.problem, "already-closed");

  answer = Post(kTanDan, Act(number, "reopen"), {{"reason", "fell again"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["cycle"], 2);
  EXPECT_EQ(answer.body["case"]["status"], "CASE_STATUS_REPORTED");

  const Answer history = Get(kTanDan, "/v1/cases/" + number + "/history");
  std::vector<std::string> types;
  for (const auto& event : history.body["events"]) types.push_back(event["type"]);
  const std::vector<std::string> expected = {
      "CaseOpened",      "CaseAcknowledged", "CaseVerified",    "ReliefRecorded", "CaseNoted",
      "CommandRejected", "CaseClosed",       "CommandRejected", "CaseReopened"};
  EXPECT_EQ(types, expected);
}

TEST_F(Story, PapersOfReliefThatCameFirstAreOwedUntilTheyAreComplete) {
  Open();
  const std::string number = Report("elder-alone");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  Answer answer = Post(kTanDan, Act(number, "relief"), {{"kinds", json::array({"NEED_MEALS"})}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto& clocks = answer.body["case"]["clocks"];
  EXPECT_TRUE(std::any_of(clocks.begin(), clocks.end(), [](const json& clock) {
    return clock["promise"] == "PROMISE_PAPERWORK" && clock["state"] == "CLOCK_STATE_RUNNING";
  })) << clocks;
  const json close = {{"outcome", "OUTCOME_NEED_MET"},
                      {"caseVersion", answer.body["case"]["version"]}};
  answer = Post(kTanDan, Act(number, "close"), close);
  EXPECT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.problem, "paperwork-owed");
  answer = Post(kTanDan, Act(number, "paperwork"), {{"text", "filed under 12"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  answer = Post(kTanDan, Act(number, "paperwork"), json::object());
  EXPECT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.problem, "no-paperwork");
}

TEST_F(Story, AHoldHasAnEndAndMayBeEndedBefore) {
  Open();
  const std::string number = Report("medical-costs");
  const auto hold = [&](const char* reason, const json& until) {
    return Post(kTanDan, Act(number, "hold"),
                {{"reason", reason}, {"until", until}, {"text", "in the county hospital"}});
  };
  const json in_two_days = (clock_.Wall() + Days(2)).ms;
  Answer answer = hold("HOLD_REASON_IN_HOSPITAL", in_two_days);
  EXPECT_EQ(answer.problem, "not-acknowledged") << answer.body;
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  EXPECT_EQ(hold("HOLD_REASON_IN_HOSPITAL", "tomorrow").status, 422);
  EXPECT_EQ(hold("HOLD_REASON_IN_HOSPITAL", nullptr).status, 422);
  EXPECT_EQ(hold("HOLD_REASON_UNSPECIFIED", in_two_days).status, 422);
  EXPECT_EQ(hold("HOLD_REASON_IN_HOSPITAL", 1000).problem, "wrong-time");
  answer = hold("HOLD_REASON_IN_HOSPITAL", in_two_days);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json& held = answer.body["case"];
  EXPECT_EQ(held["hold"]["reason"], "HOLD_REASON_IN_HOSPITAL");
  EXPECT_EQ(held["hold"]["by"], "tan-dan");
  EXPECT_EQ(std::count_if(held["clocks"].begin(), held["clocks"].end(),
                          [](const json& clock) { return clock["state"] == "CLOCK_STATE_PAUSED"; }),
            2)
      << "verifying and closing wait: " << held["clocks"];
  EXPECT_EQ(hold("HOLD_REASON_IN_HOSPITAL", in_two_days).problem, "already-on-hold");

  answer = Post(kTanDan, Act(number, "resume"), {{"text", "back home"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(answer.body["case"].contains("hold"));
  for (const json& clock : answer.body["case"]["clocks"]) {
    EXPECT_NE(clock["state"], "CLOCK_STATE_PAUSED") << clock;
  }
  EXPECT_EQ(Post(kTanDan, Act(number, "resume"), json::object()).problem, "not-on-hold");

  ASSERT_EQ(hold("HOLD_REASON_IN_HOSPITAL", in_two_days).status, 200);
  clock_.Advance(Days(2));
  ASSERT_TRUE(Eventually([&] {
    // A report wakes the partition, which sleeps by the machine's time.
    Report("policy-question");
    return !Get(kTanDan, "/v1/cases/" + number).body.contains("hold");
  }));
}

TEST_F(Story, AWrongReportIsTakenBackByItsReporter) {
  Open();
  const Answer reported =
      Post(kHotline, "/v1/reports?wait=20s", {{"kind", "elder-alone"}, {"area", kVillage}});
  const std::string number = reported.body["caseNumber"];
  EXPECT_EQ(Post(kOtherHotline, Act(number, "withdraw"), {{"reason", "wrong door"}}).status, 403);
  EXPECT_EQ(Post(kHotline, Act(number, "note"), {{"text", "wrong door"}}).status, 403);
  EXPECT_EQ(Post(kHotline, Act(number, "withdraw"), json::object()).status, 422);
  const Answer answer = Post(kHotline, Act(number, "withdraw"), {{"reason", "wrong door"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Answer shown = Get(kTanDan, "/v1/cases/" + number);
  EXPECT_EQ(shown.body["status"], "CASE_STATUS_CLOSED");
  EXPECT_EQ(shown.body["outcome"], "OUTCOME_WITHDRAWN");
}

TEST_F(Story, AnotherAreaIsAskedAnewAndLetIn) {
  Open();
  const std::string number = Report("injury");
  const auto to = [&](const char* token, const char* area, const json& version) {
    return Post(token, Act(number, "reassign"),
                {{"area", area}, {"caseVersion", version}, {"reason", "moved"}});
  };
  const json version = Get(kTanDan, "/v1/cases/" + number).body["version"];
  EXPECT_EQ(to(kTanDan, "430112999999", version).problem, "unknown-area");
  EXPECT_EQ(to(kTanDan, "12", version).status, 422);
  EXPECT_EQ(to(kTanDan, "430112107208", version).status, 403) << "another town's";
  EXPECT_EQ(to(kDesk, "430112107208", 99).problem, "stale-version");
  EXPECT_EQ(Get(kStranger, "/v1/cases/" + number).status, 403);
  const Answer answer = to(kDesk, "430112107208", version);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["area"], "430112107208");
  EXPECT_EQ(answer.body["case"]["number"], number) << "it keeps its number";
  EXPECT_EQ(Get(kDesk, "/v1/cases?area=430112107").body["cases"].size(), 1u);
  EXPECT_EQ(Get(kDesk, "/v1/cases?area=430112001").body.count("cases"), 0u);
  // The door lets them at a case whose number begins with another town.
  EXPECT_EQ(Get(kStranger, "/v1/cases/" + number).status, 200);
  EXPECT_NE(Post(kStranger, Act(number, "note"), {{"text", "x"}}).problem, "other-area");
}

TEST_F(Story, ATwinIsMergedAndTheOtherNamesIt) {
  Open();
  const std::string one = Report("injury");
  const std::string twin = Report("injury");
  const Answer answer = Post(kTanDan, Act(twin, "merge"),
                             {{"into", one},
                              {"caseVersion", Get(kTanDan, "/v1/cases/" + twin).body["version"]},
                              {"text", "one fall"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["outcome"], "OUTCOME_MERGED");
  EXPECT_EQ(answer.body["case"]["mergedInto"], one);
  const json other = Get(kTanDan, "/v1/cases/" + one).body;
  EXPECT_EQ(other["mergedFrom"], json::array({twin}));
  const json into_the_closed = {{"into", twin}, {"caseVersion", other["version"]}};
  EXPECT_EQ(Post(kTanDan, Act(one, "merge"), into_the_closed).problem, "already-closed");
  EXPECT_EQ(Post(kTanDan, Act(one, "merge"), {{"into", "x"}, {"caseVersion", 1}}).status, 422);
  // The case that goes on has a trace of it, until the other one is opened again.
  json last;
  EXPECT_TRUE(Eventually([&] {
    last = Get(kTanDan, "/v1/cases/" + one + "/history").body["events"].back()["event"];
    return last.contains("mergeSettled");
  })) << last;
  EXPECT_EQ(last["mergeSettled"]["from"], twin);
  EXPECT_EQ(last["mergeSettled"]["end"], "MERGE_END_MERGED");
  ASSERT_EQ(Post(kTanDan, Act(twin, "reopen"), {{"reason", "two houses"}}).status, 200);
  EXPECT_FALSE(Get(kTanDan, "/v1/cases/" + one).body.contains("mergedFrom"));
}

TEST_F(Story, MoreTimeAndAskingOnceMore) {
  Open();
  const std::string number = Report("injury");
  const auto extend = [&](const char* promise, int days) {
    return Post(kTanDan, Act(number, "extend"),
                {{"promise", promise},
                 {"by", {{"amount", days}, {"unit", "DURATION_UNIT_WORKING_DAYS"}}},
                 {"reason", "the clinic has no date sooner"}});
  };
  EXPECT_EQ(extend("PROMISE_RESOLVE", 0).status, 422);
  EXPECT_EQ(extend("PROMISE_FIRST_RELIEF", 1).problem, "statutory");
  EXPECT_EQ(extend("PROMISE_PAPERWORK", 1).problem, "not-running");
  const Answer answer = extend("PROMISE_RESOLVE", 2);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto& clocks = answer.body["case"]["clocks"];
  EXPECT_TRUE(std::any_of(clocks.begin(), clocks.end(), [](const json& clock) {
    return clock["promise"] == "PROMISE_RESOLVE" && clock.value("extended", false);
  })) << clocks;
  EXPECT_EQ(extend("PROMISE_RESOLVE", 2).problem, "already-extended");
  EXPECT_EQ(Post(kTanDan, Act(number, "remind"), json::object()).status, 200);
  EXPECT_EQ(Post(kTanDan, Act(number, "remind"), json::object()).problem, "too-soon");
}

TEST_F(Story, AVisitIsPlannedBegunAndOver) {
  Open();
  const std::string number = Report("injury");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  const auto at = [&](Millis later) { return FormatRfc3339(clock_.Wall() + later); };
  json plan = {{"kind", "WORK_KIND_VISIT"},
               {"from", at(Hours(1))},
               {"until", at(Hours(2))},
               {"assignee", "xu-guangming"}};
  EXPECT_EQ(Post(kStranger, Act(number, "planWork"), plan).status, 403);
  EXPECT_EQ(Post(kTanDan, Act(number, "planWork"), {{"kind", "WORK_KIND_VISIT"}}).status, 422);
  plan["service"] = "NEED_MEALS";
  EXPECT_EQ(Post(kTanDan, Act(number, "planWork"), plan).status, 422) << "no service of a visit";
  plan.erase("service");
  plan["assignee"] = "nobody-here";
  EXPECT_EQ(Post(kTanDan, Act(number, "planWork"), plan).problem, "unknown-person");
  plan["assignee"] = "xu-guangming";
  Answer answer = Post(kTanDan, Act(number, "planWork"), plan);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json work = answer.body["case"]["works"][0];
  EXPECT_EQ(work["workId"], 1);
  EXPECT_EQ(work["state"], "TURN_STATE_CLAIMED");
  EXPECT_EQ(work["worker"], "xu-guangming");
  const json turn = {{"workId", 1}, {"turn", 1}};
  EXPECT_EQ(Post(kTanDan, Act(number, "claimWork"), turn).problem, "already-claimed");
  EXPECT_EQ(Post(kTanDan, Act(number, "startWork"), turn).status, 403);
  answer = Post(kGridWorker, Act(number, "startWork"), turn);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["works"][0]["state"], "TURN_STATE_STARTED");
  const json close = {{"outcome", "OUTCOME_NEED_MET"},
                      {"caseVersion", answer.body["case"]["version"]}};
  EXPECT_EQ(Post(kTanDan, Act(number, "close"), close).problem, "work-planned");
  answer = Post(kGridWorker, Act(number, "finishWork"), turn);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(answer.body["case"].contains("works"));
  EXPECT_EQ(Get(kDesk, "/v1/statistics").body["period"]["work"]["turnsDone"], 1);
}

TEST_F(Story, ReferredPledgedAndFollowedUp) {
  Open();
  const json report = {{"kind", "injury"},
                       {"area", kVillage},
                       {"householdRef", "h-77"},
                       {"survey", {{"needs", json::array({"NEED_GOODS", "NEED_MEALS"})}}}};
  Answer answer = Post(kHotline, "/v1/reports?wait=20s", report);
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string number = answer.body["caseNumber"];
  answer = Post(kTanDan, Act(number, "acknowledge"), json::object());
  EXPECT_EQ(answer.body["case"]["suggestedServices"], json::array({"NEED_GOODS", "NEED_MEALS"}));
  const json refer = {{"to", "health-bureau"}, {"reason", "an operation"}};
  ASSERT_EQ(Post(kTanDan, Act(number, "refer"), refer).status, 200);
  EXPECT_EQ(Post(kTanDan, Act(number, "refer"), refer).problem, "referral-open");
  answer = Post(kTanDan, Act(number, "answerReferral"),
                {{"answer", "REFERRAL_ANSWER_ACCEPTED"}, {"theirNumber", "WJ-7"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["referrals"][0]["theirNumber"], "WJ-7");
  answer = Post(kTanDan, Act(number, "pledge"),
                {{"kind", "NEED_GOODS"}, {"project", "xinghuo"}, {"valueFen", 120000}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["suggestedServices"], json::array({"NEED_MEALS"}));
  ASSERT_EQ(
      Post(kTanDan, Act(number, "deliver"), {{"resourceId", 1}, {"valueFen", "90000"}}).status,
      200);
  EXPECT_EQ(Post(kTanDan, Act(number, "deliver"), {{"resourceId", 1}}).problem,
            "already-delivered");
  const auto version = [&] { return Get(kTanDan, "/v1/cases/" + number).body["version"]; };
  answer = Post(kTanDan, Act(number, "beginFollowUp"),
                {{"outcome", "OUTCOME_NEED_MET"}, {"visits", 2}, {"caseVersion", version()}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["status"], "CASE_STATUS_FOLLOW_UP");
  EXPECT_EQ(answer.body["case"]["followUp"]["left"], 2);
  EXPECT_EQ(Get(kDesk, "/v1/cases?status=follow_up").body["cases"].size(), 1u);
  ASSERT_EQ(Post(kTanDan, Act(number, "recordFollowUp"), {{"finding", "FOLLOW_UP_FINDING_STABLE"}})
                .status,
            200);
  // Reported again: a new cycle, and everybody is asked anew.
  answer = Post(kHotline, "/v1/reports?wait=20s", report);
  ASSERT_EQ(answer.body["caseNumber"], number) << answer.body;
  const json page = Get(kTanDan, "/v1/cases/" + number).body;
  EXPECT_EQ(page["cycle"], 2);
  EXPECT_EQ(page["status"], "CASE_STATUS_REPORTED");
  EXPECT_FALSE(page.contains("followUp"));
  const json counted = Get(kDesk, "/v1/statistics").body["period"];
  EXPECT_EQ(counted["ended"], 1);
  EXPECT_EQ(counted["work"]["referralsAccepted"], 1);
  EXPECT_EQ(counted["work"]["followUpsOnTime"], 1);
  EXPECT_EQ(counted["work"]["resources"][0]["deliveredFen"], "90000");

  // What comes once all is over counts as well, and opens nothing.
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  ASSERT_EQ(Post(kTanDan, Act(number, "pledge"),
                 {{"kind", "NEED_GOODS"}, {"project", "xinghuo"}, {"valueFen", 5000}})
                .status,
            200);
  ASSERT_EQ(Post(kTanDan, Act(number, "close"),
                 {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", version()}})
                .status,
            200);
  answer = Post(kTanDan, Act(number, "deliver"), {{"resourceId", 2}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["status"], "CASE_STATUS_CLOSED");
  EXPECT_TRUE(answer.body["case"]["resources"][1].contains("deliveredAt"));
  EXPECT_EQ(Get(kDesk, "/v1/statistics").body["period"]["work"]["resources"][0]["deliveredFen"],
            "95000");
}

TEST_F(Story, ACertificationIsScheduledAndAnExerciseIsMarked) {
  Open();
  const auto at = [&](Millis later) { return FormatRfc3339(clock_.Wall() + later); };
  Answer answer = Post(kDesk, "/v1/reports?wait=20s",
                       {{"kind", "survival-certification"},
                        {"area", kVillage},
                        {"householdRef", "p-1"},
                        {"occurredAt", at(Days(-100))}});
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string number = answer.body["caseNumber"];
  // Nobody can be asked in time who knows neither whom nor since when.
  answer = Post(kDesk, "/v1/reports?wait=20s",
                {{"kind", "survival-certification"}, {"area", kVillage}, {"householdRef", "p-2"}});
  EXPECT_EQ(answer.problem, "missing-field");
  EXPECT_EQ(answer.body["field"], "occurredAt");
  answer = Post(
      kDesk, "/v1/reports?wait=20s",
      {{"kind", "survival-certification"}, {"area", kVillage}, {"occurredAt", at(Days(-100))}});
  EXPECT_EQ(answer.body["field"], "householdRef");
  const json page = Get(kTanDan, "/v1/cases/" + number).body;
  EXPECT_EQ(page["status"], "CASE_STATUS_SCHEDULED");
  EXPECT_FALSE(page.contains("handlerId"));
  // A schedule does not stand among the cases that somebody works on.
  EXPECT_FALSE(Get(kDesk, "/v1/cases").body.contains("cases"));
  EXPECT_EQ(Get(kDesk, "/v1/cases?status=scheduled").body["cases"].size(), 1u);
  EXPECT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).problem, "scheduled");
  EXPECT_EQ(Post(kTanDan, Act(number, "certify"), {{"certifiedAt", at(Days(2))}}).problem,
            "wrong-time");
  EXPECT_EQ(Post(kTanDan, Act(number, "certify"), {{"certifiedAt", "soon"}}).status, 422);
  answer = Post(kGridWorker, Act(number, "certify"), {{"assisted", true}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.body["case"]["certifiedAt"], page["certifiedAt"]);

  answer = Post(kHotline, "/v1/reports?wait=20s",
                {{"kind", "injury"}, {"area", kVillage}, {"drill", true}});
  const std::string drill = answer.body["caseNumber"];
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + drill).body["drill"], true);
  EXPECT_EQ(Post(kTanDan, Act(drill, "acknowledge"), json::object()).status, 200);
  const json counted = Get(kDesk, "/v1/statistics").body;
  EXPECT_FALSE(counted["period"].contains("begun"));
  EXPECT_FALSE(counted.contains("open"));
  EXPECT_EQ(counted["period"]["work"]["certified"], 1);
}

TEST_F(Story, ABulletinIsMadeKnownGridByGrid) {
  Open();
  const json bulletin = {{"kind", "policy-bulletin"},
                         {"area", kVillage},
                         {"subject", "allowance for heating, from December on"}};
  json wrong = bulletin;
  wrong["subject"] = std::string(501, 'x');
  EXPECT_EQ(Post(kDesk, "/v1/reports?wait=20s", wrong).status, 422);
  wrong.erase("subject");
  const Answer unsaid = Post(kDesk, "/v1/reports?wait=20s", wrong);
  EXPECT_EQ(unsaid.problem, "missing-field");
  EXPECT_EQ(unsaid.body["field"], "subject");
  const std::string number = Post(kDesk, "/v1/reports?wait=20s", bulletin).body["caseNumber"];
  json page = Get(kDesk, "/v1/cases/" + number).body;
  EXPECT_EQ(page["status"], "CASE_STATUS_BULLETIN");
  EXPECT_EQ(page["bulletin"]["subject"], bulletin["subject"]);
  EXPECT_EQ(page["bulletin"]["grids"], 3);
  EXPECT_EQ(page["bulletin"]["unread"].size(), 3u);
  EXPECT_FALSE(Get(kDesk, "/v1/cases").body.contains("cases"));
  EXPECT_EQ(Get(kDesk, "/v1/cases?status=bulletin").body["cases"].size(), 1u);
  EXPECT_EQ(Post(kTanDan, Act(number, "readBulletin"), json::object()).status, 403);
  EXPECT_EQ(Post(kGridWorker, Act(number, "acknowledge"), json::object()).problem, "bulletin");
  const Answer answer = Post(kGridWorker, Act(number, "readBulletin"), {{"households", 41}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["bulletin"]["unread"].size(), 2u);
  EXPECT_EQ(Post(kGridWorker, Act(number, "readBulletin"), json::object()).problem, "already-read");
  const json counted = Get(kDesk, "/v1/statistics").body["period"];
  EXPECT_EQ(counted["work"]["bulletinGrids"], 1);
  EXPECT_EQ(counted["work"]["bulletinHouseholds"], 41);
  EXPECT_FALSE(counted.contains("begun"));
}

TEST_F(Story, ACaseIsHandedOverToAColleague) {
  Open();
  const std::string number = Report("injury");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  const json over = {{"to", "mei-heping"}, {"reason", "on leave"}};
  EXPECT_EQ(Post(kTanDan, Act(number, "handOver"), {{"to", "mei-heping"}}).status, 422);
  EXPECT_EQ(Post(kTanDan, Act(number, "handOver"), {{"to", "nobody"}, {"reason", "x"}}).problem,
            "unknown-person");
  const Answer answer = Post(kTanDan, Act(number, "handOver"), over);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["handlerId"], "mei-heping");
  EXPECT_EQ(Post(kGridWorker, Act(number, "handOver"), over).status, 403);
}

TEST_F(Story, StatisticsCountWhatWasDone) {
  Open();
  const std::string one = Report("elder-alone");
  Report("injury", "430112107208");
  ASSERT_EQ(Post(kTanDan, Act(one, "acknowledge"), json::object()).status, 200);
  ASSERT_EQ(Post(kTanDan, Act(one, "verify"), {{"finding", "FINDING_AS_REPORTED"}}).status, 200);
  ASSERT_EQ(Post(kTanDan, Act(one, "relief"), {{"kinds", json::array({"NEED_MEALS"})}}).status,
            200);
  const std::string wrong =
      Post(kHotline, "/v1/reports?wait=20s", {{"kind", "injury"}, {"area", kVillage}})
          .body["caseNumber"];
  ASSERT_EQ(Post(kHotline, Act(wrong, "withdraw"), {{"reason", "wrong door"}}).status, 200);

  Answer answer = Get(kDesk, "/v1/statistics");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json all = answer.body["period"];
  EXPECT_EQ(all["begun"], 2);
  EXPECT_EQ(all["withdrawn"], 1);
  EXPECT_EQ(all["helpedWithoutHousehold"], 1);
  EXPECT_EQ(all["times"].size(), 3u) << all;
  EXPECT_EQ(answer.body["open"].size(), 2u) << answer.body;
  EXPECT_FALSE(answer.body["yearBefore"].contains("begun"));

  EXPECT_EQ(Get(kTanDan, "/v1/statistics").body["period"]["begun"], 1) << "her own town";
  EXPECT_EQ(Get(kTanDan, "/v1/statistics?area=430112107").status, 403);
  EXPECT_EQ(Get(kHotline, "/v1/statistics").status, 403);
  for (const char* wrong_query : {"from=2026-02-30", "from=2026-02-02&to=2026-02-01", "format=xls",
                                  "from=2020-01-01", "day=1"}) {
    EXPECT_EQ(Get(kDesk, std::string("/v1/statistics?") + wrong_query).status, 400) << wrong_query;
  }
  // Nothing began in another month.
  EXPECT_FALSE(
      Get(kDesk, "/v1/statistics?from=2025-01-01&to=2025-01-31").body["period"].contains("begun"));
}

TEST_F(Story, RaisesAndHandsDown) {
  Open();
  const std::string number = Report("injury");
  Answer answer =
      Post(kTanDan, Act(number, "raise"), {{"toLevel", "LEVEL_CRITICAL"}, {"reason", "worse"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["level"], "LEVEL_CRITICAL");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  const int version = Get(kTanDan, "/v1/cases/" + number).body["version"];
  answer = Post(kTanDan, Act(number, "handDown"),
                {{"toTier", "TIER_VILLAGE"}, {"caseVersion", version}, {"reason", "closer"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["case"]["handDowns"], 1);
  EXPECT_EQ(answer.body["case"]["tier"], "TIER_VILLAGE");
}

TEST_F(Story, UnansweredItClimbsAndIsOverdue) {
  Open();
  const std::string number = Report("elder-alone");
  EXPECT_EQ(Get(kDesk, "/v1/cases?overdue=true").body.count("cases"), 0u);
  clock_.Advance(Minutes(11));
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number).body["lamp"], "LAMP_NEAR_DUE");
  clock_.Advance(Minutes(4) + Seconds(5));
  ASSERT_TRUE(Eventually([&] {
    // A report wakes the partition, which sleeps by the machine's time.
    Report("policy-question");
    return Get(kTanDan, "/v1/cases/" + number).body["tier"] == "TIER_GROUP";
  }));
  const Answer late = Get(kDesk, "/v1/cases?overdue=true&tier=group&level=critical");
  ASSERT_EQ(late.body.value("cases", json::array()).size(), 1u) << late.body;
  EXPECT_EQ(late.body["cases"][0]["number"], number);
  EXPECT_EQ(late.body["cases"][0]["lamp"], "LAMP_OVERDUE");
}

TEST_F(Story, LampsOfDutyHoursStandStillAtTheWeekend) {
  options_.rules->mutable_calendar()->clear_days();
  // Midnight before a Friday that lies ahead.
  Date date = NextDate(DateOf(clock_.Wall()));
  while (WeekdayOf(date) != 4) date = NextDate(date);
  const Timestamp friday = StartOf(date);
  const auto go_to = [&](Millis later) { clock_.Advance(friday + later - clock_.Wall()); };
  go_to(Hours(20));
  Open();
  const std::string number = Report("job-loss");
  const auto lamp = [&] { return Get(kTanDan, "/v1/cases/" + number).body["lamp"]; };
  // Four duty hours: 08:30 to 12:00 and half an hour from 13:30 on.
  go_to(Days(2) + Hours(12));
  EXPECT_EQ(lamp(), "LAMP_ON_TIME") << "no duty hour has passed on Sunday";
  const Millis monday = Days(3) + Minutes(8 * 60 + 30);
  go_to(monday + Minutes(167));
  EXPECT_EQ(lamp(), "LAMP_ON_TIME");
  go_to(monday + Minutes(169));
  EXPECT_EQ(lamp(), "LAMP_NEAR_DUE") << "70 % of four hours have passed";
  go_to(Days(3) + Hours(14) + Seconds(5));
  ASSERT_TRUE(Eventually([&] {
    Report("policy-question");
    return Get(kTanDan, "/v1/cases/" + number).body["tier"] == "TIER_GROUP";
  }));
  EXPECT_EQ(lamp(), "LAMP_OVERDUE");
  go_to(Days(4) + Minutes(9 * 60 + 29));
  EXPECT_EQ(lamp(), "LAMP_OVERDUE") << "seven hours and 59 minutes";
  go_to(Days(4) + Minutes(9 * 60 + 30) + Seconds(5));
  EXPECT_EQ(lamp(), "LAMP_OVERDUE_TWICE");
}

TEST_F(Story, AStopOfOursIsNobodysRedCard) {
  Open();
  const std::string number = Report("elder-alone");
  Close();
  clock_.Advance(Hours(20));
  Open();
  ASSERT_TRUE(Eventually([&] {
    Report("policy-question");
    return Get(kTanDan, "/v1/cases/" + number).body["tier"] != "TIER_GRID";
  })) << Get(kTanDan, "/v1/cases/" + number).body
      << CallRaw(nullptr, "GET", "/readyz", {}, "").body;
  Answer page = Get(kTanDan, "/v1/cases/" + number);
  const auto clock_of = [&](const char* promise) {
    for (const json& clock : page.body["clocks"]) {
      if (clock["promise"] == promise) return clock;
    }
    return json::object();
  };
  const json answer = clock_of("PROMISE_ACKNOWLEDGE");
  EXPECT_EQ(answer["lamp"], "LAMP_ON_TIME") << "the group has just been asked: " << answer;
  EXPECT_EQ(answer["dueAt"], answer["turn"]["dueAt"]);
  ASSERT_TRUE(Eventually([&] {
    Report("policy-question");
    page = Get(kTanDan, "/v1/cases/" + number);
    return clock_of("PROMISE_VERIFY").value("state", "") == "CLOCK_STATE_BREACHED" &&
           !clock_of("PROMISE_VERIFY").contains("twiceDueAt");
  })) << page.body;
  EXPECT_EQ(clock_of("PROMISE_VERIFY")["lamp"], "LAMP_OVERDUE");
  EXPECT_EQ(clock_of("PROMISE_VERIFY")["outage"], true);
  EXPECT_NE(page.body["lamp"], "LAMP_OVERDUE_TWICE");
}

}  // namespace
}  // namespace lastmeter::test
