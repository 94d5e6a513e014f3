// What happens when nobody did anything in time.
#include "engine/base/check.h"
#include "engine/core/bulletin.h"
#include "engine/core/case_applier.h"
#include "engine/core/certify_case.h"
#include "engine/core/draft.h"
#include "engine/core/incident.h"
#include "engine/core/ladder.h"
#include "engine/core/referrals.h"
#include "engine/core/work.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Clock = lastmeter::state::v1::Clock;

// A timer later than this was late through us: no healthy engine needs so long.
constexpr Millis kOutageAfter = Seconds(60);

struct Firing {
  const CaseNumber& number;
  Case& c;
  const TimerInput& input;
  bool outage;
};

template <typename Event>
void SetLateness(Event* event, const Firing& firing) {
  event->set_was_due_ms(firing.input.due.ms);
  event->set_outage(firing.outage);
}

// The next tier's turn, or the end of the ladder.
void ClimbOn(Draft& draft, const Firing& firing, const Clock clock, cm::Tier from_tier,
             ev::ClimbReason reason) {
  const LadderPlanner planner(draft.state(), firing.number, firing.c, draft.now());
  auto climb = planner.Plan(clock.promise(), clock.round(), static_cast<cm::Tier>(from_tier + 1));
  AddPassed(draft, firing.number, firing.c, climb.passed);
  ev::Event event;
  if (climb.turn) {
    ev::CaseEscalated* escalated = event.mutable_case_escalated();
    escalated->set_from_tier(from_tier);
    escalated->set_reason(climb.fallback ? ev::CLIMB_REASON_FALLBACK : reason);
    *escalated->mutable_turn() = *std::move(climb.turn);
    SetLateness(escalated, firing);
    escalated->set_inputs_unseen(firing.input.inputs_unseen);
  } else {
    ev::LadderExhausted* exhausted = event.mutable_ladder_exhausted();
    exhausted->set_promise(clock.promise());
    exhausted->set_round(clock.round());
    exhausted->set_next_reminder_ms(planner.NextReminder(clock.promise()).ms);
    for (auto& notice : planner.NoticesAtTop(ev::PURPOSE_REMINDER)) {
      *exhausted->add_notices() = std::move(notice);
    }
    SetLateness(exhausted, firing);
    exhausted->set_inputs_unseen(firing.input.inputs_unseen);
  }
  draft.AddCaseEvent(firing.number, firing.c, std::move(event));
}

void NearDue(Draft& draft, const Firing& firing, const Clock& clock) {
  ev::Event event;
  ev::ClockNearDue* near = event.mutable_clock_near_due();
  near->set_promise(clock.promise());
  near->set_due_ms(clock.due_ms());
  SetLateness(near, firing);
  const LadderPlanner planner(draft.state(), firing.number, firing.c, draft.now());
  if (firing.c.scheduled()) {
    planner.AddTier(cm::TIER_GRID, ev::PURPOSE_NEAR_DUE, near->mutable_notices());
    near->set_next_at_ms(NextCertificationReminder(draft.now(), clock.due_ms()));
  } else if (firing.c.bulletin()) {
    TellReaders(planner, firing.number, firing.c, ev::PURPOSE_NEAR_DUE, near->mutable_notices());
  } else {
    for (auto& notice : planner.NoticesToHolder(ev::PURPOSE_NEAR_DUE)) {
      *near->add_notices() = std::move(notice);
    }
  }
  draft.AddCaseEvent(firing.number, firing.c, std::move(event));
}

void Breach(Draft& draft, const Firing& firing, cm::Promise promise) {
  ev::Event event;
  event.mutable_clock_breached()->set_promise(promise);
  SetLateness(event.mutable_clock_breached(), firing);
  const Clock& clock = *FindClock(firing.c, promise);
  if (const auto* policy = ClockPolicyOf(draft.state(), firing.c, clock)) {
    event.mutable_clock_breached()->set_twice_due_ms(
        RosterOf(draft.state()).calendar().After({clock.due_ms()}, policy->within()).due.ms);
  }
  draft.AddCaseEvent(firing.number, firing.c, std::move(event));
  ClimbOn(draft, firing, *FindClock(firing.c, promise), HoldingTier(firing.c),
          ev::CLIMB_REASON_OVERDUE);
}

void Remind(Draft& draft, const Firing& firing, const Clock& clock) {
  const LadderPlanner planner(draft.state(), firing.number, firing.c, draft.now());
  ev::Event event;
  ev::CaseReminded* reminded = event.mutable_case_reminded();
  reminded->set_promise(clock.promise());
  reminded->set_round(clock.round());
  reminded->set_number(clock.reminders() + 1);
  reminded->set_next_reminder_ms(planner.NextReminder(clock.promise()).ms);
  for (auto& notice : planner.NoticesAtTop(ev::PURPOSE_REMINDER)) {
    *reminded->add_notices() = std::move(notice);
  }
  SetLateness(reminded, firing);
  reminded->set_inputs_unseen(firing.input.inputs_unseen);
  draft.AddCaseEvent(firing.number, firing.c, std::move(event));
}

// Red card: the district knows, whoever's turn it is.
void OverdueTwice(Draft& draft, const Firing& firing, cm::Promise promise) {
  ev::Event event;
  ev::ClockOverdueTwice* twice = event.mutable_clock_overdue_twice();
  twice->set_promise(promise);
  SetLateness(twice, firing);
  const LadderPlanner planner(draft.state(), firing.number, firing.c, draft.now());
  for (auto& notice : planner.NoticesToHolder(ev::PURPOSE_RED_CARD)) {
    *twice->add_notices() = std::move(notice);
  }
  planner.AddTier(cm::TIER_DISTRICT, ev::PURPOSE_RED_CARD, twice->mutable_notices());
  draft.AddCaseEvent(firing.number, firing.c, std::move(event));
}

void HoldExpires(Draft& draft, const Firing& firing) {
  ev::HoldEnded ended;
  ended.set_reason(ev::HOLD_END_EXPIRED);
  ended.set_ended_at_ms(firing.input.due.ms);
  ended.set_outage(firing.outage);
  EndHold(draft, firing.number, firing.c, std::move(ended));
}

}  // namespace

void DecideTimer(Draft& draft, const TimerInput& input) {
  Case& c = draft.state().scratch().decided;
  LM_CHECK(draft.state().ReadCase(input.number, &c))
      << "timer of unknown case " << input.number.ToString();
  LM_CHECK(NextInstant(c) == input.due && input.due <= draft.now())
      << input.number.ToString() << " has nothing due at " << input.due.ms;
  const Firing firing{input.number, c, input, draft.now() - input.due > kOutageAfter};
  // One instant, one decision: of several clocks due at once the first in order goes first.
  for (const Clock& one : c.clocks()) {
    if (one.stopped()) continue;
    const Clock clock = one;
    if (clock.due_ms() != 0 && !clock.breached() && !IsPaused(clock)) {
      if (!clock.near_due_fired() && clock.near_due_ms() == input.due.ms) {
        return NearDue(draft, firing, clock);
      }
      if (clock.due_ms() == input.due.ms) return Breach(draft, firing, clock.promise());
    }
    if (clock.twice_due_ms() != 0 && clock.twice_due_ms() == input.due.ms) {
      return OverdueTwice(draft, firing, clock.promise());
    }
    if (clock.exhausted()) {
      if (clock.next_reminder_ms() == input.due.ms) return Remind(draft, firing, clock);
    } else if (clock.tier() != cm::TIER_UNSPECIFIED && clock.turn_due_ms() == input.due.ms) {
      return ClimbOn(draft, firing, clock, clock.tier(), ev::CLIMB_REASON_UNANSWERED);
    }
  }
  for (const auto& one : c.works()) {
    if (NextInstantMs(one) != input.due.ms) continue;
    const lastmeter::state::v1::Work work = one;
    return FireWork(draft, input.number, c, work, input, firing.outage);
  }
  if (c.digest_at_ms() == input.due.ms) {
    return AddDigest(draft, input.number, c, input.due.ms, firing.outage);
  }
  for (const auto& one : c.accepted_merges()) {
    if (one.until_ms() != input.due.ms) continue;
    const lastmeter::state::v1::AcceptedMerge merge = one;
    return FireAcceptedMerge(draft, input.number, c, merge, input, firing.outage);
  }
  for (const auto& one : c.goals()) {
    if (one.tell_ms() != input.due.ms) continue;
    const lastmeter::state::v1::Goal goal = one;
    return FireGoal(draft, input.number, c, goal, input, firing.outage);
  }
  LM_CHECK(c.hold_until_ms() == input.due.ms) << input.number.ToString() << ": no clock is due";
  HoldExpires(draft, firing);
}

void DecidePoisonTimer(Draft& draft, const PoisonTimer& input) {
  Case& c = draft.state().scratch().decided;
  LM_CHECK(draft.state().ReadCase(input.timer.number, &c))
      << "timer of unknown case " << input.timer.number.ToString();
  ev::Event event;
  ev::CaseQuarantined* quarantined = event.mutable_case_quarantined();
  quarantined->set_attempts(input.attempts);
  // The plain fallback post and nothing planned: planning may be what ended the process.
  NoticeMaker maker(input.timer.number, c);
  *quarantined->add_notices() =
      maker.Make(FallbackStaff(draft.state()), cm::TIER_DISTRICT, ev::PURPOSE_ATTENTION, {0});
  draft.AddCaseEvent(input.timer.number, c, std::move(event));
}

void DecideRecompute(Draft& draft, const RecomputeInput& input) {
  Case& c = draft.state().scratch().decided;
  LM_CHECK(draft.state().ReadCase(input.number, &c))
      << "recomputing unknown case " << input.number.ToString();
  const LadderPlanner planner(draft.state(), input.number, c, draft.now());
  ev::Event event;
  ev::DeadlinesRecomputed* recomputed = event.mutable_deadlines_recomputed();
  for (const Clock& clock : c.clocks()) {
    if (clock.stopped()) continue;
    const bool several = clock.promise() == cm::PROMISE_REFERRAL && c.referrals_size() > 1;
    if (several) {
      const auto again = [&](const Clock& own) -> std::optional<ev::ClockStart> {
        if (!own.provisional()) return std::nullopt;
        return planner.Limits(own, PausesOf(own));
      };
      const ev::ClockStart earliest = MoveReferrals(c, again, recomputed->mutable_referrals());
      if (clock.provisional() && !clock.breached()) *recomputed->add_clocks() = earliest;
    } else if (clock.provisional() && !clock.breached()) {
      *recomputed->add_clocks() = planner.Limits(clock, PausesOf(clock));
    }
    if (clock.turn_provisional() && !clock.exhausted() && clock.tier() != cm::TIER_UNSPECIFIED) {
      ev::Turn* turn = recomputed->add_turns();
      turn->set_promise(clock.promise());
      turn->set_round(clock.round());
      turn->set_tier(clock.tier());
      turn->set_entered_at_ms(clock.entered_at_ms());
      const Deadline limit =
          planner.LimitOf(clock.promise(), clock.tier(), {clock.entered_at_ms()});
      turn->set_due_ms(limit.due.ms);
      turn->set_provisional(limit.provisional);
    }
  }
  draft.AddCaseEvent(input.number, c, std::move(event));
}

}  // namespace lastmeter
