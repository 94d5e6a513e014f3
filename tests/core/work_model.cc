#include "tests/core/work_model.h"

#include <algorithm>
#include <map>

#include "tests/core/rig_people.h"

namespace lastmeter {

WorkModel::WorkModel(const command::v1::PlanWork& plan, int64_t notice_ms, Timestamp now)
    : visit_(plan.kind() == common::v1::WORK_KIND_VISIT),
      first_from_ms_(plan.from_ms()),
      length_ms_(plan.until_ms() - plan.from_ms()),
      step_ms_(Days(plan.every_days()).ms),
      notice_ms_(notice_ms),
      assignee_(plan.assignee()),
      who_(plan.times() == 0 ? 1 : plan.times(), plan.assignee()) {
  Open(1, now);
}

void WorkModel::Open(uint32_t turn, Timestamp now) {
  present_ = turn;
  begun_ = false;
  told_ = false;
  since_ms_ = now.ms;
}

bool WorkModel::HasTurn(const std::string& who) const {
  return std::find(who_.begin() + (present_ - 1), who_.end(), who) != who_.end();
}

bool WorkModel::Agrees(const state::v1::Work& kept) const {
  if (kept.turn() != present_ || kept.started() != begun_ || kept.overdue() != undone_ ||
      kept.from_ms() != from_ms(present_) || kept.until_ms() != until_ms(present_)) {
    return false;
  }
  std::map<uint32_t, std::string> has{{present_, kept.worker()}};
  for (const auto& claim : kept.claims()) {
    if (!has.emplace(claim.turn(), claim.staff_id()).second) return false;
  }
  for (uint32_t turn = present_; turn <= turns(); ++turn) {
    const auto it = has.find(turn);
    if ((it == has.end() ? kept.assignee() : it->second) != WhoHas(turn)) return false;
  }
  return true;
}

bool WorkModel::IsToCome(uint32_t turn) const { return turn >= present_ && turn <= turns(); }

bool WorkModel::MayClaim(const std::string& who, uint32_t turn) const {
  return rig::PersonOf(who).helps && IsToCome(turn) && !undone_ && WhoHas(turn).empty();
}

bool WorkModel::MayHandBack(const std::string& who, bool decides, uint32_t turn) const {
  if (!IsToCome(turn) || undone_ || WhoHas(turn).empty()) return false;
  return WhoHas(turn) == who || decides;
}

bool WorkModel::MayStart(const std::string& who, uint32_t turn, Timestamp now) const {
  if (turn != present_ || begun_ || undone_ || now.ms < earliest_start_ms()) return false;
  return WhoHas(turn) == who || (WhoHas(turn).empty() && rig::PersonOf(who).helps);
}

bool WorkModel::MayFinish(const std::string& who, bool decides, uint32_t turn) const {
  if (turn != present_ || !(begun_ || undone_)) return false;
  return WhoHas(turn) == who || decides;
}

void WorkModel::Claim(const std::string& who, uint32_t turn, Timestamp now) {
  Who(turn) = who;
  if (turn == present_) since_ms_ = now.ms;
}

void WorkModel::HandBack(uint32_t turn, Timestamp now) {
  Who(turn).clear();
  if (turn == present_) Open(turn, now);
}

void WorkModel::Start(const std::string& who, Timestamp now) {
  Who(present_) = who;
  since_ms_ = now.ms;
  begun_ = true;
}

bool WorkModel::Finish(Timestamp now) {
  if (present_ == turns()) return false;
  Open(present_ + 1, now);
  return true;
}

std::optional<WorkModel::Instant> WorkModel::Next() const {
  if (undone_) return std::nullopt;
  Instant next{until_ms(present_), What::kMissed};
  if (begun_) return next;
  if (WhoHas(present_).empty()) {
    if (!told_) next = std::min(next, {std::max(earliest_start_ms(), since_ms_), What::kTold});
  } else if (!visit_ && since_ms_ < middle_ms(present_)) {
    next = std::min(next, {middle_ms(present_), What::kLapsed});
  }
  return next;
}

void WorkModel::Happen(What what, Timestamp now) {
  if (what == What::kMissed) {
    undone_ = present_ == turns();
    if (!undone_) Open(present_ + 1, now);
    return;
  }
  // A lapse is told, too: nobody is told of the same emptiness again.
  told_ = true;
  if (what == What::kLapsed) Who(present_).clear();
}

bool IsGoodPlan(const command::v1::PlanWork& plan, Timestamp now) {
  const bool visit = plan.kind() == common::v1::WORK_KIND_VISIT;
  if (!visit && plan.kind() != common::v1::WORK_KIND_SERVICE) return false;
  // A visit has somebody who goes, a service says what is brought.
  if (visit ? plan.assignee().empty() || !plan.service().empty() : plan.service().empty()) {
    return false;
  }
  if (!plan.assignee().empty() && !rig::PersonOf(plan.assignee()).helps) return false;
  const int64_t length = plan.until_ms() - plan.from_ms();
  if (plan.from_ms() <= now.ms || length <= 0 || length > Days(7).ms) return false;
  return plan.times() <= 1 || Days(plan.every_days()).ms >= length;
}

}  // namespace lastmeter
