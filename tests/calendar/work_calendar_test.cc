#include "engine/calendar/work_calendar.h"

#include <gtest/gtest.h>

#include "tests/calendar/sample_calendar.h"

namespace lastmeter {
namespace {

using rules::v1::Calendar;
using rules::v1::Duration;
using rules::v1::DURATION_UNIT_DUTY_MINUTES;
using rules::v1::DURATION_UNIT_MINUTES;
using rules::v1::DURATION_UNIT_WORKING_DAYS;

Timestamp At(const std::string& local) {
  auto t = ParseRfc3339(local.substr(0, 10) + "T" + local.substr(11) +
                        (local.size() == 16 ? ":00" : "") + "+08:00");
  LM_CHECK(t.has_value()) << local;
  return *t;
}

std::string Local(const Deadline& deadline) {
  std::string text = FormatLocal(deadline.due);
  if (text.ends_with(":00.000")) text.resize(text.size() - 7);
  return text + (deadline.provisional ? " provisional" : "");
}

Duration Of(uint32_t amount, rules::v1::DurationUnit unit) {
  Duration d;
  d.set_amount(amount);
  d.set_unit(unit);
  return d;
}
Duration Minutes_(uint32_t n) { return Of(n, DURATION_UNIT_MINUTES); }
Duration Duty(uint32_t n) { return Of(n, DURATION_UNIT_DUTY_MINUTES); }
Duration Days_(uint32_t n) { return Of(n, DURATION_UNIT_WORKING_DAYS); }

WorkCalendar Shipped() { return *WorkCalendar::Create(NoticesOf2024To2026()); }

struct Row {
  const char* start;
  Duration duration;
  const char* due;
};

void ExpectAfter(const std::vector<Row>& rows) {
  WorkCalendar calendar = Shipped();
  for (const Row& row : rows) {
    EXPECT_EQ(Local(calendar.After(At(row.start), row.duration)), row.due)
        << row.start << " + " << row.duration.ShortDebugString();
  }
}

TEST(WorkCalendarTest, MinutesRunRoundTheClock) {
  ExpectAfter({{"2026-02-16 23:50", Minutes_(15), "2026-02-17 00:05"},
               {"2026-03-07 12:00", Minutes_(72 * 60), "2026-03-10 12:00"},
               // Round the clock needs no calendar, so it is never provisional.
               {"2031-01-01 00:00", Minutes_(60), "2031-01-01 01:00"}});
}

TEST(WorkCalendarTest, DutyMinutesRestOverLunchNightAndWeekend) {
  ExpectAfter({
      {"2026-03-03 09:00", Duty(60), "2026-03-03 10:00"},
      {"2026-03-03 11:30", Duty(60), "2026-03-03 14:00"},   // over lunch
      {"2026-03-03 12:30", Duty(60), "2026-03-03 14:30"},   // begun at lunch
      {"2026-03-03 16:30", Duty(60), "2026-03-04 09:00"},   // over night
      {"2026-03-03 20:00", Duty(60), "2026-03-04 09:30"},   // begun in the evening
      {"2026-03-04 02:00", Duty(60), "2026-03-04 09:30"},   // begun after midnight
      {"2026-03-06 16:00", Duty(240), "2026-03-09 11:30"},  // Friday over the weekend
      {"2026-03-07 10:00", Duty(240), "2026-03-09 14:00"},  // begun on Saturday
      {"2026-03-03 09:00:30.250", Duty(1), "2026-03-03 09:01:30.250"},
      {"2026-03-03 11:59:30", Duty(1), "2026-03-03 13:30:30.000"},
  });
}

TEST(WorkCalendarTest, WhatEndsAtAPeriodsEndIsDueThere) {
  ExpectAfter({
      {"2026-03-03 08:30", Duty(210), "2026-03-03 12:00"},
      {"2026-03-03 13:30", Duty(210), "2026-03-03 17:00"},
      {"2026-03-03 08:30", Duty(420), "2026-03-03 17:00"},
      {"2026-03-03 12:00", Duty(420), "2026-03-04 12:00"},
      {"2026-03-06 17:00", Duty(210), "2026-03-09 12:00"},
      {"2026-03-03 08:30", Duty(5 * 420), "2026-03-09 17:00"},
  });
}

TEST(WorkCalendarTest, WorkingDaysBeginOnTheNextWorkingDay) {
  ExpectAfter({
      {"2026-03-03 09:00", Days_(1), "2026-03-04 17:00"},
      {"2026-03-03 00:00", Days_(1), "2026-03-04 17:00"},
      {"2026-03-03 23:59", Days_(1), "2026-03-04 17:00"},
      {"2026-03-06 09:00", Days_(1), "2026-03-09 17:00"},  // Friday
      {"2026-03-07 09:00", Days_(1), "2026-03-09 17:00"},  // Saturday
      {"2026-03-08 23:59", Days_(1), "2026-03-09 17:00"},  // Sunday
      {"2026-03-03 09:00", Days_(10), "2026-03-17 17:00"},
  });
}

TEST(WorkCalendarTest, SpringFestivalIsLeaptAndMakeUpDaysAreWorked) {
  ExpectAfter({
      // 2026-02-14 (Saturday) is worked; 15 to 23 are off; 28 (Saturday) is worked.
      {"2026-02-13 09:00", Days_(1), "2026-02-14 17:00"},
      {"2026-02-14 09:00", Days_(1), "2026-02-24 17:00"},
      {"2026-02-17 03:00", Days_(1), "2026-02-24 17:00"},
      {"2026-02-27 09:00", Days_(1), "2026-02-28 17:00"},
      {"2026-02-27 09:00", Days_(2), "2026-03-02 17:00"},
      {"2026-02-13 16:00", Duty(120), "2026-02-14 09:30"},
      {"2026-02-14 16:00", Duty(120), "2026-02-24 09:30"},
      {"2026-02-28 11:00", Duty(420), "2026-03-02 11:00"},
      {"2026-02-11 10:00", Days_(10), "2026-03-03 17:00"},
  });
}

TEST(WorkCalendarTest, DeadlinesBeyondTheCalendarAreProvisional) {
  ExpectAfter({
      {"2026-12-30 09:00", Days_(1), "2026-12-31 17:00"},
      {"2026-12-31 09:00", Days_(1), "2027-01-01 17:00 provisional"},
      {"2026-12-31 16:00", Duty(60), "2026-12-31 17:00"},
      {"2026-12-31 16:00", Duty(61), "2027-01-01 08:31 provisional"},
      {"2040-06-09 10:00", Duty(60), "2040-06-11 09:30 provisional"},
  });
}

TEST(WorkCalendarTest, NearDueIsSeventyPercentRoundedDown) {
  WorkCalendar calendar = Shipped();
  for (const Row& row : std::vector<Row>{
           {"2026-03-03 09:00", Minutes_(15), "2026-03-03 09:10:30.000"},
           {"2026-03-03 23:30", Minutes_(60), "2026-03-04 00:12"},
           {"2026-03-03 09:00", Duty(240), "2026-03-03 11:48"},
           {"2026-03-03 09:00", Duty(15), "2026-03-03 09:10"},
           {"2026-03-03 20:00", Duty(1), "2026-03-04 08:30"},
           // One working day: 294 of 420 minutes of the day after receipt.
           {"2026-03-03 09:00", Days_(1), "2026-03-04 14:54"},
           // Ten: 2,940 minutes are exactly seven days.
           {"2026-03-03 09:00", Days_(10), "2026-03-12 17:00"},
           {"2026-02-13 18:00", Days_(2), "2026-02-24 11:18"},
           {"2026-12-31 09:00", Days_(1), "2027-01-01 14:54 provisional"},
       }) {
    EXPECT_EQ(Local(calendar.NearDue(At(row.start), row.duration)), row.due)
        << row.start << " " << row.duration.ShortDebugString();
  }
}

TEST(WorkCalendarTest, DutyBeginsWithItsFirstMinuteAndEndsBeforeItsLast) {
  WorkCalendar calendar = Shipped();
  EXPECT_FALSE(calendar.OnDuty(At("2026-03-03 08:29:59.999")));
  EXPECT_TRUE(calendar.OnDuty(At("2026-03-03 08:30")));
  EXPECT_TRUE(calendar.OnDuty(At("2026-03-03 11:59:59.999")));
  EXPECT_FALSE(calendar.OnDuty(At("2026-03-03 12:00")));
  EXPECT_FALSE(calendar.OnDuty(At("2026-02-17 10:00")));
  EXPECT_TRUE(calendar.OnDuty(At("2026-02-28 10:00")));
  EXPECT_EQ(calendar.NextDuty(At("2026-03-03 12:00")), At("2026-03-03 13:30"));
  EXPECT_EQ(calendar.NextDuty(At("2026-03-03 10:00:01")), At("2026-03-03 10:00:01"));
  EXPECT_EQ(calendar.NextDuty(At("2026-02-14 17:00")), At("2026-02-24 08:30"));
}

TEST(WorkCalendarTest, DutyMayRunToMidnight) {
  Calendar document;
  auto* period = document.add_duty();
  period->set_from_minute(0);
  period->set_to_minute(1440);
  document.set_known_until(20260306);
  WorkCalendar calendar = *WorkCalendar::Create(document);
  EXPECT_EQ(Local(calendar.After(At("2026-03-05 12:00"), Days_(1))), "2026-03-07 00:00");
  EXPECT_EQ(Local(calendar.After(At("2026-03-06 12:00"), Duty(720))), "2026-03-07 00:00");
  EXPECT_EQ(Local(calendar.After(At("2026-03-06 12:00"), Duty(721))),
            "2026-03-09 00:01 provisional");
}

// What the State Council's notices say, written down by hand, against the file shipped.
TEST(ShippedCalendarTest, MakeUpDaysAreWorkedAndHolidaysAreNot) {
  WorkCalendar calendar = Shipped();
  for (Date worked : {20240204, 20240218, 20240407, 20240428, 20240511, 20240914, 20240929,
                      20241012, 20250126, 20250208, 20250427, 20250928, 20251011, 20260104,
                      20260214, 20260228, 20260509, 20260920, 20261010}) {
    EXPECT_TRUE(calendar.IsWorkingDay(worked)) << worked;
    EXPECT_GE(WeekdayOf(worked), 5) << worked;
  }
  for (Date off :
       {20240101, 20240212, 20240404, 20240610, 20241007, 20250101, 20250204, 20250602, 20251008,
        20260102, 20260216, 20260223, 20260406, 20260505, 20260619, 20260925, 20261007}) {
    EXPECT_FALSE(calendar.IsWorkingDay(off)) << off;
    EXPECT_LT(WeekdayOf(off), 5) << off;
  }
}

TEST(ShippedCalendarTest, YearsHaveTheWorkingDaysThatTheNoticesLeave) {
  WorkCalendar calendar = Shipped();
  auto count = [&](Date from, Date until) {
    int n = 0;
    for (Date date = from; date <= until; date = NextDate(date)) n += calendar.IsWorkingDay(date);
    return n;
  };
  EXPECT_EQ(count(20240101, 20241231), 251);
  EXPECT_EQ(count(20250101, 20251231), 248);
  EXPECT_EQ(count(20260101, 20261231), 248);
}

TEST(WorkCalendarTest, RefusesDocumentsWithTheFieldAtFault) {
  auto refusal = [](auto&& change) {
    Calendar document = NoticesOf2024To2026();
    change(document);
    auto calendar = WorkCalendar::Create(document);
    if (calendar.ok()) return std::string("accepted");
    EXPECT_EQ(calendar.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(calendar.status().message());
  };
  EXPECT_EQ(refusal([](Calendar&) {}), "accepted");
  EXPECT_EQ(refusal([](Calendar& c) { c.clear_duty(); }),
            "duty: no duty period: there is no working time");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_duty(0)->set_to_minute(510); }),
            "duty[0]: is empty");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_duty(1)->set_to_minute(1441); }),
            "duty[1]: ends after midnight");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_duty(1)->set_from_minute(700); }),
            "duty[1]: begins before the period above it has ended");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_duty()->SwapElements(0, 1); }),
            "duty[1]: begins before the period above it has ended");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_days(2)->set_date(20240230); }),
            "days[2].date: 20240230 is not a date");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_days(2)->set_date(20240204); }),
            "days[2].date: 20240204 is listed twice");
  EXPECT_EQ(refusal([](Calendar& c) { c.mutable_days()->SwapElements(0, 1); }),
            "days[1].date: 20240101 is not in date order");
  EXPECT_EQ(refusal([](Calendar& c) { c.set_known_until(20240101); }),
            "days[1].date: 20240204 lies after known_until");
  EXPECT_EQ(refusal([](Calendar& c) { c.set_known_until(0); }), "known_until: 0 is not a date");
}

}  // namespace
}  // namespace lastmeter
