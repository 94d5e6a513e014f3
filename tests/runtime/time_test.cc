// Timers, the watermark and the log clock, as a partition obeys them.
#include <gtest/gtest.h>

#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

using event::v1::Event;
constexpr const char* kFirst = "430112001001-2026-00001";

// 09:00, rules installed, one critical case whose grid has until 09:15 to answer.
class TimeTest : public testing::Test {
 protected:
  void SetUp() override {
    w.InstallRules();
    ASSERT_TRUE(w.Start().ok());
    w.Report("r1");
    ASSERT_TRUE(w.Settle().ok());
    ASSERT_EQ(w.Count(Event::kCaseOpened), 1u);
  }

  std::vector<event::v1::Record> Climbs() { return w.RecordsOf(Event::kCaseEscalated); }
  Timestamp At(const char* time) {
    return *ParseRfc3339(std::string("2026-03-02T") + time + ":00+08:00");
  }

  World w;
};

TEST_F(TimeTest, FiresAtTheInstantAndNotBefore) {
  w.clock.Advance(Minutes(15) - Millis{1});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_TRUE(Climbs().empty());
  w.clock.Advance({1});
  ASSERT_TRUE(w.Settle().ok());
  ASSERT_EQ(Climbs().size(), 1u);
  EXPECT_FALSE(Climbs()[0].event().case_escalated().outage());
}

TEST_F(TimeTest, NeedsOneStepWhereTheLogAnswersAtOnce) {
  w.clock.Advance(Minutes(15));
  w.partition->Step();  // decides and starts the append
  w.partition->Step();  // hears of it
  EXPECT_EQ(Climbs().size(), 1u);
}

TEST_F(TimeTest, TellsWhenToComeBack) {
  w.clock.Advance(Minutes(15) - Millis{300});
  ASSERT_TRUE(w.Settle().ok());
  StepResult result = w.partition->Step();
  EXPECT_TRUE(result.idle);
  EXPECT_EQ(result.wake_in, Millis{300});
}

// Down from 09:00 to 12:00.
TEST_F(TimeTest, DoesNotClimbOverAnAnswerFromTheOutage) {
  w.partition.reset();
  w.clock.Advance(Minutes(5));
  w.Acknowledge(kFirst, "xu-guangming");
  w.clock.Advance(Minutes(175));
  ASSERT_TRUE(w.Start().ok());
  EXPECT_TRUE(Climbs().empty());
  EXPECT_EQ(w.Count(Event::kCaseAcknowledged), 1u);
}

TEST_F(TimeTest, ClimbsOneRungAtATimeAfterAnOutage) {
  w.partition.reset();
  w.clock.Advance(Hours(3));
  ASSERT_TRUE(w.Start().ok());
  ASSERT_EQ(Climbs().size(), 1u);
  auto first = Climbs()[0].event().case_escalated();
  EXPECT_TRUE(first.outage());
  EXPECT_EQ(first.was_due_ms(), At("09:15").ms);
  EXPECT_EQ(first.turn().tier(), common::v1::TIER_GROUP);
  EXPECT_EQ(first.turn().entered_at_ms(), At("12:00").ms);
  EXPECT_EQ(first.turn().due_ms(), At("12:15").ms);
  w.clock.Advance(Minutes(15));
  ASSERT_TRUE(w.Settle().ok());
  ASSERT_EQ(Climbs().size(), 2u);
  EXPECT_FALSE(Climbs()[1].event().case_escalated().outage());
  EXPECT_EQ(Climbs()[1].event().case_escalated().turn().tier(), common::v1::TIER_VILLAGE);
}

TEST_F(TimeTest, HoldsTimersBackWhileABacklogMayHoldTheAnswer) {
  w.partition.reset();
  w.clock.Advance(Minutes(5));
  for (int i = 0; i < 30; ++i) w.Append(Topic::kCommand, "");
  w.Acknowledge(kFirst, "xu-guangming");
  w.clock.Advance(Hours(1));
  w.options.max_inputs = 1;
  ASSERT_TRUE(w.Start().ok());
  EXPECT_TRUE(Climbs().empty());
  EXPECT_EQ(w.Count(Event::kCaseAcknowledged), 1u);
}

TEST_F(TimeTest, FiresInABacklogWhatIsDueBeforeItsOldestInput) {
  w.partition.reset();
  w.clock.Advance(Minutes(20));
  for (int i = 0; i < 30; ++i) w.Append(Topic::kCommand, "");
  w.options.max_inputs = 1;
  ASSERT_TRUE(w.Open().ok());
  for (int i = 0; i < 20 && Climbs().empty(); ++i) ASSERT_TRUE(w.partition->Step().status.ok());
  EXPECT_EQ(Climbs().size(), 1u);
  EXPECT_LT(w.Count(Event::kCommandRejected), 30u) << "the backlog was to be there still";
}

TEST_F(TimeTest, WaitsForTheEndsOfTheInputLogs) {
  w.faulty.SetPlan({.end_unavailable = 10'000});
  w.clock.Advance(Minutes(15));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(w.partition->Step().status.ok());
    w.clock.Advance(Seconds(1));
  }
  EXPECT_TRUE(Climbs().empty());
  w.faulty.SetPlan({});
  ASSERT_TRUE(w.Settle().ok());
  ASSERT_EQ(Climbs().size(), 1u);
  EXPECT_FALSE(Climbs()[0].event().case_escalated().inputs_unseen());
}

TEST_F(TimeTest, FiresAfterAMinuteWithoutInputsAndSaysSo) {
  w.faulty.SetPlan({.read_unavailable = 10'000, .end_unavailable = 10'000});
  w.clock.Advance(Minutes(15));
  for (int i = 0; i < 59; ++i) {
    ASSERT_TRUE(w.partition->Step().status.ok());
    w.clock.Advance(Seconds(1));
  }
  EXPECT_TRUE(Climbs().empty());
  for (int i = 0; i < 3; ++i) {
    w.clock.Advance(Seconds(1));
    ASSERT_TRUE(w.partition->Step().status.ok());
  }
  ASSERT_EQ(Climbs().size(), 1u);
  EXPECT_TRUE(Climbs()[0].event().case_escalated().inputs_unseen());
  EXPECT_TRUE(Climbs()[0].timer_cause().inputs_unseen());
  EXPECT_FALSE(w.partition->status().trouble.ok());
}

TEST_F(TimeTest, StopsTimersAfterAJumpAndGoesOnDecidingInputs) {
  w.clock.Jump(Hours(5));
  w.Report("r2");
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.partition->status().state, PartitionStatus::State::kHeld);
  EXPECT_FALSE(w.partition->status().trouble.ok());
  auto opened = w.RecordsOf(Event::kCaseOpened);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1].log_time_ms(), At("09:00").ms) << "by the boot clock";
  w.clock.Advance(Minutes(20));
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_TRUE(Climbs().empty());
  // Somebody sets the clock right.
  w.clock.Jump({-Hours(5).ms});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.partition->status().state, PartitionStatus::State::kRunning);
  EXPECT_EQ(Climbs().size(), 2u);
}

TEST_F(TimeTest, BelievesAJumpThatTheKernelVouchesFor) {
  w.clock.Jump(Minutes(30));
  w.clock.SetSynchronized(true);
  ASSERT_TRUE(w.Settle().ok());
  w.clock.Advance({1});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.Count(Event::kClockAccepted), 1u);
  EXPECT_EQ(w.partition->status().state, PartitionStatus::State::kRunning);
  EXPECT_EQ(Climbs().size(), 1u);
}

TEST_F(TimeTest, BelievesAJumpThatAnOperatorAccepts) {
  w.clock.Jump(Minutes(30));
  ASSERT_TRUE(w.Settle().ok());
  ASSERT_EQ(w.partition->status().state, PartitionStatus::State::kHeld);
  command::v1::Command command;
  command.mutable_actor()->set_id("operator");
  command.mutable_actor()->set_role(common::v1::ROLE_OPERATOR);
  command.mutable_accept_clock()->set_wall_ms(w.clock.Wall().ms);
  w.Send(command);
  ASSERT_TRUE(w.Settle().ok());
  w.clock.Advance({1});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.partition->status().state, PartitionStatus::State::kRunning);
  EXPECT_EQ(Climbs().size(), 1u);
}

TEST_F(TimeTest, OpensHeldWhereTheWallClockIsADayAhead) {
  w.partition.reset();
  w.clock.Advance(Hours(24) + Minutes(1));
  w.clock.Reboot();
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.partition->status().state, PartitionStatus::State::kHeld);
  EXPECT_TRUE(Climbs().empty());
}

}  // namespace
}  // namespace lastmeter
