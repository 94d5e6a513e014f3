#include "tools/ctl/names.h"

#include "engine/base/status.h"
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
}

std::string Names::Tier(cm::Tier tier) const {
  switch (tier) {
    case cm::TIER_GRID:
      return Pick("网格员", "grid worker");
    case cm::TIER_GROUP:
      return Pick("组", "group");
    case cm::TIER_VILLAGE:
      return Pick("村（社区）", "village");
    case cm::TIER_TOWN:
      return Pick("镇（街道）", "town");
    case cm::TIER_DISTRICT:
      return Pick("区", "district");
    default:
      return Pick("未定", "none");
  }
}

std::string Names::Level(cm::Level level) const {
  switch (level) {
    case cm::LEVEL_CRITICAL:
      return Pick("特急", "critical");
    case cm::LEVEL_URGENT:
      return Pick("紧急", "urgent");
    case cm::LEVEL_ORDINARY:
      return Pick("一般", "ordinary");
    case cm::LEVEL_ATTENTION:
      return Pick("关注", "attention");
    default:
      return cm::Level_Name(level);
  }
}

std::string Names::Promise(cm::Promise promise) const {
  switch (promise) {
    case cm::PROMISE_ACKNOWLEDGE:
      return Pick("签收", "acknowledgement");
    case cm::PROMISE_VERIFY:
      return Pick("入户核实", "verifying at home");
    case cm::PROMISE_FIRST_RELIEF:
      return Pick("先行救助", "first relief");
    case cm::PROMISE_PAPERWORK:
      return Pick("补办手续", "paperwork");
    case cm::PROMISE_FOLLOW_UP:
      return Pick("回访", "following up");
    case cm::PROMISE_REFERRAL:
      return Pick("转介答复", "referral's answer");
    case cm::PROMISE_CERTIFICATION:
      return Pick("生存认证", "certification");
    case cm::PROMISE_RESOLVE:
      return Pick("办结", "closing");
    default:
      // One that a newer server makes.
      return cm::Promise_Name(promise);
  }
}

std::string Names::Outcome(cm::Outcome outcome) const {
  switch (outcome) {
    case cm::OUTCOME_UNSPECIFIED:
      return {};
    case cm::OUTCOME_NEED_MET:
      return Pick("困难已解决", "need met");
    case cm::OUTCOME_PARTLY_MET:
      return Pick("部分解决", "partly met");
    case cm::OUTCOME_TRANSFERRED:
      return Pick("已转办", "transferred");
    case cm::OUTCOME_DECEASED:
      return Pick("已去世", "deceased");
    case cm::OUTCOME_MOVED:
      return Pick("已迁出", "moved");
    case cm::OUTCOME_REFUSED:
      return Pick("本人拒绝", "refused");
    case cm::OUTCOME_NOT_ELIGIBLE:
      return Pick("不符合条件", "not eligible");
    case cm::OUTCOME_UNFOUNDED:
      return Pick("情况不实", "unfounded");
    case cm::OUTCOME_LOST_CONTACT:
      return Pick("失去联系", "lost contact");
    case cm::OUTCOME_WITHDRAWN:
      return Pick("撤回", "withdrawn");
    case cm::OUTCOME_MERGED:
      return Pick("并案", "merged");
    default:
      return cm::Outcome_Name(outcome);
  }
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

absl::StatusOr<lastmeter::rules::v1::Rules> RulesOf(Session& session) {
  api::RulesInForce in_force;
  const absl::Status status = session.Get("/v1/rules", &in_force);
  if (!status.ok() && status.code() != absl::StatusCode::kNotFound) return status;
  return in_force.rules();
}

Lang LangOf(std::string_view word) { return word == "en" ? Lang::kEn : Lang::kZh; }

}  // namespace lastmeter::ctl
