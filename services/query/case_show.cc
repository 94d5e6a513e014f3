// A case as it stands at a moment, and the times that go with it.
#include <algorithm>

#include "engine/core/case_applier.h"
#include "engine/core/referrals.h"
#include "services/query/case_fold.h"

namespace lastmeter::query {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
using lastmeter::view::v1::CaseRow;

namespace {

api::Lamp LampOf(int64_t near, int64_t due, int64_t twice, int64_t now) {
  if (now >= twice) return api::LAMP_OVERDUE_TWICE;
  if (now >= due) return api::LAMP_OVERDUE;
  if (now >= near) return api::LAMP_NEAR_DUE;
  return api::LAMP_ON_TIME;
}

}  // namespace

bool Runs(const api::ClockView& clock) {
  return clock.state() == api::CLOCK_STATE_RUNNING || clock.state() == api::CLOCK_STATE_BREACHED;
}

google::protobuf::Timestamp ToProtoTime(int64_t ms) {
  google::protobuf::Timestamp time;
  int64_t seconds = ms / 1000;
  int64_t rest = ms % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  time.set_seconds(seconds);
  time.set_nanos(static_cast<int32_t>(rest * 1'000'000));
  return time;
}

int64_t FromProtoTime(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

int64_t OverdueAt(const CaseRow& row) {
  int64_t at = kNeverOverdue;
  if (row.shown().has_closed_at()) return at;
  if (row.answer_due_ms() > 0) at = row.answer_due_ms();
  for (const auto& clock : row.shown().clocks()) {
    if (Runs(clock) && clock.has_due_at()) at = std::min(at, FromProtoTime(clock.due_at()));
  }
  return at;
}

namespace {

// What only time has changed: referrals that nobody has answered, goals that nobody has recorded.
void ShowExpired(const CaseRow& row, Timestamp now, api::Case* shown) {
  for (auto& referral : *shown->mutable_referrals()) {
    if (referral.state() == api::REFERRAL_STATE_OFFERED &&
        HasExpired(FindReferral(row.planned(), referral.to()), now)) {
      referral.set_state(api::REFERRAL_STATE_EXPIRED);
    }
  }
  for (auto& goal : *shown->mutable_goals()) {
    goal.set_overdue(goal.result() == cm::GOAL_RESULT_UNSPECIFIED &&
                     FromProtoTime(goal.due_at()) < now.ms);
  }
}

}  // namespace

bool HasExpired(const lastmeter::state::v1::Referral* referral, Timestamp now) {
  return referral != nullptr && referral->clock().due_ms() != 0 && !IsPaused(referral->clock()) &&
         referral->clock().due_ms() < now.ms;
}

api::Case Show(const CaseRow& row, Timestamp now) {
  api::Case shown = row.shown();
  if (shown.has_closed_at()) return shown;
  ShowExpired(row, now, &shown);
  api::Lamp worst = api::LAMP_ON_TIME;
  for (auto& clock : *shown.mutable_clocks()) {
    if (!Runs(clock)) continue;
    if (clock.promise() == cm::PROMISE_ACKNOWLEDGE) {
      if (row.answer_due_ms() == 0) continue;
      *clock.mutable_near_due_at() = ToProtoTime(row.answer_near_ms());
      *clock.mutable_due_at() = ToProtoTime(row.answer_due_ms());
      if (row.answer_due_ms() <= now.ms) {
        *clock.mutable_twice_due_at() = ToProtoTime(row.answer_twice_ms());
      }
      clock.set_lamp(
          LampOf(row.answer_near_ms(), row.answer_due_ms(), row.answer_twice_ms(), now.ms));
    } else {
      // Before the breach nobody has computed when the red card comes.
      const bool red = clock.has_twice_due_at() && !clock.outage();
      const int64_t twice = red ? FromProtoTime(clock.twice_due_at()) : kNeverOverdue;
      clock.set_lamp(
          LampOf(FromProtoTime(clock.near_due_at()), FromProtoTime(clock.due_at()), twice, now.ms));
    }
    worst = std::max(worst, clock.lamp());
  }
  shown.set_lamp(worst);
  shown.set_overdue(OverdueAt(row) <= now.ms);
  return shown;
}

}  // namespace lastmeter::query
