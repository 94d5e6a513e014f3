#include <gtest/gtest.h>

#include <iostream>
#include <memory>

#include "tests/crash/aftermath.h"
#include "tests/crash/client.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/house.h"
#include "tests/paths.h"

// The house on three brokers: each of them is restarted in turn, as for an upgrade, and then one is
// lost and stays away. The services are never touched and have to stay up.
namespace lastmeter::test {
namespace {

constexpr int kNodes = 3;
constexpr int kRounds = 2;
constexpr const char* kEngines[] = {"engine-a", "engine-b"};

// librdkafka goes on asking the leader that it knew, dead or alive.
TEST(KafkaCluster, EndsAreFoundAfterTheirLeaderIsLost) {
  Broker cluster(kNodes);
  auto opened = KafkaLog::Open(cluster.NewInstallation(4));
  ASSERT_TRUE(opened.ok()) << opened.status();
  KafkaLog& log = **opened;
  const auto open_all = [&] {
    for (Topic topic : {Topic::kReport, Topic::kCommand, Topic::kEvent}) {
      for (uint32_t p = 0; p < 4; ++p) {
        EXPECT_TRUE(log.OpenReader({topic, {p}}, {0}).ok()) << ToString({topic, {p}});
      }
    }
  };
  open_all();
  cluster.KillNode(1);
  open_all();
}

TEST(KafkaCluster, KeepsEveryPromiseThroughRollingRestartsAndALostNode) {
  Broker cluster(kNodes);
  const KafkaLog::Options installation = cluster.NewInstallation(4);
  KafkaHouse house(installation);
  for (const char* name : kEngines) house.StartEscalator(name);
  ASSERT_NE(house.StartQuery(), 0) << house.SaidLast();
  const uint16_t port = house.StartGateway();
  ASSERT_NE(port, 0) << house.SaidLast();
  house.InstallRules();
  Address address;
  std::vector<std::unique_ptr<CrashClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<CrashClient>(
        CrashClient::Options{.number = i,
                             .seed = 1,
                             .sentinel_token = house.tokens().sentinel,
                             .staff_token = house.tokens().staff},
        &address));
  }
  address.Set(port);
  const auto live = [&](int ms) {
    EXPECT_FALSE(house.query().WaitEnd(ms)) << house.SaidLast();
    for (const char* name : kEngines) {
      EXPECT_FALSE(house.escalator(name).WaitEnd(1)) << house.SaidLast();
    }
  };

  live(10'000);
  for (int round = 0; round < kRounds; ++round) {
    for (int node = 1; node <= kNodes; ++node) {
      cluster.StopNode(node);
      live(2'000);
      cluster.StartNode(node);
      live(6'000);
    }
  }
  // Turns of a minute end while one is lost.
  cluster.KillNode(2);
  live(75'000);

  address.End();
  const Promises all = FinishAll(clients);
  house.Close();
  auto log = KafkaLog::Open(installation);
  ASSERT_TRUE(log.ok()) << log.status();
  const LogSays says = ReadLog(**log);
  ExpectPromisesKept(all, says);
  house.ExpectLogProven();
  std::cout << kRounds * kNodes << " restarts of a node and one lost; " << all.reports.size()
            << " reports and " << all.commands.size() << " commands accepted, " << all.repeats
            << " sent again, " << says.repeats << " seen twice by the log, " << says.climbs.size()
            << " climbs, " << says.ownerships << " ownerships" << std::endl;
}

}  // namespace
}  // namespace lastmeter::test
