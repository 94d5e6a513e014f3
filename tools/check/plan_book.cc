// Referrals and goals: the part of CaseBook that judges them.
#include <algorithm>
#include <iterator>

#include "engine/base/time.h"
#include "tools/check/case_book.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

constexpr size_t kMostReferrals = 8;
constexpr size_t kMostGoals = 16;

// The department whose limit comes first, of several at once the one asked first; null where none
// has a limit.
const ReferralRecord* Earliest(const CaseRecord& c, const ReferralRecord* but_for = nullptr) {
  const ReferralRecord* earliest = nullptr;
  for (const ReferralRecord& one : c.referrals) {
    if (one.due_ms == 0 || &one == but_for) continue;
    if (earliest == nullptr || one.due_ms < earliest->due_ms) earliest = &one;
  }
  return earliest;
}

ReferralRecord* FindReferral(CaseRecord& c, const std::string& to) {
  const auto it = std::find_if(c.referrals.begin(), c.referrals.end(),
                               [&](const ReferralRecord& one) { return one.to == to; });
  return it == c.referrals.end() ? nullptr : &*it;
}

}  // namespace

void CaseBook::TakeReferred(const At& at) {
  const auto& e = at.event.case_referred();
  const ClockRecord& clock = *at.c.Find(cm::PROMISE_REFERRAL);
  const bool asked = FindReferral(at.c, e.to()) != nullptr;
  const ev::ClockStart& limit = e.has_clock() ? e.clock() : e.limit();
  const bool has_limit = e.has_clock() || e.has_limit();
  // Whose limit comes first is the case's clock, unless that has passed or stands still.
  const bool first = Earliest(at.c) == nullptr || (!clock.breached && !clock.paused && has_limit &&
                                                   limit.due_ms() < clock.due_ms);
  sink_.Require(!e.to().empty() && !asked && at.c.referrals.size() < kMostReferrals &&
                    at.c.acknowledged && at.c.follow_ups_left == 0 &&
                    !(e.has_clock() && e.has_limit()) &&
                    (!has_limit || limit.promise() == cm::PROMISE_REFERRAL),
                rule::kReferral, [&] {
                  return at.name() + ": referred to " + e.to() +
                         (asked ? ", which has not answered yet" : "");
                });
  sink_.Require(!has_limit || e.has_clock() == first, rule::kReferral, [&] {
    return at.name() + ": the clock of referrals " + (first ? "does not stand" : "stands") +
           " for " + e.to() + ", whose limit comes " + (first ? "first" : "later");
  });
  if (e.has_limit()) {
    sink_.Require(limit.started_at_ms() <= at.now() && limit.due_ms() > limit.started_at_ms(),
                  rule::kClockStart, [&] {
                    return at.name() + ": the limit of " + e.to() + " starts later than now";
                  });
  }
  at.c.helped = true;
  at.c.referrals.push_back({e.to(), has_limit ? limit.due_ms() : 0});
  if (e.has_clock()) StartAnew(at, e.clock());
}

void CaseBook::TakeReferralAnswered(const At& at) {
  const auto& e = at.event.referral_answered();
  ReferralRecord* answered = FindReferral(at.c, e.to());
  sink_.Require(answered != nullptr && e.answer() != cm::REFERRAL_ANSWER_UNSPECIFIED,
                rule::kReferral,
                [&] { return at.name() + ": " + e.to() + " answers what it was not asked"; });
  // Somebody answered: one fault is enough.
  if (answered == nullptr && at.c.referrals.size() == 1) answered = &at.c.referrals[0];
  ClockRecord& clock = *at.c.Find(cm::PROMISE_REFERRAL);
  const ReferralRecord* next = Earliest(at.c, answered);
  const bool was_first = answered != nullptr && answered == Earliest(at.c);
  // Nobody is broken a promise to twice: what has passed as well goes on as it is.
  const bool moves = was_first && next != nullptr && !(clock.breached && next->due_ms <= at.now());
  sink_.Require(e.has_clock() == moves &&
                    (!moves || (e.next() == next->to && e.clock().due_ms() == next->due_ms &&
                                e.clock().promise() == cm::PROMISE_REFERRAL)),
                rule::kReferral, [&] {
                  return at.name() + ": after " + e.to() + " the clock of referrals " +
                         (e.has_clock() ? "stands for " + e.next() : "goes on as it is") + ", " +
                         (next == nullptr ? "nobody else has a limit"
                                          : next->to + " is due " + FormatLocal({next->due_ms}));
                });
  sink_.Require(!e.late() || (answered != nullptr && answered->due_ms != 0 && !clock.paused &&
                              e.accepted_at_ms() > answered->due_ms),
                rule::kReferral, [&] { return at.name() + ": an answer in time is marked late"; });
  const bool stop = next == nullptr;
  if (answered != nullptr) {
    at.c.referrals.erase(at.c.referrals.begin() + std::distance(at.c.referrals.data(), answered));
  }
  if (e.has_clock()) {
    // What stands still goes on doing so.
    const bool paused = clock.paused;
    StartAnew(at, e.clock());
    clock.paused = paused;
  } else if (stop) {
    clock.stopped = true;
  }
}

void CaseBook::MoveReferrals(const At& at, const Repeated<ev::ClockStart>& clocks,
                             const Repeated<ev::ReferralLimit>& limits) {
  for (const auto& start : clocks) {
    if (start.promise() == cm::PROMISE_REFERRAL && at.c.referrals.size() == 1) {
      at.c.referrals[0].due_ms = start.due_ms();
    }
  }
  for (const auto& limit : limits) {
    ReferralRecord* referral = FindReferral(at.c, limit.to());
    sink_.Require(referral != nullptr && referral->due_ms != 0, rule::kReferral, [&] {
      return at.name() + ": a limit of " + limit.to() + " moves, which has none";
    });
    if (referral != nullptr) referral->due_ms = limit.clock().due_ms();
  }
  // Where the clock moves, it is the earliest limit still.
  for (const auto& start : clocks) {
    if (start.promise() != cm::PROMISE_REFERRAL) continue;
    const ReferralRecord* earliest = Earliest(at.c);
    sink_.Require(earliest != nullptr && earliest->due_ms == start.due_ms(), rule::kReferral, [&] {
      return at.name() + ": the clock of referrals moves to " + FormatLocal({start.due_ms()}) +
             ", which is nobody's limit, or not the earliest";
    });
  }
}

void CaseBook::TakeGoalSet(const At& at) {
  const auto& e = at.event.goal_set();
  sink_.Require(e.goal_id() == at.c.goals_set + 1 && !e.need().empty() && e.due_ms() > at.now() &&
                    at.c.acknowledged && at.c.follow_ups_left == 0 &&
                    at.c.goals.size() < kMostGoals,
                rule::kGoal, [&] {
                  return at.name() + ": goal " + std::to_string(e.goal_id()) + " after " +
                         std::to_string(at.c.goals_set) + ", by " + FormatLocal({e.due_ms()});
                });
  at.c.goals_set = e.goal_id();
  at.c.goals[e.goal_id()] = {e.due_ms(), e.due_ms()};
  at.c.helped = true;
}

void CaseBook::TakeGoalRecorded(const At& at) {
  const auto& e = at.event.goal_recorded();
  const auto it = at.c.goals.find(e.goal_id());
  const bool open = it != at.c.goals.end();
  sink_.Require(open && e.result() != cm::GOAL_RESULT_UNSPECIFIED &&
                    e.in_time() == (e.accepted_at_ms() <= it->second.due_ms),
                rule::kGoal, [&] {
                  return at.name() + ": goal " + std::to_string(e.goal_id()) +
                         (open ? " is recorded without a result, or in time and was not"
                               : " is recorded and is not open");
                });
  if (open) at.c.goals.erase(it);
}

void CaseBook::TakeGoalOverdue(const At& at) {
  const auto& e = at.event.goal_overdue();
  CheckLateness(at, e.outage(), false, false);
  const auto it = at.c.goals.find(e.goal_id());
  if (sink_.Require(it != at.c.goals.end() && it->second.tell_ms != 0, rule::kGoal, [&] {
        return at.name() + ": goal " + std::to_string(e.goal_id()) +
               " is told of again, or is not open";
      })) {
    CheckFired(at, e.was_due_ms(), it->second.tell_ms);
    it->second.tell_ms = 0;
  }
  TakeNotices(at, e.notices());
}

void CaseBook::CheckGoals(const At& at) {
  sink_.Require(at.c.goals.empty(), rule::kGoal, [&] {
    return at.name() + ": its need is met while goal " + std::to_string(at.c.goals.begin()->first) +
           " is open";
  });
}

}  // namespace lastmeter
