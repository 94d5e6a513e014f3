#include "services/common/json.h"

#include <gmock/gmock.h>

#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/common/http_json.h"
#include "services/common/utf8.h"

namespace lastmeter {
namespace {

using lastmeter::common::v1::Actor;
using lastmeter::common::v1::PersonalText;
using testing::HasSubstr;

std::string ErrorOf(std::string_view json) {
  Actor actor;
  const absl::Status status = FromJson(json, &actor);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << json;
  return std::string(status.message());
}

TEST(JsonTest, GoesThereAndBack) {
  Actor actor;
  ASSERT_TRUE(FromJson(R"( {"id":"谭丹","role":"ROLE_STAFF"} )", &actor).ok());
  EXPECT_EQ(actor.id(), "谭丹");
  EXPECT_EQ(ToJson(actor), R"({"id":"谭丹","role":"ROLE_STAFF"})");
  EXPECT_THAT(ToJson(actor, true), HasSubstr("\n \"id\""));
}

TEST(JsonTest, ReplacesWhatTheMessageHeld) {
  Actor actor;
  actor.set_id("old");
  ASSERT_TRUE(FromJson("{}", &actor).ok());
  EXPECT_EQ(actor.id(), "");
}

TEST(JsonTest, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(ErrorOf(R"({"nobody":1})"), HasSubstr("nobody"));
  EXPECT_THAT(ErrorOf(R"({"role":"ROLE_KING"})"), HasSubstr("role"));
  EXPECT_THAT(ErrorOf(R"({"id":{"a":1}})"), HasSubstr("id"));
  EXPECT_THAT(ErrorOf(R"({"id":"a","id":"b"})"), HasSubstr("\"id\" stands twice"));
}

TEST(JsonTest, TakesStrictJsonOnly) {
  for (const char* text : {"{id:\"a\"}", "{'id':'a'}", "{\"id\":\"a\",}", "{\"id\":\"a\"} x",
                           "{\"id\":\"a\"", "{\"id\"", "{\"id\":\"\\ud800\"}", "{\"id\":\"a\nb\"}",
                           "{\"id\":01}", "{\"id\":NaN}", "{//\n}"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("at byte ")) << text;
  }
  EXPECT_THAT(ErrorOf("  \n"), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(ErrorOf("null"), HasSubstr("not a JSON object"));
}

TEST(JsonTest, RefusesDeepNesting) {
  std::string deep = "{\"id\":";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  EXPECT_THAT(ErrorOf(deep), HasSubstr("deeper than 32"));
  std::string objects;
  for (int i = 0; i < 33; ++i) objects += "{\"a\":";
  EXPECT_THAT(ErrorOf(objects), HasSubstr("deeper than 32"));
}

TEST(JsonTest, NamesTheByteThatIsNotUtf8) {
  EXPECT_THAT(ErrorOf("{\"id\":\"\xcc\xb7\xb5\xa4\"}"), HasSubstr("at byte 9"));
}

TEST(Utf8Test, KnowsTheEdges) {
  for (const char* good : {"", "a", "谭丹", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe8\xb0", "\xe8", "\xff"}) {
    EXPECT_EQ(FindInvalidUtf8("ab" + std::string(bad)), 2u);
  }
}

http::Request WithBody(std::string body, std::string content_type) {
  http::Request request;
  request.body = std::move(body);
  if (!content_type.empty()) request.headers.emplace_back("content-type", content_type);
  return request;
}

// 谭丹 in GBK.
constexpr const char* kGbkBody = "{\"id\":\"\xcc\xb7\xb5\xa4\"}";

TEST(HttpJsonTest, ConvertsDeclaredChineseCharsets) {
  for (const char* type : {"application/json; charset=GB18030", "application/json;charset=\"gbk\"",
                           "Application/JSON; Charset=gb2312"}) {
    Actor actor;
    EXPECT_FALSE(http::ReadJson(WithBody(kGbkBody, type), &actor).has_value()) << type;
    EXPECT_EQ(actor.id(), "谭丹") << type;
  }
}

TEST(HttpJsonTest, ConvertsBodiesLongerThanOnePiece) {
  std::string gbk;
  std::string utf8;
  for (int i = 0; i < 5'000; ++i) {
    gbk += "\xcc\xb7";
    utf8 += "谭";
  }
  EXPECT_EQ(http::Utf8Body(WithBody(gbk, "text/plain; charset=gbk")).value(), utf8);
}

TEST(HttpJsonTest, ExplainsUndeclaredGbk) {
  Actor actor;
  const auto problem = http::ReadJson(WithBody(kGbkBody, "application/json"), &actor);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->status, 400);
  EXPECT_THAT(problem->body, HasSubstr("at byte 9"));
  EXPECT_THAT(problem->body, HasSubstr("GB18030"));
}

TEST(HttpJsonTest, RefusesWhatItSaysButIsNot) {
  Actor actor;
  const auto problem =
      http::ReadJson(WithBody("{\"id\":\"\xff\"}", "application/json; charset=gbk"), &actor);
  ASSERT_TRUE(problem.has_value());
  EXPECT_THAT(problem->body, HasSubstr("at byte 7"));
  EXPECT_EQ(http::ReadJson(WithBody("{}", "text/plain"), &actor)->status, 415);
  EXPECT_EQ(http::ReadJson(WithBody("{}", ""), &actor)->status, 415);
  EXPECT_EQ(http::ReadJson(WithBody("{}", "application/json; charset=latin1"), &actor)->status,
            400);
}

TEST(HttpJsonTest, AnswersErrorsWithoutLeakingFaultsOfOurs) {
  EXPECT_EQ(http::ProblemFrom(absl::NotFoundError("no such case")).status, 404);
  EXPECT_EQ(http::ProblemFrom(absl::UnavailableError("x")).headers.size(), 1u);
  const http::Response ours = http::ProblemFrom(absl::InternalError("secret"));
  EXPECT_EQ(ours.status, 500);
  EXPECT_THAT(ours.body, testing::Not(HasSubstr("secret")));
}

TEST(ProblemTest, EscapesItsDetail) {
  const http::Response problem = http::Problem(409, "stale", "a\"b\xff\n", "\"present\":{}");
  EXPECT_EQ(problem.content_type, "application/problem+json");
  EXPECT_EQ(problem.body,
            "{\"type\":\"/problems/stale\",\"title\":\"Conflict\",\"status\":409,"
            "\"detail\":\"a\\\"b\xef\xbf\xbd\\n\",\"present\":{}}\n");
}

}  // namespace
}  // namespace lastmeter
