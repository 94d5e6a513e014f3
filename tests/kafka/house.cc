#include "tests/kafka/house.h"
#include "tests/paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace lastmeter::test {
namespace {

constexpr int kReadyWithinMs = 60'000;
// The shortest that the test's broker allows, so that an engine that is gone for good is replaced
// soon.
constexpr char kSessionSeconds[] = "6";
constexpr char kTransactionSeconds[] = "4";

}  // namespace

KafkaHouse::KafkaHouse(const KafkaLog::Options& log, ConfigOf config_of)
    : log_(log), config_of_(std::move(config_of)) {
  WriteFastRules(folder_.path() + "/rules");
  WriteTokens(folder_.path() + "/tokens", tokens_);
}

std::vector<std::string> KafkaHouse::Place() const {
  return {"--brokers", log_.brokers, "--topic-prefix", log_.topic_prefix};
}

std::vector<std::string> KafkaHouse::Arguments(const std::string& part,
                                               const std::string& name) const {
  std::vector<std::string> words = Place();
  if (config_of_) words.insert(words.end(), {"--kafka-config", config_of_(part)});
  words.insert(words.end(), {"--data-dir", folder_.path() + "/" + name, "--instance", name});
  return words;
}

uint16_t KafkaHouse::StartGateway() {
  std::vector<std::string> words = Arguments("gateway", "gateway");
  words.insert(words.end(), {"--tokens", folder_.path() + "/tokens", "--rate-limit", "0"});
  gateway_ = ServerProcess::Start("lastmeter-gateway", words, folder_.path() + "/stderr");
  gateway_port_ = gateway_->WaitReady(kReadyWithinMs).value_or(0);
  return gateway_port_;
}

uint16_t KafkaHouse::StartQuery() {
  std::vector<std::string> words = Arguments("query", "query");
  words.insert(words.end(), {"--tokens", folder_.path() + "/tokens"});
  query_ = ServerProcess::Start("lastmeter-query", words, folder_.path() + "/stderr");
  return query_->WaitReady(kReadyWithinMs).value_or(0);
}

uint16_t KafkaHouse::RebuildQuery() {
  query_->Kill();
  std::filesystem::remove_all(folder_.path() + "/query");
  return StartQuery();
}

void KafkaHouse::StartEscalator(const std::string& name, const std::string& partitions) {
  std::vector<std::string> words = Arguments("escalator", name);
  words.insert(words.end(), {"--session-timeout", kSessionSeconds, "--transaction-timeout",
                             kTransactionSeconds});
  if (!partitions.empty()) words.insert(words.end(), {"--partitions", partitions});
  // The one before has to be gone before its folder is opened again.
  escalators_.erase(name);
  escalators_[name] =
      ServerProcess::Start("lastmeter-escalator", words, folder_.path() + "/stderr");
}

void KafkaHouse::InstallRules() {
  const std::string token_file = folder_.path() + "/operator-token";
  std::ofstream(token_file) << tokens_.operators;
  const Ended ended = RunProgram(
      {test::ProgramPath("lastmeterctl"), "rules", "install", "--dir", folder_.path() + "/rules",
       "--url", "http://127.0.0.1:" + std::to_string(gateway_port_), "--token-file", token_file});
  EXPECT_EQ(ended.code, 0) << ended.output;
}

void KafkaHouse::Close() {
  if (gateway_ != nullptr) {
    gateway_->Terminate();
    EXPECT_EQ(gateway_->code(), 0) << SaidLast();
  }
  for (auto& [name, escalator] : escalators_) {
    escalator->Terminate();
    EXPECT_EQ(escalator->code(), 0) << name << ": " << SaidLast();
  }
  if (query_ != nullptr) {
    query_->Terminate();
    EXPECT_EQ(query_->code(), 0) << SaidLast();
  }
}

void KafkaHouse::ExpectLogProven() {
  for (const auto& words : {std::vector<std::string>{"lastmeter-check", "--to-now"},
                            std::vector<std::string>{"lastmeterctl", "verify"}}) {
    std::vector<std::string> line = words;
    line[0] = ProgramPath(line[0]);
    const auto place = Place();
    line.insert(line.end(), place.begin(), place.end());
    const Ended ended = RunProgram(line);
    EXPECT_EQ(ended.code, 0) << words[0] << ": " << ended.output;
  }
}

std::string KafkaHouse::SaidLast() const {
  std::stringstream said;
  said << std::ifstream(folder_.path() + "/stderr").rdbuf();
  const std::string all = said.str();
  return all.size() > 6000 ? all.substr(all.size() - 6000) : all;
}

}  // namespace lastmeter::test
