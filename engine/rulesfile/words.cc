#include "engine/rulesfile/words.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "engine/base/ids.h"

namespace lastmeter {
namespace {

template <typename T, size_t N>
std::optional<T> Among(std::string_view word, const std::pair<std::string_view, T> (&words)[N]) {
  for (const auto& [text, value] : words) {
    if (text == word) return value;
  }
  return std::nullopt;
}

// Minutes after midnight of "08:30"; 24:00 is the end of the day.
std::optional<uint32_t> ReadClock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  auto hours = ReadNumber(text.substr(0, 2));
  auto minutes = ReadNumber(text.substr(3));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  uint32_t total = *hours * 60 + *minutes;
  if (total > 1440) return std::nullopt;
  return total;
}

}  // namespace

std::optional<common::v1::Tier> ReadTier(std::string_view word) {
  using namespace common::v1;
  return Among<Tier>(word, {{"grid", TIER_GRID},
                            {"group", TIER_GROUP},
                            {"village", TIER_VILLAGE},
                            {"town", TIER_TOWN},
                            {"district", TIER_DISTRICT}});
}

std::optional<common::v1::Level> ReadLevel(std::string_view word) {
  using namespace common::v1;
  return Among<Level>(word, {{"critical", LEVEL_CRITICAL},
                             {"urgent", LEVEL_URGENT},
                             {"ordinary", LEVEL_ORDINARY},
                             {"attention", LEVEL_ATTENTION}});
}

std::optional<common::v1::Promise> ReadPromise(std::string_view word) {
  using namespace common::v1;
  return Among<Promise>(word, {{"first-relief", PROMISE_FIRST_RELIEF},
                               {"resolve", PROMISE_RESOLVE},
                               {"verify", PROMISE_VERIFY},
                               {"paperwork", PROMISE_PAPERWORK},
                               {"follow-up", PROMISE_FOLLOW_UP},
                               {"referral", PROMISE_REFERRAL},
                               {"certification", PROMISE_CERTIFICATION}});
}

std::optional<common::v1::HoldReason> ReadHoldReason(std::string_view word) {
  using namespace common::v1;
  return Among<HoldReason>(word, {{"household-away", HOLD_REASON_HOUSEHOLD_AWAY},
                                  {"in-hospital", HOLD_REASON_IN_HOSPITAL},
                                  {"documents", HOLD_REASON_DOCUMENTS},
                                  {"others", HOLD_REASON_OTHERS}});
}

std::optional<rules::v1::Duty> ReadDuty(std::string_view word) {
  using namespace rules::v1;
  return Among<Duty>(word, {{"always", DUTY_ALWAYS},
                            {"hours", DUTY_HOURS},
                            {"nights", DUTY_NIGHTS},
                            {"rota", DUTY_ROTA}});
}

std::optional<bool> ReadYesNo(std::string_view word) {
  return Among<bool>(word, {{"yes", true}, {"no", false}, {"true", true}, {"false", false}});
}

std::optional<uint32_t> ReadNumber(std::string_view text) {
  uint32_t value = 0;
  if (!IsDigits(text, text.size()) || text.empty()) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<rules::v1::Duration> ReadDuration(std::string_view text) {
  constexpr std::string_view kDuty = " duty";
  bool duty = text.ends_with(kDuty);
  if (duty) text.remove_suffix(kDuty.size());
  size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  auto number = ReadNumber(text.substr(0, digits));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(digits);

  rules::v1::Duration duration;
  uint64_t amount = *number;
  if (unit == "wd" && !duty) {
    duration.set_unit(rules::v1::DURATION_UNIT_WORKING_DAYS);
  } else if (unit == "d" && !duty) {
    duration.set_unit(rules::v1::DURATION_UNIT_MINUTES);
    amount *= 1440;
  } else if (unit == "h" || unit == "m") {
    duration.set_unit(duty ? rules::v1::DURATION_UNIT_DUTY_MINUTES
                           : rules::v1::DURATION_UNIT_MINUTES);
    if (unit == "h") amount *= 60;
  } else {
    return std::nullopt;
  }
  if (amount > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  duration.set_amount(static_cast<uint32_t>(amount));
  return duration;
}

std::optional<uint32_t> ReadDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  auto year = ReadNumber(text.substr(0, 4));
  auto month = ReadNumber(text.substr(5, 2));
  auto day = ReadNumber(text.substr(8));
  if (!year || !month || !day) return std::nullopt;
  return *year * 10000 + *month * 100 + *day;
}

std::optional<Timestamp> ReadMoment(std::string_view text) {
  if (text.size() != 16 || (text[10] != ' ' && text[10] != 'T')) return std::nullopt;
  const auto date = ReadDate(text.substr(0, 10));
  const auto minutes = ReadClock(text.substr(11));
  if (!date || !IsValidDate(*date) || !minutes) return std::nullopt;
  return StartOf(*date) + Minutes(*minutes);
}

std::optional<rules::v1::DutyPeriod> ReadPeriod(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  auto from = ReadClock(text.substr(0, 5));
  auto to = ReadClock(text.substr(6));
  if (!from || !to) return std::nullopt;
  rules::v1::DutyPeriod period;
  period.set_from_minute(*from);
  period.set_to_minute(*to);
  return period;
}

}  // namespace lastmeter
