#include "tests/year/case_book.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace ev = event::v1;

template <typename Starts>
void TakeClocks(const Starts& starts, KnownCase* c) {
  for (const ev::ClockStart& start : starts) c->due_ms[start.promise()] = start.due_ms();
}

void Begin(KnownCase* c) {
  c->open = true;
  c->on_hold = c->verified = c->unfounded = c->relieved = c->papers_owed = false;
  c->handler.clear();
  c->due_ms.clear();
  c->referred_to.clear();
  c->helped = false;
  c->follow_ups_left = c->follow_ups_made = 0;
}

void Open(const ev::CaseOpened& opened, KnownCase* c) {
  Begin(c);
  c->reporter = opened.reporter().id();
  c->reporter_role = opened.reporter().role();
  c->level = opened.level();
  c->twins.assign(opened.possible_twins().begin(), opened.possible_twins().end());
  c->scheduled = opened.scheduled();
  c->bulletin = opened.bulletin();
  TakeClocks(opened.clocks(), c);
}

void Plan(const ev::WorkPlanned& planned, KnownCase* c) {
  KnownWork& work = c->works[planned.work_id()];
  work.from = {planned.from_ms()};
  work.length = Millis{planned.until_ms() - planned.from_ms()};
  work.times = planned.times();
  work.every_days = planned.every_days();
  work.assignee = planned.assignee();
  c->helped = true;
}

void GoOn(KnownWork* work) {
  work->takers.erase(work->turn);
  work->started = false;
  ++work->turn;
}

void Finish(uint32_t id, KnownCase* c) {
  KnownWork& work = c->works.at(id);
  if (work.turn == work.times) {
    c->works.erase(id);
  } else {
    GoOn(&work);
  }
}

void Miss(uint32_t id, KnownCase* c) {
  KnownWork& work = c->works.at(id);
  work.overdue = work.turn == work.times;
  if (!work.overdue) GoOn(&work);
}

// Work, what others give, and what is only listed.
void ReadBeside(const ev::Event& event, KnownCase* c) {
  switch (event.body_case()) {
    case ev::Event::kWorkPlanned:
      return Plan(event.work_planned(), c);
    case ev::Event::kWorkClaimed: {
      const auto& claimed = event.work_claimed();
      c->works.at(claimed.work_id()).takers[claimed.turn()] = claimed.by().id();
      return;
    }
    case ev::Event::kWorkHandedBack: {
      const auto& back = event.work_handed_back();
      KnownWork& work = c->works.at(back.work_id());
      work.takers[back.turn()].clear();
      if (back.turn() == work.turn) work.started = false;
      return;
    }
    case ev::Event::kClaimLapsed:
      c->works.at(event.claim_lapsed().work_id()).takers[event.claim_lapsed().turn()].clear();
      return;
    case ev::Event::kWorkStarted: {
      KnownWork& work = c->works.at(event.work_started().work_id());
      work.takers[event.work_started().turn()] = event.work_started().by().id();
      work.started = true;
      return;
    }
    case ev::Event::kWorkFinished:
      return Finish(event.work_finished().work_id(), c);
    case ev::Event::kWorkMissed:
      return Miss(event.work_missed().work_id(), c);
    case ev::Event::kWorkCancelled:
      c->works.erase(event.work_cancelled().work_id());
      return;
    case ev::Event::kResourcePledged:
      c->pledges[event.resource_pledged().resource_id()] = event.resource_pledged().value_fen();
      c->helped = true;
      return;
    case ev::Event::kResourceDelivered:
      c->pledges.erase(event.resource_delivered().resource_id());
      return;
    case ev::Event::kCaseCertified:
      ++c->certified;
      c->due_ms[cm::PROMISE_CERTIFICATION] = event.case_certified().clock().due_ms();
      return;
    case ev::Event::kBulletinRead:
      c->read_by.insert(event.bulletin_read().by().id());
      if (event.bulletin_read().left() == 0) c->open = false;
      return;
    default:
      return;
  }
}

// From one department or visit to the next.
void ReadFollowing(const ev::Event& event, KnownCase* c) {
  switch (event.body_case()) {
    case ev::Event::kCaseReferred:
      c->referred_to.insert(event.case_referred().to());
      c->helped = true;
      if (event.case_referred().has_clock()) {
        c->due_ms[cm::PROMISE_REFERRAL] = event.case_referred().clock().due_ms();
      }
      return;
    case ev::Event::kReferralAnswered:
      c->referred_to.erase(event.referral_answered().to());
      if (event.referral_answered().has_clock()) {
        c->due_ms[cm::PROMISE_REFERRAL] = event.referral_answered().clock().due_ms();
      }
      return;
    case ev::Event::kGoalSet:
      c->goals[event.goal_set().goal_id()] = {event.goal_set().due_ms()};
      c->helped = true;
      return;
    case ev::Event::kGoalRecorded:
      c->goals.erase(event.goal_recorded().goal_id());
      return;
    case ev::Event::kFollowUpBegun:
      c->follow_ups_left = event.follow_up_begun().visits();
      c->due_ms[cm::PROMISE_FOLLOW_UP] = event.follow_up_begun().clock().due_ms();
      return;
    case ev::Event::kFollowUpRecorded:
      --c->follow_ups_left;
      ++c->follow_ups_made;
      c->due_ms[cm::PROMISE_FOLLOW_UP] = event.follow_up_recorded().clock().due_ms();
      return;
    case ev::Event::kFollowUpEnded:
      c->open = false;
      c->follow_ups_left = 0;
      return;
    case ev::Event::kCaseHandedOver:
      c->handler = event.case_handed_over().to();
      c->handler_tier = event.case_handed_over().tier();
      return;
    default:
      return ReadBeside(event, c);
  }
}

}  // namespace

const KnownCase* CaseBook::Read(const ev::Event& event) {
  if (event.case_number().empty() || event.has_command_rejected()) return nullptr;
  KnownCase& c = cases_[event.case_number()];
  c.number = event.case_number();
  c.area = event.area();
  c.version = event.case_version();
  c.cycle = event.cycle();
  c.restricted = event.restricted();
  switch (event.body_case()) {
    case ev::Event::kCaseOpened:
      Open(event.case_opened(), &c);
      break;
    case ev::Event::kCaseReopened:
      Begin(&c);
      TakeClocks(event.case_reopened().clocks(), &c);
      break;
    case ev::Event::kCaseAcknowledged:
      c.handler = event.case_acknowledged().by().id();
      c.handler_tier = event.case_acknowledged().tier();
      break;
    case ev::Event::kCaseEscalated:
      // Whoever raises a case gives it away; an overdue promise calls others in beside the handler.
      if (event.case_escalated().turn().promise() == cm::PROMISE_ACKNOWLEDGE) c.handler.clear();
      break;
    case ev::Event::kCaseHandedDown:
    case ev::Event::kCaseReassigned:
      c.handler.clear();
      break;
    case ev::Event::kLevelRaised:
      c.level = event.level_raised().to();
      TakeClocks(event.level_raised().clocks(), &c);
      break;
    case ev::Event::kCaseVerified:
      c.verified = c.helped = true;
      c.unfounded = event.case_verified().finding() == cm::FINDING_UNFOUNDED;
      break;
    case ev::Event::kReliefRecorded:
      c.relieved = c.helped = true;
      if (event.relief_recorded().has_paperwork()) {
        c.papers_owed = true;
        c.due_ms[cm::PROMISE_PAPERWORK] = event.relief_recorded().paperwork().due_ms();
      }
      break;
    case ev::Event::kPaperworkCompleted:
      c.papers_owed = false;
      break;
    case ev::Event::kCaseHeld:
      c.on_hold = true;
      break;
    case ev::Event::kHoldEnded:
      c.on_hold = false;
      TakeClocks(event.hold_ended().clocks(), &c);
      break;
    case ev::Event::kClockExtended:
      c.due_ms[event.clock_extended().clock().promise()] = event.clock_extended().clock().due_ms();
      break;
    case ev::Event::kDeadlinesRecomputed:
      TakeClocks(event.deadlines_recomputed().clocks(), &c);
      break;
    case ev::Event::kCaseWithdrawn:
    case ev::Event::kCaseMerged:
      c.goals.clear();
      [[fallthrough]];
    case ev::Event::kCaseScreenedOut:
    case ev::Event::kCaseClosed:
      c.open = c.on_hold = false;
      c.follow_ups_left = 0;
      break;
    default:
      ReadFollowing(event, &c);
  }
  return &c;
}

std::vector<const KnownCase*> CaseBook::HeldBy(const std::set<std::string>& staff) const {
  std::vector<const KnownCase*> held;
  for (const auto& [number, c] : cases_) {
    if (c.open && staff.contains(c.handler)) held.push_back(&c);
  }
  return held;
}

const KnownCase* CaseBook::Find(const std::string& number) const {
  const auto it = cases_.find(number);
  return it == cases_.end() ? nullptr : &it->second;
}

}  // namespace lastmeter::year
