#include "tests/services/door.h"

namespace lastmeter::test {

Door::Door(double rate_limit_per_s, const FaultPlan& faults)
    : memory_({.partition_count = 4,
               .cluster_id = "memory",
               .leave_gaps = false,
               .clock = [] { return SystemClock().Wall(); }}),
      log_(memory_, 1, faults) {
  gateway::GatewayOptions options;
  options.log = &log_;
  options.outcomes = &outcomes_;
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

}  // namespace lastmeter::test
