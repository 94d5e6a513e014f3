#include "engine/runtime/paced_clock.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

const Timestamp kNoon = *ParseRfc3339("2026-03-02T12:00:00+08:00");

TEST(PacedClockTest, RunsWallAndBootAlike) {
  PacedClock clock(600, kNoon);
  clock.Run();
  const Timestamp wall = clock.Wall();
  const Millis boot = clock.Boot();
  EXPECT_GE(wall, kNoon);
  EXPECT_LE((wall - kNoon) - boot, Millis{0}) << "asked first, so not later";
  EXPECT_EQ(clock.RealTime(Seconds(6)), Millis{10});
  EXPECT_EQ(clock.RealTime({1}), Millis{1});
}

TEST(PacedClockTest, HurriesOnlyForward) {
  PacedClock clock(600, kNoon);
  clock.Run();
  clock.Hurry(kNoon + Seconds(1), Hours(1));
  EXPECT_FALSE(clock.hurrying()) << "that would have been slower than the ordinary speed";
  clock.Hurry(kNoon + Days(3650), Minutes(10));
  EXPECT_TRUE(clock.hurrying());
  clock.Run();
  EXPECT_FALSE(clock.hurrying());
}

TEST(PacedClockTest, IsOneClockForAllThatOpenItsFile) {
  TempFolder folder;
  const std::string path = folder.path() + "/clock";
  auto maker = PacedClock::Create(path, 600, kNoon);
  ASSERT_TRUE(maker.ok()) << maker.status();
  auto reader = PacedClock::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  const Timestamp before = (*maker)->Wall();
  const Timestamp between = (*reader)->Wall();
  EXPECT_LE(before, between);
  EXPECT_LE(between, (*maker)->Wall());
  (*maker)->Hurry(kNoon + Days(3650), Minutes(10));
  EXPECT_TRUE((*reader)->hurrying());
  EXPECT_EQ((*reader)->speed(), 600);
}

TEST(PacedClockTest, RefusesWhatIsNoClock) {
  TempFolder folder;
  const std::string path = folder.path() + "/clock";
  EXPECT_EQ(PacedClock::Open(path).status().code(), absl::StatusCode::kNotFound);
  std::ofstream(path) << "12:00";
  EXPECT_EQ(PacedClock::Open(path).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(PacedClock::Create(path, 1, kNoon).ok()) << "it is there already";
}

}  // namespace
}  // namespace lastmeter
