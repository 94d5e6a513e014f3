// What is malformed, unauthorised or stale is refused with a problem document that says what is
// wrong; nothing that was accepted is lost by it, and nothing personal is logged.
#include "tests/services/house.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

// Stands in every bad request and must never stand in the log.
constexpr char kName[] = "Ouyang-Qiwen";

class BadInput : public House {
 protected:
  void SetUp() override {
    House::SetUp();
    Open();
    number_ = Report("elder-alone");
  }

  void TearDown() override {
    if (standalone_ != nullptr) {
      EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number_).status, 200) << "what was accepted is there";
    }
    Close();
    EXPECT_EQ(Logged().find(kName), std::string::npos) << "a name was logged";
    EXPECT_EQ(Logged().find("token-"), std::string::npos) << "a token was logged";
    House::TearDown();
  }

  Answer ReportRaw(std::string_view body, const std::string& type = "application/json") {
    return CallRaw(kHotline, "POST", "/v1/reports", {{"Content-Type", type}}, body);
  }
  Answer ReportWith(const std::string& field, const json& value) {
    json body = {{"kind", "elder-alone"}, {"area", kVillage}, {"personal", {{"name", kName}}}};
    body[field] = value;
    return Post(kHotline, "/v1/reports", body);
  }
  void Expect(const Answer& answer, int status, const std::string& problem) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.problem, problem) << answer.body;
  }

  std::string number_;
};

TEST_F(BadInput, MalformedJson) {
  Expect(ReportRaw("{\"kind\": \"Ouyang-Qiwen"), 400, "malformed-json");
  Expect(ReportRaw("{kind: 'Ouyang-Qiwen'}"), 400, "malformed-json");
  Expect(ReportRaw("[]"), 400, "malformed-json");
  Expect(ReportRaw(std::string(100'000, '[')), 400, "malformed-json");
  Expect(ReportRaw("{}", "text/plain"), 415, "media-type");
}

TEST_F(BadInput, UnknownFieldsAreNamed) {
  const Answer top = ReportWith("nickname", kName);
  Expect(top, 400, "unknown-field");
  EXPECT_EQ(top.body["field"], "nickname");
  const Answer deep = ReportWith("survey", {{"sings", json::array()}});
  Expect(deep, 400, "unknown-field");
  EXPECT_NE(std::string(deep.body["field"]).find("sings"), std::string::npos);
  // Who acts is never taken from a body.
  Expect(ReportWith("reporter", {{"id", "tan-dan"}}), 400, "unknown-field");
}

TEST_F(BadInput, WrongCodes) {
  for (const char* area : {"43011", "4301120010011", "43011200100x", "changsha"}) {
    Expect(ReportWith("area", area), 422, "wrong-value");
  }
  Expect(ReportWith("area", ""), 422, "missing-field");
  Expect(ReportWith("kind", ""), 422, "missing-field");
  Expect(ReportWith("kind", "Elder Alone"), 422, "wrong-value");
  Expect(ReportWith("kind", 7), 400, "wrong-value");
  Expect(ReportWith("survey", {{"signs", json::array({"SIGN_NOSUCH"})}}), 400, "wrong-value");
  Expect(ReportWith("survey", {{"signs", json::array({4711})}}), 400, "wrong-value");
  Expect(ReportWith("householdRef", "two words"), 422, "wrong-value");
}

TEST_F(BadInput, GbkBytesDeclaredAndUndeclared) {
  // "独居老人" in GBK, in a remark.
  const std::string gbk =
      "{\"kind\":\"elder-alone\",\"area\":\"430112001001\",\"personal\":{\"remarks\":\""
      "\xb6\xc0\xbe\xd3\xc0\xcf\xc8\xcb\"}}";
  const Answer undeclared = ReportRaw(gbk);
  Expect(undeclared, 400, "wrong-encoding");
  EXPECT_NE(undeclared.body.dump().find("GB18030"), std::string::npos);
  EXPECT_EQ(ReportRaw(gbk, "application/json; charset=GBK").status, 202);
  Expect(ReportRaw("{\"kind\":\"\xff\xff\"}", "application/json; charset=gb18030"), 400,
         "wrong-encoding");
}

TEST_F(BadInput, ABodyOfTenMegabytes) {
  const std::string body = "{\"kind\":\"" + std::string(10'000'000, 'x') + "\"}";
  Expect(ReportRaw(body), 413, "body-too-large");
}

TEST_F(BadInput, UnknownCases) {
  const std::string other = "430112001001-2026-99999";
  Expect(Post(kTanDan, Act(other, "acknowledge"), json::object()), 404, "unknown-case");
  Expect(Post(kTanDan, Act("no-number", "acknowledge"), json::object()), 404, "unknown-case");
  Expect(Get(kTanDan, "/v1/cases/" + other), 404, "unknown-case");
  Expect(Get(kTanDan, "/v1/cases/" + other + "/history"), 404, "unknown-case");
  Expect(Get(kHotline, "/v1/reports/nobody-sent-this"), 404, "unknown-report");
}

TEST_F(BadInput, AStaleVersion) {
  ASSERT_EQ(Post(kTanDan, Act(number_, "acknowledge"), json::object()).status, 200);
  const Answer stale =
      Post(kTanDan, Act(number_, "close"), {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", 1}});
  Expect(stale, 409, "stale-version");
  EXPECT_EQ(stale.body["present"]["status"], "CASE_STATUS_ACKNOWLEDGED");
}

TEST_F(BadInput, WrongTokensAndRoles) {
  Expect(Get("nobody-has-this", "/v1/cases"), 401, "unauthorized");
  Expect(CallRaw(nullptr, "GET", "/v1/cases", {}, ""), 401, "unauthorized");
  Expect(Post(kViewer, Act(number_, "acknowledge"), json::object()), 403, "role-not-allowed");
  Expect(Post(kViewer, "/v1/reports", json::object()), 403, "role-not-allowed");
  Expect(Get(kHotline, "/v1/cases"), 403, "role-not-allowed");
  Expect(Get(kHotline, "/v1/events"), 403, "role-not-allowed");
  Expect(Post(kDesk, "/v1/clock:accept", {{"wall", 1}}), 403, "role-not-allowed");
}

TEST_F(BadInput, OtherAreasCases) {
  Expect(Post(kStranger, Act(number_, "acknowledge"), json::object()), 403, "other-area");
  Expect(Get(kStranger, "/v1/cases/" + number_), 403, "other-area");
  Expect(Get(kStranger, "/v1/cases?area=430112001"), 403, "other-area");
}

TEST_F(BadInput, ATimeFromTheFutureIsClippedAndFlagged) {
  const json future = {
      {"kind", "injury"}, {"area", kVillage}, {"occurredAt", "2099-01-01T00:00:00+08:00"}};
  const Answer answer = Post(kHotline, "/v1/reports?wait=20s", future);
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string number = answer.body["caseNumber"];
  const json opened =
      Get(kTanDan, "/v1/cases/" + number + "/history").body["events"][0]["event"]["caseOpened"];
  EXPECT_TRUE(opened["occurredAtClipped"]);
  EXPECT_EQ(opened["occurredAtMs"], opened["acceptedAtMs"]);
  Expect(ReportWith("occurredAt", "yesterday"), 422, "wrong-value");
  Expect(ReportWith("occurredAt", -5), 422, "wrong-value");
}

TEST_F(BadInput, MissingReasonsAndFields) {
  Expect(Post(kTanDan, Act(number_, "raise"), {{"toTier", "TIER_TOWN"}}), 422, "missing-field");
  Expect(Post(kTanDan, Act(number_, "raise"), {{"toTier", "TIER_TOWN"}, {"reason", "  "}}), 422,
         "missing-field");
  Expect(Post(kTanDan, Act(number_, "raise"), {{"reason", kName}}), 422, "missing-field");
  Expect(Post(kTanDan, Act(number_, "note"), json::object()), 422, "missing-field");
  Expect(Post(kTanDan, Act(number_, "relief"), json::object()), 422, "missing-field");
  Expect(Post(kTanDan, Act(number_, "close"), {{"caseVersion", 1}}), 422, "missing-field");
  Expect(Post(kTanDan, Act(number_, "close"), {{"outcome", "OUTCOME_MOVED"}}), 422,
         "missing-field");
  Expect(Post(kTanDan, Act(number_, "handDown"), {{"caseVersion", 1}, {"reason", kName}}), 422,
         "missing-field");
  Expect(Post(kTanDan, Act(number_, "reopen"), json::object()), 422, "missing-field");
  Expect(Post(kOperator, "/v1/clock:accept", json::object()), 422, "missing-field");
  for (const Millis off : {Minutes(95), Millis{-Minutes(11).ms}, Days(4 * 365)}) {
    Expect(Post(kOperator, "/v1/clock:accept", {{"wall", (clock_.Wall() + off).ms}}), 422,
           "wrong-value");
  }
  Expect(Post(kHotline, "/v1/reports",
              {{"kind", "policy-bulletin"}, {"area", "430112001"}, {"subject", " \t"}}),
         422, "wrong-value");
}

TEST_F(BadInput, WrongParameters) {
  for (const char* query : {"tier=attic", "level=5", "status=open", "overdue=maybe", "area=1",
                            "pageSize=0", "pageSize=x", "pageToken=!", "colour=red"}) {
    const Answer answer = Get(kDesk, std::string("/v1/cases?") + query);
    Expect(answer, 400, "wrong-parameter");
    EXPECT_EQ(answer.body["parameter"], std::string(query).substr(0, std::string(query).find('=')));
  }
  for (const char* query : {"after=1.2", "after=x", "type=NoSuchEvent", "area=x"}) {
    Expect(Get(kDesk, std::string("/v1/events?") + query), 400, "wrong-parameter");
  }
  const json body = {{"kind", "injury"}, {"area", kVillage}};
  for (const char* wait : {"31s", "0", "soon", "-1s"}) {
    Expect(Post(kHotline, std::string("/v1/reports?wait=") + wait, body), 400, "wrong-wait");
  }
  Expect(Post(kHotline, "/v1/reports", body, {{"Idempotency-Key", std::string(129, 'k')}}), 400,
         "wrong-key");
  Expect(Post(kHotline, "/v1/reports", body, {{"Idempotency-Key", "two words"}}), 400, "wrong-key");
}

TEST_F(BadInput, PersonalDataIsRefusedWhereItMayNotBeStored) {
  Close();
  options_.allow_unsealed = false;
  Open();
  Expect(ReportWith("kind", "injury"), 422, "personal-data-refused");
  Expect(Post(kTanDan, Act(number_, "note"), {{"text", kName}}), 422, "personal-data-refused");
  Expect(Post(kTanDan, Act(number_, "raise"), {{"toTier", "TIER_TOWN"}, {"reason", kName}}), 422,
         "personal-data-refused");
  Expect(Post(kTanDan, Act(number_, "relief"),
              {{"kinds", json::array({"NEED_MEALS"})}, {"text", kName}}),
         422, "personal-data-refused");
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number_ + "/history").body.dump().find(kName),
            std::string::npos);
}

}  // namespace
}  // namespace lastmeter::test
