#include "engine/core/referrals.h"

#include <algorithm>

#include "engine/core/case_applier.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Clock = lastmeter::state::v1::Clock;
using Referral = lastmeter::state::v1::Referral;

void SetLimit(Clock& clock, const ev::ClockStart& start) {
  clock.set_promise(cm::PROMISE_REFERRAL);
  clock.set_started_at_ms(start.started_at_ms());
  clock.set_near_due_ms(start.near_due_ms());
  clock.set_due_ms(start.due_ms());
  clock.set_provisional(start.provisional());
}

void Ask(Case& c, const ev::CaseReferred& e) {
  Referral& referral = *c.add_referrals();
  referral.set_to(e.to());
  if (!e.has_limit() && !e.has_clock()) return;
  const ev::ClockStart& start = e.has_limit() ? e.limit() : e.clock();
  SetLimit(*referral.mutable_clock(), start);
  if (start.paused()) {
    referral.mutable_clock()->add_pauses()->set_from_ms(start.started_at_ms());
  }
}

void Answer(Case& c, const ev::ReferralAnswered& e) {
  for (int i = 0; i < c.referrals_size(); ++i) {
    if (c.referrals(i).to() == e.to()) return c.mutable_referrals()->DeleteSubrange(i, 1);
  }
}

// Where one department is asked, its limit is the clock's.
void Move(Case& c, const google::protobuf::RepeatedPtrField<ev::ClockStart>& clocks,
          const google::protobuf::RepeatedPtrField<ev::ReferralLimit>& limits) {
  if (c.referrals_size() == 1) {
    for (const auto& start : clocks) {
      if (start.promise() != cm::PROMISE_REFERRAL) continue;
      SetLimit(*c.mutable_referrals(0)->mutable_clock(), start);
    }
  }
  for (const auto& limit : limits) {
    for (auto& referral : *c.mutable_referrals()) {
      if (referral.to() == limit.to()) SetLimit(*referral.mutable_clock(), limit.clock());
    }
  }
}

void Hold(Case& c, const ev::CaseHeld& e, Timestamp now) {
  if (std::find(e.paused().begin(), e.paused().end(), cm::PROMISE_REFERRAL) == e.paused().end()) {
    return;
  }
  for (auto& referral : *c.mutable_referrals()) {
    if (referral.has_clock()) referral.mutable_clock()->add_pauses()->set_from_ms(now.ms);
  }
}

void EndHold(Case& c, const ev::HoldEnded& e) {
  for (auto& referral : *c.mutable_referrals()) {
    if (!referral.has_clock()) continue;
    auto& pauses = *referral.mutable_clock()->mutable_pauses();
    if (!pauses.empty() && pauses.rbegin()->to_ms() == 0) {
      pauses.rbegin()->set_to_ms(e.ended_at_ms());
    }
  }
  Move(c, e.clocks(), e.referrals());
}

void Extend(Case& c, const ev::ClockExtended& e) {
  if (e.clock().promise() != cm::PROMISE_REFERRAL || c.referrals_size() != 1) return;
  Clock& clock = *c.mutable_referrals(0)->mutable_clock();
  *clock.mutable_extension() = e.extension();
  SetLimit(clock, e.clock());
}

}  // namespace

const Referral* FindReferral(const Case& c, std::string_view to) {
  for (const Referral& referral : c.referrals()) {
    if (referral.to() == to) return &referral;
  }
  return nullptr;
}

const Referral* EarliestReferral(const Case& c, std::string_view but_for) {
  const Referral* earliest = nullptr;
  for (const Referral& referral : c.referrals()) {
    if (referral.clock().due_ms() == 0 || referral.to() == but_for) continue;
    if (earliest == nullptr || referral.clock().due_ms() < earliest->clock().due_ms()) {
      earliest = &referral;
    }
  }
  return earliest;
}

std::string NamesOfReferrals(const Case& c) {
  std::string names;
  for (const Referral& referral : c.referrals()) {
    if (!names.empty()) names += ", ";
    names += referral.to();
  }
  return names;
}

ev::ClockStart OwnLimit(const Clock& own) {
  ev::ClockStart start;
  start.set_promise(cm::PROMISE_REFERRAL);
  start.set_started_at_ms(own.started_at_ms());
  start.set_near_due_ms(own.near_due_ms());
  start.set_due_ms(own.due_ms());
  start.set_provisional(own.provisional());
  return start;
}

ev::ClockStart MoveReferrals(const Case& c, const NewLimit& limit,
                             google::protobuf::RepeatedPtrField<ev::ReferralLimit>* limits) {
  ev::ClockStart earliest;
  for (const Referral& referral : c.referrals()) {
    if (!referral.has_clock()) continue;
    const auto moved = limit(referral.clock());
    const ev::ClockStart start = moved ? *moved : OwnLimit(referral.clock());
    if (earliest.due_ms() == 0 || start.due_ms() < earliest.due_ms()) earliest = start;
    if (!moved) continue;
    ev::ReferralLimit& added = *limits->Add();
    added.set_to(referral.to());
    *added.mutable_clock() = *moved;
  }
  return earliest;
}

void ApplyToReferrals(Case& c, const ev::Event& event, Timestamp log_time) {
  switch (event.body_case()) {
    case ev::Event::kCaseReferred:
      return Ask(c, event.case_referred());
    case ev::Event::kReferralAnswered:
      return Answer(c, event.referral_answered());
    case ev::Event::kCaseHeld:
      return Hold(c, event.case_held(), log_time);
    case ev::Event::kHoldEnded:
      return EndHold(c, event.hold_ended());
    case ev::Event::kClockExtended:
      return Extend(c, event.clock_extended());
    case ev::Event::kDeadlinesRecomputed:
      return Move(c, event.deadlines_recomputed().clocks(),
                  event.deadlines_recomputed().referrals());
    case ev::Event::kLevelRaised:
      // A referral keeps the time of the level at which it was asked.
      for (auto& referral : *c.mutable_referrals()) {
        if (referral.has_clock() && referral.clock().level() == cm::LEVEL_UNSPECIFIED) {
          referral.mutable_clock()->set_level(c.level());
        }
      }
      return;
    default:
      return;
  }
}

}  // namespace lastmeter
