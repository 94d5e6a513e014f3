// Holds the OpenAPI document against the running server, in both directions: every documented
// method, path and status is met, every answer that is met is documented and fits its schema, and
// the server has no route that the document lacks.
#include <map>
#include <regex>
#include <set>

#include "tests/services/door.h"
#include "tests/services/json_schema.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

class OpenApi : public House {
 protected:
  void SetUp() override {
    House::SetUp();
    document_ = json::parse(gateway::OpenApiDocument());
  }

  // Checks one answer against the document and remembers that it was met.
  void Check(const std::string& method, const std::string& path, const Answer& answer) {
    const std::string name = method + " " + path + " " + std::to_string(answer.status);
    SCOPED_TRACE(name);
    std::string lower = method;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    ASSERT_TRUE(document_["paths"].contains(path));
    const json& responses = document_["paths"][path][lower]["responses"];
    const std::string status = std::to_string(answer.status);
    ASSERT_TRUE(responses.contains(status)) << "undocumented: " << answer.body;
    const json& response = Resolve(document_, responses[status]);
    met_.insert(name);
    if (!response.contains("content")) return;
    std::string type = answer.Header("content-type");
    type = type.substr(0, type.find(';'));
    ASSERT_TRUE(response["content"].contains(type)) << type;
    const auto faults = CheckSchema(document_, response["content"][type]["schema"], answer.body);
    EXPECT_TRUE(faults.empty()) << testing::PrintToString(faults) << "\n" << answer.body;
  }

  Answer Meet(const char* token, const std::string& method, const std::string& path,
              const std::string& target, const json& body = nullptr, const Headers& headers = {}) {
    Answer answer = Call(token, method, target, body, headers);
    Check(method, path, answer);
    return answer;
  }

  // What can go wrong with every request that has a body.
  void MeetCommonRefusals(const char* token, const std::string& method, const std::string& path,
                          const std::string& target, const json& good, size_t too_large) {
    const auto raw = [&](const char* who, const std::string& type, const std::string& text,
                         int status, const Headers& more = {}) {
      Headers headers = more;
      headers.emplace_back("Content-Type", type);
      const Answer answer = CallRaw(who, method, target, headers, text);
      EXPECT_EQ(answer.status, status) << path << answer.body;
      Check(method, path, answer);
    };
    raw(token, "application/json", "{", 400);
    raw("nobody", "application/json", "{}", 401);
    raw(kViewer, "application/json", "{}", 403);
    raw(token, "application/json", "{\"a\":\"" + std::string(too_large, 'x') + "\"}", 413);
    raw(token, "text/plain", "{}", 415);
    raw(token, "application/json", good.dump(), 409, {{"Idempotency-Key", "taken"}});
  }

  json document_;
  std::set<std::string> met_;
};

const std::map<std::string, json>& Commands() {
  static const auto* const commands = new std::map<std::string, json>{
      {"acknowledge", json::object()},
      {"raise", {{"toLevel", "LEVEL_CRITICAL"}, {"reason", "worse"}}},
      {"handDown", {{"toTier", "TIER_VILLAGE"}, {"caseVersion", 1}, {"reason", "closer"}}},
      {"note", {{"text", "visited"}}},
      {"relief", {{"kinds", json::array({"NEED_MEALS"})}}},
      {"verify", {{"finding", "FINDING_AS_REPORTED"}}},
      {"paperwork", {{"text", "filed"}}},
      {"hold",
       {{"reason", "HOLD_REASON_IN_HOSPITAL"},
        {"until", FormatRfc3339(SystemClock().Wall() + Days(2))}}},
      {"resume", json::object()},
      {"remind", json::object()},
      {"extend",
       {{"promise", "PROMISE_RESOLVE"},
        {"by", {{"amount", 1}, {"unit", "DURATION_UNIT_WORKING_DAYS"}}},
        {"reason", "no date sooner"}}},
      {"reassign", {{"area", "430112001002"}, {"caseVersion", 1}, {"reason", "moved"}}},
      {"merge", {{"into", "430112001001-2026-00001"}, {"caseVersion", 1}}},
      {"planWork",
       {{"kind", "WORK_KIND_SERVICE"},
        {"service", "NEED_MEALS"},
        {"from", FormatRfc3339(SystemClock().Wall() + Hours(1))},
        {"until", FormatRfc3339(SystemClock().Wall() + Hours(2))},
        {"times", 3},
        {"everyDays", 1}}},
      {"claimWork", {{"workId", 1}, {"turn", 1}}},
      {"handBackWork", {{"workId", 1}, {"turn", 1}, {"reason", "ill"}}},
      {"startWork", {{"workId", 1}, {"turn", 1}}},
      {"finishWork", {{"workId", 1}, {"turn", 1}}},
      {"cancelWork", {{"workId", 1}, {"reason", "recovered"}}},
      {"refer", {{"to", "health-bureau"}, {"reason", "an operation"}}},
      {"answerReferral", {{"answer", "REFERRAL_ANSWER_ACCEPTED"}, {"theirNumber", "WJ-7"}}},
      {"setGoal",
       {{"need", "NEED_SKILLS"}, {"by", FormatRfc3339(SystemClock().Wall() + Days(30))}}},
      {"recordGoal", {{"goalId", 1}, {"result", "GOAL_RESULT_REACHED"}}},
      {"screenOut",
       {{"category", "NOT_A_LEAD_ANSWERED"}, {"caseVersion", 1}, {"reason", "answered"}}},
      {"pledge", {{"kind", "NEED_GOODS"}, {"project", "xinghuo"}, {"valueFen", "120000"}}},
      {"deliver", {{"resourceId", 1}}},
      {"beginFollowUp", {{"outcome", "OUTCOME_NEED_MET"}, {"visits", 2}, {"caseVersion", 1}}},
      {"recordFollowUp", {{"finding", "FOLLOW_UP_FINDING_STABLE"}}},
      {"handOver", {{"to", "shen-qingquan"}, {"reason", "on leave"}}},
      {"certify", {{"assisted", true}}},
      {"readBulletin", {{"households", 3}}},
      {"correct", {{"kind", "elder-alone"}, {"reason", "the wrong box"}}},
      {"withdraw", {{"reason", "the wrong door"}}},
      {"close", {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", 1}}},
      {"reopen", {{"reason", "again"}}},
  };
  return *commands;
}

TEST_F(OpenApi, DescribesWhatTheServerDoes) {
  options_.rules.reset();
  Open();
  Meet(kOperator, "GET", "/v1/rules", "/v1/rules");  // 404
  Close();
  options_.rules = WangchengRules();
  Open();

  // ---- Reports
  const json report = {{"kind", "injury"}, {"area", kVillage}};
  const std::string number =
      Meet(kHotline, "POST", "/v1/reports", "/v1/reports?wait=20s", report).body["caseNumber"];
  Meet(kHotline, "POST", "/v1/reports", "/v1/reports", report, {{"Idempotency-Key", "a:b"}});
  ASSERT_EQ(Post(kHotline, "/v1/reports?wait=20s", report, {{"Idempotency-Key", "taken"}}).status,
            201);
  MeetCommonRefusals(kOtherHotline, "POST", "/v1/reports", "/v1/reports", report, 300'000);
  Meet(kHotline, "POST", "/v1/reports", "/v1/reports", json::object());
  ASSERT_TRUE(Eventually([&] { return Get(kHotline, "/v1/reports?id=a:b").status == 200; }));
  Meet(kHotline, "GET", "/v1/reports", "/v1/reports?id=a:b");
  Meet(kHotline, "GET", "/v1/reports", "/v1/reports");
  Meet(kHotline, "GET", "/v1/reports", "/v1/reports?id=none");
  Meet("nobody", "GET", "/v1/reports", "/v1/reports?id=none");
  Meet(kHotline, "GET", "/v1/reports/{id}", "/v1/reports/taken");
  Meet(kHotline, "GET", "/v1/reports/{id}", "/v1/reports/none");
  Meet("nobody", "GET", "/v1/reports/{id}", "/v1/reports/none");

  // ---- Commands, in an order in which each can be done
  ASSERT_EQ(
      Post(kTanDan, Act(number, "note"), {{"text", "x"}}, {{"Idempotency-Key", "taken"}}).status,
      200);
  for (const std::string verb :
       {"raise",          "extend",      "remind",       "reassign",   "acknowledge",
        "handDown",       "acknowledge", "note",         "relief",     "verify",
        "paperwork",      "hold",        "resume",       "planWork",   "claimWork",
        "handBackWork",   "startWork",   "finishWork",   "cancelWork", "refer",
        "answerReferral", "setGoal",     "recordGoal",   "pledge",     "deliver",
        "certify",        "screenOut",   "readBulletin", "handOver",   "beginFollowUp",
        "recordFollowUp", "correct",     "withdraw",     "merge",      "close",
        "reopen"}) {
    const std::string path = "/v1/cases/{number}:" + verb;
    // Some of them need a case of their own, and one of these is its reporter's.
    const bool own_report = verb == "withdraw" || verb == "correct";
    const bool ends_another = own_report || verb == "merge" || verb == "certify" ||
                              verb == "readBulletin" || verb == "screenOut";
    const char* const who = own_report ? kHotline : verb == "readBulletin" ? kGridWorker : kTanDan;
    std::string subject = number;
    json filed = report;
    if (verb == "certify") {
      filed["kind"] = "survival-certification";
      filed["householdRef"] = "person-1";
      filed["occurredAt"] = "2026-01-01T08:00:00+08:00";
    }
    if (verb == "readBulletin") {
      filed["kind"] = "policy-bulletin";
      filed["subject"] = "allowance for heating";
    }
    if (ends_another) subject = Post(kHotline, "/v1/reports?wait=20s", filed).body["caseNumber"];
    json body = Commands().at(verb);
    if (body.contains("caseVersion")) {
      body["caseVersion"] = Get(kTanDan, "/v1/cases/" + subject).body["version"];
    }
    if (body.contains("into")) body["into"] = number;
    const Answer done = Meet(who, "POST", path, Act(subject, verb), body);
    EXPECT_EQ(done.status, 200) << verb << done.body;
    if (verb == "merge") {
      // Nobody waits for it. A door that knows no case would refuse it.
      const std::string one = Post(kHotline, "/v1/reports?wait=20s", report).body["caseNumber"];
      body["caseVersion"] = Get(kTanDan, "/v1/cases/" + one).body["version"];
      EXPECT_EQ(Meet(kTanDan, "POST", path, "/v1/cases/" + one + ":" + verb, body).status, 202);
    }
    MeetCommonRefusals(kDesk, "POST", path, "/v1/cases/" + subject + ":" + verb,
                       Commands().at(verb), 300'000);
    Meet(kTanDan, "POST", path, "/v1/cases/none:" + verb, body);
    // An accepted note does nothing to the order; the others go to a case that is not there.
    Meet(kTanDan, "POST", path, "/v1/cases/430112001001-2026-99999:" + verb, body);
    json odd = json::object();
    if (verb == "acknowledge") odd["noticeId"] = "two words";
    if (verb == "paperwork" || verb == "resume" || verb == "remind" || verb == "certify") {
      odd["text"] = std::string(20'000, 'x');
    }
    if (verb == "readBulletin") odd["households"] = 1'000'000;
    if (body.contains("caseVersion")) odd["caseVersion"] = 0;
    Meet(kTanDan, "POST", path, "/v1/cases/" + subject + ":" + verb, odd);
  }

  // ---- Reading
  Meet(kDesk, "GET", "/v1/cases", "/v1/cases?pageSize=1");
  Meet(kDesk, "GET", "/v1/cases", "/v1/cases?tier=attic");
  Meet("nobody", "GET", "/v1/cases", "/v1/cases");
  Meet(kHotline, "GET", "/v1/cases", "/v1/cases");
  Meet(kVolunteer, "GET", "/v1/turns", "/v1/turns");
  Meet(kVolunteer, "GET", "/v1/turns", "/v1/turns?pageSize=x");
  Meet("nobody", "GET", "/v1/turns", "/v1/turns");
  Meet(kHotline, "GET", "/v1/turns", "/v1/turns");
  Meet(kDesk, "GET", "/v1/statistics", "/v1/statistics?area=430112001");
  Meet(kDesk, "GET", "/v1/statistics", "/v1/statistics?from=yesterday");
  Meet("nobody", "GET", "/v1/statistics", "/v1/statistics");
  Meet(kHotline, "GET", "/v1/statistics", "/v1/statistics");
  const std::string page = "/v1/cases/" + number;
  const Answer one = Meet(kDesk, "GET", "/v1/cases/{number}", page);
  Meet(kDesk, "GET", "/v1/cases/{number}", page, nullptr, {{"If-None-Match", one.Header("etag")}});
  Meet("nobody", "GET", "/v1/cases/{number}", page);
  Meet(kStranger, "GET", "/v1/cases/{number}", page);
  Meet(kDesk, "GET", "/v1/cases/{number}", "/v1/cases/none");
  const std::string history = "/v1/cases/{number}/history";
  Meet(kDesk, "GET", history, page + "/history");
  Meet(kDesk, "GET", history, page + "/history?pageSize=x");
  Meet("nobody", "GET", history, page + "/history");
  Meet(kStranger, "GET", history, page + "/history");
  Meet(kDesk, "GET", history, "/v1/cases/none/history");
  Meet(kOperator, "GET", "/v1/events", "/v1/events?pageSize=200");
  Meet(kDesk, "GET", "/v1/events", "/v1/events?after=x");
  Meet("nobody", "GET", "/v1/events", "/v1/events");
  Meet(kHotline, "GET", "/v1/events", "/v1/events");
  {
    std::vector<std::unique_ptr<SseClient>> listeners;
    for (int i = 0; i < 256; ++i) {
      listeners.push_back(std::make_unique<SseClient>(port(), kDesk, "/v1/events"));
    }
    Meet(kDesk, "GET", "/v1/events", "/v1/events", nullptr, {{"Accept", "text/event-stream"}});
  }

  // ---- Operators
  const json rules = Meet(kViewer, "GET", "/v1/rules", "/v1/rules").body["rules"];
  Meet("nobody", "GET", "/v1/rules", "/v1/rules");
  Meet(kHotline, "GET", "/v1/rules", "/v1/rules");
  Meet(kOperator, "PUT", "/v1/rules", "/v1/rules", rules, {{"Idempotency-Key", "taken"}});
  json other = rules;
  other["version"] = "other";
  MeetCommonRefusals(kOperator, "PUT", "/v1/rules", "/v1/rules", other, 5'000'000);
  other["calendar"] = json::object();
  Meet(kOperator, "PUT", "/v1/rules", "/v1/rules", other);
  const std::string clock = "/v1/clock:accept";
  const json wall = {{"wall", clock_.Wall().ms}};
  Meet(kOperator, "POST", clock, clock, wall);
  MeetCommonRefusals(kOperator, "POST", clock, clock, wall, 300'000);
  Meet(kOperator, "POST", clock, clock, json::object());
  Check("GET", "/v1/openapi.json", CallRaw(nullptr, "GET", "/v1/openapi.json", {}, ""));
  for (const std::string path : {"/healthz", "/readyz", "/metrics"}) {
    Check("GET", path, CallRaw(nullptr, "GET", path, {}, ""));
  }
  clock_.Jump(Hours(72));
  ASSERT_TRUE(Eventually([&] {
    Report("injury");
    return CallRaw(nullptr, "GET", "/readyz", {}, "").status == 503;
  }));
  Check("GET", "/readyz", CallRaw(nullptr, "GET", "/readyz", {}, ""));

  // ---- What only a door under load, or one whose log fails, says
  Door slow;
  Check("PUT", "/v1/rules", slow.Post(kOperator, "/v1/rules?wait=10ms", rules, {}, "PUT"));
  Check("POST", clock, slow.Post(kOperator, clock + "?wait=10ms", wall));
  slow.unread_age_ms = 61'000;
  Door limited(0.001);
  Door failing(0, {.produce_unavailable_lost = 10'000});
  Check("PUT", "/v1/rules", failing.Post(kOperator, "/v1/rules", rules, {}, "PUT"));
  Check("POST", clock, failing.Post(kOperator, clock, wall));
  Check("POST", "/v1/reports", slow.Post(kHotline, "/v1/reports", report));
  for (int i = 0; i < 10; ++i) {
    limited.Post(kHotline, "/v1/reports", report);
    limited.Post(kTanDan, "/v1/cases/" + number + ":note", Commands().at("note"));
  }
  Check("POST", "/v1/reports", limited.Post(kHotline, "/v1/reports", report));
  for (const auto& [verb, body] : Commands()) {
    const std::string target = "/v1/cases/" + number + ":" + verb;
    Check("POST", "/v1/cases/{number}:" + verb, slow.Post(kTanDan, target, body));
    Check("POST", "/v1/cases/{number}:" + verb, limited.Post(kTanDan, target, body));
  }

  // ---- Everything documented was met
  std::set<std::string> documented;
  for (const auto& [path, item] : document_["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      for (const auto& [status, unused] : operation["responses"].items()) {
        documented.insert(upper + " " + path + " " + status);
      }
    }
  }
  // The embedded server never gives up the beginning of its log.
  documented.erase("GET /v1/events 410");
  EXPECT_EQ(met_, documented);
}

TEST_F(OpenApi, KnowsEveryRouteOfTheServer) {
  Open();
  std::set<std::string> documented;
  for (const auto& [path, item] : document_["paths"].items()) {
    for (const auto& [method, unused] : item.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      documented.insert(upper + " " + path);
    }
  }
  std::set<std::string> served;
  for (const auto& [method, pattern] : standalone_->Routes()) served.insert(method + " " + pattern);
  EXPECT_EQ(served, documented);
}

TEST_F(OpenApi, ExamplesFitTheirSchemas) {
  for (const auto& [path, item] : document_["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      std::vector<json> places = {operation.value("requestBody", json::object())};
      for (const auto& [status, response] : operation["responses"].items()) {
        places.push_back(Resolve(document_, response));
      }
      for (const json& place : places) {
        const json contents = place.value("content", json::object());
        for (const auto& [type, content] : contents.items()) {
          if (!content.contains("example")) continue;
          const auto faults = CheckSchema(document_, content["schema"], content["example"]);
          EXPECT_TRUE(faults.empty()) << path << " " << method << testing::PrintToString(faults);
        }
      }
    }
  }
}

TEST(JsonSchema, FindsFaults) {
  const json schema = json::parse(R"({"type":"object","required":["a"],
      "additionalProperties":false,"properties":{"a":{"type":"integer","minimum":0},
      "b":{"type":"string","enum":["x"]},"c":{"type":"array","items":{"type":"boolean"}}}})");
  EXPECT_TRUE(CheckSchema({}, schema, {{"a", 1}, {"b", "x"}, {"c", {true}}}).empty());
  for (const json& bad :
       {json{{"b", "x"}}, json{{"a", -1}}, json{{"a", 1.5}}, json{{"a", 1}, {"b", "y"}},
        json{{"a", 1}, {"d", 1}}, json{{"a", 1}, {"c", json::array({1})}}, json::array()}) {
    EXPECT_EQ(CheckSchema({}, schema, bad).size(), 1u) << bad;
  }
  EXPECT_EQ(CheckSchema({}, json{{"oneOf", json::array()}}, 1).size(), 1u);
}

}  // namespace
}  // namespace lastmeter::test
