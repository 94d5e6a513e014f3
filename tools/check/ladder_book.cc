// Turns, climbs and timers: the part of CaseBook that judges the ladder.
#include "engine/base/time.h"
#include "tools/check/case_book.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

// What fires later than this was late through us.
constexpr int64_t kOutageMs = 60'000;

}  // namespace

void CaseBook::BeginTimer(DecisionRecord& decision) {
  sink_.Require(decision.timer_due_ms <= decision.log_time_ms, rule::kEarly, [&] {
    decision.early_reported = true;
    return decision.case_number + ": due " + FormatLocal({decision.timer_due_ms}) + ", fired " +
           FormatLocal({decision.log_time_ms});
  });
  const CaseRecord* c = Find(decision.case_number);
  if (c == nullptr) return;  // said of the event
  if (c->closed) {
    decision.timer_unfit = true;
    return;  // said of the event
  }
  const int64_t next = c->NextInstant();
  decision.timer_unfit = next != decision.timer_due_ms;
  for (const ClockRecord& clock : c->clocks) {
    const int64_t due = decision.timer_due_ms;
    if (decision.timer_unfit && clock.stopped &&
        (clock.near_due_ms == due || clock.due_ms == due || clock.turn_due_ms == due ||
         clock.next_reminder_ms == due || clock.twice_due_ms == due)) {
      // An instant of a promise that is kept: its event will say so.
      decision.fired_kept_promise = true;
      return;
    }
  }
  sink_.Require(!decision.timer_unfit, rule::kTimerPending, [&] {
    return decision.case_number + ": fired what was due " + FormatLocal({decision.timer_due_ms}) +
           (next == kNoInstant ? ", has nothing pending"
                               : ", the earliest pending is " + FormatLocal({next}));
  });
}

ClockRecord* CaseBook::ClockOf(const At& at, Promise promise) {
  ClockRecord* clock = at.c.Find(promise);
  if (clock == nullptr) {
    sink_.Report(rule::kTurnRound,
                 at.name() + ": promise " + std::to_string(promise) + " does not exist");
  }
  return clock;
}

void CaseBook::CheckLateness(const At& at, bool outage, bool unseen_known, bool inputs_unseen) {
  if (outage) ++counts_.outages;
  const bool late =
      at.decision.by_timer() && at.decision.log_time_ms - at.decision.timer_due_ms > kOutageMs;
  sink_.Require(outage == late, rule::kOutage, [&] {
    return at.name() + (late ? ": over a minute late and not marked" : ": marked late and is not");
  });
  if (!unseen_known) return;
  sink_.Require(inputs_unseen == at.decision.inputs_unseen, rule::kOutage,
                [&] { return at.name() + ": inputs_unseen differs from its timer"; });
}

void CaseBook::CheckFired(const At& at, int64_t was_due_ms, int64_t pending_ms) {
  if (at.decision.timer_unfit) return;
  if (!at.decision.early_reported) {
    at.decision.early_reported = !sink_.Require(was_due_ms <= at.now(), rule::kEarly, [&] {
      return at.name() + ": due " + FormatLocal({was_due_ms}) + ", fired " +
             FormatLocal({at.now()});
    });
    if (at.decision.early_reported) return;
  }
  sink_.Require(was_due_ms == pending_ms &&
                    (!at.decision.by_timer() || was_due_ms == at.decision.timer_due_ms),
                rule::kTimerEvent, [&] {
                  return at.name() + ": says due " + FormatLocal({was_due_ms}) + ", it was due " +
                         FormatLocal({pending_ms});
                });
}

void CaseBook::CheckRound(const At& at, const ClockRecord& clock, uint32_t round) {
  sink_.Require(round == clock.round && round != 0, rule::kTurnRound, [&] {
    return at.name() + ": round " + std::to_string(round) + " during round " +
           std::to_string(clock.round);
  });
}

void CaseBook::CheckGoesOn(const At& at, const ClockRecord& clock, bool begins_round) {
  sink_.Require(!clock.stopped || begins_round, rule::kAnswered, [&] {
    at.decision.fired_kept_promise = false;
    return at.name() + ": the promise is kept, its ladder goes on";
  });
}

void CaseBook::CheckRuns(const At& at, const ClockRecord& clock) {
  sink_.Require(!clock.paused, rule::kHold,
                [&] { return at.name() + ": a limit passes while its clock stands still"; });
}

void CaseBook::TakeTurn(const At& at, const Turn& turn, TurnKind kind) {
  ClockRecord* clock = ClockOf(at, turn.promise());
  if (clock == nullptr) return;
  CheckRound(at, *clock, turn.round());
  if (turn.round() != clock->round) clock->BeginRound(turn.round());
  bool rises = false;
  switch (kind) {
    case TurnKind::kNext:
      rises = turn.tier() > clock->turn_tier && turn.tier() > clock->passed_tier;
      break;
    case TurnKind::kRaised:
      // By hand a tier may be asked that was passed while nobody was there.
      rises = turn.tier() > clock->turn_tier;
      break;
    case TurnKind::kFallback:
      // The fallback post sits at the district, beside the posts that had their turn there.
      rises = turn.tier() == cm::TIER_DISTRICT && !clock->fallback_asked;
      clock->fallback_asked = true;
      break;
  }
  sink_.Require(rises, rule::kTurnOrder, [&] {
    return at.name() + ": the turn of tier " + std::to_string(turn.tier()) + " after tier " +
           std::to_string(std::max(clock->turn_tier, clock->passed_tier)) + " in round " +
           std::to_string(turn.round());
  });
  sink_.Require(turn.entered_at_ms() == at.now() && turn.due_ms() > turn.entered_at_ms(),
                rule::kTurnTimes, [&] {
                  return at.name() + ": entered " + FormatLocal({turn.entered_at_ms()}) + ", due " +
                         FormatLocal({turn.due_ms()});
                });
  clock->exhausted = false;
  clock->turn_tier = static_cast<uint8_t>(turn.tier());
  clock->entered_at_ms = turn.entered_at_ms();
  clock->turn_due_ms = turn.due_ms();
  clock->turn_provisional = turn.provisional();
  TakeNotices(at, turn.notices());
}

void CaseBook::TakePassed(const At& at) {
  const auto& e = at.event.tier_passed();
  ++counts_.passed;
  ClockRecord* clock = ClockOf(at, e.promise());
  if (clock == nullptr) return;
  at.decision.passed[e.promise()] = true;
  // A raise after an answer passes tiers before its own event begins the round.
  const bool begins_round = e.promise() == cm::PROMISE_ACKNOWLEDGE &&
                            (at.c.acknowledged || clock->round == 0) &&
                            e.round() == clock->round + 1;
  if (begins_round || at.decision.raise_must_follow) {
    at.decision.raise_must_follow = true;
    return;
  }
  CheckGoesOn(at, *clock, false);
  CheckRound(at, *clock, e.round());
  sink_.Require(
      e.tier() > clock->turn_tier && e.tier() > clock->passed_tier, rule::kTurnOrder, [&] {
        return at.name() + ": tier " + std::to_string(e.tier()) + " is passed after tier " +
               std::to_string(std::max(clock->turn_tier, clock->passed_tier));
      });
  clock->passed_tier = static_cast<uint8_t>(e.tier());
}

void CaseBook::TakeEscalated(const At& at) {
  const auto& e = at.event.case_escalated();
  ++counts_.escalations;
  ClockRecord* clock = ClockOf(at, e.turn().promise());
  if (clock == nullptr) return;
  const auto promise = static_cast<uint32_t>(e.turn().promise());
  CheckLateness(at, e.outage(), true, e.inputs_unseen());
  TurnKind kind = TurnKind::kNext;
  bool fits = true;
  switch (e.reason()) {
    case ev::CLIMB_REASON_UNANSWERED:
      fits = at.decision.by_timer() && at.decision.breached_promise != promise;
      if (fits && !clock->stopped) CheckFired(at, e.was_due_ms(), clock->turn_due_ms);
      break;
    case ev::CLIMB_REASON_OVERDUE:
      fits = at.decision.breached_promise == promise;
      if (fits) CheckFired(at, e.was_due_ms(), clock->due_ms);
      break;
    case ev::CLIMB_REASON_PASSED:
      fits = at.decision.by_input() && at.decision.passed[promise];
      break;
    case ev::CLIMB_REASON_RAISED:
      fits = at.decision.by_input() && promise == cm::PROMISE_ACKNOWLEDGE && !e.by().empty();
      kind = TurnKind::kRaised;
      break;
    case ev::CLIMB_REASON_FALLBACK:
      kind = TurnKind::kFallback;
      break;
    default:
      fits = false;
  }
  sink_.Require(fits, rule::kReason, [&] {
    return at.name() + ": climbs for reason " + std::to_string(e.reason()) +
           ", which its decision does not give";
  });
  const bool raised = kind == TurnKind::kRaised;
  CheckGoesOn(at, *clock, raised);
  // A case that joined an incident was nobody's turn before.
  if (raised && (at.c.acknowledged || clock->round == 0)) {
    at.c.acknowledged = false;
    clock->BeginRound(clock->round + 1);
    clock->stopped = false;
    at.decision.raise_must_follow = false;
  }
  if (at.decision.breached_promise == promise) at.decision.breached_promise = 0;
  TakeTurn(at, e.turn(), kind);
}

void CaseBook::TakeExhausted(const At& at) {
  const auto& e = at.event.ladder_exhausted();
  ++counts_.exhausted;
  ClockRecord* clock = ClockOf(at, e.promise());
  if (clock == nullptr) return;
  CheckLateness(at, e.outage(), true, e.inputs_unseen());
  CheckGoesOn(at, *clock, false);
  CheckRound(at, *clock, e.round());
  const bool by_breach = at.decision.breached_promise == static_cast<uint32_t>(e.promise());
  if (by_breach) at.decision.breached_promise = 0;
  if (!clock->stopped && !clock->exhausted) {
    CheckFired(at, e.was_due_ms(), by_breach ? clock->due_ms : clock->turn_due_ms);
  }
  sink_.Require(!clock->exhausted, rule::kExhausted,
                [&] { return at.name() + ": was exhausted before"; });
  sink_.Require(by_breach || std::max(clock->turn_tier, clock->passed_tier) == cm::TIER_DISTRICT,
                rule::kExhausted, [&] { return at.name() + ": exhausted below the district"; });
  sink_.Require(e.next_reminder_ms() > at.now(), rule::kReminder,
                [&] { return at.name() + ": no later reminder is set"; });
  clock->exhausted = true;
  clock->next_reminder_ms = e.next_reminder_ms();
  TakeNotices(at, e.notices());
}

void CaseBook::TakeReminded(const At& at) {
  const auto& e = at.event.case_reminded();
  ++counts_.reminders;
  ClockRecord* clock = ClockOf(at, e.promise());
  if (clock == nullptr) return;
  CheckLateness(at, e.outage(), true, e.inputs_unseen());
  CheckGoesOn(at, *clock, false);
  CheckRound(at, *clock, e.round());
  if (!clock->stopped && clock->exhausted) CheckFired(at, e.was_due_ms(), clock->next_reminder_ms);
  sink_.Require(clock->exhausted, rule::kReminder,
                [&] { return at.name() + ": reminded while a tier still has its turn"; });
  sink_.Require(e.number() == clock->reminders + 1, rule::kReminder, [&] {
    return at.name() + ": reminder " + std::to_string(e.number()) + " after " +
           std::to_string(clock->reminders);
  });
  sink_.Require(e.next_reminder_ms() > at.now(), rule::kReminder,
                [&] { return at.name() + ": no later reminder is set"; });
  clock->reminders = e.number();
  clock->next_reminder_ms = e.next_reminder_ms();
  TakeNotices(at, e.notices());
}

void CaseBook::TakeNearDue(const At& at) {
  const auto& e = at.event.clock_near_due();
  ++counts_.near_due;
  ClockRecord* clock = ClockOf(at, e.promise());
  if (clock == nullptr) return;
  CheckLateness(at, e.outage(), false, false);
  CheckGoesOn(at, *clock, false);
  CheckRuns(at, *clock);
  if (sink_.Require(!clock->near_due_fired && !clock->breached, rule::kClockOnce,
                    [&] { return at.name() + ": near due again, or after the breach"; })) {
    if (!clock->stopped) CheckFired(at, e.was_due_ms(), clock->near_due_ms);
  }
  if (e.next_at_ms() != 0) {
    // A certification is reminded of more than once.
    sink_.Require(at.c.scheduled && e.next_at_ms() > at.now() && e.next_at_ms() < clock->due_ms,
                  rule::kSchedule,
                  [&] { return at.name() + ": reminded again at no time before its limit"; });
    clock->near_due_ms = e.next_at_ms();
    return TakeNotices(at, e.notices());
  }
  clock->near_due_fired = true;
  TakeNotices(at, e.notices());
}

void CaseBook::TakeBreached(const At& at) {
  const auto& e = at.event.clock_breached();
  ++counts_.breached;
  ClockRecord* clock = ClockOf(at, e.promise());
  if (clock == nullptr) return;
  CheckLateness(at, e.outage(), false, false);
  CheckGoesOn(at, *clock, false);
  CheckRuns(at, *clock);
  if (sink_.Require(clock->near_due_fired && !clock->breached, rule::kClockOnce, [&] {
        return at.name() + (clock->breached ? ": breached again" : ": breached before near due");
      })) {
    if (!clock->stopped) CheckFired(at, e.was_due_ms(), clock->due_ms);
  }
  clock->breached = true;
  clock->BeginRound(1);
  const bool later =
      sink_.Require(e.twice_due_ms() == 0 || e.twice_due_ms() > e.was_due_ms(), rule::kRedCard,
                    [&] { return at.name() + ": twice the limit passes before the limit"; });
  clock->twice_due_ms = later ? e.twice_due_ms() : 0;
  at.decision.breached_promise = static_cast<uint32_t>(e.promise());
}

void CaseBook::TakeOverdueTwice(const At& at) {
  const auto& e = at.event.clock_overdue_twice();
  ClockRecord* clock = ClockOf(at, e.promise());
  if (clock == nullptr) return;
  CheckLateness(at, e.outage(), false, false);
  CheckGoesOn(at, *clock, false);
  if (sink_.Require(clock->breached && clock->twice_due_ms != 0, rule::kRedCard,
                    [&] { return at.name() + ": a red card again, or before the breach"; })) {
    if (!clock->stopped) CheckFired(at, e.was_due_ms(), clock->twice_due_ms);
  }
  clock->twice_due_ms = 0;
  TakeNotices(at, e.notices());
}

void CaseBook::TakeQuarantined(const At& at) {
  ++counts_.quarantined;
  at.c.quarantined = true;
  TakeNotices(at, at.event.case_quarantined().notices());
}

}  // namespace lastmeter
