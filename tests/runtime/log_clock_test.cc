#include "engine/runtime/log_clock.h"

#include <gtest/gtest.h>

#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

const Timestamp kNoon = *ParseRfc3339("2026-03-02T12:00:00+08:00");

// What happens between two stamps, and what the second one must come to, relative to noon.
struct Move {
  const char* name;
  int64_t passes_ms;
  int64_t jumps_ms;
  int64_t stamp_ms;
  bool held;
};

TEST(LogClockTest, FollowsTheWallClockWithinTwoSeconds) {
  const Move moves[] = {
      {"time passes", 10'000, 0, 10'000, false},
      {"the wall clock gains up to the tolerance", 10'000, 2000, 12'000, false},
      {"it gains more", 10'000, 2001, 10'000, true},
      {"it jumps a day", 5, 86'400'000, 5, true},
      {"it loses a little", 10'000, -1500, 8500, false},
      {"it loses more than has passed, within the tolerance", 100, -1500, 0, false},
      {"it loses more", 10'000, -2001, 10'000, true},
      {"no time passes", 0, 0, 0, false},
  };
  for (const Move& move : moves) {
    ManualClock source(kNoon);
    LogClock clock(&source, kNoon, std::nullopt);
    ASSERT_EQ(clock.Stamp(), kNoon);
    source.Advance({move.passes_ms});
    source.Jump({move.jumps_ms});
    EXPECT_EQ(clock.Stamp() - kNoon, Millis{move.stamp_ms}) << move.name;
    EXPECT_EQ(clock.held(), move.held) << move.name;
  }
}

// How far the wall clock is ahead of the last record when a log is opened.
TEST(LogClockTest, OpensHeldWhereTheWallClockCannotBeRight) {
  struct Case {
    Millis ahead;
    bool held;
  };
  for (const Case& c : {Case{{0}, false}, Case{Hours(24), false}, Case{Hours(24) + Millis{1}, true},
                        Case{{-2000}, false}, Case{{-2001}, true}, Case{{-86'400'000}, true}}) {
    ManualClock source(kNoon + c.ahead);
    LogClock clock(&source, kNoon, std::nullopt);
    Timestamp stamp = clock.Stamp();
    EXPECT_EQ(clock.held(), c.held) << c.ahead.ms;
    EXPECT_GE(stamp, kNoon);
    if (c.held) {
      EXPECT_EQ(stamp, kNoon) << c.ahead.ms;
    }
  }
}

TEST(LogClockTest, BelievesAnyClockForAnEmptyLog) {
  ManualClock source(kNoon);
  LogClock clock(&source, {0}, std::nullopt);
  EXPECT_EQ(clock.Stamp(), kNoon);
  EXPECT_FALSE(clock.held());
}

TEST(LogClockTest, IsHeldUntilTheWallClockAgreesAgain) {
  ManualClock source(kNoon);
  LogClock clock(&source, kNoon, std::nullopt);
  clock.Stamp();
  source.Jump(Hours(1));
  clock.Stamp();
  source.Advance(Minutes(5));
  EXPECT_EQ(clock.Stamp(), kNoon + Minutes(5));
  EXPECT_TRUE(clock.held());
  source.Jump({-Hours(1).ms});
  EXPECT_EQ(clock.Stamp(), kNoon + Minutes(5));
  EXPECT_FALSE(clock.held());
}

TEST(LogClockTest, AsksTheSecondClockOnlyWhileHeld) {
  ManualClock source(kNoon);
  source.SetSynchronized(true);
  LogClock clock(&source, kNoon, std::nullopt);
  clock.Stamp();
  EXPECT_FALSE(clock.Agreed().has_value());
  source.Jump(Hours(1));
  clock.Stamp();
  ASSERT_TRUE(clock.Agreed().has_value());
  EXPECT_TRUE(clock.Accept(*clock.Agreed()));
  EXPECT_EQ(clock.Stamp(), kNoon + Hours(1));
  EXPECT_FALSE(clock.held());
}

TEST(LogClockTest, TakesNoOperatorsWordThatIsOld) {
  ManualClock source(kNoon);
  LogClock clock(&source, kNoon, std::nullopt);
  clock.Stamp();
  source.Jump(Hours(1));
  clock.Stamp();
  EXPECT_FALSE(clock.Accept(source.Wall() - Minutes(11)));
  clock.Stamp();
  EXPECT_TRUE(clock.held());
  EXPECT_TRUE(clock.Accept(source.Wall() - Minutes(9)));
}

TEST(LogClockTest, StandsStillUntilAnAcceptedClockBehindItHasComeUp) {
  ManualClock source(kNoon);
  LogClock clock(&source, kNoon, std::nullopt);
  clock.Stamp();
  source.Jump({-Hours(1).ms});
  clock.Stamp();
  ASSERT_TRUE(clock.held());
  ASSERT_TRUE(clock.Accept(source.Wall()));
  source.Advance(Minutes(10));
  EXPECT_EQ(clock.Stamp(), kNoon);
  EXPECT_FALSE(clock.held());
  EXPECT_EQ(clock.Until(kNoon + Minutes(1)), Minutes(51));
  source.Advance(Minutes(51));
  EXPECT_EQ(clock.Stamp(), kNoon + Minutes(1));
}

TEST(LogClockTest, StaysHeldWhenOpenedAnewInTheSameProcess) {
  ManualClock source(kNoon);
  LogClock clock(&source, kNoon, std::nullopt);
  clock.Stamp();
  source.Jump(Hours(1));
  Timestamp last = clock.Stamp();
  source.Advance(Seconds(3));
  LogClock next(&source, last, clock.anchor());
  EXPECT_EQ(next.Stamp(), kNoon + Seconds(3));
  EXPECT_TRUE(next.held());
}

TEST(SystemClockTest, KnowsThePresent) {
  SystemClock clock;
  EXPECT_GT(clock.Wall(), kNoon - Days(365));
  Millis boot = clock.Boot();
  EXPECT_GE(clock.Boot(), boot);
}

}  // namespace
}  // namespace lastmeter
