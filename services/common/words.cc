#include "services/common/words.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;

InWords TierInWords(cm::Tier tier) {
  switch (tier) {
    case cm::TIER_GRID:
      return {"网格员", "grid worker"};
    case cm::TIER_GROUP:
      return {"组", "group"};
    case cm::TIER_VILLAGE:
      return {"村（社区）", "village"};
    case cm::TIER_TOWN:
      return {"镇（街道）", "town"};
    case cm::TIER_DISTRICT:
      return {"区", "district"};
    default:
      return {};
  }
}

InWords LevelInWords(cm::Level level) {
  switch (level) {
    case cm::LEVEL_CRITICAL:
      return {"特急", "critical"};
    case cm::LEVEL_URGENT:
      return {"紧急", "urgent"};
    case cm::LEVEL_ORDINARY:
      return {"一般", "ordinary"};
    case cm::LEVEL_ATTENTION:
      return {"关注", "attention"};
    default:
      return {};
  }
}

InWords PromiseInWords(cm::Promise promise) {
  switch (promise) {
    case cm::PROMISE_ACKNOWLEDGE:
      return {"签收", "acknowledgement"};
    case cm::PROMISE_FIRST_RELIEF:
      return {"先行救助", "first relief"};
    case cm::PROMISE_RESOLVE:
      return {"办结", "closing"};
    case cm::PROMISE_VERIFY:
      return {"入户核实", "verifying at home"};
    case cm::PROMISE_PAPERWORK:
      return {"补办手续", "paperwork"};
    case cm::PROMISE_FOLLOW_UP:
      return {"回访", "following up"};
    case cm::PROMISE_REFERRAL:
      return {"转介答复", "the referral's answer"};
    case cm::PROMISE_CERTIFICATION:
      return {"生存认证", "certification"};
    default:
      return {};
  }
}

InWords OutcomeInWords(cm::Outcome outcome) {
  switch (outcome) {
    case cm::OUTCOME_NEED_MET:
      return {"困难已解决", "need met"};
    case cm::OUTCOME_PARTLY_MET:
      return {"部分解决", "partly met"};
    case cm::OUTCOME_TRANSFERRED:
      return {"已转办", "transferred"};
    case cm::OUTCOME_DECEASED:
      return {"已去世", "deceased"};
    case cm::OUTCOME_MOVED:
      return {"已迁出", "moved"};
    case cm::OUTCOME_REFUSED:
      return {"本人拒绝", "refused"};
    case cm::OUTCOME_NOT_ELIGIBLE:
      return {"不符合条件", "not eligible"};
    case cm::OUTCOME_UNFOUNDED:
      return {"情况不实", "unfounded"};
    case cm::OUTCOME_LOST_CONTACT:
      return {"失去联系", "lost contact"};
    case cm::OUTCOME_WITHDRAWN:
      return {"撤回", "withdrawn"};
    case cm::OUTCOME_MERGED:
      return {"并案", "merged"};
    case cm::OUTCOME_SCREENED_OUT:
      return {"甄别排除", "screened out"};
    default:
      return {};
  }
}

InWords NotALeadInWords(cm::NotALead category) {
  switch (category) {
    case cm::NOT_A_LEAD_ANSWERED:
      return {"咨询已答复", "a question, answered"};
    case cm::NOT_A_LEAD_OTHERS:
      return {"其他单位或区域事项", "another office's matter"};
    case cm::NOT_A_LEAD_SETTLED:
      return {"已办结事项重复上报", "settled before"};
    case cm::NOT_A_LEAD_TEST:
      return {"测试上报", "a test"};
    case cm::NOT_A_LEAD_NONSENSE:
      return {"无效信息", "nothing to act on"};
    default:
      return {};
  }
}

InWords GoalResultInWords(cm::GoalResult result) {
  switch (result) {
    case cm::GOAL_RESULT_REACHED:
      return {"达成", "reached"};
    case cm::GOAL_RESULT_PARTLY:
      return {"部分达成", "partly reached"};
    case cm::GOAL_RESULT_DROPPED:
      return {"放弃", "dropped"};
    default:
      return {};
  }
}

InWords ProjectInWords(std::string_view code) {
  if (code == "xinghuo") return {"星火救助", "Spark relief"};
  return {};
}

}  // namespace lastmeter
