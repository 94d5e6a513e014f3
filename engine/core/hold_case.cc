// A case that waits: put on hold, ended by a person, by its time, or by another report.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"
#include "engine/core/referrals.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

constexpr uint32_t kHoldAtMostDays = 30;

}  // namespace

void DecideHold(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const auto& hold = context.command.hold();
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayClose()) {
    return Reject(
        draft, context, ev::REJECTION_NOT_ALLOWED,
        "only whoever holds the case, or a higher tier over its area, may put it on hold");
  }
  if (!cm::HoldReason_IsValid(hold.reason()) || hold.reason() == cm::HOLD_REASON_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a hold needs a reason: what is waited for");
  }
  if (hold.until_ms() == 0) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "a hold needs an end");
  }
  uint32_t days = PolicyOf(draft.state(), c).rules().policy().hold_at_most_days();
  if (days == 0) days = kHoldAtMostDays;
  if (hold.until_ms() <= draft.now().ms || Timestamp{hold.until_ms()} - draft.now() > Days(days)) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIME,
                  "a hold ends later than now and within " + std::to_string(days) + " days");
  }
  if (c.hold_until_ms() != 0) {
    return Reject(draft, context, ev::REJECTION_ALREADY_ON_HOLD,
                  "the case is on hold already; resume it first");
  }
  if (c.handler_id().empty()) {
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  }
  ev::Event event;
  ev::CaseHeld* held = event.mutable_case_held();
  *held->mutable_by() = context.command.actor();
  held->set_reason(hold.reason());
  held->set_until_ms(hold.until_ms());
  if (hold.has_text()) *held->mutable_text() = hold.text();
  for (const auto& clock : c.clocks()) {
    // A hold hides no breach, not even one whose timer is still to fire, and stops no ladder that
    // has begun.
    if (clock.stopped() || clock.breached() || clock.due_ms() <= draft.now().ms) continue;
    const auto* policy = ClockPolicyOf(draft.state(), c, clock);
    if (policy != nullptr && IsPausedBy(*policy, hold.reason())) held->add_paused(clock.promise());
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void EndHold(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
             ev::HoldEnded ended) {
  const LadderPlanner planner(draft.state(), number, c, draft.now());
  for (const auto& clock : c.clocks()) {
    if (clock.stopped() || !IsPaused(clock)) continue;
    const Timestamp from{ended.ended_at_ms()};
    if (clock.promise() != cm::PROMISE_REFERRAL || c.referrals_size() < 2) {
      *ended.add_clocks() = planner.Resume(clock, from);
      continue;
    }
    *ended.add_clocks() = MoveReferrals(
        c, [&](const auto& own) { return planner.Resume(own, from); }, ended.mutable_referrals());
    // Of one that was not the earliest before, most of the time may be over.
    ev::ClockStart& earliest = *ended.mutable_clocks()->rbegin();
    earliest.set_near_due_ms(std::max(earliest.near_due_ms(), from.ms));
  }
  if (ended.reason() != ev::HOLD_END_RESUMED) {
    for (auto& notice : planner.NoticesToHolder(ev::PURPOSE_HOLD_ENDED)) {
      *ended.add_notices() = std::move(notice);
    }
  }
  ev::Event event;
  *event.mutable_hold_ended() = std::move(ended);
  draft.AddCaseEvent(number, c, std::move(event));
}

void DecideResume(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may resume it");
  }
  if (c.hold_until_ms() == 0) {
    return Reject(draft, context, ev::REJECTION_NOT_ON_HOLD, "the case is not on hold");
  }
  ev::HoldEnded ended;
  ended.set_reason(ev::HOLD_END_RESUMED);
  *ended.mutable_by() = context.command.actor();
  ended.set_ended_at_ms(draft.now().ms);
  if (context.command.resume().has_text()) *ended.mutable_text() = context.command.resume().text();
  EndHold(draft, context.number, c, std::move(ended));
}

}  // namespace lastmeter
