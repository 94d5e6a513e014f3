// A cluster that wants to be logged in to, over TLS, and lets each part do only what it was
// granted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "services/common/http_client.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/house.h"
#include "tests/paths.h"

namespace lastmeter::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

const std::string kCtl = ProgramPath("lastmeterctl");
constexpr char kPrefix[] = "wangcheng.";

class KafkaSecureTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    broker_ = new Broker(1, Broker::Access::kSecure);
    const Ended made = RunProgram(Topics("create"));
    // librdkafka before 2.1 cannot grant rights on transactional ids: those commands are printed.
    ASSERT_THAT(made.code, AnyOf(0, 75)) << made.output;
    RunGrants(made.output);
    const Ended checked = RunProgram(Topics("check"));
    ASSERT_EQ(checked.code, 0) << checked.output;
  }
  static void TearDownTestSuite() { delete broker_; }

  static std::vector<std::string> Topics(const std::string& what) {
    std::vector<std::string> words = As("admin", {kCtl, "topics", what, "--single-broker"});
    words.insert(words.end(),
                 {"--acls", "--gateway", "User:gateway", "--escalator", "User:escalator", "--query",
                  "User:query", "--subscriber", "User:subscriber"});
    return words;
  }

  // Does what the tool asks for, word for word.
  static void RunGrants(const std::string& said) {
    const std::string begin = "kafka-acls.sh --bootstrap-server " + broker_->addresses();
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
      const size_t at = line.find(begin);
      if (at == std::string::npos) continue;
      EXPECT_EQ(broker_->Acls(line.substr(at + begin.size())), 0) << line;
    }
  }

  static std::vector<std::string> As(const std::string& user, std::vector<std::string> words) {
    words.insert(words.end(), {"--brokers", broker_->addresses(), "--topic-prefix", kPrefix,
                               "--kafka-config", broker_->ClientConfig(user)});
    return words;
  }

  static KafkaLog::Options Place() {
    return {.brokers = broker_->addresses(), .topic_prefix = kPrefix};
  }

  static Broker* broker_;
};

Broker* KafkaSecureTest::broker_ = nullptr;

TEST_F(KafkaSecureTest, EachPartWorksWithTheRightsItWasGranted) {
  KafkaHouse house(Place(), [](const std::string& part) { return broker_->ClientConfig(part); });
  house.StartEscalator("engine-a");
  const uint16_t port = house.StartGateway();
  ASSERT_NE(port, 0) << house.SaidLast();
  ASSERT_NE(house.StartQuery(), 0) << house.SaidLast();
  house.InstallRules();
  http::Client client(
      {.url = {.host = "127.0.0.1", .port = port, .prefix = {}}, .token = house.tokens().staff});
  const auto answer =
      client.Send({.method = "POST",
                   .target = "/v1/reports?wait=20",
                   .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "first"}},
                   .body = R"({"kind":"elder-alone","area":"430112001001"})"});
  ASSERT_TRUE(answer.ok()) << answer.status() << house.SaidLast();
  EXPECT_EQ(answer->status, 201) << answer->body << house.SaidLast();
  house.Close();
  // Another system's own client.
  const Ended read =
      RunProgram({"/usr/bin/env", "kcat", "-F", broker_->ClientConfig("subscriber"), "-b",
                  broker_->addresses(), "-C", "-e", "-t",
                  std::string(kPrefix) + "lastmeter.case.event.v1", "-f", "%k %h\\n"});
  EXPECT_EQ(read.code, 0) << read.output;
  EXPECT_THAT(read.output, HasSubstr("430112001001"));
  EXPECT_THAT(read.output, HasSubstr("CaseOpened"));
  const Ended verified = RunProgram(As("query", {kCtl, "verify"}));
  EXPECT_EQ(verified.code, 0) << verified.output;
}

TEST_F(KafkaSecureTest, WhoMayNotDecideIsToldSo) {
  KafkaHouse house(Place(), [](const std::string&) { return broker_->ClientConfig("gateway"); });
  house.StartEscalator("engine-b", "0");
  EXPECT_TRUE(house.escalator("engine-b").WaitEnd(60'000)) << house.SaidLast();
  EXPECT_EQ(house.escalator("engine-b").code(), 77) << house.SaidLast();
  EXPECT_THAT(house.SaidLast(), HasSubstr("AUTHORIZATION_FAILED"));
}

TEST_F(KafkaSecureTest, SaysWhyNobodyIsLetIn) {
  struct Attempt {
    std::vector<std::string> with;
    std::string says;
  };
  const std::vector<Attempt> attempts = {
      {{"--kafka", "sasl.password=wrong"}, "Invalid username or password"},
      {{"--kafka", "ssl.ca.location=/etc/ssl/certs/ca-certificates.crt"},
       "certificate verify failed"},
      {{"--kafka", "security.protocol=SASL_PLAINTEXT"}, "incorrect security.protocol"},
      {{"--kafka", "sasl.mechanism=SCRAM-SHA-256", "--kafka", "sasl.password=wrong"},
       "SCRAM-SHA-256"}};
  std::vector<std::future<Ended>> under_way;
  for (const Attempt& attempt : attempts) {
    std::vector<std::string> words = As("query", {kCtl, "log", "cat"});
    words.insert(words.end(), attempt.with.begin(), attempt.with.end());
    under_way.push_back(std::async(std::launch::async, [words] { return RunProgram(words); }));
  }
  for (size_t i = 0; i < attempts.size(); ++i) {
    const Ended ended = under_way[i].get();
    EXPECT_EQ(ended.code, 69) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(attempts[i].says));
  }
}

}  // namespace
}  // namespace lastmeter::test
