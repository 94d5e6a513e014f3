// A broker that dies and owners that stall or meet, on a real broker: what was accepted is decided
// once, and every failure is of the kind that its handler expects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "tests/kafka/broker.h"
#include "tests/kafka/owned_partition.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using testing::HasSubstr;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

// Each id of the reports has opened one case, and nothing else has.
void ExpectEachDecidedOnce(OwnedPartition& world, const std::set<std::string>& ids) {
  std::multiset<std::string> opened;
  for (const auto& record : world.RecordsOf(Event::kCaseOpened)) {
    opened.insert(record.event().case_opened().report_id());
  }
  EXPECT_EQ(opened, (std::multiset<std::string>(ids.begin(), ids.end())));
  EXPECT_TRUE(world.RecordsOf(Event::kInputRepeated).empty());
}

TEST(KafkaFaults, NothingIsLostOrDoubledByABrokerThatIsKilledInTheMiddleOfAppends) {
  const char* given = std::getenv("LASTMETER_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "LASTMETER_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  KafkaLog::Options options = Broker::Get().NewInstallation(1);
  options.timeout = Seconds(5);
  // One report a transaction: there is always one under way.
  OwnedPartition world(options, "one", 1);
  ASSERT_TRUE(world.Open().ok());
  world.InstallRules();
  ASSERT_TRUE(world.SettleInputs(1).ok());
  std::set<std::string> ids;
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    for (int i = 0; i < 150; ++i) {
      ids.insert("r" + std::to_string(ids.size()));
      world.SendReport("r" + std::to_string(ids.size() - 1));
    }
    const uint64_t kill_after = world.partition().status().inputs + random() % 50;
    std::atomic<bool> kill{false};
    std::thread killer([&] {
      kill.wait(false);
      Broker::Get().Kill();
    });
    const absl::Status cut_short = world.StepUntil([&](const StepResult& result) {
      if (world.partition().status().inputs >= kill_after && !kill.exchange(true)) {
        kill.notify_all();
      }
      return result.idle;
    });
    // All may have been decided before the broker was dead.
    kill = true;
    kill.notify_all();
    killer.join();
    EXPECT_TRUE(cut_short.ok() || cut_short.code() == absl::StatusCode::kUnavailable) << cut_short;
    Broker::Get().Restart();
    const absl::Status recovered = world.Run();
    ASSERT_TRUE(recovered.ok()) << recovered;
  }
  ExpectEachDecidedOnce(world, ids);
}

TEST(KafkaFaults, AnOpeningWithoutABrokerIsToBeTriedAgain) {
  KafkaLog::Options options = Broker::Get().NewInstallation(1);
  options.timeout = Seconds(2);
  OwnedPartition world(options, "one");
  ASSERT_TRUE(world.Open().ok());
  Broker::Get().Kill();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(world.Reopen().ok());
    const absl::Status refused = world.Settle();
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  }
  EXPECT_EQ(KafkaLog::Open(options).status().code(), absl::StatusCode::kUnavailable);
  Broker::Get().Restart();
  const absl::Status opened = world.Run();
  EXPECT_TRUE(opened.ok()) << opened;
}

TEST(KafkaFaults, AReaderGoesOnWhereItWasWhenTheBrokerIsBack) {
  const KafkaLog::Options options = Broker::Get().NewInstallation(1);
  OwnedPartition world(options, "one");
  ASSERT_TRUE(world.Open().ok());
  world.SendReport("r1");
  auto reader = *world.log().OpenReader({Topic::kReport, {0}}, {0});
  ASSERT_EQ(reader->Read(10, 10'000)->size(), 1u);
  Broker::Get().Kill();
  auto while_gone = reader->Read(10, 10'000);
  EXPECT_TRUE(while_gone.ok() ? while_gone->empty()
                              : while_gone.status().code() == absl::StatusCode::kUnavailable);
  Broker::Get().Restart();
  world.SendReport("r2");
  const auto deadline = std::chrono::steady_clock::now() + OwnedPartition::kPatience;
  absl::StatusOr<std::vector<LogEntry>> entries;
  do {
    entries = reader->Read(10, 10'000);
  } while ((!entries.ok() || entries->empty()) && std::chrono::steady_clock::now() < deadline);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().value, OwnedPartition::Report("r2"));
}

// The end as the broker tells it, uncommitted records and markers included.
int64_t EndOf(Log& log) {
  auto reader = *log.OpenReader({Topic::kEvent, {0}}, {0});
  reader->AskEnd();
  std::optional<absl::StatusOr<LogPosition>> end;
  while (!(end = reader->EndAnswer()).has_value()) std::this_thread::yield();
  return end->value().value;
}

bool Grows(Log& log, int64_t beyond) {
  const auto deadline = std::chrono::steady_clock::now() + OwnedPartition::kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (EndOf(log) > beyond) return true;
  }
  return false;
}

TEST(KafkaFaults, AWriterThatStoodStillForTooLongFindsThatNobodyElseTookOver) {
  KafkaLog::Options options = Broker::Get().NewInstallation(1);
  options.transaction_timeout = Seconds(1);
  // Stands still in front of the third record of a transaction.
  std::atomic<int> records_until_still{INT32_MAX};
  std::atomic<bool> still{false};
  options.headers_of = [&](std::string_view) {
    if (--records_until_still == 0) {
      still = true;
      still.notify_all();
      still.wait(true);
    }
    return KafkaHeaders{};
  };
  OwnedPartition world(options, "one");
  ASSERT_TRUE(world.Open().ok());
  world.InstallRules();
  ASSERT_TRUE(world.SettleInputs(1).ok());
  const std::set<std::string> ids = {"r1", "r2", "r3", "r4"};
  for (const std::string& id : ids) world.SendReport(id);
  KafkaLog::Options watching = options;
  watching.headers_of = nullptr;
  auto watch = *KafkaLog::Open(watching);
  const int64_t before = EndOf(*watch);
  records_until_still = 3;
  std::thread thaw([&] {
    still.wait(false);
    // Two records came through; what comes next is the marker with which the broker gave up.
    EXPECT_TRUE(Grows(*watch, before + 2));
    still = false;
    still.notify_all();
  });
  const absl::Status fenced = world.SettleInputs(5);
  thaw.join();
  EXPECT_EQ(fenced.code(), absl::StatusCode::kUnavailable) << fenced;
  EXPECT_THAT(Text(fenced), HasSubstr("fenced, yet nobody else has taken the partition"));
  ASSERT_TRUE(world.Run().ok());
  ExpectEachDecidedOnce(world, ids);
}

TEST(KafkaFaults, OfTwoOwnersTheElderYields) {
  const KafkaLog::Options options = Broker::Get().NewInstallation(1);
  OwnedPartition elder(options, "one");
  OwnedPartition younger(options, "two");
  ASSERT_TRUE(elder.Open().ok());
  ASSERT_TRUE(elder.Settle().ok());
  ASSERT_TRUE(younger.Open().ok());
  ASSERT_TRUE(younger.Settle().ok());
  elder.SendReport("r1");
  const absl::Status yields = elder.SettleInputs(1);
  EXPECT_EQ(yields.code(), absl::StatusCode::kAborted) << yields;
  EXPECT_THAT(Text(yields), HasSubstr("owned by two since seq"));
  EXPECT_TRUE(younger.SettleInputs(1).ok());
  ExpectEachDecidedOnce(younger, {"r1"});
}

}  // namespace
}  // namespace lastmeter
