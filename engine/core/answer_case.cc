// People's answers to a case: acknowledge, note, close, reopen.
#include <string>

#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/incident.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

constexpr uint32_t kReopenWithinDays = 180;

// "<case number>/<n>" with a number that was given out.
bool IsNoticeOf(const CommandContext& context, const std::string& notice_id) {
  const std::string prefix = context.number.ToString() + "/";
  if (notice_id.rfind(prefix, 0) != 0) return false;
  const std::string digits = notice_id.substr(prefix.size());
  if (digits.empty() || digits.size() > 9 || !IsDigits(digits, digits.size())) return false;
  const unsigned long n = std::stoul(digits);
  return n >= 1 && n <= context.c->notices() && digits == std::to_string(n);
}

}  // namespace

void DecideAcknowledge(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const auto& acknowledge = context.command.acknowledge();
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (RejectIfClosed(draft, context)) return;
  if (!authority.MayAcknowledge() && c.handler_id() != context.command.actor().id()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  context.command.actor().id() == c.reporter_id()
                      ? "whoever reported a case may not acknowledge it"
                      : "only people told of the case, or a higher tier over its area, may "
                        "acknowledge it");
  }
  if (!acknowledge.notice_id().empty() && !IsNoticeOf(context, acknowledge.notice_id())) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_NOTICE, "the case has no such notice");
  }
  if (acknowledge.cycle() != 0 && acknowledge.cycle() != c.cycle()) {
    return Reject(draft, context, ev::REJECTION_STALE,
                  "the case is in cycle " + std::to_string(c.cycle()));
  }
  if (!c.handler_id().empty()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_ACKNOWLEDGED,
                  "already acknowledged by " + c.handler_id());
  }
  ev::Event event;
  ev::CaseAcknowledged* acknowledged = event.mutable_case_acknowledged();
  *acknowledged->mutable_by() = context.command.actor();
  acknowledged->set_tier(authority.tier() == cm::TIER_UNSPECIFIED ? HoldingTier(c)
                                                                  : authority.tier());
  acknowledged->set_notice_id(acknowledge.notice_id());
  acknowledged->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideNote(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayRemark()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only the reporter, people told of the case, or a higher tier over its area may "
                  "add a note");
  }
  if (IsEmpty(context.command.note().text())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "a note needs a text");
  }
  ev::Event event;
  *event.mutable_case_noted()->mutable_by() = context.command.actor();
  *event.mutable_case_noted()->mutable_text() = context.command.note().text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideClose(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const auto& close = context.command.close();
  const Authority authority(draft.state(), c, context.command.actor().id());
  // Nobody holds a schedule or a bulletin: the village, or a tier above, ends it.
  const bool nobodys = c.scheduled() || c.bulletin();
  if (nobodys ? authority.tier() < cm::TIER_VILLAGE : !authority.MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  nobodys ? "only the village, or a higher tier over its area, may end it"
                          : "only whoever holds the case, or a higher tier over its area, may "
                            "close it");
  }
  if (!IsClosingOutcome(close.outcome())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "closing needs an outcome, one that closing can have");
  }
  if (RejectIfStale(draft, context, close.case_version())) return;
  if (c.handler_id().empty() && !nobodys) {
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  }
  if (RejectIfUnfinished(draft, context, "closing")) return;
  if (close.outcome() == cm::OUTCOME_NEED_MET &&
      RejectIfGoalOpen(draft, context, "closing with the need met")) {
    return;
  }
  if (RejectIfMergeUnderWay(draft, context, "closing")) return;
  EndDigests(draft, context.number, c);
  ev::Event event;
  ev::CaseClosed* closed = event.mutable_case_closed();
  *closed->mutable_by() = context.command.actor();
  closed->set_outcome(close.outcome());
  if (close.has_text()) *closed->mutable_text() = close.text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideReopen(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const PartitionState& state = draft.state();
  if (!c.closed()) {
    return Reject(draft, context, ev::REJECTION_NOT_CLOSED, "the case is open");
  }
  const Authority authority(state, c, context.command.actor().id());
  if (!authority.MayReopen()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only the village or a higher tier over the area may reopen a case");
  }
  if (IsEmpty(context.command.reopen().reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "reopening needs a reason");
  }
  uint32_t days = RosterOf(state).rules().policy().reopen_within_days();
  if (days == 0) days = kReopenWithinDays;
  if (draft.now() - Timestamp{c.closed_at_ms()} > Days(days)) {
    return Reject(draft, context, ev::REJECTION_TOO_OLD,
                  "closed more than " + std::to_string(days) + " days ago; file a new report");
  }
  BeginCycle(draft, context.number, c, context.command.actor(), &context.command.reopen().reason());
}

void BeginCycle(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
                const cm::Actor& by, const cm::PersonalText* reason) {
  const PartitionState& state = draft.state();
  // Planned as the new cycle will stand: by the rules in force, with nobody asked.
  auto plan = c;
  plan.set_rules_ordinal(state.meta().rules_ordinal());
  plan.clear_clocks();
  plan.clear_handler_id();
  const LadderPlanner planner(state, number, plan, draft.now());
  cm::Tier enter_at = RosterOf(state).EntryTier(c.reporter_tier());
  if (c.restricted()) enter_at = std::max(enter_at, cm::TIER_TOWN);
  auto climb = planner.Plan(cm::PROMISE_ACKNOWLEDGE, 1, enter_at);
  const bool direct = climb.passed.empty() && !climb.fallback;

  ev::Event event;
  ev::CaseReopened* reopened = event.mutable_case_reopened();
  *reopened->mutable_by() = by;
  reopened->set_cycle(c.cycle() + 1);
  if (reason != nullptr) *reopened->mutable_reason() = *reason;
  reopened->set_rules_ordinal(plan.rules_ordinal());
  for (auto& clock : planner.StartClocks(draft.now())) *reopened->add_clocks() = std::move(clock);
  if (direct) *reopened->mutable_turn() = *std::move(climb.turn);
  draft.AddCaseEvent(number, c, std::move(event));
  if (!direct) AddClimb(draft, number, c, std::move(climb));
}

}  // namespace lastmeter
