#include "tests/year/habits.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace lastmeter::year {
namespace {

// Of a hundred notices, those answered in time and those answered at all.
struct Habit {
  uint32_t in_time;
  uint32_t at_all;
};
constexpr Habit kDiligent{86, 97};
constexpr Habit kAverage{66, 91};
constexpr Habit kPoor{28, 60};

const Habit& HabitOf(const std::string& staff) {
  const uint32_t draw = Murmur2(staff) % 100;
  return draw < 70 ? kDiligent : draw < 94 ? kAverage : kPoor;
}

constexpr Millis kShortest = Minutes(3);

int HourOf(Timestamp t) { return static_cast<int>((t - StartOf(DateOf(t))).ms / Hours(1).ms); }

}  // namespace

std::optional<Timestamp> Habits::When(const std::string& staff, const Task& task) {
  const Habit& habit = HabitOf(staff);
  const bool burns = task.level <= common::v1::LEVEL_URGENT;
  uint32_t draw = static_cast<uint32_t>(random_.Below(100));
  // Under pressure three of four who would have let it lie do it after all.
  if (draw >= habit.at_all && task.pressed && !random_.Percent(25)) draw = habit.in_time;
  const int hour = HourOf(task.told);
  const bool sleeps = hour >= 23 || hour < 6;
  if (draw >= habit.at_all || (burns && sleeps && random_.Percent(20))) return std::nullopt;
  Millis window = task.due - task.told;
  if (window < kShortest) window = burns ? Minutes(40) : Hours(6);
  const int64_t percent = draw < habit.in_time ? random_.Between(3, 70) : random_.Between(101, 240);
  const Timestamp at = task.told + Millis{std::max<int64_t>(1000, window.ms / 100 * percent)};
  return AwakeAt(staff, at, burns);
}

Timestamp Habits::AwakeAt(const std::string& staff, Timestamp at, bool burns) {
  if (burns) return at;
  if (district_->KeepsHours(staff)) {
    if (district_->calendar().OnDuty(at)) return at;
    return district_->calendar().NextDuty(at) + Minutes(random_.Between(2, 45));
  }
  const int hour = HourOf(at);
  if (hour >= 7 && hour < 21) return at;
  const Date day = hour < 7 ? DateOf(at) : NextDate(DateOf(at));
  return StartOf(day) + Hours(7) + Minutes(random_.Between(0, 120));
}

}  // namespace lastmeter::year
