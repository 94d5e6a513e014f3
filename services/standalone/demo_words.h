#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter::demo {

enum class Lang { kZh, kEn };

// Of LC_ALL, LC_MESSAGES and LANG the first one that is set and not empty: Chinese when it begins
// with "zh", else English.
Lang LangOf(const std::function<const char*(const char*)>& environment);
// Whether the terminal may be taken to show UTF-8: the same variables name it, or say nothing of
// characters, as in a bare container, whose terminal is somebody's modern one.
bool ShowsUtf8(const std::function<const char*(const char*)>& environment);

// The district's words, in the language of whoever watches; names of places, people and kinds come
// from the rules. Immutable.
class Words {
 public:
  Words(Lang lang, const lastmeter::rules::v1::Rules& rules);

  Lang lang() const { return lang_; }
  std::string_view Pick(std::string_view zh, std::string_view en) const {
    return lang_ == Lang::kZh ? zh : en;
  }

  std::string_view Tier(lastmeter::common::v1::Tier tier) const;
  std::string_view Level(lastmeter::common::v1::Level level) const;
  std::string_view Promise(lastmeter::common::v1::Promise promise) const;
  std::string_view Outcome(lastmeter::common::v1::Outcome outcome) const;
  std::string_view Finding(lastmeter::common::v1::Finding finding) const;
  std::string_view HoldReason(lastmeter::common::v1::HoldReason reason) const;
  std::string_view ReferralAnswer(lastmeter::common::v1::ReferralAnswer answer) const;
  std::string_view FollowUpFinding(lastmeter::common::v1::FollowUpFinding finding) const;
  std::string_view FollowUpEnd(lastmeter::event::v1::FollowUpEnd end) const;
  std::string_view NotALead(lastmeter::common::v1::NotALead category) const;
  std::string_view GoalResult(lastmeter::common::v1::GoalResult result) const;
  std::string_view HoldEnd(lastmeter::event::v1::HoldEnd end) const;
  std::string_view PassReason(lastmeter::event::v1::PassReason reason) const;
  // "NEED_MEALS" in words; the code itself when it is not known.
  std::string Need(std::string_view code) const;
  // Another department, by its code in a referral.
  std::string Department(std::string_view code) const;
  // An amount of money.
  std::string Yuan(uint64_t fen) const;
  std::string Kind(std::string_view code) const;
  // The narrowest known area that the code names or lies in.
  std::string Place(std::string_view code) const;
  // The village (or town, or district) of the code.
  std::string Village(std::string_view code) const;
  std::string Person(std::string_view staff_id) const;

  // "12 分钟", "2 h 05 min".
  std::string Span(Millis span) const;

 private:
  const Lang lang_;
  std::map<std::string, std::string, std::less<>> kinds_;
  std::map<std::string, std::string, std::less<>> places_;
  std::map<std::string, std::string, std::less<>> people_;
};

// "1001-00042" of 430112001001-2026-00042: enough to tell cases apart on one board.
std::string CaseTail(std::string_view number);
// "08:30" and "07-28" at UTC+8.
std::string ClockText(Timestamp t);
std::string DayText(Timestamp t);
// Minutes and seconds up to an hour, above hours and minutes, above two days days: "12:30",
// "3h05", "4d".
std::string CountdownText(Millis left);

Timestamp FromApi(const google::protobuf::Timestamp& t);

}  // namespace lastmeter::demo
