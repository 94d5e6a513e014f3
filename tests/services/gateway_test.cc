// The door alone, before a log that nobody reads: load, limits and a log that fails.
#include "services/gateway/rate_limiter.h"
#include "tests/services/door.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

const json kReport = {{"kind", "injury"}, {"area", kVillage}};
constexpr char kAcknowledge[] = "/v1/cases/430112001001-2026-00001:acknowledge";
constexpr char kNote[] = "/v1/cases/430112001001-2026-00001:note";

TEST(Gateway, RefusesUnderLoadAndAcknowledgementsLast) {
  Door door;
  const json note = {{"text", "x"}};
  EXPECT_EQ(door.Post(kHotline, "/v1/reports", kReport).status, 202);
  door.unread_age_ms = 31'000;
  const Answer refused = door.Post(kHotline, "/v1/reports", kReport);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.problem, "overloaded");
  EXPECT_FALSE(refused.Header("retry-after").empty());
  EXPECT_EQ(door.Post(kTanDan, kNote, note).status, 503);
  EXPECT_EQ(door.Post(kTanDan, kAcknowledge, json::object()).status, 202);
  door.unread_age_ms = 61'000;
  EXPECT_EQ(door.Post(kTanDan, kAcknowledge, json::object()).status, 503);
  door.unread_age_ms = 0;
  EXPECT_EQ(door.Post(kHotline, "/v1/reports", kReport).status, 202);
}

TEST(Gateway, LimitsEachCallerForItself) {
  Door door(0.001);
  int status = 0;
  for (int i = 0; i < 11; ++i) status = door.Post(kHotline, "/v1/reports", kReport).status;
  EXPECT_EQ(status, 429);
  EXPECT_EQ(door.Post(kOtherHotline, "/v1/reports", kReport).status, 202);
  EXPECT_FALSE(door.Post(kHotline, "/v1/reports", kReport).Header("retry-after").empty());
}

TEST(RateLimiter, FillsUpAgainWithTime) {
  gateway::RateLimiter limiter(10);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limiter.Take("a", 0), 0);
  EXPECT_EQ(limiter.Take("a", 0), 1);
  EXPECT_EQ(limiter.Take("a", 100'000'000), 0);
  EXPECT_EQ(limiter.Take("a", 100'000'000), 1);
  EXPECT_EQ(limiter.Take("b", 0), 0);
}

TEST(Gateway, NeverSaysAcceptedWhenTheLogFailed) {
  Door door(0, {.produce_unavailable_lost = 10'000});
  for (const char* wait : {"", "?wait=1s"}) {
    const Answer report = door.Post(kHotline, std::string("/v1/reports") + wait, kReport);
    EXPECT_EQ(report.status, 503);
    EXPECT_EQ(report.problem, "log-unavailable");
    EXPECT_EQ(door.Post(kTanDan, std::string(kAcknowledge) + wait, json::object()).status, 503);
    const Answer clock = door.Post(kOperator, std::string("/v1/clock:accept") + wait,
                                   {{"wall", SystemClock().Wall().ms}});
    EXPECT_EQ(clock.problem, "log-unavailable");
  }
  Door full(0, {.produce_no_space = 10'000});
  EXPECT_EQ(full.Post(kHotline, "/v1/reports", kReport).problem, "no-space");
}

TEST(Gateway, AWaitThatEndsBeforeTheDecisionSaysSo) {
  Door door;
  const Answer answer = door.Post(kHotline, "/v1/reports?wait=1s", kReport);
  EXPECT_EQ(answer.status, 202);
  EXPECT_FALSE(answer.body.value("hint", "").empty());
}

}  // namespace
}  // namespace lastmeter::test
