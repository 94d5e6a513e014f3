#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter {

// When a limit ends, and whether the calendar reached that far.
struct Deadline {
  Timestamp due;
  // True when a day beyond the calendar's last known date was counted by Monday to Friday.
  bool provisional = false;
  bool operator==(const Deadline&) const = default;
};

// A time during which a clock stood still: `from` is left out, `to` counts again.
struct Pause {
  Timestamp from;
  Timestamp to;
};

// Working time of the district at UTC+8, from a calendar document. Immutable, pure, thread-safe.
//
// Source of the rules: DOMAIN "Working time". Minutes run round the clock; duty minutes run inside
// the duty periods of working days; N working days begin on the next working day (the day of
// receipt does not count) and end at the close of business of the Nth.
class WorkCalendar {
 public:
  // Errors: kInvalidArgument, naming the field, when the document has no duty period, periods that
  // overlap, are empty or out of order, invalid, unordered or double dates, or dates after
  // known_until. The message begins with the field's path: "days[3].date: …".
  static absl::StatusOr<WorkCalendar> Create(const lastmeter::rules::v1::Calendar& document);

  // When `duration`, begun at `start`, ends. A working-time duration that begins outside duty
  // starts to run with the next duty period; one that ends exactly at a period's end is due there.
  //
  // `pauses`, in order and apart from each other, are left out: minutes and duty minutes one by
  // one; a working day is left out when the clock stood still at its close of business. A pause
  // that begins at or after the limit changes nothing.
  Deadline After(Timestamp start, const lastmeter::rules::v1::Duration& duration,
                 std::span<const Pause> pauses = {}) const;

  // When 70 % of it has passed: for working days counted in duty minutes from the begin of the
  // first counted day, rounded down; for minutes rounded down to the millisecond resp. minute. Of
  // working days the duty minutes inside a pause are left out; never later than the limit itself.
  Deadline NearDue(Timestamp start, const lastmeter::rules::v1::Duration& duration,
                   std::span<const Pause> pauses = {}) const;

  // Duty time from `from` up to `to`; 0 where `to` is not later.
  Millis DutyBetween(Timestamp from, Timestamp to) const;

  bool IsWorkingDay(Date date) const;
  // Inside a duty period of a working day.
  bool OnDuty(Timestamp t) const;
  // `t` itself when on duty, otherwise the begin of the next duty period.
  Timestamp NextDuty(Timestamp t) const;
  // Last date that the document knows.
  Date known_until() const { return known_until_; }

 private:
  WorkCalendar() = default;

  // Days are counted from 1970-01-01 at UTC+8. Every question is answered by ranks, the number of
  // working days before a day, so that no search walks over days: a deadline is computed for every
  // case that opens.
  struct Period {
    int64_t from_ms;  // after midnight
    int64_t to_ms;
    int64_t duty_before_ms;  // duty time of the day before this period
  };
  // A listed day that differs from Monday to Friday.
  struct Change {
    int64_t day;
    bool working;
    int64_t rank_before;    // working days before `day`
    int64_t surplus_after;  // working days minus weekdays over all days up to and with `day`
  };

  int64_t WorkingDaysBefore(int64_t day) const;
  // The working day with `rank` working days before it.
  int64_t WorkingDayAt(int64_t rank) const;
  bool IsWorking(int64_t day) const;
  // Duty time up to `t`, from an origin that cancels out in differences.
  int64_t DutyBefore(Timestamp t) const;
  // The earliest instant with `total_ms` of duty time before it.
  Timestamp InstantOfDuty(int64_t total_ms) const;
  Deadline AddDuty(Timestamp start, int64_t duty_ms) const;
  Deadline WithoutPauses(Timestamp start, const lastmeter::rules::v1::Duration& duration) const;
  Deadline NearWithoutPauses(Timestamp start, const lastmeter::rules::v1::Duration& duration) const;
  // From when on a duration begun at `start` counts time.
  Timestamp CountsFrom(Timestamp start, const lastmeter::rules::v1::Duration& duration) const;
  // Close of business of a working day.
  Timestamp CloseOf(int64_t day) const;
  // Working days whose close of business lies before `t`.
  int64_t ClosesBefore(Timestamp t) const;
  bool IsProvisional(Timestamp t) const;

  std::vector<Period> duty_;
  int64_t duty_per_day_ms_ = 0;
  std::vector<Change> changes_;  // in order of day
  int64_t known_until_day_ = 0;
  Date known_until_ = 0;
};

}  // namespace lastmeter
