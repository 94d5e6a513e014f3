#include "engine/core/work.h"

#include <algorithm>
#include <string>

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Work = lastmeter::state::v1::Work;

// An instant that has passed already when a turn becomes the present one is due now.
int64_t NotBefore(int64_t instant_ms, Timestamp now) { return std::max(instant_ms, now.ms); }

void AskForWorker(Work& work, Timestamp now) {
  work.clear_worker();
  work.clear_lapses_ms();
  work.set_notice_ms(NotBefore(work.from_ms() - work.notice_before_ms(), now));
}

// Half of the turn's time is left then for somebody else. Whoever takes a turn later than that has
// it to its end.
void GiveTo(Work& work, const std::string& worker, Timestamp now) {
  work.set_worker(worker);
  work.clear_notice_ms();
  const int64_t middle = work.from_ms() + (work.until_ms() - work.from_ms()) / 2;
  const bool lapses = work.kind() == cm::WORK_KIND_SERVICE && middle > now.ms;
  work.set_lapses_ms(lapses ? middle : 0);
}

// Who has a turn that is still to come.
std::string Booked(const Work& work, uint32_t turn) {
  for (const auto& claim : work.claims()) {
    if (claim.turn() == turn) return claim.staff_id();
  }
  return work.assignee();
}

// The turn becomes the present one.
void Open(Work& work, Timestamp now) {
  work.clear_started();
  const std::string worker = Booked(work, work.turn());
  auto& claims = *work.mutable_claims();
  while (!claims.empty() && claims[0].turn() <= work.turn()) claims.DeleteSubrange(0, 1);
  if (worker.empty()) {
    AskForWorker(work, now);
  } else {
    GiveTo(work, worker, now);
  }
}

void OpenNext(Work& work, Timestamp now) {
  const int64_t step = Days(work.every_days()).ms;
  work.set_turn(work.turn() + 1);
  work.set_from_ms(work.from_ms() + step);
  work.set_until_ms(work.until_ms() + step);
  Open(work, now);
}

Work* Find(Case& c, uint32_t id) {
  for (Work& work : *c.mutable_works()) {
    if (work.id() == id) return &work;
  }
  return nullptr;
}

void Remove(Case& c, uint32_t id) {
  for (int i = 0; i < c.works_size(); ++i) {
    if (c.works(i).id() == id) return c.mutable_works()->DeleteSubrange(i, 1);
  }
}

// Nobody: handed back by whoever has every turn.
void Book(Work& work, uint32_t turn, const std::string& staff_id) {
  auto& claims = *work.mutable_claims();
  int at = 0;
  while (at < claims.size() && claims[at].turn() < turn) ++at;
  if (at < claims.size() && claims[at].turn() == turn) return claims[at].set_staff_id(staff_id);
  auto* claim = claims.Add();
  claim->set_turn(turn);
  claim->set_staff_id(staff_id);
  for (int i = claims.size() - 1; i > at; --i) claims.SwapElements(i, i - 1);
}

void Claim(Work& work, uint32_t turn, const std::string& staff_id, Timestamp now) {
  if (turn == work.turn()) return GiveTo(work, staff_id, now);
  Book(work, turn, staff_id);
}

void HandBack(Work& work, uint32_t turn, Timestamp now) {
  if (turn != work.turn()) return Book(work, turn, "");
  work.clear_started();
  AskForWorker(work, now);
}

void Apply(Case& c, const ev::WorkPlanned& e, Timestamp now) {
  c.set_works_planned(e.work_id());
  Work& work = *c.add_works();
  work.set_id(e.work_id());
  work.set_kind(e.kind());
  work.set_turn(1);
  work.set_times(e.times());
  work.set_every_days(e.every_days());
  work.set_from_ms(e.from_ms());
  work.set_until_ms(e.until_ms());
  work.set_notice_before_ms(Minutes(e.notice_minutes()).ms);
  work.set_assignee(e.assignee());
  Open(work, now);
}

void Finish(Case& c, const ev::WorkFinished& e, Timestamp now) {
  Work* work = Find(c, e.work_id());
  if (work == nullptr) return;
  if (work->turn() == work->times()) return Remove(c, e.work_id());
  OpenNext(*work, now);
}

void Miss(Case& c, const ev::WorkMissed& e, Timestamp now) {
  Work* work = Find(c, e.work_id());
  if (work == nullptr) return;
  if (work->turn() < work->times()) return OpenNext(*work, now);
  work->set_overdue(true);
  work->clear_notice_ms();
  work->clear_lapses_ms();
}

void Deliver(Case& c, const ev::ResourceDelivered& e) {
  for (auto& resource : *c.mutable_resources()) {
    if (resource.id() == e.resource_id()) resource.set_delivered(true);
  }
}

void Pledge(Case& c, const ev::ResourcePledged& e) {
  auto* resource = c.add_resources();
  resource->set_id(e.resource_id());
  resource->set_value_fen(e.value_fen());
  resource->set_project(e.project());
}

void Set(Case& c, const ev::GoalSet& e) {
  c.set_goals_set(e.goal_id());
  auto* goal = c.add_goals();
  goal->set_id(e.goal_id());
  goal->set_due_ms(e.due_ms());
  goal->set_tell_ms(e.due_ms());
}

void Record(Case& c, const ev::GoalRecorded& e) {
  for (int i = 0; i < c.goals_size(); ++i) {
    if (c.goals(i).id() == e.goal_id()) return c.mutable_goals()->DeleteSubrange(i, 1);
  }
}

void Overdue(Case& c, const ev::GoalOverdue& e) {
  for (auto& goal : *c.mutable_goals()) {
    if (goal.id() == e.goal_id()) goal.clear_tell_ms();
  }
}

// What came due while the case was closed is told now.
void TellAgain(Case& c, Timestamp now) {
  for (auto& goal : *c.mutable_goals()) {
    if (goal.tell_ms() != 0) goal.set_tell_ms(NotBefore(goal.tell_ms(), now));
  }
}

}  // namespace

const Work* FindWork(const Case& c, uint32_t id) {
  for (const Work& work : c.works()) {
    if (work.id() == id) return &work;
  }
  return nullptr;
}

std::string WorkerOf(const Work& work, uint32_t turn) {
  return turn == work.turn() ? work.worker() : Booked(work, turn);
}

int64_t NextInstantMs(const Work& work) {
  if (work.overdue()) return INT64_MAX;
  int64_t next = work.until_ms();
  if (work.started()) return next;
  if (work.notice_ms() != 0) next = std::min(next, work.notice_ms());
  if (work.lapses_ms() != 0) next = std::min(next, work.lapses_ms());
  return next;
}

void ApplyToWork(Case& c, const ev::Event& event, Timestamp now) {
  const auto find = [&c](uint32_t id) { return Find(c, id); };
  switch (event.body_case()) {
    case ev::Event::kWorkPlanned:
      return Apply(c, event.work_planned(), now);
    case ev::Event::kWorkClaimed: {
      const auto& e = event.work_claimed();
      if (Work* work = find(e.work_id())) Claim(*work, e.turn(), e.by().id(), now);
      return;
    }
    case ev::Event::kWorkHandedBack: {
      const auto& e = event.work_handed_back();
      if (Work* work = find(e.work_id())) HandBack(*work, e.turn(), now);
      return;
    }
    case ev::Event::kWorkStarted: {
      const auto& e = event.work_started();
      if (Work* work = find(e.work_id())) {
        GiveTo(*work, e.by().id(), now);
        work->set_started(true);
      }
      return;
    }
    case ev::Event::kWorkFinished:
      return Finish(c, event.work_finished(), now);
    case ev::Event::kWorkUnclaimed:
      if (Work* work = find(event.work_unclaimed().work_id())) work->clear_notice_ms();
      return;
    case ev::Event::kClaimLapsed:
      if (Work* work = find(event.claim_lapsed().work_id())) {
        work->clear_worker();
        work->clear_lapses_ms();
      }
      return;
    case ev::Event::kWorkMissed:
      return Miss(c, event.work_missed(), now);
    case ev::Event::kWorkCancelled:
      return Remove(c, event.work_cancelled().work_id());
    case ev::Event::kResourcePledged:
      return Pledge(c, event.resource_pledged());
    case ev::Event::kResourceDelivered:
      return Deliver(c, event.resource_delivered());
    case ev::Event::kGoalSet:
      return Set(c, event.goal_set());
    case ev::Event::kGoalRecorded:
      return Record(c, event.goal_recorded());
    case ev::Event::kGoalOverdue:
      return Overdue(c, event.goal_overdue());
    case ev::Event::kCaseReopened:
      return TellAgain(c, now);
    case ev::Event::kCaseMerged:
    case ev::Event::kCaseWithdrawn:
      return c.clear_goals();
    default:
      return;
  }
}

}  // namespace lastmeter
