// What people ask of a case beside its work: take a report back, ask once more, more time.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
namespace rl = lastmeter::rules::v1;

constexpr uint32_t kWithdrawWithinMinutes = 10;
// Who is asked more often listens no more.
constexpr Millis kUrgeAgainAfter = Minutes(5);

bool IsDuration(const rl::Duration& duration) {
  return duration.amount() > 0 && rl::DurationUnit_IsValid(duration.unit()) &&
         duration.unit() != rl::DURATION_UNIT_UNSPECIFIED;
}

}  // namespace

void DecideWithdraw(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  if (context.command.actor().id() != c.reporter_id()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever reported a case may take the report back");
  }
  if (c.restricted()) {
    // Somebody may be standing beside whoever reported it.
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "a report of this kind is not taken back; a named officer looks at it");
  }
  if (IsEmpty(context.command.withdraw().reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "taking a report back needs a reason");
  }
  if (!c.handler_id().empty() || c.cycle() > 1 || c.hand_downs() > 0) {
    return Reject(draft, context, ev::REJECTION_ALREADY_ACKNOWLEDGED,
                  "somebody has taken the case on; it is closed as unfounded instead");
  }
  if (c.attached() > 0) {
    return Reject(draft, context, ev::REJECTION_REPORTED_BY_OTHERS,
                  "the household was reported again; somebody must look");
  }
  uint32_t minutes = PolicyOf(draft.state(), c).rules().policy().withdraw_within_minutes();
  if (minutes == 0) minutes = kWithdrawWithinMinutes;
  const Timestamp accepted = AcceptedAt(draft, context);
  if (accepted - Timestamp{c.accepted_at_ms()} > Minutes(minutes)) {
    return Reject(draft, context, ev::REJECTION_TOO_OLD,
                  "a report may be taken back within " + std::to_string(minutes) +
                      " minutes; the case is closed as unfounded instead");
  }
  ev::Event event;
  ev::CaseWithdrawn* withdrawn = event.mutable_case_withdrawn();
  *withdrawn->mutable_by() = context.command.actor();
  *withdrawn->mutable_reason() = context.command.withdraw().reason();
  withdrawn->set_accepted_at_ms(accepted.ms);
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  for (auto& notice : planner.NoticesToTold(ev::PURPOSE_WITHDRAWN)) {
    *withdrawn->add_notices() = std::move(notice);
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideRemind(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayRemark()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only the reporter, people told of the case, or a higher tier over its area may "
                  "ask once more");
  }
  if (c.urged_at_ms() != 0 && draft.now() - Timestamp{c.urged_at_ms()} < kUrgeAgainAfter) {
    return Reject(draft, context, ev::REJECTION_TOO_SOON,
                  "somebody asked once more less than five minutes ago");
  }
  ev::Event event;
  ev::CaseUrged* urged = event.mutable_case_urged();
  *urged->mutable_by() = context.command.actor();
  if (context.command.remind().has_text()) *urged->mutable_text() = context.command.remind().text();
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  for (auto& notice : planner.NoticesToHolder(ev::PURPOSE_REMINDER)) {
    *urged->add_notices() = std::move(notice);
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideExtend(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const auto& extend = context.command.extend();
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (authority.tier() < cm::TIER_TOWN || context.command.actor().id() == c.handler_id()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only the town or the district over the area, and never whoever holds the case, "
                  "may give more time");
  }
  if (IsEmpty(extend.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "more time needs a reason");
  }
  if (!IsDuration(extend.by())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "more time needs an amount and its unit");
  }
  const auto* clock = FindClock(c, extend.promise());
  const rl::ClockPolicy* policy =
      clock == nullptr ? nullptr : ClockPolicyOf(draft.state(), c, *clock);
  if (policy == nullptr || clock->stopped() || clock->breached() || clock->due_ms() == 0) {
    return Reject(draft, context, ev::REJECTION_NOT_RUNNING,
                  "no such promise runs: it was not made, or it is kept or broken already");
  }
  if (policy->statutory()) {
    return Reject(draft, context, ev::REJECTION_STATUTORY, "the law sets this limit");
  }
  if (clock->has_extension()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_EXTENDED,
                  "this promise was given more time already");
  }
  auto longer = *clock;
  *longer.mutable_extension() = extend.by();
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  const ev::ClockStart start = planner.Limits(longer, PausesOf(longer));
  const Timestamp latest =
      RosterOf(draft.state()).calendar().After({clock->due_ms()}, policy->within()).due;
  if (start.due_ms() <= clock->due_ms() || start.due_ms() > latest.ms) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIME,
                  "more time is at most as long as the promise itself");
  }
  ev::Event event;
  ev::ClockExtended* extended = event.mutable_clock_extended();
  *extended->mutable_by() = context.command.actor();
  *extended->mutable_extension() = extend.by();
  *extended->mutable_clock() = start;
  *extended->mutable_reason() = extend.reason();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
