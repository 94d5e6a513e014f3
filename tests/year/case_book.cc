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
}

void Open(const ev::CaseOpened& opened, KnownCase* c) {
  Begin(c);
  c->reporter = opened.reporter().id();
  c->reporter_role = opened.reporter().role();
  c->level = opened.level();
  c->twins.assign(opened.possible_twins().begin(), opened.possible_twins().end());
  TakeClocks(opened.clocks(), c);
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
      c.verified = true;
      c.unfounded = event.case_verified().finding() == cm::FINDING_UNFOUNDED;
      break;
    case ev::Event::kReliefRecorded:
      c.relieved = true;
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
    case ev::Event::kCaseClosed:
    case ev::Event::kCaseWithdrawn:
    case ev::Event::kCaseMerged:
      c.open = c.on_hold = false;
      break;
    default:
      break;
  }
  return &c;
}

const KnownCase* CaseBook::Find(const std::string& number) const {
  const auto it = cases_.find(number);
  return it == cases_.end() ? nullptr : &it->second;
}

}  // namespace lastmeter::year
