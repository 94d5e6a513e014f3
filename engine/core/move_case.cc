// Moves a case by hand: raise a tier or the level, hand down.
#include <algorithm>

#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;

// From this hand-down on the district is told of each.
constexpr uint32_t kHandDownsBeforeDistrict = 3;

// Rounds of acknowledgement in this cycle.
uint32_t AskedRounds(const Case& c) {
  const auto* clock = FindClock(c, cm::PROMISE_ACKNOWLEDGE);
  return clock == nullptr ? 0 : clock->round();
}

void RaiseTier(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& raise = context.command.raise();
  const cm::Tier from = HoldingTier(c);
  if (!cm::Tier_IsValid(raise.to_tier()) || raise.to_tier() <= from) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIER,
                  "a case is raised to a tier above the one that holds it");
  }
  const uint32_t before = AskedRounds(c);
  // Whoever has it was asked in the round before; a case that joined an incident was in none.
  const uint32_t round = before + (c.handler_id().empty() && before > 0 ? 0 : 1);
  auto climb = LadderPlanner(draft.state(), context.number, c, draft.now())
                   .Plan(cm::PROMISE_ACKNOWLEDGE, round, raise.to_tier());
  if (!climb.turn) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIER,
                  "everybody above has been asked already");
  }
  AddPassed(draft, context.number, c, climb.passed);
  ev::Event event;
  ev::CaseEscalated* escalated = event.mutable_case_escalated();
  escalated->set_from_tier(from);
  escalated->set_reason(ev::CLIMB_REASON_RAISED);
  *escalated->mutable_turn() = *std::move(climb.turn);
  escalated->set_by(context.command.actor().id());
  *escalated->mutable_reason_text() = raise.reason();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace

void RaiseLevel(Draft& draft, const CaseNumber& number, Case& c, cm::Level to,
                const std::string& by, const cm::PersonalText* reason) {
  const PartitionState& state = draft.state();
  Case plan = c;
  plan.set_level(to);
  const LadderPlanner planner(state, number, plan, draft.now());
  ev::Event event;
  ev::LevelRaised* raised = event.mutable_level_raised();
  raised->set_from(c.level());
  raised->set_to(to);
  raised->set_by(by);
  if (reason != nullptr) *raised->mutable_reason() = *reason;
  for (const auto& clock : c.clocks()) {
    if (clock.stopped() || clock.exhausted() || clock.tier() == cm::TIER_UNSPECIFIED) continue;
    const Deadline limit = planner.LimitOf(clock.promise(), clock.tier(), draft.now());
    if (limit.due.ms >= clock.turn_due_ms()) continue;
    ev::Turn* turn = raised->add_turns();
    turn->set_promise(clock.promise());
    turn->set_round(clock.round());
    turn->set_tier(clock.tier());
    turn->set_entered_at_ms(draft.now().ms);
    turn->set_due_ms(limit.due.ms);
    turn->set_provisional(limit.provisional);
  }
  for (const auto& start : planner.StartClocks(draft.now())) {
    const auto* clock = FindClock(c, start.promise());
    if (clock == nullptr) {
      // Nobody promises what was done already.
      const bool kept = c.follow_ups_left() > 0 ||
                        (start.promise() == cm::PROMISE_FIRST_RELIEF && c.relieved()) ||
                        (start.promise() == cm::PROMISE_VERIFY && c.verified());
      if (!kept) *raised->add_clocks() = start;
    } else if (!clock->stopped() && !clock->breached() && start.due_ms() < clock->due_ms()) {
      *raised->add_clocks() = start;
    }
  }
  draft.AddCaseEvent(number, c, std::move(event));
}

void DecideRaise(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& raise = context.command.raise();
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayRemark()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only the reporter, people told of the case, or a higher tier over its area may "
                  "raise it");
  }
  if (IsEmpty(raise.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "raising needs a reason");
  }
  const bool to_tier = raise.to_tier() != cm::TIER_UNSPECIFIED;
  const bool to_level = raise.to_level() != cm::LEVEL_UNSPECIFIED;
  if (to_tier == to_level) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "raise either to a tier or to a level");
  }
  // Its promise is the next visit's, by the level that gave it.
  if (to_level && RejectIfFollowedUp(draft, context)) return;
  if (to_tier) return RaiseTier(draft, context);
  if (!cm::Level_IsValid(raise.to_level()) || raise.to_level() >= c.level()) {
    return Reject(draft, context, ev::REJECTION_WRONG_LEVEL,
                  "a level is raised to a more urgent one only");
  }
  RaiseLevel(draft, context.number, c, raise.to_level(), context.command.actor().id(),
             &raise.reason());
}

void DecideHandDown(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& down = context.command.hand_down();
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayWorkOn() || authority.tier() == cm::TIER_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may hand it down");
  }
  if (IsEmpty(down.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "handing down needs a reason");
  }
  if (RejectIfStale(draft, context, down.case_version())) return;
  if (!cm::Tier_IsValid(down.to_tier()) || down.to_tier() == cm::TIER_UNSPECIFIED ||
      down.to_tier() >= authority.tier() || (c.restricted() && down.to_tier() < cm::TIER_TOWN)) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIER,
                  "a case is handed to a tier below one's own, and a restricted one never below "
                  "the town");
  }
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  auto climb = planner.Plan(cm::PROMISE_ACKNOWLEDGE, AskedRounds(c) + 1, down.to_tier());
  const bool direct = climb.passed.empty() && !climb.fallback;
  ev::Event event;
  ev::CaseHandedDown* handed = event.mutable_case_handed_down();
  *handed->mutable_by() = context.command.actor();
  handed->set_from_tier(authority.tier());
  handed->set_to_tier(down.to_tier());
  handed->set_count(c.hand_downs() + 1);
  *handed->mutable_reason() = down.reason();
  if (direct) *handed->mutable_turn() = *std::move(climb.turn);
  draft.AddCaseEvent(context.number, c, std::move(event));
  if (!direct) AddClimb(draft, context.number, c, std::move(climb), down.to_tier());
  if (c.hand_downs() >= kHandDownsBeforeDistrict) {
    ev::Event told;
    told.mutable_district_told()->set_reason("third_hand_down");
    const LadderPlanner now(draft.state(), context.number, c, draft.now());
    for (auto& notice : now.NoticesAtTop(ev::PURPOSE_ATTENTION)) {
      *told.mutable_district_told()->add_notices() = std::move(notice);
    }
    draft.AddCaseEvent(context.number, c, std::move(told));
  }
}

void DecideReassign(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const PartitionState& state = draft.state();
  const auto& reassign = context.command.reassign();
  if (RejectIfClosed(draft, context)) return;
  const std::string& actor = context.command.actor().id();
  const RulesView& roster = RosterOf(state);
  if (Authority(state, c, actor).tier() < cm::TIER_TOWN) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only the town or the district over its area may make another area responsible");
  }
  if (IsEmpty(reassign.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "reassigning needs a reason");
  }
  if (!roster.KnowsArea(reassign.area()) || reassign.area() == c.area() ||
      roster.CurrentArea(reassign.area()) != reassign.area()) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_AREA,
                  "reassigning needs the code of another area that the rules list");
  }
  if (roster.TierOver(actor, reassign.area()) < cm::TIER_TOWN) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "that area is not under your town; the district may reassign the case");
  }
  if (RejectIfStale(draft, context, reassign.case_version())) return;
  const std::string from_area = c.area();
  const auto left =
      LadderPlanner(state, context.number, c, draft.now()).NoticesToHolder(ev::PURPOSE_REASSIGNED);
  // Planned as the case will stand: there, with nobody asked.
  c.set_area(reassign.area());
  cm::Tier enter_at = roster.EntryTier(c.reporter_tier());
  if (c.restricted()) enter_at = std::max(enter_at, cm::TIER_TOWN);
  const uint32_t round = AskedRounds(c) + 1;
  Case plan = c;
  plan.set_notices(c.notices() + static_cast<uint32_t>(left.size()));
  auto climb = LadderPlanner(state, context.number, plan, draft.now())
                   .Plan(cm::PROMISE_ACKNOWLEDGE, round, enter_at);
  const bool direct = climb.passed.empty() && !climb.fallback;
  ev::Event event;
  ev::CaseReassigned* reassigned = event.mutable_case_reassigned();
  *reassigned->mutable_by() = context.command.actor();
  reassigned->set_from_area(from_area);
  *reassigned->mutable_reason() = reassign.reason();
  for (const auto& notice : left) *reassigned->add_notices() = notice;
  if (direct) *reassigned->mutable_turn() = *std::move(climb.turn);
  draft.AddCaseEvent(context.number, c, std::move(event));
  if (!direct) AddClimb(draft, context.number, c, std::move(climb));
}

void DecideHandOver(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const PartitionState& state = draft.state();
  const auto& over = context.command.hand_over();
  if (RejectIfClosed(draft, context)) return;
  if (c.handler_id().empty()) {
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  }
  if (!Authority(state, c, context.command.actor().id()).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, or a higher tier over its area, may hand it over");
  }
  if (IsEmpty(over.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "handing over needs a reason");
  }
  const Authority colleague(state, c, over.to());
  if (over.to() == c.handler_id() || over.to() == c.reporter_id() ||
      colleague.tier() == cm::TIER_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_PERSON,
                  "a case is handed over to a colleague over its area who neither has it nor "
                  "reported it");
  }
  ev::Event event;
  ev::CaseHandedOver* handed = event.mutable_case_handed_over();
  *handed->mutable_by() = context.command.actor();
  handed->set_from(c.handler_id());
  handed->set_to(over.to());
  handed->set_tier(colleague.tier());
  *handed->mutable_reason() = over.reason();
  if (over.to() != context.command.actor().id()) {
    NoticeMaker maker(context.number, c);
    const LadderPlanner planner(state, context.number, c, draft.now());
    *handed->add_notices() =
        maker.Make(over.to(), colleague.tier(), ev::PURPOSE_HANDED_OVER, planner.NotBefore());
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
