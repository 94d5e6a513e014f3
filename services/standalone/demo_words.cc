#include "services/standalone/demo_words.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "services/common/words.h"

namespace lastmeter::demo {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

// Places of the stories and of the trickle in Latin letters; others keep their Chinese names.
const std::map<std::string_view, std::string_view> kLatin = {
    {"430112", "Wangcheng"},       {"430112001", "Gaotangling"},   {"430112001001", "Xitangjie"},
    {"430112001011", "Xinkang"},   {"430112003201", "Shuangqiao"}, {"430112006002", "Huangdugang"},
    {"430112006011", "Qifeng"},    {"430112007202", "Tengfei"},    {"430112009001", "Jinlian"},
    {"430112011202", "Baquhe"},    {"430112012204", "Guoliang"},   {"430112013201", "Pingshan"},
    {"430112101204", "Shatian"},   {"430112103202", "Xihusi"},     {"430112106207", "Xinfeng"},
    {"430112115207", "Guangming"}, {"430112107", "Qiaokou"},       {"430112107208", "Lantangsi"},
    {"430112103", "Chating"},      {"430112103001", "Meihualing"},
};

const char* FirstSet(const std::function<const char*(const char*)>& environment) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = environment(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

// "xu-guangming" as people write it.
std::string Spelled(std::string_view id) {
  std::string out;
  bool begins = true;
  for (const char ch : id) {
    if (ch == '-') {
      out += ' ';
      begins = true;
      continue;
    }
    out += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(ch))) : ch;
    begins = false;
  }
  return out;
}

}  // namespace

Lang LangOf(const std::function<const char*(const char*)>& environment) {
  return std::string_view(FirstSet(environment)).substr(0, 2) == "zh" ? Lang::kZh : Lang::kEn;
}

bool ShowsUtf8(const std::function<const char*(const char*)>& environment) {
  std::string value = FirstSet(environment);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (value.empty() || value == "c" || value == "posix") return true;
  return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
}

Words::Words(Lang lang, const lastmeter::rules::v1::Rules& rules) : lang_(lang) {
  for (const auto& kind : rules.policy().kinds()) {
    kinds_[kind.code()] = lang == Lang::kZh ? kind.name_zh() : kind.name_en();
  }
  for (const auto& area : rules.areas()) {
    const auto latin = kLatin.find(area.code());
    places_[area.code()] =
        lang == Lang::kEn && latin != kLatin.end() ? std::string(latin->second) : area.name();
  }
  for (const auto& post : rules.roster()) {
    people_[post.staff_id()] = lang == Lang::kZh ? post.name() : Spelled(post.staff_id());
  }
}

std::string_view Words::Tier(cm::Tier tier) const {
  const InWords words = TierInWords(tier);
  return words.zh.empty() ? Pick("外部单位", "outside") : Pick(words.zh, words.en);
}

std::string_view Words::Level(cm::Level level) const {
  const InWords words = LevelInWords(level);
  return words.zh.empty() ? "?" : Pick(words.zh, words.en);
}

std::string_view Words::Promise(cm::Promise promise) const {
  const InWords words = PromiseInWords(promise);
  return words.zh.empty() ? "?" : Pick(words.zh, words.en);
}

std::string_view Words::HoldReason(cm::HoldReason reason) const {
  switch (reason) {
    case cm::HOLD_REASON_HOUSEHOLD_AWAY:
      return Pick("外出未归", "nobody at home");
    case cm::HOLD_REASON_IN_HOSPITAL:
      return Pick("住院治疗", "in hospital");
    case cm::HOLD_REASON_DOCUMENTS:
      return Pick("等待材料", "waiting for papers");
    case cm::HOLD_REASON_OTHERS:
      return Pick("等待其他部门", "waiting for others");
    default:
      return "?";
  }
}

std::string_view Words::ReferralAnswer(cm::ReferralAnswer answer) const {
  switch (answer) {
    case cm::REFERRAL_ANSWER_ACCEPTED:
      return Pick("接收", "accepts");
    case cm::REFERRAL_ANSWER_REJECTED:
      return Pick("退回", "rejects");
    case cm::REFERRAL_ANSWER_WITHDRAWN:
      return Pick("已撤销", "need not answer any more");
    default:
      return "?";
  }
}

std::string_view Words::FollowUpFinding(cm::FollowUpFinding finding) const {
  switch (finding) {
    case cm::FOLLOW_UP_FINDING_STABLE:
      return Pick("生活平稳", "getting on");
    case cm::FOLLOW_UP_FINDING_TROUBLE:
      return Pick("再次遇困", "in trouble again");
    default:
      return "?";
  }
}

std::string_view Words::FollowUpEnd(ev::FollowUpEnd end) const {
  switch (end) {
    case ev::FOLLOW_UP_END_COMPLETED:
      return Pick("全部回访完成", "all visits were made");
    case ev::FOLLOW_UP_END_TROUBLE:
      return Pick("再次遇困", "in trouble again");
    case ev::FOLLOW_UP_END_REPORTED_AGAIN:
      return Pick("再次上报", "reported again");
    default:
      return "?";
  }
}

std::string_view Words::HoldEnd(ev::HoldEnd end) const {
  switch (end) {
    case ev::HOLD_END_EXPIRED:
      return Pick("到期", "its time was over");
    case ev::HOLD_END_RESUMED:
      return Pick("人工恢复", "by hand");
    case ev::HOLD_END_REPORTED_AGAIN:
      return Pick("再次上报", "reported again");
    default:
      return "?";
  }
}

std::string_view Words::Finding(cm::Finding finding) const {
  switch (finding) {
    case cm::FINDING_AS_REPORTED:
      return Pick("情况属实", "as reported");
    case cm::FINDING_WORSE:
      return Pick("比上报更严重", "worse than reported");
    case cm::FINDING_LESS:
      return Pick("轻于上报", "less than reported");
    case cm::FINDING_UNFOUNDED:
      return Pick("情况不实", "unfounded");
    default:
      return "?";
  }
}

std::string_view Words::Outcome(cm::Outcome outcome) const {
  const InWords words = OutcomeInWords(outcome);
  return words.zh.empty() ? "?" : Pick(words.zh, words.en);
}

std::string_view Words::NotALead(cm::NotALead category) const {
  const InWords words = NotALeadInWords(category);
  return words.zh.empty() ? "?" : Pick(words.zh, words.en);
}

std::string_view Words::GoalResult(cm::GoalResult result) const {
  const InWords words = GoalResultInWords(result);
  return words.zh.empty() ? "?" : Pick(words.zh, words.en);
}

std::string_view Words::PassReason(ev::PassReason reason) const {
  switch (reason) {
    case ev::PASS_REASON_NOBODY_ON_DUTY:
      return Pick("无人在岗", "nobody on duty");
    case ev::PASS_REASON_SAME_PEOPLE:
      return Pick("与已告知的是同一人", "only people asked already");
    case ev::PASS_REASON_AREA_UNKNOWN:
      return Pick("不知具体区域", "area not known that closely");
    default:
      return "?";
  }
}

std::string Words::Need(std::string_view code) const {
  static const std::map<std::string_view, std::pair<std::string_view, std::string_view>> kNeeds = {
      {"NEED_CASH", {"现金", "cash"}},
      {"NEED_GOODS", {"物资", "goods"}},
      {"NEED_VISITING", {"探访", "visiting"}},
      {"NEED_NURSING", {"护理", "nursing"}},
      {"NEED_REHABILITATION", {"康复", "rehabilitation"}},
      {"NEED_MEALS", {"助餐", "meals"}},
      {"NEED_BATHING", {"助浴", "bathing"}},
      {"NEED_MOBILITY", {"助行", "mobility"}},
      {"NEED_CLEANING", {"助洁", "cleaning"}},
      {"NEED_COUNSELLING", {"心理疏导", "counselling"}},
      {"NEED_SOCIAL_INCLUSION", {"社会融入", "social inclusion"}},
      {"NEED_SKILLS", {"技能培训", "skills"}},
      {"NEED_JOB", {"就业", "job"}},
      {"NEED_MEDICAL_REFERRAL", {"转介就医", "medical referral"}},
      {"NEED_DAY_CARE", {"日间照料", "day care"}},
  };
  const auto found = kNeeds.find(code);
  if (found == kNeeds.end()) return std::string(code);
  return std::string(Pick(found->second.first, found->second.second));
}

std::string Words::Department(std::string_view code) const {
  if (code == "health-bureau") return std::string(Pick("区卫健局", "the health bureau"));
  if (code == "disabled-federation") {
    return std::string(Pick("区残联", "the disabled persons' federation"));
  }
  return std::string(code);
}

std::string Words::Yuan(uint64_t fen) const {
  std::string text = std::to_string(fen / 100);
  if (fen % 100 != 0) text += "." + std::to_string(fen / 10 % 10) + std::to_string(fen % 10);
  return std::string(Pick("", "CNY ")) + text + std::string(Pick(" 元", ""));
}

std::string Words::Kind(std::string_view code) const {
  const auto found = kinds_.find(code);
  return found == kinds_.end() ? std::string(code) : found->second;
}

std::string Words::Place(std::string_view code) const {
  for (const size_t digits : {15u, 14u, 12u, 9u, 6u}) {
    if (digits > code.size()) continue;
    const auto found = places_.find(code.substr(0, digits));
    if (found != places_.end()) return found->second;
  }
  return std::string(code);
}

std::string Words::Village(std::string_view code) const { return Place(code.substr(0, 12)); }

std::string Words::Person(std::string_view staff_id) const {
  if (staff_id == "hotline-12345") return std::string(Pick("12345热线", "hotline 12345"));
  if (staff_id == "operator") return std::string(Pick("操作员", "the operator"));
  const auto found = people_.find(staff_id);
  return found == people_.end() ? std::string(staff_id) : found->second;
}

std::string Words::Span(Millis span) const {
  const int64_t minutes = (span.ms + 30'000) / 60'000;
  const auto say = [this](int64_t n, std::string_view zh, std::string_view en) {
    return std::to_string(n) + " " + std::string(Pick(zh, en));
  };
  if (minutes < 60) return say(minutes, "分钟", "min");
  if (minutes % 60 == 0 && minutes < 48 * 60) return say(minutes / 60, "小时", "h");
  if (minutes < 48 * 60) {
    return say(minutes / 60, "小时 ", "h ") + say(minutes % 60, "分", "min");
  }
  return say(minutes / (24 * 60), "天", "days");
}

std::string CaseTail(std::string_view number) {
  if (number.size() < 23) return std::string(number);
  return std::string(number.substr(8, 4)) + std::string(number.substr(17));
}

std::string ClockText(Timestamp t) { return FormatLocal(t).substr(11, 5); }
std::string DayText(Timestamp t) { return FormatLocal(t).substr(5, 5); }

std::string CountdownText(Millis left) {
  const int64_t seconds = std::max<int64_t>(left.ms, 0) / 1000;
  char text[32];
  if (seconds < 3600) {
    std::snprintf(text, sizeof text, "%d:%02d", static_cast<int>(seconds / 60),
                  static_cast<int>(seconds % 60));
  } else if (seconds < 48 * 3600) {
    std::snprintf(text, sizeof text, "%dh%02d", static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60));
  } else {
    std::snprintf(text, sizeof text, "%dd", static_cast<int>(seconds / 86400));
  }
  return text;
}

Timestamp FromApi(const google::protobuf::Timestamp& t) {
  return {t.seconds() * 1000 + t.nanos() / 1'000'000};
}

}  // namespace lastmeter::demo
