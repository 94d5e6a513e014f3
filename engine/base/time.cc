#include "engine/base/time.h"

#include <chrono>
#include <cstdio>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

absl::CivilDay DayOf(Date date) {
  return absl::CivilDay(date / 10000, date / 100 % 100, date % 100);
}

Date DateFrom(absl::CivilDay day) {
  return static_cast<Date>(day.year() * 10000 + day.month() * 100 + day.day());
}

absl::TimeZone Zone() { return absl::FixedTimeZone(static_cast<int>(kZoneOffset.ms / 1000)); }

std::string Format(Timestamp t, const char* pattern) {
  return absl::FormatTime(pattern, absl::FromUnixMillis(t.ms), Zone());
}

}  // namespace

Date DateOf(Timestamp t) {
  // The standard's calendar, not Abseil's: this is asked for every record, and is ten times as
  // quick.
  using std::chrono::days, std::chrono::floor, std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> local{milliseconds(t.ms + kZoneOffset.ms)};
  const std::chrono::year_month_day day{floor<days>(local)};
  return static_cast<Date>(static_cast<int>(day.year())) * 10000 +
         static_cast<unsigned>(day.month()) * 100 + static_cast<unsigned>(day.day());
}

Timestamp StartOf(Date date) {
  int64_t days = DayOf(date) - absl::CivilDay(1970, 1, 1);
  return Timestamp{days * 86'400'000 - kZoneOffset.ms};
}

Date NextDate(Date date) { return DateFrom(DayOf(date) + 1); }

int WeekdayOf(Date date) { return static_cast<int>(absl::GetWeekday(DayOf(date))); }

bool IsValidDate(Date date) {
  return date >= 19700101 && date <= 99991231 && DateFrom(DayOf(date)) == date;
}

std::string FormatLocal(Timestamp t) { return Format(t, "%E4Y-%m-%d %H:%M:%E3S"); }

std::string FormatRfc3339(Timestamp t) { return Format(t, "%E4Y-%m-%dT%H:%M:%E3S%Ez"); }

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) return std::nullopt;
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  return Timestamp{absl::ToUnixMillis(time)};
}

}  // namespace lastmeter
