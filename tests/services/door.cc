#include "tests/services/door.h"

namespace lastmeter::test {

Door::Door(double rate_limit_per_s, const FaultPlan& faults, Outcomes* outcomes)
    : memory_({.partition_count = 4,
               .cluster_id = "memory",
               .leave_gaps = false,
               .clock = [] { return SystemClock().Wall(); }}),
      log_(memory_, 1, faults) {
  gateway::GatewayOptions options;
  options.log = &log_;
  options.outcomes = outcomes == nullptr ? &outcomes_ : outcomes;
  options.now = [] { return SystemClock().Wall(); };
  options.oldest_unread_age = [this] { return Millis{unread_age_ms}; };
  options.allow_unsealed = true;
  options.rate_limit_per_s = rate_limit_per_s;
  auto gateway = gateway::Gateway::Create(std::move(options));
  EXPECT_TRUE(gateway.ok()) << gateway.status();
  gateway_ = *std::move(gateway);
  http::ServerOptions server;
  server.tokens = TestTokens();
  auto started = http::Server::Start(std::move(server), gateway_->Routes());
  EXPECT_TRUE(started.ok()) << started.status();
  server_ = *std::move(started);
}

Answer Door::Post(const char* token, const std::string& target, const nlohmann::json& body,
                  Headers headers, const char* method) {
  headers.emplace_back("Content-Type", "application/json");
  return CallServer(server_->port(), token, method, target, std::move(headers), body.dump());
}

std::vector<command::v1::Command> Door::Commands() {
  std::vector<command::v1::Command> commands;
  for (uint32_t p = 0; p < memory_.identity().partition_count; ++p) {
    auto reader = memory_.OpenReader({Topic::kCommand, PartitionId{p}}, {0});
    EXPECT_TRUE(reader.ok()) << reader.status();
    const auto entries = (*reader)->Read(1000, 1 << 20);
    EXPECT_TRUE(entries.ok()) << entries.status();
    for (const auto& entry : *entries) {
      EXPECT_TRUE(commands.emplace_back().ParseFromString(entry.value));
    }
  }
  return commands;
}

}  // namespace lastmeter::test
