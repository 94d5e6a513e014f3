// An installation moves from the embedded log to a broker and back, and goes on each time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "tests/kafka/broker.h"
#include "tests/log/temp_folder.h"
#include "tests/paths.h"
#include "tests/process/server_process.h"
#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using test::Ended;
using test::RunProgram;
using ::testing::HasSubstr;

constexpr uint32_t kPartitions = 2;
const std::string kCtl = test::ProgramPath("lastmeterctl");
const std::string kCheck = test::ProgramPath("lastmeter-check");

void Append(Log& log, TopicPartition tp, const std::string& key, const std::string& bytes) {
  std::promise<absl::StatusOr<LogPosition>> answer;
  auto producer = *log.OpenProducer();
  producer->Append(tp, {key, bytes},
                   [&](absl::StatusOr<LogPosition> position) { answer.set_value(position); });
  const auto position = answer.get_future().get();
  ASSERT_TRUE(position.ok()) << position.status();
}

void Report(Log& log, const std::string& id, const std::string& village) {
  report::v1::HardshipReport report;
  report.set_report_id(id);
  report.set_kind("elder-alone");
  report.set_area(village);
  report.set_routing_code(village);
  report.mutable_reporter()->set_id("hotline");
  report.mutable_reporter()->set_role(common::v1::ROLE_SENTINEL);
  report.set_accepted_at_ms(SystemClock().Wall().ms);
  Append(log, {Topic::kReport, {PartitionFor(village, kPartitions)}}, village,
         report.SerializeAsString());
}

void Send(Log& log, uint32_t partition, command::v1::Command command) {
  command.set_accepted_at_ms(SystemClock().Wall().ms);
  Append(log, {Topic::kCommand, {partition}}, "", command.SerializeAsString());
}

void InstallRules(Log& log) {
  for (uint32_t p = 0; p < kPartitions; ++p) {
    command::v1::Command command;
    command.set_command_id("rules");
    command.mutable_actor()->set_id("operator");
    command.mutable_actor()->set_role(common::v1::ROLE_OPERATOR);
    *command.mutable_install_rules()->mutable_rules() = SampleRules();
    Send(log, p, std::move(command));
  }
}

void Acknowledge(Log& log, const std::string& number, const std::string& by) {
  command::v1::Command command;
  command.set_command_id("acknowledge " + number);
  command.mutable_actor()->set_id(by);
  command.mutable_actor()->set_role(common::v1::ROLE_STAFF);
  command.set_case_number(number);
  command.mutable_acknowledge();
  Send(log, PartitionFor(number.substr(0, 12), kPartitions), std::move(command));
}

// Owns one partition as an escalator does, until nothing is left to decide.
absl::Status Decide(Log& log, PartitionId partition) {
  SystemClock clock;
  MemoryStore store;
  MemoryDecideGuard guard;
  std::mutex mutex;
  std::condition_variable woken;
  bool awake = false;
  auto registration = log.OnActivity(partition, [&] {
    std::lock_guard lock(mutex);
    awake = true;
    woken.notify_all();
  });
  auto opened =
      Partition::Open({.partition = partition, .instance = "test"}, &log, &store, &clock, &guard);
  if (!opened.ok()) return opened.status();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    const StepResult result = (*opened)->Step();
    if (!result.status.ok() || result.idle) return result.status;
    if (result.again) continue;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, std::chrono::milliseconds(result.wake_in.ms), [&] { return awake; });
    awake = false;
  }
  return absl::DeadlineExceededError("does not settle");
}

absl::Status DecideAll(Log& log) {
  for (uint32_t p = 0; p < kPartitions; ++p) LM_RETURN_IF_ERROR(Decide(log, {p}));
  return absl::OkStatus();
}

std::vector<event::v1::Record> Records(Log& log, Event::BodyCase body) {
  std::vector<event::v1::Record> records;
  for (uint32_t p = 0; p < kPartitions; ++p) {
    auto reader = *log.OpenReader({Topic::kEvent, {p}}, {0});
    while (true) {
      auto entries = *reader->Read(1000, size_t{1} << 20);
      if (entries.empty()) break;
      for (const LogEntry& entry : entries) {
        auto record = *ParseRecord(entry.value);
        if (record.event().body_case() == body) records.push_back(std::move(record));
      }
    }
  }
  return records;
}

void ExpectProven(const std::vector<std::string>& place) {
  std::vector<std::string> words = {kCheck};
  words.insert(words.end(), place.begin(), place.end());
  const Ended checked = RunProgram(words);
  EXPECT_EQ(checked.code, 0) << checked.output;
  words = {kCtl, "verify"};
  words.insert(words.end(), place.begin(), place.end());
  const Ended verified = RunProgram(words);
  EXPECT_EQ(verified.code, 0) << verified.output;
}

TEST(KafkaCopy, AnInstallationMovesToABrokerAndBackWithItsOpenCasesAndUndecidedInputs) {
  TempFolder folder;
  const std::string data = folder.path() + "/data";
  const std::string back = folder.path() + "/back";
  {
    auto log = RocksdbLog::Open({.dir = data + "/log", .partition_count = kPartitions});
    ASSERT_TRUE(log.ok()) << log.status();
    InstallRules(**log);
    // What the log took in the same millisecond has no order across topics.
    ASSERT_EQ(DecideAll(**log), absl::OkStatus());
    for (const char* village : {"430112001001", "430112001002", "430112001003", "430112003001"}) {
      Report(**log, std::string("report of ") + village, village);
    }
    ASSERT_EQ(DecideAll(**log), absl::OkStatus());
    const auto opened = Records(**log, Event::kCaseOpened);
    ASSERT_EQ(opened.size(), 4u);
    // Two that nobody decides any more.
    Report(**log, "undecided", "430112001001");
    for (const auto& record : opened) {
      if (record.event().area() == "430112001001") {
        Acknowledge(**log, record.event().case_number(), "village-head");
      }
    }
    const Ended in_use = RunProgram(
        {kCtl, "log", "copy", "--from-data-dir", data, "--brokers", Broker::Get().addresses()});
    EXPECT_EQ(in_use.code, 75) << in_use.output;
  }
  const KafkaLog::Options place = Broker::Get().NewInstallation(kPartitions);
  const std::vector<std::string> on_kafka = {"--brokers", place.brokers, "--topic-prefix",
                                             place.topic_prefix};
  const std::vector<std::string> move = {
      kCtl,        "log",         "copy",           "--from-data-dir", data,
      "--brokers", place.brokers, "--topic-prefix", place.topic_prefix};
  const Ended moved = RunProgram(move);
  ASSERT_EQ(moved.code, 0) << moved.output;
  EXPECT_THAT(moved.output, HasSubstr("undecided inputs"));
  {
    auto log = KafkaLog::Open(place);
    ASSERT_TRUE(log.ok()) << log.status();
    EXPECT_EQ(Records(**log, Event::kCaseOpened).size(), 4u);
    ASSERT_EQ(DecideAll(**log), absl::OkStatus());
    EXPECT_EQ(Records(**log, Event::kCaseOpened).size(), 5u);
    EXPECT_EQ(Records(**log, Event::kCaseAcknowledged).size(), 1u);
    EXPECT_EQ(Records(**log, Event::kRulesInstalled).size(), kPartitions);
    EXPECT_TRUE(Records(**log, Event::kCommandRejected).empty());
    Report(**log, "undecided again", "430112001002");
  }
  ExpectProven(on_kafka);
  const Ended again = RunProgram(move);
  EXPECT_EQ(again.code, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("was moved earlier"));

  const Ended returned = RunProgram({kCtl, "log", "copy", "--brokers", place.brokers,
                                     "--topic-prefix", place.topic_prefix, "--to-data-dir", back});
  ASSERT_EQ(returned.code, 0) << returned.output;
  {
    auto log = RocksdbLog::Open({.dir = back + "/log"});
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_EQ(DecideAll(**log), absl::OkStatus());
    EXPECT_EQ(Records(**log, Event::kCaseOpened).size(), 6u);
  }
  ExpectProven({"--data-dir", back});
}

TEST(KafkaCopy, SaysWhatDoesNotFit) {
  TempFolder folder;
  const std::string data = folder.path() + "/data";
  ASSERT_TRUE(RocksdbLog::Open({.dir = data + "/log", .partition_count = kPartitions}).ok());
  const KafkaLog::Options place = Broker::Get().NewInstallation(3);
  const Ended other = RunProgram({kCtl, "log", "copy", "--from-data-dir", data, "--brokers",
                                  place.brokers, "--topic-prefix", place.topic_prefix});
  EXPECT_EQ(other.code, 78) << other.output;
  EXPECT_THAT(other.output, HasSubstr("has 2 partitions and the new one 3"));
  EXPECT_EQ(RunProgram({kCtl, "log", "copy", "--from-data-dir", data}).code, 2);
  EXPECT_EQ(RunProgram({kCtl, "log", "copy", "--brokers", place.brokers}).code, 2);
}

}  // namespace
}  // namespace lastmeter
