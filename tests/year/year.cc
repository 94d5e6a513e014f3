#include "tests/year/year.h"

#include <algorithm>

namespace lastmeter::year {
namespace {

// Of a hundred reports, how many come in each hour.
constexpr int kWorkingDay[24] = {1, 1, 1, 1,  1, 1, 2, 4, 9, 12, 11, 7,
                                 3, 4, 8, 10, 9, 6, 3, 2, 2, 1,  1,  0};
constexpr int kDayOff[24] = {1, 1, 1, 1, 1, 1, 3, 5, 7, 8, 8, 7,
                             5, 5, 6, 7, 7, 6, 6, 5, 4, 3, 1, 1};

// Shares of the flood's reports on its seven days, in per cent, and how many ordinary days they
// come to in all.
constexpr int kFlood[] = {10, 34, 24, 14, 9, 5, 4};
constexpr int kFloodDays = 70;
// The evening on which the dyke leaks: of that day's reports so many per cent come in one hour from
// one village, which with 30 reports on an ordinary day are the 500 that the house is built for.
constexpr int kWorstDay = 1;
constexpr int kWorstHour = 20;
constexpr uint32_t kInWorstHour = 70;

}  // namespace

Year::Year(const WorkCalendar* calendar, const Options& options)
    : calendar_(calendar), options_(options), random_(options.seed + 2) {
  for (int day = 0; day < options_.days; ++day) all_weights_ += Weight(day);
}

int64_t Year::Weight(int day) const {
  const Date date = DateOfDay(day);
  const uint32_t month = date / 100 % 100;
  int64_t weight = 60;
  if (calendar_->IsWorkingDay(date)) {
    // What nobody reported while everybody was off comes together.
    weight = calendar_->IsWorkingDay(DateOfDay(day - 1)) ? 100 : 130;
  } else if (WeekdayOf(date) < 5) {
    // A holiday, when the families are at home.
    weight = 45;
  }
  if (month <= 2 || month == 12) weight = weight * 115 / 100;
  if (month >= 6 && month <= 8) weight = weight * 108 / 100;
  return weight;
}

Timestamp Year::SomeTime(int day) {
  const Date date = DateOfDay(day);
  const int* hours = calendar_->IsWorkingDay(date) ? kWorkingDay : kDayOff;
  int at = static_cast<int>(random_.Below(100));
  int hour = 0;
  while (hour < 23 && (at -= hours[hour]) >= 0) ++hour;
  return StartOf(date) + Hours(hour) + Millis{random_.Between(0, Hours(1).ms - 1)};
}

void Year::AddFlood(int day, std::vector<Moment>* moments) {
  const int nth = day - flood_from();
  if (nth < 0 || nth >= static_cast<int>(std::size(kFlood))) return;
  const int count = options_.reports_a_day * kFloodDays * kFlood[nth] / 100;
  for (int i = 0; i < count; ++i) {
    Moment moment{.at = StartOf(DateOfDay(day)) + Millis{random_.Between(0, Days(1).ms - 1)},
                  .flood = true};
    if (nth == kWorstDay && random_.Percent(kInWorstHour)) {
      moment.at =
          StartOf(DateOfDay(day)) + Hours(kWorstHour) + Millis{random_.Between(0, Hours(1).ms - 1)};
      moment.worst = true;
    }
    moments->push_back(moment);
  }
}

std::vector<Year::Moment> Year::Reports(int day) {
  const int64_t all = int64_t{options_.reports_a_day} * options_.days * Weight(day);
  int64_t count = all / all_weights_;
  if (static_cast<int64_t>(random_.Below(static_cast<uint64_t>(all_weights_))) <
      all % all_weights_) {
    ++count;
  }
  // No two Mondays are alike.
  count = std::max<int64_t>(0, count + random_.Between(-count / 4, count / 4));
  std::vector<Moment> moments;
  for (int64_t i = 0; i < count; ++i) moments.push_back({.at = SomeTime(day)});
  AddFlood(day, &moments);
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return moments;
}

}  // namespace lastmeter::year
