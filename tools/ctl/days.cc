#include "tools/ctl/days.h"

#include <chrono>

#include "absl/time/time.h"
#include "engine/base/status.h"

namespace lastmeter::ctl {

std::optional<Date> ReadDay(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto at = ParseRfc3339(std::string(text) + "T00:00:00+08:00");
  if (!at) return std::nullopt;
  return DateOf(*at);
}

std::string DayText(Date date) { return FormatRfc3339(StartOf(date)).substr(0, 10); }

std::string MinuteText(Timestamp t) { return FormatLocal(t).substr(0, 16); }

std::optional<Days> ReadMonth(std::string_view text) {
  if (text.size() != 7) return std::nullopt;
  const auto from = ReadDay(std::string(text) + "-01");
  if (!from) return std::nullopt;
  Days days{*from, *from};
  for (Date next = NextDate(*from); next / 100 == *from / 100; next = NextDate(next)) {
    days.to = next;
  }
  return days;
}

std::optional<Timestamp> ReadMoment(std::string_view text) {
  if (const auto at = ParseRfc3339(text)) return at;
  static const absl::TimeZone kZone = absl::FixedTimeZone(static_cast<int>(kZoneOffset.ms / 1000));
  for (const char* format :
       {"%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M",
        "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"}) {
    absl::Time at;
    if (absl::ParseTime(format, ToAbsl(text), kZone, &at, nullptr)) {
      return Timestamp{absl::ToUnixMillis(at)};
    }
  }
  return std::nullopt;
}

Timestamp FromApi(const google::protobuf::Timestamp& t) {
  return {t.seconds() * 1000 + t.nanos() / 1'000'000};
}

std::string MinuteText(const google::protobuf::Timestamp& t) {
  return t.seconds() == 0 ? std::string() : MinuteText(FromApi(t));
}

Timestamp Now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

}  // namespace lastmeter::ctl
