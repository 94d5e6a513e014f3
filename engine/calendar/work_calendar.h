#pragma once

#include <cstdint>
#include <memory>
#include <string>
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

// Working time of the district at UTC+8, from a calendar document. Immutable, pure, thread-safe.
//
// Source of the rules: DOMAIN "Working time". Minutes run round the clock; duty minutes run inside
// the duty periods of working days; N working days begin on the next working day (the day of
// receipt does not count) and end at the close of business of the Nth.
class WorkCalendar {
 public:
  // Errors: kInvalidArgument, naming the field, when the document has no duty period, periods that
  // overlap, are empty or out of order, invalid, unordered or double dates, or no working time.
  static absl::StatusOr<WorkCalendar> Create(const lastmeter::rules::v1::Calendar& document);

  // When `duration`, begun at `start`, ends. A working-time duration that begins outside duty
  // starts to run with the next duty period; one that ends exactly at a period's end is due there.
  Deadline After(Timestamp start, const lastmeter::rules::v1::Duration& duration) const;

  // When 70 % of it has passed: for working days counted in duty minutes from the begin of the
  // first counted day, rounded down; for minutes rounded down to the millisecond resp. minute.
  Deadline NearDue(Timestamp start, const lastmeter::rules::v1::Duration& duration) const;

  bool IsWorkingDay(Date date) const;
  // Inside a duty period of a working day.
  bool OnDuty(Timestamp t) const;
  // `t` itself when on duty, otherwise the begin of the next duty period.
  Timestamp NextDuty(Timestamp t) const;
  // Last date that the document knows.
  Date known_until() const { return known_until_; }

 private:
  WorkCalendar() = default;

  // `minutes` of duty time counted from `start`.
  Deadline AddDutyMinutes(Timestamp start, int64_t minutes) const;

  struct Period {
    int64_t from_minute;
    int64_t to_minute;
  };
  std::vector<Period> duty_;
  int64_t duty_minutes_per_day_ = 0;
  std::vector<std::pair<Date, bool>> days_;  // date → day off, sorted
  Date known_until_ = 0;
};

}  // namespace lastmeter
