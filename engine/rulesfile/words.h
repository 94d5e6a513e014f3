#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"

// The words of the rules files. Each reader gives nothing for a word that it does not know; each
// list names all words, for the message to the clerk.
namespace lastmeter {

inline constexpr std::string_view kTierWords = "grid, group, village, town or district";
std::optional<lastmeter::common::v1::Tier> ReadTier(std::string_view word);

inline constexpr std::string_view kLevelWords = "critical, urgent, ordinary or attention";
std::optional<lastmeter::common::v1::Level> ReadLevel(std::string_view word);

inline constexpr std::string_view kPromiseWords =
    "verify, first-relief, paperwork, resolve, follow-up, referral or certification";
inline constexpr std::string_view kHoldReasonWords =
    "household-away, in-hospital, documents or others";
std::optional<lastmeter::common::v1::Promise> ReadPromise(std::string_view word);
std::optional<lastmeter::common::v1::HoldReason> ReadHoldReason(std::string_view word);

inline constexpr std::string_view kDutyWords = "always, hours, nights or rota";
std::optional<lastmeter::rules::v1::Duty> ReadDuty(std::string_view word);

inline constexpr std::string_view kYesNoWords = "yes or no";
std::optional<bool> ReadYesNo(std::string_view word);

// duration := number ("m" | "h" | "d" | "wd") [" duty"]      "duty" with m and h only
// "15m", "4h", "3d" (72 hours round the clock), "4h duty" (inside duty hours), "1wd" (working day).
inline constexpr std::string_view kDurationWords = "15m, 4h, 3d, 4h duty or 1wd";
std::optional<lastmeter::rules::v1::Duration> ReadDuration(std::string_view text);

// "2026-12-31" as 20261231. Whether such a day exists is the calendar's question.
inline constexpr std::string_view kDateWords = "2026-12-31";
std::optional<uint32_t> ReadDate(std::string_view text);

// "2026-10-01 17:30" at UTC+8, also with a T instead of the blank; 24:00 is the end of that day.
// Nothing for a day that does not exist.
inline constexpr std::string_view kMomentWords = "2026-10-01 17:30";
std::optional<Timestamp> ReadMoment(std::string_view text);

// "08:30-12:00".
inline constexpr std::string_view kPeriodWords = "08:30-12:00";
std::optional<lastmeter::rules::v1::DutyPeriod> ReadPeriod(std::string_view text);

// A whole number without sign.
std::optional<uint32_t> ReadNumber(std::string_view text);

}  // namespace lastmeter
