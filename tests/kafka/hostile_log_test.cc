// What a partition does when others do to its topics on a real broker what they must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kafka/broker.h"
#include "tests/kafka/owned_partition.h"
#include "tests/kafka/stranger.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using testing::AllOf;
using testing::HasSubstr;

class HostileLog : public testing::Test {
 protected:
  // A partition with rules and a case, idle.
  void Begin() {
    ASSERT_TRUE(world_.Open().ok());
    world_.InstallRules();
    ASSERT_TRUE(world_.SettleInputs(1).ok());
    world_.SendReport("r1");
    ASSERT_TRUE(world_.SettleInputs(2).ok());
  }
  static std::string Text(const absl::Status& status) { return std::string(status.message()); }
  std::string Events() const { return world_.Name(Topic::kEvent) + "/0"; }

  OwnedPartition world_{Broker::Get().NewInstallation(1), "one"};
  Stranger stranger_{Broker::Get().addresses()};
};

// --- the log of record ---

TEST_F(HostileLog, AStrangersRecordBetweenTwoStepsStopsThePartitionBeforeTheNextDecision) {
  Begin();
  const int64_t offset = stranger_.Produce(world_.Name(Topic::kEvent), 0, "I was here");
  const size_t before = world_.Entries(Topic::kEvent).size();
  world_.SendReport("r2");
  const absl::Status noticed = world_.SettleInputs(3);
  EXPECT_EQ(noticed.code(), absl::StatusCode::kUnavailable) << noticed;
  EXPECT_THAT(Text(noticed),
              AllOf(HasSubstr(Events()), HasSubstr(std::to_string(offset)),
                    HasSubstr("a stranger, who may not have the right to write there")));
  const absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kDataLoss) << stopped;
  EXPECT_THAT(Text(stopped), HasSubstr("lastmeter.case.event.v1/0, position " +
                                       std::to_string(offset) + ": the stored bytes are not"));
  EXPECT_EQ(world_.Entries(Topic::kEvent).size(), before) << "nothing was decided behind it";
}

TEST_F(HostileLog, AStrangersRecordInTheMiddleOfATransactionIsNotCommittedOver) {
  KafkaLog::Options slow = Broker::Get().NewInstallation(1);
  // A batch of several requests, so that there is a middle.
  slow.properties["batch.num.messages"] = "1";
  slow.properties["max.in.flight.requests.per.connection"] = "1";
  const std::string topic = slow.topic_prefix + std::string(TopicName(Topic::kEvent));
  auto log = *KafkaLog::Open(slow);
  auto reader = *log->OpenReader({Topic::kEvent, {0}}, {0});
  int interrupted = 0;
  for (int round = 0; round < 20 && interrupted == 0; ++round) {
    auto writer = *log->OpenWriter({0}, "one");
    writer->Start(std::vector<Outgoing>(300, Outgoing{"k", std::string(1000, 'x')}));
    const int64_t foreign = stranger_.Produce(topic, 0, "I was here");
    std::optional<AppendOutcome> outcome;
    while (!(outcome = writer->Poll()).has_value()) std::this_thread::yield();
    if (outcome->kind == AppendOutcome::Kind::kCommitted) {
      EXPECT_GT(foreign, outcome->last.value);
      continue;
    }
    ++interrupted;
    EXPECT_EQ(outcome->kind, AppendOutcome::Kind::kNotCommitted);
    EXPECT_EQ(outcome->status.code(), absl::StatusCode::kDataLoss) << outcome->status;
    EXPECT_THAT(Text(outcome->status), HasSubstr(topic + "/0 holds, between offsets "));
  }
  EXPECT_EQ(interrupted, 1) << "the stranger never came into the middle";
}

TEST_F(HostileLog, AStrangersRecordFoundOnOpeningStopsThePartition) {
  Begin();
  world_.Close();
  const int64_t offset = stranger_.Produce(world_.Name(Topic::kEvent), 0, "");
  ASSERT_TRUE(world_.Open().ok());
  const absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kDataLoss) << stopped;
  EXPECT_THAT(Text(stopped),
              HasSubstr("lastmeter.case.event.v1/0, position " + std::to_string(offset)));
}

TEST_F(HostileLog, ARecordThatIsRepeatedStopsThePartition) {
  Begin();
  world_.Close();
  const std::string last = world_.Entries(Topic::kEvent).back().value;
  const int64_t offset = stranger_.Produce(world_.Name(Topic::kEvent), 0, last);
  ASSERT_TRUE(world_.Open().ok());
  const absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kDataLoss) << stopped;
  EXPECT_THAT(Text(stopped), AllOf(HasSubstr("position " + std::to_string(offset)),
                                   HasSubstr("the log has a gap")));
}

TEST_F(HostileLog, ATopicOfRecordMadeAnewStopsThePartition) {
  Begin();
  stranger_.DeleteTopic(world_.Name(Topic::kEvent));
  stranger_.CreateTopic(world_.Name(Topic::kEvent), 1);
  world_.SendReport("r2");
  const absl::Status noticed = world_.SettleInputs(3);
  EXPECT_FALSE(noticed.ok());
  const absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kDataLoss) << stopped;
  EXPECT_THAT(Text(stopped), AllOf(HasSubstr("the store has taken in record seq"),
                                   HasSubstr("lastmeter.case.event.v1/0, position"),
                                   HasSubstr("but the log ends at position")));
  // A new process is told the same.
  ASSERT_TRUE(world_.Open().ok());
  EXPECT_EQ(world_.Run().code(), absl::StatusCode::kDataLoss);
}

TEST_F(HostileLog, RecordsExpiredBeforeTheStoresMarkAreNotMissed) {
  Begin();
  const LogPosition last = world_.Entries(Topic::kEvent).back().position;
  ASSERT_TRUE(world_.log().DropBefore({Topic::kEvent, {0}}, last).ok());
  ASSERT_TRUE(world_.Open().ok());
  world_.SendReport("r2");
  EXPECT_TRUE(world_.SettleInputs(1).ok());
}

TEST_F(HostileLog, RecordsExpiredUpToTheStoresMarkStopThePartition) {
  Begin();
  const LogPosition last = world_.Entries(Topic::kEvent).back().position;
  ASSERT_TRUE(world_.log().DropBefore({Topic::kEvent, {0}}, {last.value + 1}).ok());
  ASSERT_TRUE(world_.Open().ok());
  const absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kDataLoss) << stopped;
  EXPECT_THAT(Text(stopped),
              AllOf(HasSubstr("lastmeter.case.event.v1/0, position " + std::to_string(last.value)),
                    HasSubstr("the log no longer has it")));
}

TEST_F(HostileLog, ALostStoreIsNotRebuiltFromATruncatedLog) {
  Begin();
  const LogPosition last = world_.Entries(Topic::kEvent).back().position;
  ASSERT_TRUE(world_.log().DropBefore({Topic::kEvent, {0}}, last).ok());
  world_.LoseStore();
  ASSERT_TRUE(world_.Open().ok());
  const absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kOutOfRange) << stopped;
  EXPECT_THAT(Text(stopped), HasSubstr(Events() + " holds offsets " + std::to_string(last.value)));
}

TEST_F(HostileLog, AnAddedPartitionStopsThePartitionWhenItIsOpenedAgain) {
  Begin();
  for (Topic topic : {Topic::kReport, Topic::kCommand, Topic::kEvent}) {
    stranger_.AddPartitions(world_.Name(topic), 2);
  }
  // The one that is owned goes on: nothing has changed in it.
  world_.SendReport("r2");
  EXPECT_TRUE(world_.SettleInputs(3).ok());
  absl::Status stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kFailedPrecondition) << stopped;
  EXPECT_THAT(Text(stopped), AllOf(HasSubstr(world_.Name(Topic::kDeadLetter)),
                                   HasSubstr("all must have as many")));
  stranger_.AddPartitions(world_.Name(Topic::kDeadLetter), 2);
  stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kFailedPrecondition) << stopped;
  EXPECT_THAT(Text(stopped), AllOf(HasSubstr(Events()), HasSubstr("with 1 partitions and is now")));
  // A new process compares with what the log of record says.
  ASSERT_TRUE(world_.Open().ok());
  stopped = world_.Run();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kFailedPrecondition) << stopped;
  EXPECT_THAT(Text(stopped), HasSubstr("partition 0 of 1, and this is log"));
}

// --- the inputs ---

TEST_F(HostileLog, BytesThatNobodyCanReadOpenACaseAndGoToTheDeadLetters) {
  Begin();
  // 「老人摔倒，无人照料」 in GBK, and a report whose text is: protobuf refuses it as a string.
  const std::string gbk =
      "\xc0\xcf\xc8\xcb\xcb\xa4\xb5\xb9\xa3\xac\xce\xde\xc8\xcb\xd5\xd5\xc1\xcf";
  const std::string garbage("\xff\xfe\x00garbage", 10);
  std::string report = OwnedPartition::Report("r-gbk");
  report.replace(report.find("hotline"), 7, gbk.substr(0, 7));
  std::vector<int64_t> offsets;
  for (const std::string& bytes : {gbk, garbage, report, std::string()}) {
    offsets.push_back(stranger_.Produce(world_.Name(Topic::kReport), 0, bytes));
  }
  ASSERT_TRUE(world_.SettleInputs(6).ok());
  auto opened = world_.RecordsOf(Event::kCaseOpened);
  ASSERT_EQ(opened.size(), 5u);
  for (size_t i = 1; i < opened.size(); ++i)
    EXPECT_TRUE(opened[i].event().case_opened().unreadable());
  EXPECT_EQ(opened[1].input(), gbk);
  EXPECT_EQ(opened[3].input(), report);
  const auto letters = world_.Entries(Topic::kDeadLetter);
  ASSERT_EQ(letters.size(), 4u);
  for (size_t i = 0; i < letters.size(); ++i) {
    EXPECT_THAT(letters[i].value,
                AllOf(HasSubstr(R"("topic":"lastmeter.hardship.report.v1","partition":0)"),
                      HasSubstr("\"position\":" + std::to_string(offsets[i])),
                      HasSubstr(R"("reason":"cannot be read")")));
  }
  world_.SendReport("r2");
  EXPECT_TRUE(world_.SettleInputs(7).ok()) << "and it goes on";
}

TEST_F(HostileLog, AMessageOfTwoMegabytesIsSetAside) {
  Begin();
  const std::string big(2 << 20, 'A');
  const int64_t offset = stranger_.Produce(world_.Name(Topic::kReport), 0, big);
  world_.SendReport("r2");
  ASSERT_TRUE(world_.SettleInputs(4).ok());
  auto opened = world_.RecordsOf(Event::kCaseOpened);
  ASSERT_EQ(opened.size(), 3u);
  EXPECT_TRUE(opened[1].event().case_opened().unreadable());
  EXPECT_EQ(opened[1].input(), big);
  EXPECT_FALSE(opened[2].event().case_opened().unreadable());
  const auto letters = world_.Entries(Topic::kDeadLetter);
  // One that takes long is sent again.
  ASSERT_GE(letters.size(), 1u);
  EXPECT_THAT(letters[0].value.substr(0, 200), HasSubstr("\"position\":" + std::to_string(offset)));
  // Read back by who opens from nothing.
  world_.LoseStore();
  ASSERT_TRUE(world_.Open().ok());
  EXPECT_TRUE(world_.Settle().ok());
}

TEST_F(HostileLog, TheLargestMessageThatItsTopicTakesIsSetAside) {
  Begin();
  const std::string big((4 << 20) - 200, 'A');
  stranger_.Produce(world_.Name(Topic::kReport), 0, big);
  world_.SendReport("r2");
  const absl::Status settled = world_.SettleInputs(4);
  ASSERT_TRUE(settled.ok()) << settled;
  auto opened = world_.RecordsOf(Event::kCaseOpened);
  ASSERT_EQ(opened.size(), 3u);
  EXPECT_EQ(opened[1].input(), big);
  // One that takes long is sent again.
  EXPECT_GE(world_.Entries(Topic::kDeadLetter).size(), 1u);
}

TEST_F(HostileLog, InputsThatExpiredUnreadAreNotPassedOver) {
  Begin();
  world_.Close();
  const std::string reports = world_.Name(Topic::kReport);
  for (const char* id : {"r2", "r3", "r4"}) {
    stranger_.Produce(reports, 0, OwnedPartition::Report(id));
  }
  ASSERT_TRUE(world_.Open().ok());
  ASSERT_TRUE(world_.log().DropBefore({Topic::kReport, {0}}, {3}).ok());
  ASSERT_TRUE(
      world_.StepUntil([&](const auto&) { return !world_.partition().status().trouble.ok(); })
          .ok());
  const absl::Status trouble = world_.partition().status().trouble;
  EXPECT_EQ(trouble.code(), absl::StatusCode::kOutOfRange) << trouble;
  EXPECT_THAT(Text(trouble), HasSubstr(reports + "/0 holds offsets 3 to 4, asked for 1"));
  EXPECT_EQ(world_.partition().status().inputs, 0u);
}

TEST_F(HostileLog, AnInputTopicMadeAnewIsNeverReadFromTheMiddle) {
  Begin();
  for (const char* id : {"r2", "r3", "r4"}) world_.SendReport(id);
  ASSERT_TRUE(world_.SettleInputs(5).ok());
  const std::string reports = world_.Name(Topic::kReport);
  stranger_.DeleteTopic(reports);
  stranger_.CreateTopic(reports, 1);
  ASSERT_TRUE(
      world_.StepUntil([&](const auto&) { return !world_.partition().status().trouble.ok(); })
          .ok());
  const absl::Status trouble = world_.partition().status().trouble;
  EXPECT_EQ(trouble.code(), absl::StatusCode::kDataLoss) << trouble;
  EXPECT_THAT(Text(trouble), AllOf(HasSubstr(reports + "/0 has no offset 4"),
                                   HasSubstr("it holds 0 to 0"), HasSubstr("made anew")));
  // It grows past the place; what lies before it must not be passed over.
  for (int i = 0; i < 6; ++i) stranger_.Produce(reports, 0, OwnedPartition::Report("n"));
  world_.Append(Topic::kCommand, "garbage");
  ASSERT_TRUE(
      world_.StepUntil([&](const auto&) { return world_.partition().status().inputs == 6; }).ok())
      << "the other input log is read on";
  EXPECT_EQ(world_.partition().status().trouble.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(world_.RecordsOf(Event::kCaseOpened).size(), 4u);
}

}  // namespace
}  // namespace lastmeter
