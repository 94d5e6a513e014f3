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
constexpr size_t kMostHouseholdBytes = 128;
// Who is asked more often listens no more.
constexpr Millis kUrgeAgainAfter = Minutes(5);

bool IsDuration(const rl::Duration& duration) {
  return duration.amount() > 0 && rl::DurationUnit_IsValid(duration.unit()) &&
         duration.unit() != rl::DURATION_UNIT_UNSPECIFIED;
}

// Whoever made a report may take it back or put it right for some minutes, while nobody has acted
// on it. `instead`: what is done with the case otherwise.
bool RejectIfActedOn(Draft& draft, const CommandContext& context, const std::string& done,
                     const std::string& instead) {
  const auto& c = *context.c;
  const auto reject = [&](ev::Rejection reason, const std::string& why) {
    Reject(draft, context, reason, why);
    return true;
  };
  if (context.command.actor().id() != c.reporter_id()) {
    return reject(ev::REJECTION_NOT_ALLOWED, "a report is " + done + " only by whoever made it");
  }
  if (c.restricted()) {
    // Somebody may be standing beside whoever reported it.
    return reject(ev::REJECTION_NOT_ALLOWED,
                  "a report of this kind is not " + done + "; a named officer looks at it");
  }
  if (c.taken_on() || c.cycle() > 1 || c.hand_downs() > 0) {
    return reject(ev::REJECTION_ALREADY_ACKNOWLEDGED,
                  "somebody has taken the case on; it is " + instead + " instead");
  }
  if (c.attached() > 0 || c.joined() > 0) {
    return reject(ev::REJECTION_REPORTED_BY_OTHERS,
                  c.joined() > 0 ? "households have joined the incident; it is closed instead"
                                 : "the household was reported again; somebody must look");
  }
  // What was done for the household stays on record.
  if (c.verified() || c.relieved()) {
    return reject(c.relieved() ? ev::REJECTION_ALREADY_RELIEVED : ev::REJECTION_ALREADY_VERIFIED,
                  "somebody has been there; the case is " + instead + " instead");
  }
  if (c.helped()) {
    return reject(ev::REJECTION_WORK_PLANNED,
                  "work was planned or something was pledged; the case is " + instead + " instead");
  }
  uint32_t minutes = PolicyOf(draft.state(), c).rules().policy().withdraw_within_minutes();
  if (minutes == 0) minutes = kWithdrawWithinMinutes;
  if (AcceptedAt(draft, context) - Timestamp{c.accepted_at_ms()} > Minutes(minutes)) {
    return reject(ev::REJECTION_TOO_OLD, "a report may be " + done + " within " +
                                             std::to_string(minutes) + " minutes; the case is " +
                                             instead + " instead");
  }
  return false;
}

}  // namespace

void DecideWithdraw(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  if (IsEmpty(context.command.withdraw().reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "taking a report back needs a reason");
  }
  if (RejectIfActedOn(draft, context, "taken back", "closed as unfounded")) return;
  if (RejectIfMergeUnderWay(draft, context, "taking it back")) return;
  const Timestamp accepted = AcceptedAt(draft, context);
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

void DecideCorrect(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const PartitionState& state = draft.state();
  const auto& correct = context.command.correct();
  if (RejectIfClosed(draft, context)) return;
  if (IsEmpty(correct.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "putting it right needs a reason");
  }
  if (RejectIfActedOn(draft, context, "put right", "put right by a note")) return;
  if (c.incident() || !c.joins().empty()) {
    return Reject(draft, context, ev::REJECTION_INCIDENT,
                  "an incident, or what joined one, is put right by a note");
  }
  const RulesView& rules = RosterOf(state);
  const std::string& kind_code = correct.kind().empty() ? c.kind() : correct.kind();
  const rl::Kind* kind = rules.FindKind(kind_code);
  if (kind == nullptr || kind->restricted() || kind->bulletin() || kind->incident() ||
      kind->certify_every_months() > 0) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_KIND,
                  "a report is put right to an ordinary kind of the rules; take it back and report "
                  "anew for any other");
  }
  const std::string area = correct.area().empty() ? c.area() : correct.area();
  if (!rules.KnowsArea(area) || rules.CurrentArea(area) != area) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_AREA,
                  "putting the area right needs a code that the rules list");
  }
  const std::string household =
      correct.household_ref().empty() ? c.household_ref() : correct.household_ref();
  if (household.size() > kMostHouseholdBytes ||
      (kind_code == c.kind() && area == c.area() && household == c.household_ref())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "nothing to put right: name another kind, area or household");
  }
  const auto told =
      LadderPlanner(state, context.number, c, draft.now()).NoticesToTold(ev::PURPOSE_CORRECTED);
  ev::Event event;
  ev::CaseCorrected* corrected = event.mutable_case_corrected();
  *corrected->mutable_by() = context.command.actor();
  corrected->set_from_kind(c.kind());
  corrected->set_from_area(c.area());
  corrected->set_kind(kind_code);
  corrected->set_level(kind->level());
  corrected->set_household_ref(household);
  *corrected->mutable_reason() = correct.reason();
  corrected->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  for (const auto& notice : told) *corrected->add_notices() = notice;
  // Planned as if it had been reported so at first: limits count from the first acceptance.
  c.set_area(area);
  lastmeter::state::v1::Case plan = c;
  plan.set_kind(kind_code);
  plan.set_level(kind->level());
  plan.set_notices(c.notices() + static_cast<uint32_t>(told.size()));
  const LadderPlanner planner(state, context.number, plan, draft.now());
  NoticeMaker maker(context.number, plan);
  for (auto& notice : planner.NoticesToAuthorities(&maker)) {
    *corrected->add_notices() = std::move(notice);
  }
  plan.set_notices(c.notices() + static_cast<uint32_t>(corrected->notices_size()));
  const Timestamp start = std::min(Timestamp{c.accepted_at_ms()}, draft.now());
  for (auto& clock : planner.StartClocks(start)) *corrected->add_clocks() = std::move(clock);
  const uint32_t round = FindClock(c, cm::PROMISE_ACKNOWLEDGE)->round() + 1;
  auto climb = planner.Plan(cm::PROMISE_ACKNOWLEDGE, round, rules.EntryTier(c.reporter_tier()));
  const bool direct = climb.passed.empty() && !climb.fallback;
  if (direct) *corrected->mutable_turn() = *std::move(climb.turn);
  draft.AddCaseEvent(context.number, c, std::move(event));
  if (!direct) AddClimb(draft, context.number, c, std::move(climb));
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
  if (extend.promise() == cm::PROMISE_REFERRAL && c.referrals_size() > 1) {
    return Reject(draft, context, ev::REJECTION_AMBIGUOUS_REFERRAL,
                  "several departments are asked, each with its own limit; wait for answers first");
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
