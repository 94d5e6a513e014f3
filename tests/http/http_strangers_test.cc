#include <gmock/gmock.h>

#include <random>

#include "services/common/http_router.h"
#include "services/common/http_target.h"
#include "tests/http/server_fixture.h"

namespace lastmeter::http {
namespace {

using namespace std::string_literals;
using test::HttpCall;
using test::RawClient;
using test::RequestText;

struct Sample {
  std::string bytes;
  int status;
};

std::vector<Sample> Corpus() {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: t\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      {"GET /hello HTTP/1.1\r\nHost: t\r\n\r\n", 200},
      {"GET http://t/hello HTTP/1.1\r\nHost: t\r\n\r\n", 200},
      {"\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n", 200},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n", 400},
      {"GET /hello HTTP/2.0\r\nHost: t\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET /hello\r\nHost: t\r\n\r\n", 400},
      {"G\x01T /hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /hel\x7flo HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET  /hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\nHost: t\n\nxxxx\r\n\r\n", 505},
      {"GET /hello HTTP/1.1\r\nHost : t\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: t\r\nX\x00: a\r\n\r\n"s, 400},
      {"GET /hello HTTP/1.1\r\nHost: t\r\nX: a\x00b\r\n\r\n"s, 400},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 aaaaaaaa\r\n\r\n"s, 400},
      {"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"CONNECT t:80 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /% HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /a%00b HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /../etc/passwd HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /a/%2e%2e/hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /a%2fb HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /%c0%af HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /hello?a=%ff HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /hello?a=%0 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {post + "Content-Length: 18446744073709551615\r\n\r\nabcd", 413},
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: xchunked\r\n\r\n", 400},
      {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Expect: wonders\r\nContent-Length: 1\r\n\r\na", 417},
      {chunked + "0\r\n\r\n", 200},
      {chunked + "zz\r\n\r\n", 400},
      {chunked + "3\r\nabcd\r\n0\r\n\r\n", 400},
      {chunked + "ffffffffffffffffff\r\nabc", 400},
      {chunked + "ffffffffffffffff\r\nabc", 413},
      {chunked + "0\r\nContent-Length: 5\r\n\r\n", 400},
      {chunked + "0\r\nbad trailer\r\n\r\n", 400},
  };
}

using StrangersTest = ServerTest;

TEST_F(StrangersTest, AreToldWhatIsWrong) {
  Start();
  for (const Sample& sample : Corpus()) {
    RawClient client(port());
    ASSERT_TRUE(client.Send(sample.bytes));
    EXPECT_EQ(client.Receive(2'000).status, sample.status) << sample.bytes;
  }
}

TEST_F(StrangersTest, AreToldTheSameByteByByte) {
  Start();
  for (const Sample& sample : Corpus()) {
    RawClient client(port());
    // The server may have answered and closed before the last byte.
    for (char c : sample.bytes) {
      if (!client.Send(std::string_view(&c, 1))) break;
    }
    EXPECT_EQ(client.Receive(2'000).status, sample.status) << sample.bytes;
  }
}

TEST_F(StrangersTest, CannotStopTheServerByRandomBytes) {
  Start();
  const std::vector<Sample> corpus = Corpus();
  std::mt19937 random(20260801);
  for (int round = 0; round < 1'500; ++round) {
    std::string bytes;
    for (int i = 0; i < 2; ++i) bytes += corpus[random() % corpus.size()].bytes;
    const int changes = static_cast<int>(random() % 6);
    for (int i = 0; i < changes; ++i) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        default:
          bytes.insert(at, 1 + random() % 3, "\r\n 0:%"[random() % 6]);
      }
      if (bytes.empty()) break;
    }
    RawClient client(port());
    const size_t cut = random() % (bytes.size() + 1);
    client.Send(bytes.substr(0, cut));
    client.Send(bytes.substr(cut));
    client.FinishSending();
    ASSERT_TRUE(client.WaitForClose()) << "round " << round;
  }
  EXPECT_EQ(HttpCall(port(), "GET", "/hello").status, 200);
}

TEST(TargetTest, DecodesPathAndQuery) {
  const auto target = ParseTarget("/v1/%E8%B0%AD?a=1%262&b&&c=%E4%B8%B9&at=10:00+08:00&a=2");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, "/v1/谭");
  Request request;
  request.query = target->query;
  EXPECT_EQ(request.Query("a"), "1&2");
  EXPECT_EQ(request.Query("b"), "");
  EXPECT_EQ(request.Query("c"), "丹");
  EXPECT_EQ(request.Query("at"), "10:00+08:00");
  EXPECT_EQ(request.Query("d"), std::nullopt);
  EXPECT_EQ(target->query.size(), 5u);
}

Route Named(std::string method, std::string pattern) {
  return {std::move(method), std::move(pattern), [](Request, std::shared_ptr<Responder>) {}};
}

TEST(RouterTest, FindsRoutesByTheirPlaceholders) {
  std::vector<Route> routes;
  routes.push_back(Named("GET", "/v1/cases/{number}"));
  routes.push_back(Named("POST", "/v1/cases/{number}:acknowledge"));
  routes.push_back(Named("GET", "/v1/cases/{number}/history"));
  routes.push_back(Named("GET", "/v1/{kind}/{id}"));
  routes.push_back(Named("GET", "/v1/cases/summary"));
  const auto router = Router::Build(std::move(routes));
  ASSERT_TRUE(router.ok()) << router.status();
  const auto pattern = [&](std::string_view method, std::string_view path) {
    const Router::Match match = router->Find(method, path);
    return match.route ? match.route->pattern : "-" + match.allow;
  };
  EXPECT_EQ(pattern("GET", "/v1/cases/1-2"), "/v1/cases/{number}");
  EXPECT_EQ(pattern("POST", "/v1/cases/1-2:acknowledge"), "/v1/cases/{number}:acknowledge");
  EXPECT_EQ(pattern("GET", "/v1/cases/1-2:acknowledge"), "-POST");
  EXPECT_EQ(pattern("POST", "/v1/cases/1-2:other"), "-");
  EXPECT_EQ(pattern("GET", "/v1/cases/1-2/history"), "/v1/cases/{number}/history");
  EXPECT_EQ(pattern("GET", "/v1/cases/summary"), "/v1/cases/summary");
  EXPECT_EQ(pattern("GET", "/v1/reports/7"), "/v1/{kind}/{id}");
  EXPECT_EQ(pattern("GET", "/v1/cases/"), "-");
  EXPECT_EQ(pattern("GET", "/v1/cases/1/"), "-");
  EXPECT_EQ(pattern("PUT", "/v1/cases/1"), "-GET, HEAD");
  EXPECT_THAT(router->Find("GET", "/v1/reports/7").captures, testing::ElementsAre("reports", "7"));
}

TEST(RouterTest, RefusesPatternsThatCannotBeMeant) {
  for (const char* pattern : {"", "v1", "/{a", "/a}", "/{a}b", "/{a}{b}"}) {
    std::vector<Route> routes;
    routes.push_back(Named("GET", pattern));
    EXPECT_FALSE(Router::Build(std::move(routes)).ok()) << pattern;
  }
  std::vector<Route> twice;
  twice.push_back(Named("GET", "/{a}"));
  twice.push_back(Named("GET", "/{b}"));
  EXPECT_FALSE(Router::Build(std::move(twice)).ok());
  EXPECT_FALSE(Router::Build({{"GET", "/a", nullptr}}).ok());
}

}  // namespace
}  // namespace lastmeter::http
