#pragma once

#include <string>
#include <vector>

#include "engine/calendar/work_calendar.h"
#include "tests/sim/random.h"

namespace lastmeter::year {

// The rhythm of a year: when reports come. Few at night and many in the morning, few on days off
// and many on the first working day after them, more in the cold and in the heat; and one week of
// flood in the middle of the time, which in a whole year is the beginning of July, when the Xiang
// rises.
class Year {
 public:
  struct Options {
    uint64_t seed = 1;
    Date first = 20260101;
    int days = 365;
    // On average, the flood apart.
    //
    // Why 30: the district's report counts 556 households that were found and helped in a year up
    // to November. Most of what comes in leads to no help of that kind: questions, certification,
    // the same household again, what proves unfounded. With 30 a day each of the 160 villages hears
    // of somebody every five days and a grid worker reports about five times a year, 11,000 in all.
    int reports_a_day = 30;
  };
  struct Moment {
    Timestamp at;
    bool flood = false;
    // In the worst hour, when one village reports without a pause.
    bool worst = false;
  };

  // `calendar` must outlive this.
  Year(const WorkCalendar* calendar, const Options& options);

  // When reports come on the n-th day, in order.
  std::vector<Moment> Reports(int day);

  Date DateOfDay(int day) const { return DateOf(StartOf(options_.first) + Days(day)); }
  Timestamp begin() const { return StartOf(options_.first); }
  Timestamp end() const { return begin() + Days(options_.days); }
  const Options& options() const { return options_; }
  // First day of the flood, from 0.
  int flood_from() const { return options_.days / 2; }

 private:
  // How busy a day is, in per cent of an ordinary working day.
  int64_t Weight(int day) const;
  Timestamp SomeTime(int day);
  void AddFlood(int day, std::vector<Moment>* moments);

  const WorkCalendar* const calendar_;
  const Options options_;
  Random random_;
  int64_t all_weights_ = 0;
};

}  // namespace lastmeter::year
