#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstdint>

#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/view/v1/view.pb.h"

namespace lastmeter::query {

// What an event does to the clocks and turns of a shown case. Lives as long as one fold.
class ClockFold {
 public:
  // `row` must outlive it.
  ClockFold(int64_t log_time_ms, lastmeter::view::v1::CaseRow* row)
      : log_time_ms_(log_time_ms), row_(row), shown_(*row->mutable_shown()) {}

  // Added, running, where the case has none yet.
  lastmeter::api::v1::ClockView& ClockOf(lastmeter::common::v1::Promise promise);

  void TakeTurn(const lastmeter::event::v1::Turn& turn);
  void AnswerBy(int64_t from_ms, int64_t due_ms);
  // A turn ended while we stood still. Nobody was asked in time to do anything about it, so what
  // comes next is the first limit that counts; a turn that had ended before stays missed.
  void LateThroughUs(lastmeter::common::v1::Promise promise, int64_t was_due_ms, int64_t due_ms);
  // A limit of a running turn, computed again: it may move either way.
  void MoveTurn(const lastmeter::event::v1::Turn& turn);
  void StartClock(const lastmeter::event::v1::ClockStart& start);
  // A promise that is made again and again begins anew.
  void StartAnew(const lastmeter::event::v1::ClockStart& start);
  void StartClocks(
      const google::protobuf::RepeatedPtrField<lastmeter::event::v1::ClockStart>& starts);
  // Not every level promises everything that people do.
  void Keep(lastmeter::common::v1::Promise promise);
  void StartAnswering(int64_t from_ms);
  void StopAnswering(lastmeter::api::v1::ClockState state);
  void Breach(const lastmeter::event::v1::ClockBreached& e);
  // While we stood still nobody could have prevented it: no red card then.
  void OverdueTwice(const lastmeter::event::v1::ClockOverdueTwice& e);

 private:
  const int64_t log_time_ms_;
  lastmeter::view::v1::CaseRow* const row_;
  lastmeter::api::v1::Case& shown_;
};

}  // namespace lastmeter::query
