#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <random>
#include <thread>

#include "services/common/http_client.h"
#include "tests/crash/aftermath.h"
#include "tests/crash/client.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/house.h"
#include "tests/paths.h"

// The house on Kafka, killed room by room at random moments under people who report and answer: an
// engine, both, the gateway, the broker; an engine frozen until its partitions have gone to the
// other, and thawed. What was promised is then looked for in the topic.
namespace lastmeter::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kClients = 4;
// Turns of a minute must end meanwhile.
constexpr auto kAtLeast = std::chrono::seconds(130);
// Past the session and the transaction of an engine, which the house sets to 6 s and 4 s.
constexpr int kFrozenMs = 8'000;

// What is done to the house, and how often it has to have been done.
struct Plan {
  int64_t engine_kills = FromEnvironment("LASTMETER_CRASH_KILLS", 60);
  int64_t broker_kills = FromEnvironment("LASTMETER_CRASH_BROKER_KILLS", 5);
  int64_t gateway_kills = 6;
  int64_t freezes = 2;

  bool done() const {
    return engine_kills <= 0 && broker_kills <= 0 && gateway_kills <= 0 && freezes <= 0;
  }
};

class Saboteur {
 public:
  Saboteur(uint64_t seed, KafkaHouse* house, Address* address)
      : random_(seed), house_(house), address_(address) {}

  // One deed, from those that are still wanted. False when the house did not stand up again.
  bool Act(Plan& plan) {
    // Mostly soon after the last one, sometimes after a while.
    Live(static_cast<int>(random_() % (random_() % 4 == 0 ? 4000 : 1500)));
    const uint64_t dice = random_() % 20;
    if (dice == 0 && plan.broker_kills > 0) {
      --plan.broker_kills;
      Broker::Get().Kill();
      Live(static_cast<int>(random_() % 2000));
      Broker::Get().Restart();
      return true;
    }
    if (dice == 1 && plan.gateway_kills > 0) {
      --plan.gateway_kills;
      address_->Set(0);
      house_->gateway().Kill();
      const uint16_t port = house_->StartGateway();
      address_->Set(port);
      return port != 0;
    }
    if (dice == 2 && plan.freezes > 0) {
      --plan.freezes;
      const std::string name = AnEngine();
      house_->escalator(name).Freeze();
      Live(kFrozenMs);
      house_->escalator(name).Thaw();
      return true;
    }
    if (dice == 3) {
      plan.engine_kills -= 2;
      for (const char* name : kEngines) house_->escalator(name).Kill();
      for (const char* name : kEngines) house_->StartEscalator(name);
      return true;
    }
    if (plan.engine_kills > 0) {
      --plan.engine_kills;
      const std::string name = AnEngine();
      house_->escalator(name).Kill();
      house_->StartEscalator(name);
      return true;
    }
    // Only rarer deeds are wanted any more: they come up in time.
    return true;
  }

  // Lets time pass while the query, which nobody touches, has to stay up.
  void Live(int ms) { EXPECT_FALSE(house_->query().WaitEnd(ms)) << house_->SaidLast(); }

  static constexpr const char* kEngines[] = {"engine-a", "engine-b"};

 private:
  std::string AnEngine() { return kEngines[random_() % std::size(kEngines)]; }

  std::mt19937_64 random_;
  KafkaHouse* const house_;
  Address* const address_;
};

// A read side that lost everything it had finds what was promised again, from the log alone.
void ExpectFoundAgain(KafkaHouse& house, const Promises& promises) {
  const uint16_t port = house.RebuildQuery();
  ASSERT_NE(port, 0) << house.SaidLast();
  http::Client client({.url = {.host = "127.0.0.1", .port = port, .prefix = {}},
                       .token = house.tokens().staff,
                       .timeout_ms = 10'000});
  size_t asked = 0;
  for (const std::string& id : promises.reports) {
    if (++asked > 200) break;
    const auto answer = client.Send({.method = "GET", .target = "/v1/reports/" + id});
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 200) << id << ": " << answer->body;
  }
}

TEST(KafkaCrash, KeepsEveryPromiseThroughKillsOfEveryRoom) {
  const auto seed = static_cast<uint64_t>(
      FromEnvironment("LASTMETER_CRASH_SEED", static_cast<int64_t>(std::random_device{}())));
  std::cout << "LASTMETER_CRASH_SEED=" << seed << std::endl;
  const KafkaLog::Options installation = Broker::Get().NewInstallation(4);
  KafkaHouse house(installation);
  for (const char* name : Saboteur::kEngines) house.StartEscalator(name);
  ASSERT_NE(house.StartQuery(), 0) << house.SaidLast();
  const uint16_t port = house.StartGateway();
  ASSERT_NE(port, 0) << house.SaidLast();
  house.InstallRules();

  Address address;
  std::vector<std::unique_ptr<CrashClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<CrashClient>(
        CrashClient::Options{.number = i,
                             .seed = seed,
                             .sentinel_token = house.tokens().sentinel,
                             .staff_token = house.tokens().staff},
        &address));
  }
  address.Set(port);

  const Plan wanted;
  Plan plan = wanted;
  Saboteur saboteur(seed, &house, &address);
  const auto started = Clock::now();
  bool stands = true;
  while (stands && (!plan.done() || Clock::now() - started < kAtLeast)) stands = saboteur.Act(plan);

  // Time for what is still unclear to be asked again, and for what fell due meanwhile.
  saboteur.Live(8'000);
  address.End();
  const Promises all = FinishAll(clients);
  ASSERT_TRUE(stands) << house.SaidLast();
  ExpectFoundAgain(house, all);
  house.Close();

  auto log = KafkaLog::Open(installation);
  ASSERT_TRUE(log.ok()) << log.status();
  const LogSays says = ReadLog(**log);
  ExpectPromisesKept(all, says);
  house.ExpectLogProven();
  std::cout << wanted.engine_kills - plan.engine_kills << " kills of engines, "
            << wanted.broker_kills - plan.broker_kills << " of the broker, "
            << wanted.gateway_kills - plan.gateway_kills << " of the gateway, "
            << wanted.freezes - plan.freezes << " freezes; " << all.reports.size()
            << " reports and " << all.commands.size() << " commands accepted, " << all.repeats
            << " sent again, " << all.unclear.size() << " never answered, " << says.repeats
            << " seen twice by the log, " << says.climbs.size() << " climbs, " << TextOfMerges(says)
            << ", " << says.reminders << " reminders, " << says.ownerships << " ownerships"
            << std::endl;
}

// Whether /readyz says so within the time, and what it said last.
bool BecomesReady(uint16_t port, bool ready, std::chrono::seconds within, std::string* said) {
  http::Client client(
      {.url = {.host = "127.0.0.1", .port = port, .prefix = {}}, .token = {}, .timeout_ms = 5'000});
  const auto until = Clock::now() + within;
  while (Clock::now() < until) {
    const auto answer = client.Send({.method = "GET", .target = "/readyz"});
    *said = answer.ok() ? answer->body : std::string(answer.status().message());
    if (answer.ok() && (answer->status == 200) == ready) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

// Whoever stands before the services learns that they can neither take nor show anything new.
TEST(KafkaCrash, ReadinessFollowsTheBroker) {
  Broker cluster(1);
  KafkaHouse house(cluster.NewInstallation(4));
  const uint16_t query = house.StartQuery();
  const uint16_t gateway = house.StartGateway();
  ASSERT_NE(query, 0) << house.SaidLast();
  ASSERT_NE(gateway, 0) << house.SaidLast();
  std::string said;
  for (const uint16_t port : {gateway, query}) {
    ASSERT_TRUE(BecomesReady(port, true, std::chrono::seconds(30), &said)) << said;
  }
  cluster.Kill();
  for (const uint16_t port : {gateway, query}) {
    EXPECT_TRUE(BecomesReady(port, false, std::chrono::seconds(20), &said)) << said;
    EXPECT_NE(said.find("the log has not answered for"), std::string::npos) << said;
  }
  cluster.Restart();
  for (const uint16_t port : {gateway, query}) {
    EXPECT_TRUE(BecomesReady(port, true, std::chrono::seconds(60), &said)) << said;
  }
}

// Two lists that name one partition: whoever opened last owns it, and the other one says so and
// ends, to be tried again later. Whichever it is, nothing is decided twice.
TEST(KafkaCrash, TwoEnginesWithOnePartitionNeverBothDecideIt) {
  const KafkaLog::Options installation = Broker::Get().NewInstallation(2);
  KafkaHouse house(installation);
  house.StartEscalator("first", "0,1");
  ASSERT_TRUE(house.escalator("first").WaitReady(60'000)) << house.SaidLast();
  const uint16_t port = house.StartGateway();
  ASSERT_NE(port, 0) << house.SaidLast();
  house.InstallRules();
  Address address;
  std::vector<std::unique_ptr<CrashClient>> clients;
  clients.push_back(
      std::make_unique<CrashClient>(CrashClient::Options{.sentinel_token = house.tokens().sentinel,
                                                         .staff_token = house.tokens().staff},
                                    &address));
  address.Set(port);
  const char* owner = "first";
  const char* other = "second";
  for (int i = 0; i < 6; ++i) {
    house.StartEscalator(other, "0,1");
    ASSERT_TRUE(house.escalator(owner).WaitEnd(60'000)) << house.SaidLast();
    EXPECT_EQ(house.escalator(owner).code(), 75) << house.SaidLast();
    ASSERT_TRUE(house.escalator(other).WaitReady(60'000)) << house.SaidLast();
    std::swap(owner, other);
  }
  EXPECT_NE(house.SaidLast().find("owned by"), std::string::npos) << house.SaidLast();
  address.End();
  const Promises all = FinishAll(clients);
  house.gateway().Terminate();
  house.escalator(owner).Terminate();

  auto log = KafkaLog::Open(installation);
  ASSERT_TRUE(log.ok()) << log.status();
  const LogSays says = ReadLog(**log);
  EXPECT_GT(all.reports.size(), 0u);
  for (const std::string& id : all.reports) EXPECT_EQ(says.reports.count(id), 1u) << id;
  for (const auto& [id, count] : says.reports) EXPECT_EQ(count, 1) << id;
  std::vector<std::string> line = {test::ProgramPath("lastmeter-check")};
  const auto place = house.Place();
  line.insert(line.end(), place.begin(), place.end());
  const Ended judged = RunProgram(line);
  EXPECT_EQ(judged.code, 0) << judged.output;
}

}  // namespace
}  // namespace lastmeter::test
