// What a partition does when the log fails it, another owner takes over, or an input is poison.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using testing::HasSubstr;

// One append fails by the plan; what was to be decided is decided once all the same.
void ExpectNothingLostOrDoubled(FaultPlan plan, uint64_t FaultCounts::*count) {
  World w;
  w.InstallRules();
  ASSERT_TRUE(w.Start().ok());
  w.Report("r1");
  w.faulty.SetPlan(plan);
  absl::Status status = w.Settle();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(w.faulty.counts().*count, 1u);
  w.faulty.SetPlan({});
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.Count(Event::kCaseOpened), 1u);
  EXPECT_EQ(w.Count(Event::kInputRepeated), 0u);
}

TEST(FaultTest, LosesAndDoublesNothingWhenAnUnknownAppendIsThere) {
  ExpectNothingLostOrDoubled({.append_unknown_there = 10'000}, &FaultCounts::unknown_there);
}

TEST(FaultTest, LosesAndDoublesNothingWhenAnUnknownAppendIsLost) {
  ExpectNothingLostOrDoubled({.append_unknown_lost = 10'000}, &FaultCounts::unknown_lost);
}

TEST(FaultTest, LosesAndDoublesNothingWhenAnAppendIsRefused) {
  ExpectNothingLostOrDoubled({.append_not_committed = 10'000}, &FaultCounts::not_committed);
}

TEST(FaultTest, OpensAnewWhenFencedByNobody) {
  ExpectNothingLostOrDoubled({.append_fenced = 10'000}, &FaultCounts::fenced);
}

TEST(FaultTest, YieldsToWhoeverTookThePartitionOver) {
  World w;
  ASSERT_TRUE(w.Start().ok());
  MemoryStore store;
  MemoryDecideGuard guard;
  PartitionOptions options = w.options;
  options.instance = "two";
  auto other = *Partition::Open(options, &w.faulty, &store, &w.clock, &guard);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(other->Step().status.ok());
  w.Report("r1");
  absl::Status status = w.Settle();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("owned by two since seq"));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(other->Step().status.ok());
  EXPECT_EQ(w.Count(Event::kCaseOpened), 1u);
}

TEST(FaultTest, LeavesWhoeverFencedItTheTimeToSaySo) {
  World w;
  w.options.successor_within = Seconds(5);
  ASSERT_TRUE(w.Start().ok());
  MemoryStore store;
  MemoryDecideGuard guard;
  PartitionOptions options = w.options;
  options.instance = "two";
  auto other = *Partition::Open(options, &w.faulty, &store, &w.clock, &guard);
  ASSERT_TRUE(other->Step().status.ok()) << "fences the one that runs, and has not yet said so";
  w.Report("r1");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(w.partition->Step().status.ok()) << "waits for its word";
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(other->Step().status.ok());
  EXPECT_EQ(w.Settle().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(w.Count(Event::kCaseOpened), 1u);
}

TEST(FaultTest, TakesThePartitionBackFromWhoeverNeverSaidSo) {
  World w;
  w.options.successor_within = Seconds(5);
  ASSERT_TRUE(w.Start().ok());
  MemoryStore store;
  MemoryDecideGuard guard;
  PartitionOptions options = w.options;
  options.instance = "two";
  auto other = *Partition::Open(options, &w.faulty, &store, &w.clock, &guard);
  ASSERT_TRUE(other->Step().status.ok());
  w.Report("r1");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(w.partition->Step().status.ok());
  w.clock.Advance(Seconds(6));
  EXPECT_EQ(w.Settle().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.Count(Event::kCaseOpened), 1u);
}

TEST(FaultTest, WaitsForASlowAppendWithoutBlocking) {
  World w;
  w.faulty.SetPlan({.append_polls_max = 50});
  w.Report("r1");
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.Count(Event::kCaseOpened), 1u);
}

// A store whose reads begin to fail.
class SickStore : public MemoryStore {
 public:
  std::optional<std::string> Find(std::string_view key) const override {
    if (sick && key[0] == 's') {
      health_ = absl::DataLossError("bad block");
      return std::nullopt;
    }
    return MemoryStore::Find(key);
  }
  absl::Status health() const override { return health_; }
  bool sick = false;

 private:
  mutable absl::Status health_;
};

TEST(FaultTest, AppendsNothingDecidedOnARowThatCouldNotBeRead) {
  World w;
  SickStore store;
  auto partition = *Partition::Open(w.options, &w.faulty, &store, &w.clock, &w.guard);
  StepResult result;
  while (!result.idle) result = partition->Step();
  store.sick = true;
  w.Report("r1");
  for (int i = 0; i < 5 && result.status.ok(); ++i) result = partition->Step();
  EXPECT_EQ(result.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(w.Count(Event::kCaseOpened), 0u);
}

// Drives the world as a supervisor would: opens it again after every simulated crash.
int CrashesUntilSettled(World& w) {
  for (int crashes = 0; crashes < 100; ++crashes) {
    try {
      absl::Status status = w.Start();
      EXPECT_TRUE(status.ok()) << status;
      return crashes;
    } catch (const SimulatedCrash&) {
      w.partition.reset();
      w.guard.Leave();
    }
  }
  return 100;
}

TEST(PoisonTest, SetsAnInputAsideThatEndedTheProcessTwice) {
  World w;
  w.Report("r1");
  LogPosition bad = w.Report("r2");
  w.Report("r3");
  w.guard.Poison({.topic = event::v1::INPUT_TOPIC_REPORT, .position = bad.value});
  EXPECT_EQ(CrashesUntilSettled(w), 2);
  EXPECT_EQ(w.Count(Event::kCaseOpened), 2u);
  auto quarantined = w.RecordsOf(Event::kInputQuarantined);
  ASSERT_EQ(quarantined.size(), 1u);
  EXPECT_EQ(quarantined[0].event().input_quarantined().attempts(), 2u);
  EXPECT_EQ(quarantined[0].input(), w.Entries(Topic::kReport)[1].value);
  auto letters = w.Entries(Topic::kDeadLetter);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_THAT(letters[0].value, HasSubstr(R"("topic":"lastmeter.hardship.report.v1")"));
  EXPECT_THAT(letters[0].value, HasSubstr("\"position\":" + std::to_string(bad.value)));
}

TEST(PoisonTest, SetsManyInputsAsideOneAfterAnother) {
  World w;
  for (int i = 0; i < 40; ++i) {
    LogPosition bad = w.Report("r" + std::to_string(i));
    w.guard.Poison({.topic = event::v1::INPUT_TOPIC_REPORT, .position = bad.value});
  }
  EXPECT_EQ(CrashesUntilSettled(w), 80);
  EXPECT_EQ(w.Count(Event::kInputQuarantined), 40u);
}

TEST(PoisonTest, SetsACaseAsideWhoseTimerEndedTheProcessTwice) {
  World w;
  w.InstallRules();
  w.clock.Advance({1});
  w.Report("r1");
  w.Report("r2");
  ASSERT_TRUE(w.Start().ok());
  auto timer = w.partition->state()->NextTimer();
  ASSERT_TRUE(timer.has_value());
  w.guard.Poison(DecideId::Of(TimerInput{timer->number, timer->due}));
  w.clock.Advance(Minutes(15));
  EXPECT_EQ(CrashesUntilSettled(w), 2);
  auto quarantined = w.RecordsOf(Event::kCaseQuarantined);
  ASSERT_EQ(quarantined.size(), 1u);
  EXPECT_EQ(quarantined[0].event().case_number(), timer->number.ToString());
  EXPECT_EQ(w.Count(Event::kCaseEscalated), 1u) << "the other case climbs";
}

TEST(PoisonTest, KeepsWhatNobodyCanRead) {
  World w;
  w.Append(Topic::kReport, "\xff\xff not a report");
  ASSERT_TRUE(w.Start().ok());
  auto opened = w.RecordsOf(Event::kCaseOpened);
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_TRUE(opened[0].event().case_opened().unreadable());
  auto letters = w.Entries(Topic::kDeadLetter);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_THAT(letters[0].value, HasSubstr("cannot be read"));
}

TEST(PoisonTest, DecidesOnlyOnceTheLetterIsDurable) {
  World w;
  ASSERT_TRUE(w.Start().ok());
  w.faulty.SetPlan({.produce_unavailable_lost = 10'000});
  w.Append(Topic::kReport, "\xff\xff not a report");
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(w.partition->Step().status.ok());
    w.clock.Advance(Seconds(1));
  }
  EXPECT_EQ(w.Count(Event::kCaseOpened), 0u);
  EXPECT_FALSE(w.partition->status().trouble.ok());
  w.faulty.SetPlan({});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.Count(Event::kCaseOpened), 1u);
  EXPECT_EQ(w.Entries(Topic::kDeadLetter).size(), 1u);
}

}  // namespace
}  // namespace lastmeter
