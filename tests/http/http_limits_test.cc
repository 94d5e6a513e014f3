#include <gmock/gmock.h>
#include <sys/resource.h>

#include <chrono>
#include <deque>

#include "tests/http/server_fixture.h"

namespace lastmeter::http {
namespace {

using test::HttpAnswer;
using test::HttpCall;
using test::RawClient;
using test::RequestText;
using testing::HasSubstr;

using LimitsTest = ServerTest;

TEST_F(LimitsTest, RefusesATooLargeHeader) {
  Start();
  const std::string head = "GET /hello HTTP/1.1\r\nHost: t\r\n";
  RawClient fits(port());
  const size_t room = options_.header_limit - head.size() - 9;
  ASSERT_TRUE(fits.Send(head + "X-A: " + std::string(room, 'a') + "\r\n\r\n"));
  EXPECT_EQ(fits.Receive().status, 200);
  RawClient over(port());
  ASSERT_TRUE(over.Send(head + "X-A: " + std::string(room + 1, 'a') + "\r\n\r\n"));
  EXPECT_EQ(over.Receive().status, 431);
  EXPECT_TRUE(over.WaitForClose());
}

TEST_F(LimitsTest, CountsHeaderBytesOverManySmallPieces) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /hello HTTP/1.1\r\nHost: t\r\n"));
  // Complete fields, each of which the parser takes: only the sum is too much.
  for (int i = 0; i < 2'000 && client.Send("X-Field: 0123456789\r\n"); ++i) {
    if (i % 100 == 0) client.ReceiveUntil("never", 1);
  }
  EXPECT_EQ(server_->counters().requests, 0u);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(LimitsTest, RefusesATooLongAddress) {
  Start();
  const std::string fits = "/hello?" + std::string(options_.uri_limit - 7, 'a');
  EXPECT_EQ(HttpCall(port(), "GET", fits).status, 200);
  EXPECT_EQ(HttpCall(port(), "GET", fits + "a").status, 414);
  EXPECT_EQ(HttpCall(port(), "GET", "/" + std::string(100'000, 'a')).status, 414);
}

TEST_F(LimitsTest, RefusesATooLargeBodyByItsLength) {
  Start();
  EXPECT_EQ(HttpCall(port(), "POST", "/echo", {}, std::string(1024, 'a')).status, 200);
  EXPECT_EQ(HttpCall(port(), "POST", "/echo", {}, std::string(1025, 'a')).status, 413);
}

TEST_F(LimitsTest, AnswersATenMegabyteBodyWithoutReadingIt) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10485760\r\n\r\n"));
  const HttpAnswer answer = client.Receive();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_THAT(answer.body, HasSubstr("/problems/body-too-large"));
  // Some of it is taken, so that the answer arrives; all of it is not.
  const std::string piece(64 * 1024, 'a');
  bool open = true;
  for (int i = 0; i < 160 && open; ++i) open = client.Send(piece);
  EXPECT_FALSE(open);
}

TEST_F(LimitsTest, RefusesATooLargeChunkedBody) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "100\r\n" + std::string(256, 'a') + "\r\n";
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(client.Send(chunk));
  ASSERT_TRUE(client.Send("1\r\na\r\n"));
  EXPECT_EQ(client.Receive().status, 413);
}

TEST_F(LimitsTest, RefusesChunksThatAreAllOverhead) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(
      client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1;"));
  ASSERT_TRUE(client.Send(std::string(40'000, 'x')));
  EXPECT_EQ(client.Receive().status, 400);
}

TEST_F(LimitsTest, EndsASlowHeaderHoweverItDrips) {
  options_.header_timeout_ms = 150;
  Start();
  RawClient client(port());
  const std::string text = "GET /hello HTTP/1.1\r\nHost: t\r\nX-A: " + std::string(10'000, 'a');
  std::string answer;
  for (size_t i = 0; i < text.size() && answer.empty(); ++i) {
    ASSERT_TRUE(client.Send(text.substr(i, 1)));
    answer = client.ReceiveUntil("\r\n\r\n", 5);
  }
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 408 "));
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(LimitsTest, EndsASlowBody) {
  options_.body_timeout_ms = 100;
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc"));
  const HttpAnswer answer = client.Receive();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.Header("connection"), "close");
  client.FinishSending();
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(LimitsTest, ClosesAConnectionThatNeverSpeaks) {
  options_.idle_timeout_ms = 50;
  Start();
  RawClient silent(port());
  EXPECT_TRUE(silent.WaitForClose());
  RawClient once(port());
  ASSERT_TRUE(once.Send(RequestText("GET", "/hello")));
  EXPECT_EQ(once.Receive().status, 200);
  EXPECT_TRUE(once.WaitForClose());
  RawClient blank(port());
  ASSERT_TRUE(blank.Send("\r\n\r\n\r\n"));
  EXPECT_TRUE(blank.WaitForClose());
}

TEST_F(LimitsTest, DoesNotTakeHandlingForIdleness) {
  options_.idle_timeout_ms = options_.header_timeout_ms = options_.body_timeout_ms = 30;
  options_.write_timeout_ms = 30;
  Start();
  RawClient client(port());
  RawClient clock(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/later")));
  auto responder = TakeParked();
  // The second connection idles away, which shows that the time has passed.
  EXPECT_TRUE(clock.WaitForClose());
  RawClient again(port());
  EXPECT_TRUE(again.WaitForClose());
  responder->Send({});
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(LimitsTest, TurnsAwayTheConnectionPastTheLimit) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  ASSERT_GE(files.rlim_cur, 2200u) << "too few descriptors to try this";
  Start();
  std::deque<RawClient> clients;
  for (size_t i = 0; i < 1024; ++i) {
    clients.emplace_back(port());
    ASSERT_TRUE(clients.back().connected()) << i;
  }
  RawClient last(port());
  const HttpAnswer answer = last.Receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.Header("retry-after"), "1");
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_EQ(server_->counters().refused_connections, 1u);
  EXPECT_EQ(server_->counters().connections, 1024);
  ASSERT_TRUE(clients.back().Send(RequestText("GET", "/hello")));
  EXPECT_EQ(clients.back().Receive().status, 200);

  clients.pop_front();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  int status = 503;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    status = HttpCall(port(), "GET", "/hello").status;
  }
  EXPECT_EQ(status, 200) << "a place that became free is not given again";
}

class BigAnswerTest : public ServerTest {
  std::vector<Route> Routes() override {
    return {{"GET", "/big", [](Request, std::shared_ptr<Responder> r) {
               Response response;
               response.body.assign(256 * 1024, 'a');
               r->Send(std::move(response));
             }}};
  }
};

TEST_F(BigAnswerTest, ClosesOnAReaderThatDoesNotRead) {
  options_.write_timeout_ms = 50;
  Start();
  RawClient client(port(), 4096);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += RequestText("GET", "/big");
  ASSERT_TRUE(client.Send(requests));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (server_->counters().timeouts == 0 && std::chrono::steady_clock::now() < deadline) {
    RawClient(port()).WaitForClose(10);
  }
  EXPECT_EQ(server_->counters().timeouts, 1u);
  EXPECT_LT(server_->counters().requests, 100u);
}

TEST_F(BigAnswerTest, ReachesAReaderThatDoes) {
  Start();
  EXPECT_EQ(HttpCall(port(), "GET", "/big").body, std::string(256 * 1024, 'a'));
}

}  // namespace
}  // namespace lastmeter::http
