#include "engine/calendar/work_calendar.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

using rules::v1::Duration;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 86'400'000;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// 1970-01-01 was a Thursday; weeks are counted from the Monday before it.
constexpr int64_t kMondayShift = 3;

bool IsWeekday(int64_t day) {
  int64_t e = day + kMondayShift;
  return e - FloorDiv(e, 7) * 7 < 5;
}

// Days from Monday to Friday in [-kMondayShift, day), negative before it.
int64_t WeekdaysBefore(int64_t day) {
  int64_t e = day + kMondayShift;
  int64_t weeks = FloorDiv(e, 7);
  return weeks * 5 + std::min<int64_t>(e - weeks * 7, 5);
}

// The weekday with `rank` weekdays before it.
int64_t WeekdayAt(int64_t rank) {
  int64_t weeks = FloorDiv(rank, 5);
  return weeks * 7 + (rank - weeks * 5) - kMondayShift;
}

int64_t DayOf(Timestamp t) { return FloorDiv(t.ms + kZoneOffset.ms, kDayMs); }
int64_t DayOf(Date date) { return DayOf(StartOf(date)); }
Timestamp StartOfDay(int64_t day) { return {day * kDayMs - kZoneOffset.ms}; }

absl::Status Invalid(const std::string& field, const std::string& reason) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, field + ": " + reason);
}

}  // namespace

absl::StatusOr<WorkCalendar> WorkCalendar::Create(const rules::v1::Calendar& document) {
  WorkCalendar calendar;
  if (document.duty().empty()) return Invalid("duty", "no duty period: there is no working time");
  for (int i = 0; i < document.duty_size(); ++i) {
    const auto& period = document.duty(i);
    std::string field = "duty[" + std::to_string(i) + "]";
    if (period.to_minute() > 1440) return Invalid(field, "ends after midnight");
    if (period.from_minute() >= period.to_minute()) return Invalid(field, "is empty");
    int64_t from_ms = period.from_minute() * kMinuteMs;
    int64_t to_ms = period.to_minute() * kMinuteMs;
    if (!calendar.duty_.empty() && from_ms < calendar.duty_.back().to_ms) {
      return Invalid(field, "begins before the period above it has ended");
    }
    calendar.duty_.push_back({from_ms, to_ms, calendar.duty_per_day_ms_});
    calendar.duty_per_day_ms_ += to_ms - from_ms;
  }

  if (!IsValidDate(document.known_until())) {
    return Invalid("known_until", std::to_string(document.known_until()) + " is not a date");
  }
  calendar.known_until_ = document.known_until();
  calendar.known_until_day_ = DayOf(document.known_until());

  Date last = 0;
  int64_t surplus = 0;
  for (int i = 0; i < document.days_size(); ++i) {
    const auto& change = document.days(i);
    std::string field = "days[" + std::to_string(i) + "].date";
    std::string name = std::to_string(change.date());
    if (!IsValidDate(change.date())) return Invalid(field, name + " is not a date");
    if (change.date() == last) return Invalid(field, name + " is listed twice");
    if (change.date() < last) return Invalid(field, name + " is not in date order");
    if (change.date() > calendar.known_until_) {
      return Invalid(field, name + " lies after known_until");
    }
    last = change.date();
    int64_t day = DayOf(change.date());
    bool working = !change.day_off();
    // A notice may list a day that follows the week anyway; it changes nothing.
    if (working == IsWeekday(day)) continue;
    int64_t rank_before = WeekdaysBefore(day) + surplus;
    surplus += working ? 1 : -1;
    calendar.changes_.push_back({day, working, rank_before, surplus});
  }
  return calendar;
}

bool WorkCalendar::IsWorking(int64_t day) const {
  auto it = std::lower_bound(changes_.begin(), changes_.end(), day,
                             [](const Change& c, int64_t d) { return c.day < d; });
  if (it != changes_.end() && it->day == day) return it->working;
  return IsWeekday(day);
}

int64_t WorkCalendar::WorkingDaysBefore(int64_t day) const {
  auto it = std::lower_bound(changes_.begin(), changes_.end(), day,
                             [](const Change& c, int64_t d) { return c.day < d; });
  int64_t surplus = it == changes_.begin() ? 0 : std::prev(it)->surplus_after;
  return WeekdaysBefore(day) + surplus;
}

// The last change after which at most `rank` working days have passed leaves the answer between it
// and the next change, where only weekdays count; or on the next change itself.
int64_t WorkCalendar::WorkingDayAt(int64_t rank) const {
  auto rank_after = [](const Change& c) { return c.rank_before + (c.working ? 1 : 0); };
  auto next = std::partition_point(changes_.begin(), changes_.end(),
                                   [&](const Change& c) { return rank_after(c) <= rank; });
  if (next != changes_.end() && next->working && next->rank_before == rank) return next->day;
  int64_t surplus = next == changes_.begin() ? 0 : std::prev(next)->surplus_after;
  return WeekdayAt(rank - surplus);
}

int64_t WorkCalendar::DutyBefore(Timestamp t) const {
  int64_t day = DayOf(t);
  int64_t total = WorkingDaysBefore(day) * duty_per_day_ms_;
  if (!IsWorking(day)) return total;
  int64_t since_midnight = t.ms - StartOfDay(day).ms;
  for (const Period& period : duty_) {
    total += std::clamp<int64_t>(since_midnight - period.from_ms, 0, period.to_ms - period.from_ms);
  }
  return total;
}

Timestamp WorkCalendar::InstantOfDuty(int64_t total_ms) const {
  // A total that fills a day ends at that day's close, not at the begin of the next.
  int64_t rank = FloorDiv(total_ms - 1, duty_per_day_ms_);
  int64_t rest = total_ms - rank * duty_per_day_ms_;
  auto period = std::partition_point(duty_.begin() + 1, duty_.end(),
                                     [&](const Period& p) { return p.duty_before_ms < rest; });
  --period;
  return StartOfDay(WorkingDayAt(rank)) + Millis{period->from_ms + rest - period->duty_before_ms};
}

bool WorkCalendar::IsProvisional(Timestamp t) const { return DayOf(t) > known_until_day_; }

Deadline WorkCalendar::AddDuty(Timestamp start, int64_t duty_ms) const {
  if (duty_ms == 0) {
    Timestamp due = NextDuty(start);
    return {due, IsProvisional(due)};
  }
  // The day counted is that of the last millisecond: duty may close at midnight.
  Timestamp due = InstantOfDuty(DutyBefore(start) + duty_ms);
  return {due, IsProvisional(due - Millis{1})};
}

Timestamp WorkCalendar::CloseOf(int64_t day) const {
  return StartOfDay(day) + Millis{duty_.back().to_ms};
}

int64_t WorkCalendar::ClosesBefore(Timestamp t) const {
  // A close at midnight is the first instant of the day after.
  const int64_t day = DayOf(t - Millis{1});
  return WorkingDaysBefore(day) + (IsWorking(day) && CloseOf(day) < t ? 1 : 0);
}

Timestamp WorkCalendar::CountsFrom(Timestamp start, const Duration& duration) const {
  // The day of receipt does not count.
  return duration.unit() == rules::v1::DURATION_UNIT_WORKING_DAYS ? StartOfDay(DayOf(start) + 1)
                                                                  : start;
}

Deadline WorkCalendar::After(Timestamp start, const Duration& duration,
                             std::span<const Pause> pauses) const {
  Deadline limit = WithoutPauses(start, duration);
  for (const Pause& pause : pauses) {
    const Timestamp from = std::max(pause.from, CountsFrom(start, duration));
    if (from >= limit.due) break;
    if (from >= pause.to) continue;
    switch (duration.unit()) {
      case rules::v1::DURATION_UNIT_MINUTES:
        limit.due = limit.due + (pause.to - from);
        break;
      case rules::v1::DURATION_UNIT_DUTY_MINUTES:
        if (const int64_t duty = DutyBefore(pause.to) - DutyBefore(from); duty > 0) {
          limit = AddDuty(limit.due, duty);
        }
        break;
      default:
        // The limit is a close of business; as many more follow as the pause covered.
        if (const int64_t closes = ClosesBefore(pause.to) - ClosesBefore(from); closes > 0) {
          limit.due = CloseOf(WorkingDayAt(ClosesBefore(limit.due) + closes));
          limit.provisional = IsProvisional(limit.due - Millis{1});
        }
    }
  }
  return limit;
}

Deadline WorkCalendar::NearDue(Timestamp start, const Duration& duration,
                               std::span<const Pause> pauses) const {
  Deadline near = NearWithoutPauses(start, duration);
  for (const Pause& pause : pauses) {
    const Timestamp from = std::max(pause.from, CountsFrom(start, duration));
    if (from >= near.due) break;
    if (from >= pause.to) continue;
    if (duration.unit() == rules::v1::DURATION_UNIT_MINUTES) {
      near.due = near.due + (pause.to - from);
    } else if (const int64_t duty = DutyBefore(pause.to) - DutyBefore(from); duty > 0) {
      near = AddDuty(near.due, duty);
    }
  }
  if (pauses.empty()) return near;
  // A pause that ends before close of business costs duty time, yet no working day.
  const Deadline limit = After(start, duration, pauses);
  return limit.due < near.due ? limit : near;
}

Deadline WorkCalendar::WithoutPauses(Timestamp start, const Duration& duration) const {
  int64_t amount = duration.amount();
  switch (duration.unit()) {
    case rules::v1::DURATION_UNIT_MINUTES:
      return {start + Minutes(amount), false};
    case rules::v1::DURATION_UNIT_DUTY_MINUTES:
      return AddDuty(start, amount * kMinuteMs);
    case rules::v1::DURATION_UNIT_WORKING_DAYS: {
      int64_t last = WorkingDayAt(WorkingDaysBefore(DayOf(start) + 1) + amount - 1);
      Timestamp due = CloseOf(last);
      return {due, IsProvisional(due - Millis{1})};
    }
    default:
      LM_CHECK(false) << "a duration without unit came past the rules' validation";
      return {};
  }
}

Deadline WorkCalendar::NearWithoutPauses(Timestamp start, const Duration& duration) const {
  int64_t amount = duration.amount();
  switch (duration.unit()) {
    case rules::v1::DURATION_UNIT_MINUTES:
      return {start + Millis{amount * kMinuteMs * 7 / 10}, false};
    case rules::v1::DURATION_UNIT_DUTY_MINUTES:
      return AddDuty(start, amount * 7 / 10 * kMinuteMs);
    case rules::v1::DURATION_UNIT_WORKING_DAYS: {
      int64_t minutes = amount * (duty_per_day_ms_ / kMinuteMs) * 7 / 10;
      int64_t first = WorkingDayAt(WorkingDaysBefore(DayOf(start) + 1));
      return AddDuty(StartOfDay(first), minutes * kMinuteMs);
    }
    default:
      LM_CHECK(false) << "a duration without unit came past the rules' validation";
      return {};
  }
}

Millis WorkCalendar::DutyBetween(Timestamp from, Timestamp to) const {
  return {std::max<int64_t>(0, DutyBefore(to) - DutyBefore(from))};
}

bool WorkCalendar::IsWorkingDay(Date date) const { return IsWorking(DayOf(date)); }

bool WorkCalendar::OnDuty(Timestamp t) const {
  int64_t day = DayOf(t);
  int64_t since_midnight = t.ms - StartOfDay(day).ms;
  return std::any_of(duty_.begin(), duty_.end(),
                     [&](const Period& p) {
                       return p.from_ms <= since_midnight && since_midnight < p.to_ms;
                     }) &&
         IsWorking(day);
}

Timestamp WorkCalendar::NextDuty(Timestamp t) const {
  int64_t day = DayOf(t);
  if (IsWorking(day)) {
    int64_t since_midnight = t.ms - StartOfDay(day).ms;
    for (const Period& period : duty_) {
      if (since_midnight < period.to_ms) {
        return StartOfDay(day) + Millis{std::max(since_midnight, period.from_ms)};
      }
    }
  }
  int64_t next = WorkingDayAt(WorkingDaysBefore(day + 1));
  return StartOfDay(next) + Millis{duty_.front().from_ms};
}

}  // namespace lastmeter
