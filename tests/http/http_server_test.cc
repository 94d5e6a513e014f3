#include <gmock/gmock.h>

#include <stdexcept>
#include <thread>

#include "tests/http/server_fixture.h"

namespace lastmeter::http {
namespace {

using test::HttpAnswer;
using test::HttpCall;
using test::RawClient;
using test::RequestText;
using testing::HasSubstr;

TEST_F(ServerTest, AnswersWithItsStandingHeaders) {
  Start();
  const HttpAnswer answer = HttpCall(port(), "GET", "/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "\"hello\"");
  EXPECT_EQ(answer.Header("content-type"), "application/json");
  EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer.Header("cache-control"), "no-store");
  EXPECT_EQ(answer.Header("server"), "lastmeter");
  EXPECT_THAT(answer.Header("date"), testing::EndsWith(" GMT"));
}

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
  Start();
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(RequestText("POST", "/echo", {}, std::to_string(i))));
    EXPECT_EQ(client.Receive().body, std::to_string(i));
  }
  EXPECT_EQ(server_->counters().connections, 1);
  EXPECT_EQ(server_->counters().requests, 3u);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(port());
  std::string text = RequestText("GET", "/later");
  for (int i = 0; i < 50; ++i) text += RequestText("POST", "/echo", {}, std::to_string(i));
  ASSERT_TRUE(client.Send(text));
  Response late;
  late.body = "late";
  std::thread other([&] { TakeParked()->Send(std::move(late)); });
  EXPECT_EQ(client.Receive().body, "late");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.Receive().body, std::to_string(i));
  other.join();
}

TEST_F(ServerTest, AnswersAClientThatOnlyClosedItsSendingSide) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/hello") + RequestText("GET", "/hello")));
  client.FinishSending();
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, ServesHeadByGetsRoute) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("HEAD", "/hello") + RequestText("GET", "/hello")));
  const HttpAnswer head = client.Receive(10'000, /*head_only=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("content-length"), "7");
  EXPECT_EQ(client.Receive().body, "\"hello\"");
}

TEST_F(ServerTest, ClosesAfterAnHttp10Request) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /hello HTTP/1.0\r\n\r\n"));
  const HttpAnswer answer = client.Receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, TakesChunkedBodiesInAnyPieces) {
  Start();
  const std::string text =
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n";
  const std::string empty =
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  RawClient client(port());
  for (char c : text + empty) ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  EXPECT_EQ(client.Receive().body, "abcdefg");
  const HttpAnswer second = client.Receive();
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.body, "");
  ASSERT_TRUE(client.Send(text + text));
  EXPECT_EQ(client.Receive().body, "abcdefg");
  EXPECT_EQ(client.Receive().body, "abcdefg");
}

TEST_F(ServerTest, GivesLeaveToSendWhenAsked) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  EXPECT_EQ(client.Receive(10'000, false, /*interim=*/true).status, 100);
  ASSERT_TRUE(client.Send("abc"));
  EXPECT_EQ(client.Receive().body, "abc");
}

TEST_F(ServerTest, RefusesATooLargeBodyInsteadOfGivingLeaveToSend) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n"));
  EXPECT_EQ(client.Receive(10'000, false, /*interim=*/true).status, 413);
  client.FinishSending();
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, NamesTheMethodsOfAnAddress) {
  Start();
  const HttpAnswer answer = HttpCall(port(), "DELETE", "/hello");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.Header("allow"), "GET, HEAD");
  EXPECT_EQ(answer.Header("content-type"), "application/problem+json");
  const HttpAnswer unknown = HttpCall(port(), "GET", "/nowhere");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("\"type\":\"/problems/not-found\""));
}

TEST_F(ServerTest, GoesOnAfterARefusalWithASmallBody) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("POST", "/nowhere", {}, "abc") +
                          RequestText("POST", "/echo", {}, "def")));
  EXPECT_EQ(client.Receive().status, 404);
  EXPECT_EQ(client.Receive().body, "def");
}

class FaultyHandlerTest : public ServerTest {
  std::vector<Route> Routes() override {
    std::vector<Route> routes = ServerTest::Routes();
    routes.push_back({"GET", "/throw", [](Request, std::shared_ptr<Responder>) {
                        throw std::runtime_error("secret");
                      }});
    routes.push_back({"GET", "/drop", [](Request, std::shared_ptr<Responder>) {}});
    routes.push_back({"GET", "/forge", [](Request, std::shared_ptr<Responder> r) {
                        Response response;
                        response.headers.emplace_back("X-A", "b\r\nX-Forged: 1");
                        r->Send(std::move(response));
                      }});
    routes.push_back({"GET", "/twice", [](Request, std::shared_ptr<Responder> r) {
                        r->Send({});
                        r->Send(Problem(400, "second", ""));
                        EXPECT_FALSE(r->StartStream({})->Write("x"));
                      }});
    return routes;
  }
};

TEST_F(FaultyHandlerTest, IsAnsweredFor) {
  Start();
  testing::internal::CaptureStderr();
  RawClient client(port());
  for (const char* path : {"/throw?q=private", "/drop", "/forge"}) {
    ASSERT_TRUE(client.Send(RequestText("GET", path)));
    const HttpAnswer answer = client.Receive();
    EXPECT_EQ(answer.status, 500) << path;
    EXPECT_EQ(answer.Header("x-forged"), "") << path;
    EXPECT_THAT(answer.body, testing::Not(HasSubstr("secret")));
  }
  ASSERT_TRUE(client.Send(RequestText("GET", "/twice") + RequestText("GET", "/hello")));
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(client.Receive().body, "\"hello\"");
  server_->Stop(0);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("std::runtime_error"));
  EXPECT_THAT(log, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(log, testing::Not(HasSubstr("private")));
}

class TokenServerTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    auto tokens = TokenFile::Parse(
        HashToken("good") + " tan-dan staff 430112001 town named-officer\n", "tokens");
    ASSERT_TRUE(tokens.ok()) << tokens.status();
    options_.tokens = std::make_shared<TokenFile>(*std::move(tokens));
  }
  std::vector<Route> Routes() override {
    std::vector<Route> routes = ServerTest::Routes();
    routes.push_back({"GET", "/who", [](Request request, std::shared_ptr<Responder> r) {
                        Response response;
                        response.body = request.caller.id + " " + request.caller.area;
                        r->Send(std::move(response));
                      }});
    routes.push_back(
        {"GET", "/healthz", [](Request, std::shared_ptr<Responder> r) { r->Send({}); }, false});
    return routes;
  }
};

TEST_F(TokenServerTest, WantsAKnownToken) {
  Start();
  for (const test::Headers& headers : std::vector<test::Headers>{
           {},
           {{"Authorization", "Bearer bad"}},
           {{"Authorization", "Bearer "}},
           {{"Authorization", "Basic good"}},
           {{"Authorization", "good"}},
           {{"Authorization", "Bearer good"}, {"Authorization", "Bearer x"}}}) {
    const HttpAnswer answer = HttpCall(port(), "GET", "/who", headers);
    EXPECT_EQ(answer.status, 401);
    EXPECT_THAT(answer.Header("www-authenticate"), HasSubstr("Bearer"));
    EXPECT_THAT(answer.body, HasSubstr("/problems/unauthorized"));
  }
  const HttpAnswer answer = HttpCall(port(), "GET", "/who", {{"Authorization", "bearer good"}});
  EXPECT_EQ(answer.body, "tan-dan 430112001");
  EXPECT_EQ(HttpCall(port(), "GET", "/healthz").status, 200);
}

TEST_F(TokenServerTest, DoesNotTakeATokenFromATrailer) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(
      client.Send("GET /who HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "0\r\nAuthorization: Bearer good\r\n\r\n"));
  EXPECT_EQ(client.Receive().status, 401);
}

TEST_F(ServerTest, RefusesToListenBeyondTheMachineWithoutTokens) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    options_.address = address;
    EXPECT_EQ(Server::Start(options_, Routes()).status().code(),
              absl::StatusCode::kPermissionDenied)
        << address;
  }
  options_.address = "somewhere";
  EXPECT_EQ(Server::Start(options_, Routes()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerTest, NamesTheAddressThatIsTaken) {
  Start();
  ServerOptions second = options_;
  second.port = port();
  const absl::Status status = Server::Start(second, Routes()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("127.0.0.1:" + std::to_string(port())));
}

TEST_F(ServerTest, StopLetsARequestFinishAndTakesNoNewOnes) {
  Start();
  const uint16_t port_before = port();
  RawClient idle(port());
  RawClient busy(port());
  ASSERT_TRUE(busy.Send(RequestText("GET", "/later")));
  auto responder = TakeParked();
  std::thread stopper([&] { server_->Stop(20'000); });
  // The idle connection is closed first: from then on the server drains.
  EXPECT_TRUE(idle.WaitForClose());
  Response late;
  late.body = "late";
  responder->Send(std::move(late));
  const HttpAnswer answer = busy.Receive();
  EXPECT_EQ(answer.body, "late");
  EXPECT_EQ(answer.Header("connection"), "close");
  stopper.join();
  EXPECT_FALSE(RawClient(port_before).connected());
}

TEST_F(ServerTest, StopClosesWhatDoesNotFinishInTime) {
  Start();
  RawClient busy(port());
  ASSERT_TRUE(busy.Send(RequestText("GET", "/later")));
  auto responder = TakeParked();
  server_->Stop(20);
  EXPECT_TRUE(busy.WaitForClose());
  server_.reset();
  responder->Send({});  // Too late, and harmless.
}

TEST_F(ServerTest, StopEndsStreams) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  EXPECT_TRUE(stream->Write("data: 1\n\n"));
  server_->Stop(20'000);
  EXPECT_EQ(client.Receive().body, "data: 1\n\n");
  EXPECT_FALSE(stream->Write("data: 2\n\n"));
  EXPECT_TRUE(stream->closed());
}

}  // namespace
}  // namespace lastmeter::http
