#include "services/query/clock_fold.h"

#include "services/query/case_fold.h"

namespace lastmeter::query {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

api::ClockView& ClockFold::ClockOf(cm::Promise promise) {
  for (auto& clock : *shown_.mutable_clocks()) {
    if (clock.promise() == promise) return clock;
  }
  api::ClockView* clock = shown_.add_clocks();
  clock->set_promise(promise);
  clock->set_state(api::CLOCK_STATE_RUNNING);
  return *clock;
}

void ClockFold::TakeTurn(const ev::Turn& turn) {
  api::ClockView& clock = ClockOf(turn.promise());
  if (turn.promise() == cm::PROMISE_ACKNOWLEDGE) {
    clock.set_state(api::CLOCK_STATE_RUNNING);
    const bool new_round = !clock.has_turn() || clock.turn().round() != turn.round();
    if (new_round || row_->answer_due_ms() == 0 || turn.due_ms() < row_->answer_due_ms()) {
      AnswerBy(turn.entered_at_ms(), turn.due_ms());
    }
  }
  const bool same_round = clock.has_turn() && clock.turn().round() == turn.round();
  if (!same_round) clock.clear_turn();
  api::TurnView& view = *clock.mutable_turn();
  view.set_tier(turn.tier());
  view.set_round(turn.round());
  *view.mutable_entered_at() = ToProtoTime(turn.entered_at_ms());
  *view.mutable_due_at() = ToProtoTime(turn.due_ms());
}

void ClockFold::AnswerBy(int64_t from_ms, int64_t due_ms) {
  row_->set_answer_from_ms(from_ms);
  row_->set_answer_due_ms(due_ms);
}

void ClockFold::LateThroughUs(cm::Promise promise, int64_t was_due_ms, int64_t due_ms) {
  if (promise != cm::PROMISE_ACKNOWLEDGE || row_->answer_due_ms() != was_due_ms) return;
  AnswerBy(log_time_ms_, due_ms);
}

void ClockFold::MoveTurn(const ev::Turn& turn) {
  api::ClockView& clock = ClockOf(turn.promise());
  const int64_t before = FromProtoTime(clock.turn().due_at());
  *clock.mutable_turn()->mutable_due_at() = ToProtoTime(turn.due_ms());
  // An earlier turn that nobody answered stays what the case is overdue by.
  if (turn.promise() == cm::PROMISE_ACKNOWLEDGE && row_->answer_due_ms() == before) {
    row_->set_answer_due_ms(turn.due_ms());
  }
}

void ClockFold::StartClock(const ev::ClockStart& start) {
  api::ClockView& clock = ClockOf(start.promise());
  *clock.mutable_started_at() = ToProtoTime(start.started_at_ms());
  *clock.mutable_near_due_at() = ToProtoTime(start.near_due_ms());
  *clock.mutable_due_at() = ToProtoTime(start.due_ms());
  clock.set_provisional(start.provisional());
  if (start.paused()) clock.set_state(api::CLOCK_STATE_PAUSED);
}

void ClockFold::StartAnew(const ev::ClockStart& start) {
  api::ClockView& clock = ClockOf(start.promise());
  clock.Clear();
  clock.set_promise(start.promise());
  clock.set_state(api::CLOCK_STATE_RUNNING);
  StartClock(start);
}

void ClockFold::StartClocks(const google::protobuf::RepeatedPtrField<ev::ClockStart>& starts) {
  for (const ev::ClockStart& start : starts) StartClock(start);
}

void ClockFold::Keep(cm::Promise promise) {
  for (api::ClockView& clock : *shown_.mutable_clocks()) {
    if (clock.promise() == promise) clock.set_state(api::CLOCK_STATE_MET);
  }
}

void ClockFold::StartAnswering(int64_t from_ms) {
  api::ClockView& clock = ClockOf(cm::PROMISE_ACKNOWLEDGE);
  *clock.mutable_started_at() = ToProtoTime(from_ms);
}

void ClockFold::StopAnswering(api::ClockState state) {
  ClockOf(cm::PROMISE_ACKNOWLEDGE).set_state(state);
  row_->set_answer_due_ms(0);
  row_->set_answer_from_ms(0);
}

void ClockFold::Breach(const ev::ClockBreached& e) {
  api::ClockView& clock = ClockOf(e.promise());
  clock.set_state(api::CLOCK_STATE_BREACHED);
  clock.set_outage(e.outage());
  if (e.twice_due_ms() != 0) *clock.mutable_twice_due_at() = ToProtoTime(e.twice_due_ms());
}

void ClockFold::OverdueTwice(const ev::ClockOverdueTwice& e) {
  api::ClockView& clock = ClockOf(e.promise());
  if (e.outage()) return clock.clear_twice_due_at();
  clock.clear_outage();
}

}  // namespace lastmeter::query
