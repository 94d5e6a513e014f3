#include "services/common/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lastmeter::http {
namespace {

using testing::HasSubstr;

Client ClientFor(const Server& server, std::string token = {}, int timeout_ms = 10'000) {
  return Client({.url = {.host = "127.0.0.1", .port = server.port(), .prefix = {}},
                 .token = std::move(token),
                 .timeout_ms = timeout_ms});
}

std::unique_ptr<Server> Echo(int idle_timeout_ms = 30'000) {
  Handler echo = [](Request request, std::shared_ptr<Responder> out) {
    Response response;
    response.headers.emplace_back("X-Seen", request.Header("x-sent").value_or("nothing"));
    response.body = request.method + " " + request.path + " " + request.body;
    out->Send(std::move(response));
  };
  ServerOptions options;
  options.idle_timeout_ms = idle_timeout_ms;
  auto server = Server::Start(options, {{.method = "POST", .pattern = "/echo", .handler = echo},
                                        {.method = "GET", .pattern = "/echo", .handler = echo}});
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

TEST(HttpClient, ReadsUrls) {
  auto url = ParseUrl("http://localhost:8480/a/");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, 8480);
  EXPECT_EQ(url->prefix, "/a");
  auto v6 = ParseUrl("http://[::1]");
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 80);
}

TEST(HttpClient, SaysWhatIsWrongWithAUrl) {
  EXPECT_THAT(std::string(ParseUrl("https://a").status().message()), HasSubstr("TLS"));
  EXPECT_THAT(std::string(ParseUrl("localhost:8480").status().message()), HasSubstr("not a URL"));
  EXPECT_THAT(std::string(ParseUrl("http://a:99999").status().message()), HasSubstr("65535"));
  EXPECT_THAT(std::string(ParseUrl("http://:80").status().message()), HasSubstr("no host"));
  EXPECT_THAT(std::string(ParseUrl("http://a/?x=1").status().message()), HasSubstr("'?'"));
}

TEST(HttpClient, CallsOverAndOverOnOneConnection) {
  auto server = Echo();
  Client client = ClientFor(*server);
  for (int i = 0; i < 3; ++i) {
    auto answer = client.Send({.method = "POST",
                               .target = "/echo",
                               .headers = {{"X-Sent", std::to_string(i)}},
                               .body = std::string(100'000, 'x')});
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body.size(), 100'000 + sizeof("POST /echo ") - 1);
    EXPECT_THAT(answer->headers, testing::Contains(testing::Pair("x-seen", std::to_string(i))));
  }
  EXPECT_EQ(server->counters().connections, 1);
}

TEST(HttpClient, GivesBackRefusalsAsAnswers) {
  auto server = Echo();
  auto answer = ClientFor(*server).Send({.method = "GET", .target = "/nowhere"});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->content_type, "application/problem+json");
}

TEST(HttpClient, ConnectsAnewAfterTheServerHasGoneAndComeBack) {
  auto server = Echo();
  Client client = ClientFor(*server);
  ASSERT_TRUE(client.Send({.method = "GET", .target = "/echo"}).ok());
  server->Stop(0);
  auto gone = client.Send({.method = "GET", .target = "/echo"});
  EXPECT_EQ(gone.status().code(), absl::StatusCode::kUnavailable) << gone.status();
  auto still = client.Send({.method = "GET", .target = "/echo"});
  EXPECT_THAT(std::string(still.status().message()), HasSubstr("cannot connect"));

  ServerOptions options;
  options.port = server->port();
  server.reset();
  auto again = Server::Start(options, {});
  ASSERT_TRUE(again.ok()) << again.status();
  auto answer = client.Send({.method = "GET", .target = "/echo"});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 404);
}

TEST(HttpClient, GivesUpOnAServerThatNeverAnswers) {
  ServerOptions options;
  std::shared_ptr<Responder> kept;
  auto server = Server::Start(
      options, {{.method = "GET",
                 .pattern = "/never",
                 .handler = [&](Request, std::shared_ptr<Responder> out) { kept = out; }}});
  ASSERT_TRUE(server.ok()) << server.status();
  auto answer = ClientFor(**server, {}, 50).Send({.method = "GET", .target = "/never"});
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("no whole answer"));
}

}  // namespace
}  // namespace lastmeter::http
