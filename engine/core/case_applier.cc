#include "engine/core/case_applier.h"

#include <algorithm>

#include "engine/core/referrals.h"
#include "engine/core/work.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Clock = lastmeter::state::v1::Clock;

void InsertSorted(google::protobuf::RepeatedPtrField<std::string>* ids, const std::string& id) {
  auto it = std::lower_bound(ids->begin(), ids->end(), id);
  if (it != ids->end() && *it == id) return;
  int at = static_cast<int>(it - ids->begin());
  *ids->Add() = id;
  for (int i = ids->size() - 1; i > at; --i) ids->SwapElements(i, i - 1);
}

void Told(Case& c, const google::protobuf::RepeatedPtrField<ev::Notice>& notices) {
  for (const auto& notice : notices) InsertSorted(c.mutable_told(), notice.staff_id());
  c.set_notices(c.notices() + static_cast<uint32_t>(notices.size()));
}

Clock& ClockOf(Case& c, cm::Promise promise) {
  if (Clock* clock = FindClock(c, promise)) return *clock;
  Clock* clock = c.add_clocks();
  clock->set_promise(promise);
  return *clock;
}

void BeginRound(Clock& clock, uint32_t round) {
  if (clock.round() == round) return;
  clock.set_round(round);
  clock.clear_asked();
  clock.clear_exhausted();
  clock.clear_reminders();
  clock.clear_next_reminder_ms();
  clock.clear_tier();
  clock.clear_turn_due_ms();
  clock.clear_turn_provisional();
}

void TakeTurn(Case& c, const ev::Turn& turn) {
  Clock& clock = ClockOf(c, turn.promise());
  BeginRound(clock, turn.round());
  clock.set_stopped(false);
  // Raised by hand after the top did not answer: the new turn's limit counts, not the reminders'.
  clock.clear_exhausted();
  clock.clear_next_reminder_ms();
  clock.set_tier(turn.tier());
  clock.set_entered_at_ms(turn.entered_at_ms());
  clock.set_turn_due_ms(turn.due_ms());
  clock.set_turn_provisional(turn.provisional());
  for (const auto& notice : turn.notices()) {
    if (notice.purpose() == ev::PURPOSE_ANSWER) {
      InsertSorted(clock.mutable_asked(), notice.staff_id());
    }
  }
  Told(c, turn.notices());
}

void Start(Case& c, const ev::ClockStart& start) {
  Clock& clock = ClockOf(c, start.promise());
  clock.set_started_at_ms(start.started_at_ms());
  if (!clock.near_due_fired()) clock.set_near_due_ms(start.near_due_ms());
  clock.set_due_ms(start.due_ms());
  clock.set_provisional(start.provisional());
  if (start.paused() && !IsPaused(clock)) clock.add_pauses()->set_from_ms(start.started_at_ms());
}

void Start(Case& c, const google::protobuf::RepeatedPtrField<ev::ClockStart>& starts) {
  for (const auto& start : starts) Start(c, start);
}

// A promise that is made again and again begins anew.
void StartAnew(Case& c, const ev::ClockStart& start) {
  Clock& clock = ClockOf(c, start.promise());
  clock.Clear();
  clock.set_promise(start.promise());
  Start(c, start);
}

void NearDue(Clock& clock, const ev::ClockNearDue& e) {
  if (e.next_at_ms() == 0) return clock.set_near_due_fired(true);
  clock.set_near_due_ms(e.next_at_ms());
}

void Unhandle(Case& c) {
  c.clear_handler_id();
  c.clear_handler_tier();
}

void Stop(Case& c, cm::Promise promise) {
  if (Clock* clock = FindClock(c, promise)) clock->set_stopped(true);
}

void Apply(Case& c, const ev::CaseOpened& e, Timestamp log_time) {
  c.set_kind(e.kind());
  c.set_level(e.level());
  c.set_reporter_id(e.reporter().id());
  c.set_reporter_tier(e.reporter_tier());
  c.set_opened_at_ms(log_time.ms);
  c.set_accepted_at_ms(e.accepted_at_ms());
  c.set_household_ref(e.household_ref());
  c.set_scheduled(e.scheduled());
  c.set_bulletin(e.bulletin());
  c.set_incident(e.incident());
  c.set_joins(e.joins());
  for (const auto& reader : e.readers()) {
    auto* unread = c.add_unread();
    unread->set_grid(reader.grid());
    unread->set_staff_id(reader.staff_id());
  }
  c.set_rules_ordinal(e.rules_ordinal());
  // The acknowledgement clock comes first: at one instant it goes first, too. Nobody is asked to
  // take on a schedule, a bulletin, or by itself a case that joined an incident.
  if (!e.scheduled() && !e.bulletin() && e.joins().empty()) {
    ClockOf(c, cm::PROMISE_ACKNOWLEDGE).set_started_at_ms(e.accepted_at_ms());
    ClockOf(c, cm::PROMISE_ACKNOWLEDGE).set_round(1);
  }
  Start(c, e.clocks());
  if (e.has_turn()) TakeTurn(c, e.turn());
}

void Apply(Case& c, const ev::LevelRaised& e) {
  // A clock that the new level leaves as it is keeps the time of the level it was started by.
  for (Clock& clock : *c.mutable_clocks()) {
    const bool running = clock.due_ms() != 0 && !clock.stopped() && !clock.breached();
    if (running && clock.level() == cm::LEVEL_UNSPECIFIED) clock.set_level(c.level());
  }
  for (const auto& start : e.clocks()) {
    ClockOf(c, start.promise()).clear_level();
    ClockOf(c, start.promise()).clear_extension();
  }
  c.set_level(e.to());
  Start(c, e.clocks());
  for (const auto& turn : e.turns()) TakeTurn(c, turn);
}

void Apply(Case& c, const ev::CaseEscalated& e) {
  if (e.reason() == ev::CLIMB_REASON_RAISED && !c.handler_id().empty()) Unhandle(c);
  TakeTurn(c, e.turn());
}

void Apply(Case& c, const ev::LadderExhausted& e) {
  Clock& clock = ClockOf(c, e.promise());
  clock.set_round(e.round());
  clock.set_exhausted(true);
  clock.set_next_reminder_ms(e.next_reminder_ms());
}

void Apply(Case& c, const ev::CaseReminded& e) {
  Clock& clock = ClockOf(c, e.promise());
  clock.set_reminders(e.number());
  clock.set_next_reminder_ms(e.next_reminder_ms());
}

void Apply(Case& c, const ev::CaseReopened& e, Timestamp log_time) {
  c.set_cycle(e.cycle());
  c.set_closed(false);
  c.clear_closed_at_ms();
  c.clear_outcome();
  c.clear_relieved();
  c.clear_verified();
  c.clear_clocks();
  c.clear_follow_ups_made();
  c.clear_taken_on();
  c.clear_helped();
  c.clear_provisional_ordinal();
  Unhandle(c);
  c.set_rules_ordinal(e.rules_ordinal());
  ClockOf(c, cm::PROMISE_ACKNOWLEDGE).set_started_at_ms(log_time.ms);
  ClockOf(c, cm::PROMISE_ACKNOWLEDGE).set_round(1);
  Start(c, e.clocks());
  if (e.has_turn()) TakeTurn(c, e.turn());
}

// Whoever had the case has it no more; a new round of acknowledgement begins.
void AskAnew(Case& c) {
  Unhandle(c);
  Clock& clock = ClockOf(c, cm::PROMISE_ACKNOWLEDGE);
  clock.set_stopped(false);
  BeginRound(clock, clock.round() + 1);
}

void Apply(Case& c, const ev::CaseHandedDown& e) {
  c.set_hand_downs(e.count());
  AskAnew(c);
  if (e.has_turn()) TakeTurn(c, e.turn());
}

void Apply(Case& c, const ev::CaseReassigned& e) {
  AskAnew(c);
  if (e.has_turn()) TakeTurn(c, e.turn());
}

void Apply(Case& c, const ev::CaseCorrected& e) {
  c.set_kind(e.kind());
  c.set_level(e.level());
  c.set_household_ref(e.household_ref());
  auto& clocks = *c.mutable_clocks();
  clocks.erase(
      std::remove_if(clocks.begin(), clocks.end(),
                     [](const Clock& clock) { return clock.promise() != cm::PROMISE_ACKNOWLEDGE; }),
      clocks.end());
  AskAnew(c);
  Start(c, e.clocks());
  if (e.has_turn()) TakeTurn(c, e.turn());
}

void Apply(Case& c, const ev::CaseHeld& e, Timestamp log_time) {
  c.set_hold_reason(e.reason());
  c.set_hold_until_ms(e.until_ms());
  for (const int promise : e.paused()) {
    ClockOf(c, static_cast<cm::Promise>(promise)).add_pauses()->set_from_ms(log_time.ms);
  }
}

void Unhold(Case& c) {
  c.clear_hold_reason();
  c.clear_hold_until_ms();
}

void End(Case& c, cm::Outcome outcome, Timestamp log_time) {
  Unhold(c);
  c.set_closed(true);
  c.set_closed_at_ms(log_time.ms);
  c.set_outcome(outcome);
  c.clear_referrals();
  c.clear_follow_ups_left();
  c.clear_follow_up_outcome();
  for (auto& clock : *c.mutable_clocks()) clock.set_stopped(true);
}

void Apply(Case& c, const ev::BulletinRead& e, Timestamp log_time) {
  auto& unread = *c.mutable_unread();
  unread.erase(std::remove_if(unread.begin(), unread.end(),
                              [&](const auto& one) {
                                return std::find(e.grids().begin(), e.grids().end(), one.grid()) !=
                                       e.grids().end();
                              }),
               unread.end());
  if (unread.empty()) End(c, cm::OUTCOME_NEED_MET, log_time);
}

void Apply(Case& c, const ev::FollowUpBegun& e) {
  c.set_follow_up_outcome(e.outcome());
  c.set_follow_ups_left(e.visits());
  for (auto& clock : *c.mutable_clocks()) clock.set_stopped(true);
  StartAnew(c, e.clock());
}

void Apply(Case& c, const ev::FollowUpRecorded& e) {
  c.set_follow_ups_made(e.number());
  // The last one is followed by the end, which clears what is left.
  c.set_follow_ups_left(c.follow_ups_left() - 1);
  if (e.has_clock()) return StartAnew(c, e.clock());
  Stop(c, cm::PROMISE_FOLLOW_UP);
}

void Apply(Case& c, const ev::HoldEnded& e) {
  Unhold(c);
  for (Clock& clock : *c.mutable_clocks()) {
    if (IsPaused(clock)) {
      clock.mutable_pauses(clock.pauses_size() - 1)->set_to_ms(e.ended_at_ms());
    }
  }
  Start(c, e.clocks());
}

void Apply(Case& c, const ev::DeadlinesRecomputed& e) {
  for (const auto& start : e.clocks()) {
    Clock& clock = ClockOf(c, start.promise());
    clock.set_near_due_ms(start.near_due_ms());
    clock.set_due_ms(start.due_ms());
    clock.set_provisional(start.provisional());
  }
  for (const auto& turn : e.turns()) {
    Clock& clock = ClockOf(c, turn.promise());
    clock.set_turn_due_ms(turn.due_ms());
    clock.set_turn_provisional(turn.provisional());
  }
}

// The clock of referrals stands for another one than before, or for none.
void Apply(Case& c, const ev::ReferralAnswered& e) {
  if (!e.has_clock()) {
    if (EarliestReferral(c) == nullptr) Stop(c, cm::PROMISE_REFERRAL);
    return;
  }
  StartAnew(c, e.clock());
  const auto* next = FindReferral(c, e.next());
  if (next == nullptr) return;
  Clock& clock = ClockOf(c, cm::PROMISE_REFERRAL);
  clock.set_level(next->clock().level());
  *clock.mutable_pauses() = next->clock().pauses();
  if (next->clock().has_extension()) *clock.mutable_extension() = next->clock().extension();
}

void Apply(Case& c, const ev::MergeAccepted& e) {
  if (e.open_until_ms() == 0) return;
  auto* merge = c.add_accepted_merges();
  merge->set_from(e.from());
  merge->set_until_ms(e.open_until_ms());
  merge->set_acceptance_id(e.acceptance_id());
}

void Apply(Case& c, const ev::MergeSettled& e) {
  auto& merges = *c.mutable_accepted_merges();
  merges.erase(
      std::remove_if(merges.begin(), merges.end(),
                     [&](const auto& merge) { return merge.acceptance_id() == e.acceptance_id(); }),
      merges.end());
}

bool AnyProvisional(const Case& c) {
  // The earliest referral's limit is that of the clock.
  const auto* earliest = EarliestReferral(c);
  const bool referral =
      std::any_of(c.referrals().begin(), c.referrals().end(),
                  [&](const auto& one) { return &one != earliest && one.clock().provisional(); });
  return referral || std::any_of(c.clocks().begin(), c.clocks().end(), [](const Clock& clock) {
           return !clock.stopped() && ((clock.provisional() && !clock.breached()) ||
                                       (clock.turn_provisional() && !clock.exhausted()));
         });
}

}  // namespace

void ApplyToCase(Case& c, const ev::Event& event, Timestamp log_time, uint32_t rules_ordinal) {
  c.set_version(event.case_version());
  c.set_cycle(event.cycle());
  c.set_area(event.area());
  c.set_restricted(event.restricted());
  c.set_drill(event.drill());
  if (ActedByPerson(event)) c.set_quarantined(false);
  if (BeginsHelp(event)) c.set_helped(true);
  ApplyToReferrals(c, event, log_time);
  switch (event.body_case()) {
    case ev::Event::kCaseOpened:
      Apply(c, event.case_opened(), log_time);
      break;
    case ev::Event::kLevelRaised:
      Apply(c, event.level_raised());
      break;
    case ev::Event::kCaseEscalated:
      Apply(c, event.case_escalated());
      break;
    case ev::Event::kLadderExhausted:
      Apply(c, event.ladder_exhausted());
      break;
    case ev::Event::kCaseReminded:
      Apply(c, event.case_reminded());
      break;
    case ev::Event::kClockNearDue:
      NearDue(ClockOf(c, event.clock_near_due().promise()), event.clock_near_due());
      break;
    case ev::Event::kClockBreached: {
      Clock& clock = ClockOf(c, event.clock_breached().promise());
      clock.set_breached(true);
      clock.set_round(1);
      clock.set_twice_due_ms(event.clock_breached().twice_due_ms());
      break;
    }
    case ev::Event::kCaseAcknowledged:
      c.set_handler_id(event.case_acknowledged().by().id());
      c.set_handler_tier(event.case_acknowledged().tier());
      c.set_taken_on(true);
      Stop(c, cm::PROMISE_ACKNOWLEDGE);
      break;
    case ev::Event::kCaseHandedDown:
      Apply(c, event.case_handed_down());
      break;
    case ev::Event::kReliefRecorded:
      c.set_relieved(true);
      Stop(c, cm::PROMISE_FIRST_RELIEF);
      if (event.relief_recorded().has_paperwork()) Start(c, event.relief_recorded().paperwork());
      break;
    case ev::Event::kCaseVerified:
      c.set_verified(true);
      Stop(c, cm::PROMISE_VERIFY);
      break;
    case ev::Event::kPaperworkCompleted:
      Stop(c, cm::PROMISE_PAPERWORK);
      break;
    case ev::Event::kCaseHeld:
      Apply(c, event.case_held(), log_time);
      break;
    case ev::Event::kHoldEnded:
      Apply(c, event.hold_ended());
      break;
    case ev::Event::kClockOverdueTwice:
      ClockOf(c, event.clock_overdue_twice().promise()).clear_twice_due_ms();
      break;
    case ev::Event::kReportAttached:
      c.set_attached(c.attached() + 1);
      break;
    case ev::Event::kCaseUrged:
      c.set_urged_at_ms(log_time.ms);
      break;
    case ev::Event::kClockExtended:
      *ClockOf(c, event.clock_extended().clock().promise()).mutable_extension() =
          event.clock_extended().extension();
      Start(c, event.clock_extended().clock());
      break;
    case ev::Event::kCaseReassigned:
      Apply(c, event.case_reassigned());
      break;
    case ev::Event::kCaseCorrected:
      Apply(c, event.case_corrected());
      break;
    case ev::Event::kCaseWithdrawn:
      End(c, cm::OUTCOME_WITHDRAWN, log_time);
      c.clear_works();
      break;
    case ev::Event::kCaseScreenedOut:
      End(c, cm::OUTCOME_SCREENED_OUT, log_time);
      break;
    case ev::Event::kMergeAccepted:
      Apply(c, event.merge_accepted());
      break;
    case ev::Event::kMergeSettled:
      Apply(c, event.merge_settled());
      break;
    case ev::Event::kCaseMerged:
      End(c, cm::OUTCOME_MERGED, log_time);
      break;
    case ev::Event::kCaseClosed:
      End(c, event.case_closed().outcome(), log_time);
      break;
    case ev::Event::kCaseReopened:
      Apply(c, event.case_reopened(), log_time);
      break;
    case ev::Event::kDeadlinesRecomputed:
      Apply(c, event.deadlines_recomputed());
      c.clear_provisional_ordinal();
      break;
    case ev::Event::kCaseQuarantined:
      c.set_quarantined(true);
      break;
    case ev::Event::kCaseHandedOver:
      c.set_handler_id(event.case_handed_over().to());
      c.set_handler_tier(event.case_handed_over().tier());
      break;
    case ev::Event::kBulletinRead:
      Apply(c, event.bulletin_read(), log_time);
      break;
    case ev::Event::kIncidentDigest:
      c.clear_pending();
      c.clear_digest_at_ms();
      break;
    case ev::Event::kCaseCertified:
      StartAnew(c, event.case_certified().clock());
      break;
    case ev::Event::kCaseReferred:
      if (event.case_referred().has_clock()) StartAnew(c, event.case_referred().clock());
      break;
    case ev::Event::kReferralAnswered:
      Apply(c, event.referral_answered());
      break;
    case ev::Event::kFollowUpBegun:
      Apply(c, event.follow_up_begun());
      break;
    case ev::Event::kFollowUpRecorded:
      Apply(c, event.follow_up_recorded());
      break;
    case ev::Event::kFollowUpEnded:
      End(c, event.follow_up_ended().outcome(), log_time);
      break;
    default:
      break;
  }
  ApplyToWork(c, event, log_time);
  if (const auto* notices = NoticesOf(event)) Told(c, *notices);
  if (!AnyProvisional(c)) {
    c.clear_provisional_ordinal();
  } else if (c.provisional_ordinal() == 0) {
    // Otherwise older limits still await a newer calendar: they are recomputed all together.
    c.set_provisional_ordinal(rules_ordinal);
  }
}

}  // namespace lastmeter
