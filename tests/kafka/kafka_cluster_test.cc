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
  for (const auto& words : {std::vector<std::string>{"lastmeter-check", "--to-now"},
                            std::vector<std::string>{"lastmeterctl", "verify"}}) {
    std::vector<std::string> line = words;
    line[0] = ProgramPath(line[0]);
    const auto place = house.Place();
    line.insert(line.end(), place.begin(), place.end());
    const Ended ended = RunProgram(line);
    EXPECT_EQ(ended.code, 0) << words[0] << ": " << ended.output;
  }
  std::cout << kRounds * kNodes << " restarts of a node and one lost; " << all.reports.size()
            << " reports and " << all.commands.size() << " commands accepted, " << all.repeats
            << " sent again, " << says.repeats << " seen twice by the log, " << says.climbs.size()
            << " climbs, " << says.ownerships << " ownerships" << std::endl;
}

}  // namespace
}  // namespace lastmeter::test
