#pragma once

#include <functional>
#include <map>

#include "absl/status/status.h"
#include "engine/base/time.h"
#include "engine/runtime/paced_clock.h"
#include "services/standalone/demo_door.h"

namespace lastmeter::demo {

// What people are going to do, by log time. For one thread.
class Agenda {
 public:
  using Act = std::function<absl::Status()>;

  Agenda(PacedClock* clock, Door* door, std::function<bool()> stopping)
      : clock_(clock), door_(door), stopping_(std::move(stopping)) {}

  void At(Timestamp when, Act act) { acts_.emplace(when, std::move(act)); }
  Timestamp now() { return clock_->Wall(); }

  // Carries out everything up to the instant at the clock's ordinary speed. Ends early with the
  // first act that fails, and with kCancelled when stopping.
  absl::Status RunUntil(Timestamp instant);

  // The same, hurrying through the time in which nobody acts and nothing falls due: the clock slows
  // down before every limit of every open case, so that each is met or missed on time, as in life.
  absl::Status HurryUntil(Timestamp instant);

 private:
  absl::Status RunDue();
  // When the next limit or reminder of an open case falls; may lie in the past, when the engine is
  // about to notice. Far in the future when there is none.
  absl::StatusOr<Timestamp> NextLimit();
  absl::Status WaitUntil(Timestamp instant);

  PacedClock* const clock_;
  Door* const door_;
  const std::function<bool()> stopping_;
  std::multimap<Timestamp, Act> acts_;
};

}  // namespace lastmeter::demo
