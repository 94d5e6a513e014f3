// What a volunteer sees and does through HTTP: turns of planned work, and nothing else.
#include <algorithm>
#include <set>

#include "tests/services/house.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

class Turns : public House {
 protected:
  std::string At(Millis later) { return FormatRfc3339(clock_.Wall() + later); }
  json Meals() {
    return {{"kind", "WORK_KIND_SERVICE"},
            {"service", "NEED_MEALS"},
            {"from", At(Hours(1))},
            {"until", At(Hours(2))},
            {"times", 3},
            {"everyDays", 1},
            {"text", "she cannot stand"}};
  }
  // A case in the village with three lunches to come; its number.
  std::string CaseWithMeals() {
    const std::string number = Report("injury");
    EXPECT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
    EXPECT_EQ(Post(kTanDan, Act(number, "planWork"), Meals()).status, 200);
    return number;
  }
  json List(const char* token, const std::string& query = "") {
    const Answer answer = Get(token, "/v1/turns" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body.value("turns", json::array());
  }
  // Of what people did; what partitions and timers say comes when it comes.
  size_t Events() {
    const json page = Get(kOperator, "/v1/events?pageSize=200").body;
    return static_cast<size_t>(
        std::count_if(page["events"].begin(), page["events"].end(), [](const json& view) {
          const json& event = view["event"];
          return event.contains("commandRejected") ||
                 (event.contains("caseNumber") && !event.contains("workUnclaimed"));
        }));
  }
};

const json kFirst = {{"workId", 1}, {"turn", 1}};

TEST_F(Turns, AVolunteerSeesWhatWhenAndWhere) {
  Open();
  const std::string number = CaseWithMeals();
  const json visit = {{"kind", "WORK_KIND_VISIT"},
                      {"from", At(Hours(3))},
                      {"until", At(Hours(4))},
                      {"assignee", "xu-guangming"}};
  ASSERT_EQ(Post(kTanDan, Act(number, "planWork"), visit).status, 200);
  const json turns = List(kVolunteer);
  ASSERT_EQ(turns.size(), 3u) << "three lunches, and nobody else's visit";
  for (const json& turn : turns) {
    std::set<std::string> fields;
    for (const auto& [name, value] : turn.items()) fields.insert(name);
    EXPECT_EQ(fields, (std::set<std::string>{"area", "caseNumber", "from", "kind", "service",
                                             "state", "turn", "until", "workId"}));
  }
  EXPECT_EQ(turns[2]["caseNumber"], number);
  EXPECT_EQ(turns[2]["area"], kVillage);
  EXPECT_EQ(turns[2]["service"], "NEED_MEALS");
  EXPECT_EQ(turns[2]["state"], "TURN_STATE_OPEN");
  EXPECT_EQ(turns[2]["turn"], 3);
  // Whoever reads the case sees the visit as well, and who has it.
  const json all = List(kTanDan);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[3]["worker"], "xu-guangming");
  EXPECT_EQ(List(kViewer).size(), 4u);
  EXPECT_EQ(Get(kHotline, "/v1/turns").status, 403);
  EXPECT_TRUE(List(kFarVolunteer).empty());
  EXPECT_EQ(Get(kFarVolunteer, "/v1/turns?area=430112001001").problem, "other-area");
  EXPECT_EQ(Get(kVolunteer, "/v1/turns?status=closed").status, 400);
}

TEST_F(Turns, AVolunteerReadsNothingElse) {
  Open();
  const std::string number = CaseWithMeals();
  ASSERT_EQ(Post(kVolunteer, Act(number, "claimWork"), kFirst).status, 200);
  for (const std::string& target :
       {std::string("/v1/cases"), "/v1/cases/" + number, "/v1/cases/" + number + "/history",
        std::string("/v1/cases/none"), std::string("/v1/events"), std::string("/v1/statistics"),
        std::string("/v1/rules"), std::string("/v1/reports?id=x"), std::string("/v1/reports/x")}) {
    const Answer answer = Get(kVolunteer, target);
    EXPECT_EQ(answer.status, 403) << target;
    EXPECT_EQ(answer.problem, "role-not-allowed") << target;
    EXPECT_NE(answer.body.dump().find("/v1/turns"), std::string::npos) << target;
  }
  EXPECT_EQ(CallRaw(kVolunteer, "GET", "/v1/events", {{"Accept", "text/event-stream"}}, "").status,
            403);
}

TEST_F(Turns, AVolunteerDoesNothingElseAndTheLogHearsNothingOfIt) {
  Open();
  const std::string number = CaseWithMeals();
  const size_t before = Events();
  for (const std::string verb :
       {"acknowledge",   "raise",          "handDown", "note",       "verify",   "relief",
        "paperwork",     "hold",           "resume",   "withdraw",   "remind",   "extend",
        "reassign",      "merge",          "planWork", "cancelWork", "refer",    "answerReferral",
        "beginFollowUp", "recordFollowUp", "pledge",   "deliver",    "handOver", "certify",
        "readBulletin",  "close",          "reopen"}) {
    const Answer answer = Post(kVolunteer, Act(number, verb), json::object());
    EXPECT_EQ(answer.status, 403) << verb;
    EXPECT_EQ(answer.problem, "role-not-allowed") << verb;
  }
  EXPECT_EQ(Post(kVolunteer, "/v1/reports", {{"kind", "injury"}, {"area", kVillage}}).status, 403);
  EXPECT_EQ(Call(kVolunteer, "PUT", "/v1/rules", json::object()).status, 403);
  EXPECT_EQ(Post(kVolunteer, "/v1/clock:accept", {{"wall", 1}}).status, 403);
  EXPECT_EQ(Events(), before);
}

TEST_F(Turns, AreClaimedHandedBackStartedAndFinished) {
  Open();
  const std::string number = CaseWithMeals();
  Answer answer = Post(kVolunteer, Act(number, "claimWork"), kFirst);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body.size(), 1u) << "the command's id, and nothing of the case: " << answer.body;
  EXPECT_EQ(List(kVolunteer)[0]["state"], "TURN_STATE_CLAIMED");
  EXPECT_EQ(List(kVolunteer)[0]["worker"], "zhou-meilan");
  // To the other one it is gone.
  EXPECT_EQ(List(kOtherVolunteer)[0]["turn"], 2);
  EXPECT_EQ(Post(kOtherVolunteer, Act(number, "claimWork"), kFirst).problem, "unknown-turn");
  EXPECT_EQ(Post(kOtherVolunteer, Act(number, "startWork"), kFirst).problem, "unknown-turn");
  json back = kFirst;
  back["reason"] = "ill";
  EXPECT_EQ(Post(kOtherVolunteer, Act(number, "handBackWork"), back).problem, "unknown-turn");
  ASSERT_EQ(Post(kVolunteer, Act(number, "handBackWork"), back).status, 200);
  ASSERT_EQ(Post(kOtherVolunteer, Act(number, "claimWork"), kFirst).status, 200);
  EXPECT_EQ(Post(kOtherVolunteer, Act(number, "finishWork"), kFirst).problem, "not-started");
  ASSERT_EQ(Post(kOtherVolunteer, Act(number, "startWork"), kFirst).status, 200);
  EXPECT_EQ(List(kOtherVolunteer)[0]["state"], "TURN_STATE_STARTED");
  const Headers key = {{"Idempotency-Key", "lunch-1"}};
  ASSERT_EQ(Post(kOtherVolunteer, Act(number, "finishWork"), kFirst, key).status, 200);
  EXPECT_EQ(List(kOtherVolunteer)[0]["turn"], 2) << "the first one is over";
  EXPECT_EQ(Post(kOtherVolunteer, Act(number, "finishWork"), kFirst, key).status, 200)
      << "the same key is the same request";
  EXPECT_EQ(Post(kOtherVolunteer, Act(number, "finishWork"), kFirst).problem, "unknown-turn");
}

TEST_F(Turns, ALateAnswerLeadsToTheListAndToNoCase) {
  Open();
  const std::string number = CaseWithMeals();
  const Answer answer = Post(kVolunteer, "/v1/cases/" + number + ":claimWork", kFirst);
  ASSERT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body["links"], (json{{"self", "/v1/turns"}}));
  ASSERT_TRUE(Eventually([&] { return List(kVolunteer)[0].contains("worker"); }));
}

TEST_F(Turns, TheRosterDecidesWhoMayClaim) {
  Open();
  const std::string number = CaseWithMeals();
  EXPECT_EQ(Post(kUnlisted, Act(number, "claimWork"), kFirst).problem, "not-allowed");
  EXPECT_EQ(Post(kFarVolunteer, Act(number, "claimWork"), kFirst).problem, "unknown-turn");
}

TEST_F(Turns, AVisitIsSeenByTheVolunteerWhoIsToMakeIt) {
  Open();
  const std::string number = Report("injury");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  const json visit = {{"kind", "WORK_KIND_VISIT"},
                      {"from", At(Hours(1))},
                      {"until", At(Hours(2))},
                      {"assignee", "zhou-meilan"}};
  ASSERT_EQ(Post(kTanDan, Act(number, "planWork"), visit).status, 200);
  const json turns = List(kVolunteer);
  ASSERT_EQ(turns.size(), 1u);
  EXPECT_EQ(turns[0]["kind"], "WORK_KIND_VISIT");
  EXPECT_TRUE(List(kOtherVolunteer).empty());
  EXPECT_EQ(Post(kVolunteer, Act(number, "startWork"), kFirst).status, 200);
  EXPECT_EQ(Post(kVolunteer, Act(number, "finishWork"), kFirst).status, 200);
  EXPECT_TRUE(List(kVolunteer).empty());
}

TEST_F(Turns, RestrictedCasesLookLikeNone) {
  Open();
  const std::string number = Report("domestic-violence");
  ASSERT_EQ(Post(kNamedOfficer, Act(number, "acknowledge"), json::object()).status, 200);
  ASSERT_EQ(Post(kNamedOfficer, Act(number, "planWork"), Meals()).status, 200);
  EXPECT_EQ(List(kNamedOfficer).size(), 3u);
  EXPECT_TRUE(List(kVolunteer).empty());
  EXPECT_TRUE(List(kTanDan).empty());
  const Answer refused = Post(kVolunteer, Act(number, "claimWork"), kFirst);
  const Answer none = Post(kVolunteer, Act("430112001001-2026-99999", "claimWork"), kFirst);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.body, none.body);
}

TEST_F(Turns, StandOnPagesByCase) {
  Open();
  CaseWithMeals();
  CaseWithMeals();
  Answer answer = Get(kVolunteer, "/v1/turns?pageSize=1");
  EXPECT_EQ(answer.body["turns"].size(), 3u);
  const std::string first = answer.body["turns"][0]["caseNumber"];
  const std::string token = answer.body["nextPageToken"];
  answer = Get(kVolunteer, "/v1/turns?pageSize=1&pageToken=" + token);
  EXPECT_EQ(answer.body["turns"].size(), 3u);
  EXPECT_NE(answer.body["turns"][0]["caseNumber"], first);
  EXPECT_EQ(Get(kVolunteer, "/v1/turns?pageToken=!").status, 400);
}

}  // namespace
}  // namespace lastmeter::test
