#include "tools/ctl/names.h"

#include <algorithm>

#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "services/common/words.h"
#include "tools/ctl/server.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

}  // namespace

Names::Names(Lang lang, const lastmeter::rules::v1::Rules& rules) : lang_(lang) {
  for (const auto& kind : rules.policy().kinds()) {
    kinds_[kind.code()] = Pick(kind.name_zh(), kind.name_en());
  }
  for (const auto& area : rules.areas()) {
    places_[area.code()] = area.name();
    if (area.tier() == cm::TIER_TOWN) towns_.push_back(area.code());
  }
  for (const auto& post : rules.roster()) people_.emplace(post.staff_id(), post.name());
}

std::string Names::Tier(cm::Tier tier) const {
  const InWords words = TierInWords(tier);
  return words.zh.empty() ? Pick("未定", "none") : Pick(words.zh, words.en);
}

std::string Names::Level(cm::Level level) const {
  const InWords words = LevelInWords(level);
  return words.zh.empty() ? cm::Level_Name(level) : Pick(words.zh, words.en);
}

std::string Names::Promise(cm::Promise promise) const {
  // One that a newer server makes is shown by its code.
  const InWords words = PromiseInWords(promise);
  return words.zh.empty() ? cm::Promise_Name(promise) : Pick(words.zh, words.en);
}

std::string Names::Outcome(cm::Outcome outcome) const {
  if (outcome == cm::OUTCOME_UNSPECIFIED) return {};
  const InWords words = OutcomeInWords(outcome);
  return words.zh.empty() ? cm::Outcome_Name(outcome) : Pick(words.zh, words.en);
}

std::string Names::Status(api::CaseStatus status) const {
  switch (status) {
    case api::CASE_STATUS_REPORTED:
      return Pick("待签收", "reported");
    case api::CASE_STATUS_ACKNOWLEDGED:
      return Pick("已签收", "acknowledged");
    case api::CASE_STATUS_VERIFIED:
      return Pick("已核实", "verified");
    case api::CASE_STATUS_IN_SERVICE:
      return Pick("帮扶中", "in service");
    case api::CASE_STATUS_FOLLOW_UP:
      return Pick("回访中", "followed up");
    case api::CASE_STATUS_BULLETIN:
      return Pick("宣传中", "bulletin");
    case api::CASE_STATUS_SCHEDULED:
      return Pick("待认证", "scheduled");
    case api::CASE_STATUS_CLOSED:
      return Pick("结案", "closed");
    default:
      return api::CaseStatus_Name(status);
  }
}

std::string Names::Kind(const std::string& code) const {
  const auto found = kinds_.find(code);
  return found == kinds_.end() || found->second.empty() ? code : found->second;
}

std::string Names::Place(std::string_view code) const {
  for (const size_t digits : {15, 14, 12, 9, 6}) {
    if (digits > code.size()) continue;
    const auto found = places_.find(code.substr(0, digits));
    if (found != places_.end()) return found->second;
  }
  return std::string(code);
}

std::string Names::Town(std::string_view code) const {
  return code.size() < 9 ? std::string() : Place(code.substr(0, 9));
}

std::string Names::Person(const std::string& staff_id) const {
  const auto found = people_.find(staff_id);
  return found == people_.end() || found->second.empty() ? staff_id : found->second;
}

std::string Names::Project(const std::string& code) const {
  const InWords words = ProjectInWords(code);
  return words.zh.empty() ? code : Pick(words.zh, words.en);
}

absl::Status CheckArea(const lastmeter::rules::v1::Rules& rules, const std::string& area) {
  const bool code = std::all_of(area.begin(), area.end(), [](char c) {
    return IsDigits({&c, 1}, 1);
  });
  if (area.size() < 6 || !code || rules.areas().empty()) return absl::OkStatus();
  const bool listed = std::any_of(rules.areas().begin(), rules.areas().end(),
                                  [&](const auto& one) { return one.code() == area; });
  if (listed) return absl::OkStatus();
  return absl::InvalidArgumentError("the rules have no area " + area);
}

absl::StatusOr<lastmeter::rules::v1::Rules> RulesOf(Session& session) {
  api::RulesInForce in_force;
  const absl::Status status = session.Get("/v1/rules", &in_force);
  if (!status.ok() && status.code() != absl::StatusCode::kNotFound) return status;
  return in_force.rules();
}

Lang LangOf(std::string_view word) { return word == "en" ? Lang::kEn : Lang::kZh; }

}  // namespace lastmeter::ctl
