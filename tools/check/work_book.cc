// Planned work, follow-ups and resources: the part of CaseBook that judges them.
#include "engine/base/time.h"
#include "tools/check/case_book.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

WorkRecord* CaseBook::WorkOf(const At& at, uint32_t work_id) {
  const auto it = at.c.works.find(work_id);
  if (it != at.c.works.end()) return &it->second;
  sink_.Report(rule::kWork, at.name() + ": work " + std::to_string(work_id) + " does not go on");
  return nullptr;
}

void CaseBook::TakeWorkPlanned(const At& at) {
  const auto& e = at.event.work_planned();
  ++counts_.works;
  const bool service = e.kind() == cm::WORK_KIND_SERVICE;
  const int64_t length = e.until_ms() - e.from_ms();
  const int64_t step = Days(e.every_days()).ms;
  sink_.Require(e.work_id() == at.c.works_planned + 1 &&
                    (service ? !e.service().empty()
                             : e.kind() == cm::WORK_KIND_VISIT && !e.assignee().empty()) &&
                    length > 0 && e.from_ms() > at.now() && e.times() > 0 &&
                    (e.times() == 1 || step >= length),
                rule::kWork, [&] {
                  return at.name() + ": work " + std::to_string(e.work_id()) +
                         " is planned after " + std::to_string(at.c.works_planned) + ", from " +
                         FormatLocal({e.from_ms()}) + " to " + FormatLocal({e.until_ms()}) + ", " +
                         std::to_string(e.times()) + " times";
                });
  at.c.works_planned = e.work_id();
  at.c.helped = true;
  WorkRecord& work = at.c.works[e.work_id()];
  work = {};
  work.service = service;
  work.times = e.times();
  work.first_from_ms = e.from_ms();
  work.length_ms = length;
  work.step_ms = step;
  work.notice_before_ms = Minutes(e.notice_minutes()).ms;
  work.assignee = e.assignee();
  work.worker = e.assignee();
  work.turn = 1;
  work.Begin(1, at.now());
  TakeNotices(at, e.notices());
}

void CaseBook::TakeWorkClaimed(const At& at) {
  const auto& e = at.event.work_claimed();
  WorkRecord* work = WorkOf(at, e.work_id());
  if (work == nullptr) return;
  sink_.Require(
      e.turn() >= work->turn && e.turn() <= work->times && work->WorkerOf(e.turn()).empty(),
      rule::kWorkClaim, [&] {
        return at.name() + ": " + e.by().id() + " takes turn " + std::to_string(e.turn()) +
               ", which " + work->WorkerOf(e.turn()) + " has, or which is over";
      });
  if (e.turn() == work->turn) {
    work->GiveTo(e.by().id(), at.now());
  } else {
    work->booked[e.turn()] = e.by().id();
  }
}

void CaseBook::TakeWorkHandedBack(const At& at) {
  const auto& e = at.event.work_handed_back();
  WorkRecord* work = WorkOf(at, e.work_id());
  if (work == nullptr) return;
  sink_.Require(e.turn() >= work->turn && e.turn() <= work->times && !work->overdue &&
                    !e.worker().empty() && work->WorkerOf(e.turn()) == e.worker(),
                rule::kWorkClaim, [&] {
                  return at.name() + ": turn " + std::to_string(e.turn()) + " of " + e.worker() +
                         " is handed back, " + work->WorkerOf(e.turn()) + " has it";
                });
  if (e.turn() == work->turn) {
    work->AskForWorker(at.now());
  } else {
    work->booked[e.turn()].clear();
  }
}

void CaseBook::TakeWorkStarted(const At& at) {
  const auto& e = at.event.work_started();
  WorkRecord* work = WorkOf(at, e.work_id());
  if (work == nullptr) return;
  sink_.Require(e.turn() == work->turn && !work->started && !work->overdue &&
                    (work->worker.empty() || work->worker == e.by().id()),
                rule::kWorkClaim, [&] {
                  return at.name() + ": " + e.by().id() + " begins turn " +
                         std::to_string(e.turn()) + " of " + work->worker;
                });
  sink_.Require(at.now() >= work->from_ms() - work->notice_before_ms, rule::kWork,
                [&] { return at.name() + ": a turn begins long before its time"; });
  work->GiveTo(e.by().id(), at.now());
  work->started = true;
}

void CaseBook::NextTurn(const At& at, uint32_t work_id, WorkRecord& work) {
  if (work.turn < work.times) return work.Begin(work.turn + 1, at.now());
  at.c.works.erase(work_id);
}

void CaseBook::TakeWorkFinished(const At& at) {
  const auto& e = at.event.work_finished();
  WorkRecord* work = WorkOf(at, e.work_id());
  if (work == nullptr) return;
  sink_.Require(e.turn() == work->turn && (work->started || work->overdue) &&
                    e.late() == work->overdue &&
                    (work->worker.empty() || work->worker == e.worker()),
                rule::kWork, [&] {
                  return at.name() + ": turn " + std::to_string(e.turn()) +
                         " is done that did not begin, or by somebody else";
                });
  NextTurn(at, e.work_id(), *work);
}

void CaseBook::TakeWorkUnclaimed(const At& at) {
  const auto& e = at.event.work_unclaimed();
  CheckLateness(at, e.outage(), false, false);
  if (WorkRecord* work = WorkOf(at, e.work_id())) {
    if (sink_.Require(work->worker.empty() && !work->started && work->notice_ms != 0 &&
                          e.turn() == work->turn && e.from_ms() == work->from_ms(),
                      rule::kWork,
                      [&] { return at.name() + ": told of an open turn that is taken"; })) {
      CheckFired(at, e.was_due_ms(), work->notice_ms);
    }
    work->notice_ms = 0;
  }
  TakeNotices(at, e.notices());
}

void CaseBook::TakeClaimLapsed(const At& at) {
  const auto& e = at.event.claim_lapsed();
  CheckLateness(at, e.outage(), false, false);
  if (WorkRecord* work = WorkOf(at, e.work_id())) {
    if (sink_.Require(!work->started && work->lapses_ms != 0 && e.turn() == work->turn &&
                          e.worker() == work->worker && e.until_ms() == work->until_ms(),
                      rule::kWorkClaim,
                      [&] { return at.name() + ": a claim lapses that nobody made, or began"; })) {
      CheckFired(at, e.was_due_ms(), work->lapses_ms);
    }
    work->worker.clear();
    work->lapses_ms = 0;
  }
  TakeNotices(at, e.notices());
}

void CaseBook::TakeWorkMissed(const At& at) {
  const auto& e = at.event.work_missed();
  CheckLateness(at, e.outage(), false, false);
  TakeNotices(at, e.notices());
  WorkRecord* work = WorkOf(at, e.work_id());
  if (work == nullptr) return;
  if (sink_.Require(!work->overdue && e.turn() == work->turn && e.worker() == work->worker &&
                        e.started() == work->started,
                    rule::kWork,
                    [&] { return at.name() + ": a turn is missed that is not the present one"; })) {
    CheckFired(at, e.was_due_ms(), work->until_ms());
  }
  if (work->turn < work->times) return work->Begin(work->turn + 1, at.now());
  work->overdue = true;
  work->notice_ms = work->lapses_ms = 0;
}

void CaseBook::TakeWorkCancelled(const At& at) {
  const auto& e = at.event.work_cancelled();
  TakeNotices(at, e.notices());
  if (WorkOf(at, e.work_id()) != nullptr) at.c.works.erase(e.work_id());
}

void CaseBook::StartAnew(const At& at, const ev::ClockStart& start) {
  ClockRecord* clock = ClockOf(at, start.promise());
  if (clock == nullptr) return;
  *clock = {};
  TakeClock(at, start);
}

void CaseBook::TakeFollowUpBegun(const At& at) {
  const auto& e = at.event.follow_up_begun();
  sink_.Require(at.c.follow_ups_left == 0 && at.c.acknowledged && at.c.referrals.empty() &&
                    at.c.hold_until_ms == 0 && e.visits() > 0 && e.has_clock() &&
                    e.clock().promise() == cm::PROMISE_FOLLOW_UP &&
                    e.outcome() != cm::OUTCOME_UNSPECIFIED,
                rule::kFollowUp, [&] { return at.name() + ": may not be followed up yet"; });
  CheckPapers(at);
  CheckGoals(at);
  at.c.follow_ups_left = e.visits();
  at.c.follow_up_outcome = static_cast<uint8_t>(e.outcome());
  for (ClockRecord& clock : at.c.clocks) clock.stopped = true;
  StartAnew(at, e.clock());
}

void CaseBook::TakeFollowUpRecorded(const At& at) {
  const auto& e = at.event.follow_up_recorded();
  ClockRecord& clock = *at.c.Find(cm::PROMISE_FOLLOW_UP);
  const bool trouble = e.finding() == cm::FOLLOW_UP_FINDING_TROUBLE;
  const bool goes_on = at.c.follow_ups_left > 1 && !trouble;
  sink_.Require(at.c.follow_ups_left > 0 && e.number() == at.c.follow_ups_made + 1 &&
                    e.finding() != cm::FOLLOW_UP_FINDING_UNSPECIFIED &&
                    e.late() == clock.breached && e.has_clock() == goes_on,
                rule::kFollowUp, [&] {
                  return at.name() + ": visit " + std::to_string(e.number()) + " after " +
                         std::to_string(at.c.follow_ups_made) + ", " +
                         std::to_string(at.c.follow_ups_left) + " were left";
                });
  at.c.follow_ups_made = e.number();
  if (at.c.follow_ups_left > 0) --at.c.follow_ups_left;
  at.decision.follow_up_must_end = !goes_on;
  clock.stopped = true;
  if (e.has_clock()) StartAnew(at, e.clock());
}

void CaseBook::TakeFollowUpEnded(const At& at) {
  const auto& e = at.event.follow_up_ended();
  ++counts_.closed;
  --counts_.open;
  const bool by_visit = at.decision.follow_up_must_end;
  const bool fits = (e.reason() == ev::FOLLOW_UP_END_COMPLETED && by_visit &&
                     at.c.follow_ups_left == 0 && at.c.works.empty()) ||
                    (e.reason() == ev::FOLLOW_UP_END_TROUBLE && by_visit) ||
                    (e.reason() == ev::FOLLOW_UP_END_REPORTED_AGAIN &&
                     at.decision.report != nullptr && at.c.follow_ups_left > 0);
  sink_.Require(fits && e.outcome() == at.c.follow_up_outcome, rule::kFollowUp, [&] {
    return at.name() + ": following up ends for reason " + std::to_string(e.reason()) +
           ", or with another outcome than it began with";
  });
  at.decision.follow_up_must_end = false;
  at.decision.cycle_must_begin = e.reason() != ev::FOLLOW_UP_END_COMPLETED;
  at.c.follow_ups_left = at.c.follow_ups_made = 0;
  at.c.hold_until_ms = 0;
  at.c.closed = true;
  for (ClockRecord& clock : at.c.clocks) clock.stopped = true;
}

void CaseBook::TakePledged(const At& at) {
  const auto& e = at.event.resource_pledged();
  sink_.Require(
      e.resource_id() == at.c.resources.size() + 1 && !e.project().empty() && e.value_fen() > 0,
      rule::kResource, [&] {
        return at.name() + ": resource " + std::to_string(e.resource_id()) + " after " +
               std::to_string(at.c.resources.size());
      });
  at.c.resources.push_back({HashOf(e.project()), false});
  at.c.helped = true;
}

void CaseBook::TakeDelivered(const At& at) {
  const auto& e = at.event.resource_delivered();
  ResourceRecord* resource = e.resource_id() >= 1 && e.resource_id() <= at.c.resources.size()
                                 ? &at.c.resources[e.resource_id() - 1]
                                 : nullptr;
  sink_.Require(resource != nullptr && !resource->delivered &&
                    resource->project_hash == HashOf(e.project()) && e.value_fen() > 0,
                rule::kResource, [&] {
                  return at.name() + ": resource " + std::to_string(e.resource_id()) +
                         (resource == nullptr ? " was never pledged" : " is delivered again");
                });
  if (resource != nullptr) resource->delivered = true;
}

}  // namespace lastmeter
