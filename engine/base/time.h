#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lastmeter {

// An instant: milliseconds since the Unix epoch.
struct Timestamp {
  int64_t ms = 0;
  auto operator<=>(const Timestamp&) const = default;
};

// A length of time in milliseconds.
struct Millis {
  int64_t ms = 0;
  auto operator<=>(const Millis&) const = default;
};

constexpr Timestamp operator+(Timestamp t, Millis d) { return {t.ms + d.ms}; }
constexpr Timestamp operator-(Timestamp t, Millis d) { return {t.ms - d.ms}; }
constexpr Millis operator-(Timestamp a, Timestamp b) { return {a.ms - b.ms}; }
constexpr Millis operator+(Millis a, Millis b) { return {a.ms + b.ms}; }
constexpr Millis operator-(Millis a, Millis b) { return {a.ms - b.ms}; }

constexpr Millis Seconds(int64_t n) { return {n * 1000}; }
constexpr Millis Minutes(int64_t n) { return {n * 60'000}; }
constexpr Millis Hours(int64_t n) { return {n * 3'600'000}; }
constexpr Millis Days(int64_t n) { return {n * 86'400'000}; }

// The constant offset of the district's time zone (UTC+8; China has no daylight saving).
inline constexpr Millis kZoneOffset = Hours(8);

// A calendar date as yyyymmdd, for example 20260101. Orders like the dates themselves.
using Date = uint32_t;

// Date at UTC+8 of an instant.
Date DateOf(Timestamp t);
// Midnight at UTC+8 at the start of a date. The date must be valid.
Timestamp StartOf(Date date);
Date NextDate(Date date);
// 0 Monday … 6 Sunday.
int WeekdayOf(Date date);
bool IsValidDate(Date date);

// "2026-01-31 09:15:00.000" at UTC+8, for people.
std::string FormatLocal(Timestamp t);
// RFC 3339 with milliseconds and offset: "2026-01-31T09:15:00.000+08:00".
std::string FormatRfc3339(Timestamp t);
// Reads RFC 3339 with any offset. Empty when the text is not such a time.
std::optional<Timestamp> ParseRfc3339(std::string_view text);

}  // namespace lastmeter
