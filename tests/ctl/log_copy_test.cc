// Moving a partition from one log to another, with engines that go on there.
#include "tools/ctl/log_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/redecide.h"
#include "tests/runtime/world.h"
#include "tools/check/judge.h"

namespace lastmeter::ctl {
namespace {

using event::v1::Event;
using ::testing::HasSubstr;

// The log for a tool that owns what it opens: a faulty log without faults is a way round.
OpenedLog Opened(MemoryLog& log) {
  OpenedLog opened;
  opened.log = std::make_unique<FaultyLog>(log, 1);
  opened.extent = [&log](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    auto reader = log.OpenReader(tp, {0});
    // What the log says where its beginning was given up.
    if (!reader.ok()) return LogExtent{{1}, {1}};
    auto entries = (*reader)->Read(1'000'000, size_t{1} << 40);
    return LogExtent{{0}, (*reader)->position()};
  };
  return opened;
}

// An installation on its first log, and a second log that it may move to.
struct Move : testing::Test {
  Move()
      : second({.partition_count = 1, .cluster_id = "second", .clock = [this] { return Tick(); }}) {
    w.InstallRules();
    w.clock.Advance({1});
    w.Report("decided");
    EXPECT_TRUE(w.Start().ok());
    w.partition.reset();
    w.clock.Advance(Minutes(1));
    w.Report("undecided");
    w.clock.Advance({5});
    w.Acknowledge("430112001001-2026-00001", "xu-guangming");
    w.clock.Advance({5});
    w.Report("undecided too", "elder-alone", "430112001002");
  }

  // Copying takes time.
  Timestamp Tick() {
    w.clock.Advance({1});
    return w.clock.Wall();
  }

  absl::StatusOr<CopiedPartition> Copy() {
    return CopyPartition(Opened(w.log), Opened(second), {0});
  }

  std::vector<LogEntry> Entries(MemoryLog& log, Topic topic) {
    auto reader = *log.OpenReader({topic, {0}}, {0});
    return *reader->Read(1'000'000, size_t{1} << 40);
  }

  void Put(MemoryLog& log, std::vector<Outgoing> batch) {
    auto writer = *log.OpenWriter({0}, "test");
    writer->Start(std::move(batch));
    EXPECT_EQ(writer->Poll()->kind, AppendOutcome::Kind::kCommitted);
  }

  // An engine with a store of its own goes on on the second log.
  absl::Status GoOn() {
    FaultyLog faulty(second, 1);
    MemoryStore store;
    MemoryDecideGuard guard;
    auto partition = Partition::Open(w.options, &faulty, &store, &w.clock, &guard);
    if (!partition.ok()) return partition.status();
    for (int i = 0; i < 100'000; ++i) {
      const StepResult result = (*partition)->Step();
      if (!result.status.ok() || result.idle) return result.status;
    }
    return absl::DeadlineExceededError("does not settle");
  }

  // What judge and re-decision say of the second log.
  void ExpectProven() {
    Judge judge({0});
    MemoryStore scratch;
    Redecider redecider(&scratch);
    for (const LogEntry& entry : Entries(second, Topic::kEvent)) {
      judge.Take(entry.position, entry.value);
      EXPECT_EQ(redecider.Take(entry.position, entry.value), absl::OkStatus());
    }
    judge.Finish();
    for (const Finding& finding : judge.findings()) ADD_FAILURE() << ToString(finding);
  }

  size_t Count(Event::BodyCase body) {
    size_t count = 0;
    for (const LogEntry& entry : Entries(second, Topic::kEvent)) {
      count += ParseRecord(entry.value)->event().body_case() == body;
    }
    return count;
  }

  World w;
  MemoryLog second;
};

TEST_F(Move, GoesOnWithOpenCasesAndUndecidedInputs) {
  const auto copied = Copy();
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->records, w.Records().size());
  EXPECT_EQ(copied->inputs, 3u);
  const auto before = w.Entries(Topic::kEvent);
  const auto after = Entries(second, Topic::kEvent);
  ASSERT_EQ(after.size(), before.size() + 1);
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].value, before[i].value);
    EXPECT_EQ(after[i].key, before[i].key);
  }
  ASSERT_EQ(GoOn(), absl::OkStatus());
  EXPECT_EQ(Count(Event::kCaseOpened), 3u);
  EXPECT_EQ(Count(Event::kCaseAcknowledged), 1u);
  EXPECT_EQ(Count(Event::kCommandRejected), 0u);
  EXPECT_EQ(Count(Event::kRulesInstalled), 1u) << "what was decided is not decided again";
  ExpectProven();
}

TEST_F(Move, KeepsTheOrderInWhichInputsWouldHaveBeenTaken) {
  ASSERT_TRUE(Copy().ok());
  ASSERT_EQ(GoOn(), absl::OkStatus());
  std::vector<int> topics;
  for (const LogEntry& entry : Entries(second, Topic::kEvent)) {
    const auto record = *ParseRecord(entry.value);
    if (record.has_input_cause() && record.epoch() == 3) {
      topics.push_back(record.input_cause().topic());
    }
  }
  EXPECT_EQ(topics, (std::vector<int>{1, 2, 1}));
}

TEST_F(Move, AnEngineWillNotTouchACopyThatIsNotFinished) {
  std::vector<Outgoing> batch;
  for (LogEntry& entry : w.Entries(Topic::kEvent)) batch.push_back({entry.key, entry.value});
  Put(second, std::move(batch));
  const absl::Status refused = GoOn();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
}

TEST_F(Move, GoesOnWhereAnEarlierCopyStopped) {
  const auto before = w.Entries(Topic::kEvent);
  Put(second, {{before[0].key, before[0].value}, {before[1].key, before[1].value}});
  auto producer = *second.OpenProducer();
  const auto report = w.Entries(Topic::kReport)[1];
  producer->Append({Topic::kReport, {0}}, {report.key, report.value}, [](const auto&) {});
  const auto copied = Copy();
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->found, 2u);
  EXPECT_EQ(Entries(second, Topic::kReport).size(), 2u);
  ASSERT_EQ(GoOn(), absl::OkStatus());
  EXPECT_EQ(Count(Event::kCaseOpened), 3u);
  ExpectProven();
}

TEST_F(Move, CalledAgainItChangesNothing) {
  ASSERT_TRUE(Copy().ok());
  const size_t size = Entries(second, Topic::kEvent).size();
  const auto again = Copy();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->found, again->records);
  EXPECT_FALSE(again->gone_on);
  ASSERT_EQ(GoOn(), absl::OkStatus());
  const auto later = Copy();
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_TRUE(later->gone_on);
  EXPECT_EQ(Entries(second, Topic::kReport).size(), 2u);
  EXPECT_GT(Entries(second, Topic::kEvent).size(), size);
}

TEST_F(Move, RefusesALogThatHoldsSomethingElse) {
  Put(second, {{"", "somebody else's"}});
  const auto copied = Copy();
  EXPECT_EQ(copied.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(copied.status().message()),
              HasSubstr("lastmeter.case.event.v1/0 position 0 holds another record"));
}

TEST_F(Move, RefusesInputTopicsThatHoldSomethingElse) {
  auto producer = *second.OpenProducer();
  producer->Append({Topic::kCommand, {0}}, {"k", "too early"}, [](const auto&) {});
  const auto copied = Copy();
  EXPECT_EQ(copied.status().code(), absl::StatusCode::kFailedPrecondition) << copied.status();
  // The copy has no end, so that nobody goes on with it.
  EXPECT_EQ(GoOn().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Move, TellsOfAnInputThatCameTooLate) {
  ASSERT_TRUE(Copy().ok());
  w.Report("late");
  const auto again = Copy();
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAborted) << again.status();
}

TEST_F(Move, RefusesAnotherNumberOfPartitionsAndTheSameLog) {
  MemoryLog other(
      {.partition_count = 2, .cluster_id = "third", .clock = [this] { return Tick(); }});
  EXPECT_EQ(CopyPartition(Opened(w.log), Opened(other), {0}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CopyPartition(Opened(w.log), Opened(w.log), {0}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(Move, MovesOnAndOn) {
  ASSERT_TRUE(Copy().ok());
  ASSERT_EQ(GoOn(), absl::OkStatus());
  MemoryLog third(
      {.partition_count = 1, .cluster_id = "third", .clock = [this] { return Tick(); }});
  const auto copied = CopyPartition(Opened(second), Opened(third), {0});
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->inputs, 0u);
}

}  // namespace
}  // namespace lastmeter::ctl
