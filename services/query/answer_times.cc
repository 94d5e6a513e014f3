#include "services/query/answer_times.h"

#include <algorithm>

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace rl = lastmeter::rules::v1;
using lastmeter::view::v1::CaseRow;

constexpr int64_t kMinuteMs = 60'000;
// No tier has longer to answer.
constexpr uint32_t kMostWorkingDays = 366;

const api::TurnView* TurnOf(const CaseRow& row) {
  for (const auto& clock : row.shown().clocks()) {
    if (clock.promise() == cm::PROMISE_ACKNOWLEDGE && clock.has_turn()) return &clock.turn();
  }
  return nullptr;
}

// The unit in which the turn's limit was set; minutes where the rules say nothing.
rl::DurationUnit UnitOf(const rl::LevelPolicy& level, const api::TurnView& turn) {
  const rl::Ladder& ladder = level.acknowledge();
  if (turn.exhausted()) return ladder.remind_every().unit();
  for (const auto& rung : ladder.rungs()) {
    if (rung.tier() == turn.tier()) return rung.answer_within().unit();
  }
  return ladder.rungs().empty() ? rl::DURATION_UNIT_MINUTES
                                : ladder.rungs().rbegin()->answer_within().unit();
}

// How much of the unit lies between the two.
rl::Duration Measure(const WorkCalendar& calendar, rl::DurationUnit unit, Timestamp from,
                     Timestamp due) {
  rl::Duration length;
  length.set_unit(unit);
  length.set_amount(1);
  if (unit == rl::DURATION_UNIT_DUTY_MINUTES) {
    const int64_t minutes = calendar.DutyBetween(from, due).ms / kMinuteMs;
    length.set_amount(static_cast<uint32_t>(std::max<int64_t>(1, minutes)));
  } else {
    while (length.amount() < kMostWorkingDays && calendar.After(from, length).due < due) {
      length.set_amount(length.amount() + 1);
    }
  }
  return length;
}

}  // namespace

AnswerTimes::AnswerTimes(const rl::Rules& rules) : policy_(rules.policy()) {
  if (auto calendar = WorkCalendar::Create(rules.calendar()); calendar.ok()) {
    calendar_ = *std::move(calendar);
  }
}

const rl::LevelPolicy* AnswerTimes::LevelOf(cm::Level level) const {
  for (const auto& one : policy_.levels()) {
    if (one.level() == level) return &one;
  }
  return nullptr;
}

void AnswerTimes::Light(CaseRow* row) const {
  row->clear_answer_near_ms();
  row->clear_answer_twice_ms();
  if (row->answer_due_ms() == 0) return;
  Timestamp from{row->answer_from_ms()};
  const Timestamp due{row->answer_due_ms()};
  const rl::LevelPolicy* level = LevelOf(row->shown().level());
  const api::TurnView* turn = TurnOf(*row);
  const rl::DurationUnit unit = level == nullptr || turn == nullptr || !calendar_
                                    ? rl::DURATION_UNIT_MINUTES
                                    : UnitOf(*level, *turn);
  if (unit == rl::DURATION_UNIT_MINUTES) {
    // A quiet level is told when duty begins, and minutes round the clock count from then.
    if (level != nullptr && calendar_ && level->quiet_outside_duty()) {
      from = std::min(calendar_->NextDuty(from), due);
    }
    row->set_answer_near_ms(from.ms + (due - from).ms * 7 / 10);
    row->set_answer_twice_ms(due.ms + (due - from).ms);
    return;
  }
  const rl::Duration length = Measure(*calendar_, unit, from, due);
  row->set_answer_near_ms(calendar_->NearDue(from, length).due.ms);
  row->set_answer_twice_ms(calendar_->After(due, length).due.ms);
}

}  // namespace lastmeter::query
