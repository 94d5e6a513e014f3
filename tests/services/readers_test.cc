// The product through its HTTP door: what readers and operators see, before and after a restart.
#include <algorithm>
#include <filesystem>
#include <regex>

#include "services/query/view_keys.h"
#include "services/query_rocksdb/view_rocksdb.h"
#include "tests/services/house.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

class Readers : public House {};

TEST_F(Readers, ARestartKeepsEverything) {
  Open();
  const std::string number = Report("elder-alone");
  ASSERT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).status, 200);
  const json page = Get(kTanDan, "/v1/cases/" + number).body;
  const json history = Get(kTanDan, "/v1/cases/" + number + "/history").body;
  const json rules = Get(kOperator, "/v1/rules").body;
  Close();
  Open();
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number).body, page);
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number + "/history").body, history);
  // The same rules are not installed a second time.
  EXPECT_EQ(Get(kOperator, "/v1/rules").body, rules);
  EXPECT_NE(Report("elder-alone"), number);
}

TEST_F(Readers, TheReadSideIsFoldedAnewWhenItIsLost) {
  Open();
  const std::string number = Report("elder-alone");
  const json page = Get(kTanDan, "/v1/cases/" + number).body;
  Close();
  std::filesystem::remove_all(options_.data_dir + "/query");
  Open();
  ASSERT_TRUE(Eventually([&] { return Get(kTanDan, "/v1/cases/" + number).status == 200; }));
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number).body, page);
}

TEST_F(Readers, TheReadSideIsFoldedAnewWhereItsRulesAreDamaged) {
  Open();
  const std::string number = Report("elder-alone");
  const json page = Get(kTanDan, "/v1/cases/" + number).body;
  Close();
  // A row that cannot be read, and one whose rules cannot.
  for (const char* damage : {"\xFF\xFF", "\x32\x01\xFF"}) {
    {
      const auto rows = query::OpenRocksdbView(options_.data_dir + "/query", false);
      ASSERT_TRUE(rows.ok()) << rows.status();
      ASSERT_TRUE((*rows)->Write({{query::PartitionKey('R', PartitionId{1}), damage}}).ok());
    }
    Open();
    ASSERT_TRUE(Eventually([&] { return Get(kTanDan, "/v1/cases/" + number).status == 200; }));
    EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number).body, page);
    Close();
  }
}

TEST_F(Readers, WhatAKindCannotDoWithoutIsKnownAfterARestart) {
  Open();
  Close();
  Open();
  const Answer answer =
      Post(kDesk, "/v1/reports?wait=20s", {{"kind", "policy-bulletin"}, {"area", kVillage}});
  EXPECT_EQ(answer.problem, "missing-field") << answer.body;
}

TEST_F(Readers, TheSameKeyTwiceIsOneRequest) {
  Open();
  const json body = {{"kind", "elder-alone"}, {"area", kVillage}};
  const Headers key = {{"Idempotency-Key", "call-17"}};
  const Answer first = Post(kHotline, "/v1/reports?wait=20s", body, key);
  const Answer second = Post(kHotline, "/v1/reports?wait=20s", body, key);
  ASSERT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(Post(kHotline, "/v1/reports", body, key).status, 202);
  EXPECT_EQ(Get(kDesk, "/v1/cases").body["cases"].size(), 1u);

  // Another request, or another caller, under the key would silently be lost.
  json other = body;
  other["kind"] = "injury";
  EXPECT_EQ(Post(kHotline, "/v1/reports", other, key).problem, "key-reused");
  EXPECT_EQ(Post(kOtherHotline, "/v1/reports", body, key).problem, "key-reused");

  const std::string number = first.body["caseNumber"];
  const Answer ack = Post(kTanDan, Act(number, "acknowledge"), json::object(), key);
  const Answer again = Post(kTanDan, Act(number, "acknowledge"), json::object(), key);
  ASSERT_EQ(ack.status, 200) << ack.body;
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(ack.body["events"], again.body["events"]);
}

TEST_F(Readers, WithoutWaitingAReportIsOnlyAccepted) {
  Open();
  const Answer answer =
      Post(kHotline, "/v1/reports", {{"kind", "elder-alone"}, {"area", kVillage}});
  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.body["position"]["topic"], "lastmeter.hardship.report.v1");
  const std::string self = answer.body["links"]["self"];
  ASSERT_TRUE(Eventually([&] { return Get(kHotline, self).status == 200; }));
  EXPECT_EQ(Get(kHotline, self).body["state"], "REPORT_STATE_OPENED");
  // Nobody else's business.
  EXPECT_EQ(Get(kOtherHotline, self).problem, "unknown-report");
}

TEST_F(Readers, PagesMeetEveryCaseOnce) {
  Open();
  std::multiset<std::string> expected;
  for (int i = 0; i < 7; ++i) expected.insert(Report("injury"));
  for (const std::string list : {"/v1/cases?pageSize=3", "/v1/cases?pageSize=3&tier=grid",
                                 "/v1/cases?pageSize=3&status=reported&level=urgent"}) {
    std::multiset<std::string> met;
    std::string token;
    do {
      const Answer page = Get(kDesk, list + (token.empty() ? "" : "&pageToken=" + token));
      ASSERT_EQ(page.status, 200) << page.body;
      for (const auto& c : page.body.value("cases", json::array())) met.insert(c["number"]);
      token = page.body.value("nextPageToken", "");
      ASSERT_LE(met.size(), 7u);
    } while (!token.empty());
    EXPECT_EQ(met, expected) << list;
  }
  EXPECT_EQ(Get(kStranger, "/v1/cases").body.count("cases"), 0u);
}

TEST_F(Readers, RestrictedCasesAreSeenByNamedOfficersOnly) {
  Open();
  const std::string number = Report("domestic-violence");
  const std::string page = "/v1/cases/" + number;
  EXPECT_EQ(Get(kNamedOfficer, page).status, 200);
  for (const char* token : {kTanDan, kGridWorker, kDesk, kViewer, kStranger}) {
    EXPECT_EQ(Get(token, page).problem, "unknown-case") << token;
    EXPECT_EQ(Get(token, page + "/history").problem, "unknown-case") << token;
    if (token == kStranger) continue;
    const Answer list = Get(token, "/v1/cases");
    EXPECT_EQ(list.body.count("cases"), 0u) << token;
    EXPECT_EQ(list.body.value("restrictedCount", 0), 1) << token;
    EXPECT_EQ(Get(token, "/v1/events?type=CaseOpened").body.count("events"), 0u) << token;
  }
  EXPECT_EQ(Post(kTanDan, Act(number, "acknowledge"), json::object()).problem, "unknown-case");
  EXPECT_EQ(Get(kNamedOfficer, "/v1/events?type=CaseOpened").body["events"].size(), 1u);
}

TEST_F(Readers, WhoWasToldSeesTheCaseAndTextsAreForStaff) {
  Open();
  const std::string number = Report("injury");
  ASSERT_EQ(Get(kGridWorker, "/v1/cases/" + number).status, 200);
  ASSERT_EQ(Get(kGridWorker, "/v1/cases").body["cases"].size(), 1u);
  ASSERT_EQ(Post(kTanDan, Act(number, "note"), {{"text", "Wang at number 7"}}).status, 200);
  const std::string history = "/v1/cases/" + number + "/history";
  EXPECT_NE(Get(kTanDan, history).body.dump().find("Wang"), std::string::npos);
  EXPECT_EQ(Get(kViewer, history).body.dump().find("Wang"), std::string::npos);
  EXPECT_EQ(Get(kViewer, "/v1/events").body.dump().find("Wang"), std::string::npos);
}

TEST_F(Readers, EventsAreFilteredByTheCallersArea) {
  Open();
  Report("injury");
  Report("injury", "430112107208");
  const auto count = [&](const char* token, const std::string& more) {
    const Answer page = Get(token, "/v1/events?type=CaseOpened" + more);
    return page.body.value("events", json::array()).size();
  };
  EXPECT_EQ(count(kDesk, ""), 2u);
  EXPECT_EQ(count(kTanDan, ""), 1u);
  EXPECT_EQ(count(kStranger, ""), 1u);
  EXPECT_EQ(count(kDesk, "&area=430112107"), 1u);
  // What belongs to the partitions themselves is for operators.
  EXPECT_EQ(Get(kDesk, "/v1/events?type=RulesInstalled").body.count("events"), 0u);
  EXPECT_EQ(Get(kOperator, "/v1/events?type=RulesInstalled").body["events"].size(), 4u);
}

TEST_F(Readers, AStreamThatResumesLosesAndRepeatsNothing) {
  Open();
  std::vector<std::string> reported;
  std::vector<std::string> seen;
  std::string last;
  for (int round = 0; round < 3; ++round) {
    // Each round comes back to where the last one left off, in the middle of what happened since.
    SseClient stream(port(), kDesk, "/v1/events?type=CaseOpened&after=0", last);
    for (int i = 0; i < 3; ++i) {
      reported.push_back(Report("injury", i % 2 == 0 ? kVillage : "430112107208"));
    }
    for (int i = 0; i < 2; ++i) {
      const SseEvent event = stream.Next();
      seen.push_back(event.data["event"]["caseNumber"]);
      last = event.id;
    }
  }
  SseClient stream(port(), kDesk, "/v1/events?type=CaseOpened", last);
  while (seen.size() < reported.size()) {
    seen.push_back(stream.Next().data["event"]["caseNumber"]);
  }
  std::sort(reported.begin(), reported.end());
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, reported);
}

TEST_F(Readers, PagesOfEventsMeetTheStream) {
  Open();
  for (int i = 0; i < 5; ++i) Report("injury");
  std::vector<std::string> ids;
  std::string after = "0";
  while (true) {
    const Answer page = Get(kDesk, "/v1/events?pageSize=2&type=CaseOpened&after=" + after);
    ASSERT_EQ(page.status, 200);
    for (const auto& event : page.body.value("events", json::array())) ids.push_back(event["id"]);
    if (page.body["next"] == after) break;
    after = page.body["next"];
  }
  ASSERT_EQ(ids.size(), 5u);
  SseClient stream(port(), kDesk, "/v1/events?type=CaseOpened&after=0");
  for (const std::string& id : ids) EXPECT_EQ(stream.Next().id, id);
}

TEST_F(Readers, OperatorsInstallRules) {
  options_.rules.reset();
  Open();
  EXPECT_EQ(Get(kOperator, "/v1/rules").problem, "no-rules");
  Close();
  options_.rules = WangchengRules();
  Open();
  json rules = Get(kOperator, "/v1/rules").body["rules"];
  rules["version"] = "second";
  const Answer put = Call(kOperator, "PUT", "/v1/rules", rules);
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.body["partitions"].size(), 4u);
  EXPECT_EQ(Get(kViewer, "/v1/rules").body["version"], "second");

  rules["policy"]["fallbackStaffId"] = "nobody-knows";
  const Answer refused = Call(kOperator, "PUT", "/v1/rules", rules);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.problem, "invalid-rules");
  EXPECT_FALSE(refused.body["problems"].empty());
  EXPECT_EQ(Call(kTanDan, "PUT", "/v1/rules", rules).problem, "role-not-allowed");
}

TEST_F(Readers, OperatorsAreWarnedOfACalendarThatEndsSoon) {
  rules::v1::Rules rules = WangchengRules();
  rules.mutable_calendar()->clear_days();
  const auto install_until = [&](Millis from_now) {
    rules.mutable_calendar()->set_known_until(DateOf(clock_.Wall() + from_now));
    options_.rules = rules;
    Open();
  };
  install_until(Days(70));
  EXPECT_EQ(Get(kOperator, "/v1/rules").body.count("warnings"), 0u);
  Close();

  rules.set_version("ends-soon");
  install_until(Days(50));
  const json warnings = Get(kOperator, "/v1/rules").body.value("warnings", json::array());
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(std::string(warnings[0]).find("the working calendar ends on 20"), 0u);
  // The log says so by itself: nobody has to ask.
  Close();
  Open();
  ASSERT_TRUE(Eventually([&] { return Get(kOperator, "/v1/rules").status == 200; }));
  Close();
  EXPECT_TRUE(std::regex_search(
      Logged(), std::regex("the working calendar ends on 20[^\n]*\"rules\":\"ends-soon\"")));
}

TEST_F(Readers, NoCaseOpensBeforeTheRulesGivenAtTheStart) {
  auto started = Standalone::Start(options_);
  ASSERT_TRUE(started.ok()) << started.status();
  standalone_ = *std::move(started);
  Answer answer;
  ASSERT_TRUE(Eventually([&] {
    answer = Post(kHotline, "/v1/reports?wait=20s", {{"kind", "elder-alone"}, {"area", kVillage}});
    if (answer.status == 503) {
      EXPECT_EQ(answer.problem, "starting");
      EXPECT_EQ(answer.Header("retry-after"), "1");
    }
    return answer.status != 503;
  }));
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string number = answer.body["caseNumber"];
  EXPECT_EQ(Get(kTanDan, "/v1/cases/" + number).body["level"], "LEVEL_CRITICAL");
  // The first case: what was refused before left nothing behind.
  EXPECT_EQ(number.substr(number.size() - 5), "00001");
}

TEST_F(Readers, AJumpOfTheClockTurnsReadinessRedUntilItIsAccepted) {
  Open();
  ASSERT_EQ(CallRaw(nullptr, "GET", "/readyz", {}, "").status, 200);
  clock_.Jump(Hours(72));
  ASSERT_TRUE(Eventually([&] {
    // Inputs go on, only the timers are held.
    Report("injury");
    return CallRaw(nullptr, "GET", "/readyz", {}, "").status == 503;
  }));
  const Answer accepted = Post(kOperator, "/v1/clock:accept", {{"wall", clock_.Wall().ms}});
  ASSERT_EQ(accepted.status, 200) << accepted.body;
  EXPECT_TRUE(Eventually([&] { return CallRaw(nullptr, "GET", "/readyz", {}, "").status == 200; }));
}

}  // namespace
}  // namespace lastmeter::test
