// The judge of limits and of who is told: levels, clocks, recomputed limits, notices.
#include "engine/base/hash.h"
#include "engine/base/time.h"
#include "tools/check/case_book.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

void CaseBook::TakeLevelRaised(const At& at) {
  const auto& e = at.event.level_raised();
  sink_.Require(e.from() == at.c.level && e.to() < e.from() && e.to() != cm::LEVEL_UNSPECIFIED,
                rule::kLevel, [&] {
                  return at.name() + ": from " + std::to_string(e.from()) + " to " +
                         std::to_string(e.to()) + " at level " + std::to_string(at.c.level);
                });
  at.c.level = static_cast<uint8_t>(e.to());
  for (const auto& turn : e.turns()) {
    ClockRecord* clock = ClockOf(at, turn.promise());
    if (clock == nullptr) continue;
    sink_.Require(!clock->stopped && !clock->exhausted && clock->turn_tier == turn.tier() &&
                      clock->round == turn.round(),
                  rule::kTurnRound,
                  [&] { return at.name() + ": a limit of a turn that does not run"; });
    sink_.Require(turn.due_ms() <= clock->turn_due_ms, rule::kLevel,
                  [&] { return at.name() + ": a turn has longer than before"; });
    sink_.Require(
        (turn.entered_at_ms() == at.now() || turn.entered_at_ms() == clock->entered_at_ms) &&
            turn.due_ms() > turn.entered_at_ms(),
        rule::kTurnTimes, [&] { return at.name() + ": the turn's begin has moved"; });
    clock->entered_at_ms = turn.entered_at_ms();
    clock->turn_due_ms = turn.due_ms();
    clock->turn_provisional = turn.provisional();
    TakeNotices(at, turn.notices());
  }
  for (const auto& start : e.clocks()) {
    ClockRecord* clock = ClockOf(at, start.promise());
    if (clock == nullptr) continue;
    sink_.Require(!clock->has_limit() || start.due_ms() <= clock->due_ms, rule::kLevel,
                  [&] { return at.name() + ": a limit is later than before"; });
    // A limit that begins anew may be extended anew.
    clock->extended = false;
  }
  TakeClocks(at, e.clocks());
}

void CaseBook::TakeRecomputed(const At& at) {
  const auto& e = at.event.deadlines_recomputed();
  for (const auto& start : e.clocks()) {
    ClockRecord* clock = ClockOf(at, start.promise());
    if (clock == nullptr) continue;
    sink_.Require(clock->provisional && !clock->stopped && !clock->breached, rule::kRecompute,
                  [&] { return at.name() + ": a limit that was certain is computed again"; });
    clock->near_due_ms = start.near_due_ms();
    clock->due_ms = start.due_ms();
    clock->provisional = start.provisional();
  }
  MoveReferrals(at, e.clocks(), e.referrals());
  for (const auto& turn : e.turns()) {
    ClockRecord* clock = ClockOf(at, turn.promise());
    if (clock == nullptr) continue;
    sink_.Require(clock->turn_provisional && clock->on_ladder() && !clock->exhausted &&
                      turn.tier() == clock->turn_tier && turn.round() == clock->round,
                  rule::kRecompute,
                  [&] { return at.name() + ": a turn that was certain is computed again"; });
    sink_.Require(
        turn.entered_at_ms() == clock->entered_at_ms && turn.due_ms() > turn.entered_at_ms(),
        rule::kTurnTimes, [&] { return at.name() + ": the turn's begin has moved"; });
    clock->turn_due_ms = turn.due_ms();
    clock->turn_provisional = turn.provisional();
  }
}

void CaseBook::TakeNotices(const At& at, const Repeated<ev::Notice>& notices) {
  for (const auto& notice : notices) {
    ++counts_.notices;
    ++at.c.notices;
    TakeForDigest(at, notice);
    sink_.Require(notice.notice_id().size() > at.name().size() &&
                      notice.notice_id().starts_with(at.name()) &&
                      std::string_view(notice.notice_id()).substr(at.name().size()) ==
                          "/" + std::to_string(at.c.notices),
                  rule::kNotices, [&] {
                    return at.name() + ": notice " + notice.notice_id() + " where number " +
                           std::to_string(at.c.notices) + " is next";
                  });
    sink_.Require(!notice.staff_id().empty(), rule::kNotices,
                  [&] { return notice.notice_id() + " is for nobody"; });
    sink_.Require(
        !at.c.restricted || notice.tier() == cm::TIER_UNSPECIFIED || notice.tier() >= cm::TIER_TOWN,
        rule::kRestricted, [&] {
          return notice.notice_id() + ": tier " + std::to_string(notice.tier()) +
                 " is told of a restricted case";
        });
  }
}

void CaseBook::TakeClocks(const At& at, const Repeated<ev::ClockStart>& clocks) {
  for (const auto& start : clocks) TakeClock(at, start);
}

void CaseBook::TakeClock(const At& at, const ev::ClockStart& start) {
  ClockRecord* clock = ClockOf(at, start.promise());
  if (clock == nullptr) return;
  sink_.Require(!clock->stopped && !clock->breached && start.started_at_ms() <= at.now() &&
                    start.near_due_ms() >= start.started_at_ms() &&
                    start.due_ms() >= start.near_due_ms() && start.due_ms() > start.started_at_ms(),
                rule::kClockStart, [&] {
                  return at.name() + ": clock of promise " + std::to_string(start.promise()) +
                         " starts " + FormatLocal({start.started_at_ms()}) + ", near due " +
                         FormatLocal({start.near_due_ms()}) + ", due " +
                         FormatLocal({start.due_ms()});
                });
  if (!clock->near_due_fired) clock->near_due_ms = start.near_due_ms();
  clock->due_ms = start.due_ms();
  clock->provisional = start.provisional();
  sink_.Require(!start.paused() || at.c.hold_until_ms != 0, rule::kHold,
                [&] { return at.name() + ": a clock begins to stand still without a hold"; });
  if (start.paused()) clock->paused = true;
}

}  // namespace lastmeter
