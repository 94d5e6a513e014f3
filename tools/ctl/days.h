#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.h"

// Days, months and moments as people give them on a command line or in a table; all at UTC+8.
namespace lastmeter::ctl {

// "2026-11-25"; empty for anything else.
std::optional<Date> ReadDay(std::string_view text);
// "2026-11-25".
std::string DayText(Date date);
// "2026-11-25 09:15".
std::string MinuteText(Timestamp t);

// First and last day of "2026-11"; empty for anything else.
struct Days {
  Date from;
  Date to;
};
std::optional<Days> ReadMonth(std::string_view text);

// A day or a moment as spreadsheets write them: 2026-11-25, 2026/11/5, 2026/11/5 9:15, 2026-11-25
// 09:15:30, 2026年11月5日; or RFC 3339. A day alone is its midnight. Empty for anything else.
std::optional<Timestamp> ReadMoment(std::string_view text);

// A moment of the interface; empty text for one that is absent (0).
Timestamp FromApi(const google::protobuf::Timestamp& t);
std::string MinuteText(const google::protobuf::Timestamp& t);

// This machine's clock.
Timestamp Now();

}  // namespace lastmeter::ctl
