#include "tests/core/care_model.h"

#include <algorithm>

#include "tests/core/machine_rig.h"
#include "tests/core/rig_people.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;

void PromiseModel::Make(int64_t start_ms, int64_t limit_ms) {
  *this = {};
  if (limit_ms == 0) return;
  runs = true;
  near_ms = start_ms + limit_ms / 10 * 7;
  due_ms = start_ms + limit_ms;
}

void PromiseModel::StandStill(int64_t now_ms) {
  if (runs && !broken && due_ms > now_ms) stands_since_ms = now_ms;
}

// What lay ahead when it stood still lies as far ahead now.
void PromiseModel::GoOn(int64_t end_ms) {
  if (stands_since_ms == 0) return;
  const int64_t stood = end_ms - stands_since_ms;
  if (due_ms > stands_since_ms) due_ms += stood;
  if (near_ms > stands_since_ms && !near_told) near_ms += stood;
  stands_since_ms = 0;
}

bool CareModel::MayFollowUp(uint32_t visits) const {
  return open && !handler.empty() && visits >= 1 && visits <= 24 && !followed_up() &&
         hold_until_ms == 0 && !papers_owed && !referred &&
         RigLimitMs(level, cm::PROMISE_FOLLOW_UP) != 0;
}

bool CareModel::MayReopen(const std::string& who, int64_t now_ms) const {
  return !open && rig::PersonOf(who).rank >= 3 && now_ms - closed_at_ms <= Days(180).ms;
}

void CareModel::Refer(int64_t start_ms) {
  referred = true;
  const int64_t limit = RigLimitMs(level, cm::PROMISE_REFERRAL);
  if (limit != 0) referral.Make(start_ms, limit);
  StandStillFromBegin(referral, cm::HOLD_REASON_OTHERS, start_ms);
}

void CareModel::AnswerReferral() {
  referred = false;
  referral = {};
}

void CareModel::BeginFollowUp(uint32_t visits, int64_t start_ms) {
  visits_left = visits;
  follow_up.Make(start_ms, RigLimitMs(level, cm::PROMISE_FOLLOW_UP));
}

bool CareModel::RecordFollowUp(bool trouble, int64_t start_ms) {
  ++visits_made;
  --visits_left;
  if (trouble || visits_left == 0) return true;
  follow_up.Make(start_ms, RigLimitMs(level, cm::PROMISE_FOLLOW_UP));
  StandStillFromBegin(follow_up, cm::HOLD_REASON_IN_HOSPITAL, start_ms);
  return false;
}

void CareModel::Hold(cm::HoldReason reason, int64_t until_ms, int64_t now_ms) {
  hold_reason = reason;
  hold_until_ms = until_ms;
  if (reason == cm::HOLD_REASON_OTHERS) referral.StandStill(now_ms);
  if (reason == cm::HOLD_REASON_IN_HOSPITAL) follow_up.StandStill(now_ms);
}

// What is promised while the case waits for that waits with it.
void CareModel::StandStillFromBegin(PromiseModel& promise, cm::HoldReason reason,
                                    int64_t start_ms) {
  if (hold_until_ms != 0 && hold_reason == reason) promise.StandStill(start_ms);
}

void CareModel::EndHold(int64_t end_ms) {
  hold_until_ms = 0;
  referral.GoOn(end_ms);
  follow_up.GoOn(end_ms);
}

void CareModel::End(int64_t now_ms) {
  open = false;
  closed_at_ms = now_ms;
  hold_until_ms = 0;
  visits_left = 0;
  papers_owed = false;
  referral = {};
  follow_up = {};
}

void CareModel::BeginCycle() {
  open = true;
  ++cycle;
  handler.clear();
  verified = relieved = false;
  visits_made = 0;
}

std::optional<CareModel::Instant> CareModel::Next() const {
  std::optional<Instant> next;
  const auto add = [&](int64_t at_ms, What what) {
    const Instant one{at_ms, what};
    if (!next || one < *next) next = one;
  };
  if (!open) return next;
  if (hold_until_ms != 0) add(hold_until_ms, What::kHoldEnds);
  if (referral.CanBreak()) {
    if (!referral.near_told) add(referral.near_ms, What::kReferralNear);
    add(referral.due_ms, What::kReferralBroken);
  }
  if (follow_up.CanBreak()) {
    if (!follow_up.near_told) add(follow_up.near_ms, What::kFollowUpNear);
    add(follow_up.due_ms, What::kFollowUpBroken);
  }
  return next;
}

void CareModel::Happen(What what) {
  switch (what) {
    case What::kReferralNear:
      referral.near_told = true;
      return;
    case What::kReferralBroken:
      referral.broken = true;
      return;
    case What::kFollowUpNear:
      follow_up.near_told = true;
      return;
    case What::kFollowUpBroken:
      follow_up.broken = true;
      return;
    case What::kHoldEnds:
      return EndHold(hold_until_ms);
  }
}

}  // namespace lastmeter
