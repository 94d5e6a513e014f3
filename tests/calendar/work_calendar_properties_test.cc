// The calendar against a naive one that looks at every minute, over random calendars.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <vector>

#include "engine/base/check.h"
#include "engine/calendar/work_calendar.h"

namespace lastmeter {
namespace {

using rules::v1::Calendar;
using rules::v1::Duration;

constexpr Date kFirst = 20260105;  // a Monday
constexpr int kSpanDays = 40;

// Over the whole range from the first run on; rapidcheck's own ranges begin small.
template <typename T>
T Uniform(T from, T until) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(from, until));
}

Timestamp DayStart(int index) { return StartOf(kFirst) + Days(index); }

// One to three duty periods, and up to twelve changes within the span.
Calendar AnyCalendar() {
  Calendar calendar;
  auto cuts = *rc::gen::container<std::set<uint32_t>>(rc::gen::inRange<uint32_t>(0, 1441));
  std::vector<uint32_t> edges(cuts.begin(), cuts.end());
  if (edges.size() < 2) edges = {510, 720, 810, 1020};
  for (size_t i = 0; i + 1 < std::min<size_t>(edges.size(), 6); i += 2) {
    auto* period = calendar.add_duty();
    period->set_from_minute(edges[i]);
    period->set_to_minute(edges[i + 1]);
  }
  auto days = *rc::gen::container<std::set<int>>(rc::gen::inRange(0, kSpanDays));
  for (int day : days) {
    auto* change = calendar.add_days();
    change->set_date(DateOf(DayStart(day)));
    change->set_day_off(*rc::gen::arbitrary<bool>());
  }
  calendar.set_known_until(DateOf(DayStart(kSpanDays)));
  return calendar;
}

bool NaiveWorkingDay(const Calendar& calendar, Date date) {
  for (const auto& change : calendar.days()) {
    if (change.date() == date) return !change.day_off();
  }
  return WeekdayOf(date) < 5;
}

bool NaiveOnDuty(const Calendar& calendar, Timestamp t) {
  Date date = DateOf(t);
  int64_t minute = (t - StartOf(date)).ms / 60'000;
  if (!NaiveWorkingDay(calendar, date)) return false;
  return std::any_of(calendar.duty().begin(), calendar.duty().end(), [&](const auto& period) {
    return period.from_minute() <= minute && minute < period.to_minute();
  });
}

Timestamp AnyStart() {
  return DayStart(0) + Minutes(Uniform<int64_t>(-3 * 1440, (kSpanDays + 5) * 1440));
}

Duration AnyDuration(uint32_t most) {
  Duration d;
  d.set_amount(Uniform<uint32_t>(1, most + 1));
  d.set_unit(static_cast<rules::v1::DurationUnit>(Uniform<int>(1, 4)));
  return d;
}

template <typename Property>
void ExpectHolds(const char* name, Property property) {
  EXPECT_TRUE(rc::check(name, property));
}

TEST(WorkCalendarPropertyTest, AddedDutyMinutesAgreeWithACountOfMinutes) {
  ExpectHolds("naive count", [] {
    Calendar document = AnyCalendar();
    WorkCalendar calendar = *WorkCalendar::Create(document);
    Timestamp start = AnyStart();
    Duration duration;
    duration.set_amount(Uniform<uint32_t>(1, 2000));
    duration.set_unit(rules::v1::DURATION_UNIT_DUTY_MINUTES);
    // A calendar with a minute of duty a day would need years of minutes to count.
    int64_t per_day = 0;
    for (const auto& p : document.duty()) per_day += p.to_minute() - p.from_minute();
    RC_PRE(duration.amount() <= per_day * 20);

    Timestamp t = start;
    for (uint32_t left = duration.amount(); left > 0; t = t + Minutes(1)) {
      if (NaiveOnDuty(document, t)) --left;
    }
    Deadline deadline = calendar.After(start, duration);
    RC_ASSERT(deadline.due.ms == t.ms);
    RC_ASSERT(deadline.provisional == (DateOf(t - Millis{1}) > document.known_until()));
  });
}

TEST(WorkCalendarPropertyTest, WorkingDaysAgreeWithACountOfDays) {
  ExpectHolds("naive days", [] {
    Calendar document = AnyCalendar();
    WorkCalendar calendar = *WorkCalendar::Create(document);
    Timestamp start = AnyStart();
    Duration duration;
    duration.set_amount(Uniform<uint32_t>(1, 30));
    duration.set_unit(rules::v1::DURATION_UNIT_WORKING_DAYS);
    Date date = DateOf(start);
    for (uint32_t left = duration.amount(); left > 0;) {
      date = NextDate(date);
      if (NaiveWorkingDay(document, date)) --left;
    }
    Timestamp close = StartOf(date) + Minutes(document.duty(document.duty_size() - 1).to_minute());
    RC_ASSERT(calendar.After(start, duration).due.ms == close.ms);
  });
}

TEST(WorkCalendarPropertyTest, DeadlinesRiseWithStartAndAmount) {
  ExpectHolds("monotone", [] {
    WorkCalendar calendar = *WorkCalendar::Create(AnyCalendar());
    Duration shorter = AnyDuration(400);
    Duration longer = shorter;
    longer.set_amount(shorter.amount() + Uniform<uint32_t>(0, 50));
    Timestamp early = AnyStart() + Millis{Uniform<int64_t>(0, 60'000)};
    Timestamp late = early + Millis{Uniform<int64_t>(0, 5 * 86'400'000)};
    RC_ASSERT(calendar.After(early, shorter).due > early);
    RC_ASSERT(calendar.After(early, shorter).due <= calendar.After(late, shorter).due);
    RC_ASSERT(calendar.After(early, shorter).due <= calendar.After(early, longer).due);
    RC_ASSERT(calendar.NearDue(early, shorter).due <= calendar.NearDue(late, shorter).due);
    RC_ASSERT(calendar.NearDue(early, shorter).due <= calendar.After(early, shorter).due);
  });
}

TEST(WorkCalendarPropertyTest, WorkingTimeIsDueWhileOrJustAfterDutyRuns) {
  ExpectHolds("on the boundary", [] {
    Calendar document = AnyCalendar();
    WorkCalendar calendar = *WorkCalendar::Create(document);
    Duration duration = AnyDuration(400);
    duration.set_unit(static_cast<rules::v1::DurationUnit>(Uniform<int>(2, 4)));
    Deadline deadline = calendar.After(AnyStart(), duration);
    RC_ASSERT(calendar.OnDuty(deadline.due - Millis{1}));
  });
}

// Up to four, in order, apart from each other.
std::vector<Pause> AnyPauses(Timestamp start) {
  std::vector<Pause> pauses;
  Timestamp t = start + Minutes(Uniform<int64_t>(-1440, 3 * 1440));
  for (int i = Uniform<int>(0, 5); i > 0; --i) {
    const Timestamp to = t + Minutes(Uniform<int64_t>(1, 4 * 1440));
    pauses.push_back({t, to});
    t = to + Minutes(Uniform<int64_t>(0, 2 * 1440));
  }
  return pauses;
}

bool Within(const std::vector<Pause>& pauses, Timestamp t) {
  return std::any_of(pauses.begin(), pauses.end(),
                     [&](const Pause& p) { return p.from <= t && t < p.to; });
}

TEST(WorkCalendarPropertyTest, PausesAreLeftOutMinuteByMinute) {
  ExpectHolds("naive pauses", [] {
    Calendar document = AnyCalendar();
    WorkCalendar calendar = *WorkCalendar::Create(document);
    Timestamp start = AnyStart();
    Duration duration = AnyDuration(2000);
    const bool duty = duration.unit() == rules::v1::DURATION_UNIT_DUTY_MINUTES;
    if (duration.unit() == rules::v1::DURATION_UNIT_WORKING_DAYS) {
      duration.set_unit(rules::v1::DURATION_UNIT_MINUTES);
    }
    int64_t per_day = 0;
    for (const auto& p : document.duty()) per_day += p.to_minute() - p.from_minute();
    RC_PRE(duration.amount() <= per_day * 20);
    const std::vector<Pause> pauses = AnyPauses(start);

    Timestamp t = start;
    for (uint32_t left = duration.amount(); left > 0; t = t + Minutes(1)) {
      if (!Within(pauses, t) && (!duty || NaiveOnDuty(document, t))) --left;
    }
    RC_ASSERT(calendar.After(start, duration, pauses).due.ms == t.ms);
  });
}

TEST(WorkCalendarPropertyTest, AWorkingDayCountsUnlessItsCloseIsInAPause) {
  ExpectHolds("naive closes", [] {
    Calendar document = AnyCalendar();
    WorkCalendar calendar = *WorkCalendar::Create(document);
    Timestamp start = AnyStart();
    Duration duration;
    duration.set_amount(Uniform<uint32_t>(1, 30));
    duration.set_unit(rules::v1::DURATION_UNIT_WORKING_DAYS);
    const std::vector<Pause> pauses = AnyPauses(start);
    const Millis close = Minutes(document.duty(document.duty_size() - 1).to_minute());
    Date date = DateOf(start);
    for (uint32_t left = duration.amount(); left > 0;) {
      date = NextDate(date);
      if (NaiveWorkingDay(document, date) && !Within(pauses, StartOf(date) + close)) --left;
    }
    const Deadline limit = calendar.After(start, duration, pauses);
    RC_ASSERT(limit.due.ms == (StartOf(date) + close).ms);
    RC_ASSERT(calendar.NearDue(start, duration, pauses).due <= limit.due);
    RC_ASSERT(calendar.NearDue(start, duration).due <=
              calendar.NearDue(start, duration, pauses).due);
  });
}

TEST(WorkCalendarPropertyTest, NextDutyIsTheFirstMinuteOnDuty) {
  ExpectHolds("next duty", [] {
    Calendar document = AnyCalendar();
    WorkCalendar calendar = *WorkCalendar::Create(document);
    Timestamp t = AnyStart();
    Timestamp next = calendar.NextDuty(t);
    RC_ASSERT(calendar.OnDuty(next));
    RC_ASSERT(NaiveOnDuty(document, next));
    for (Timestamp u = t; u < next; u = u + Minutes(1)) {
      RC_ASSERT(!NaiveOnDuty(document, u));
      RC_ASSERT(!calendar.OnDuty(u));
    }
  });
}

}  // namespace
}  // namespace lastmeter
