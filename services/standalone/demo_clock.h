#pragma once

#include <cstdint>
#include <mutex>

#include "engine/runtime/clock_source.h"

namespace lastmeter::demo {

// The demonstration's log time: stands still until the curtain rises, then runs at a constant
// speed, and hurries through the long months of a story. Wall and boot time run alike, so that the
// engine takes none of it for a jump. Thread-safe.
class DemoClock : public ClockSource {
 public:
  // `speed` is at least 1 and holds from the first Run() on; before, time runs as on the wall.
  DemoClock(int64_t speed, Timestamp start);

  void Run();
  // Reaches `instant` within `real`, then goes on at the ordinary speed. Does nothing when that
  // would be slower than the ordinary speed.
  void Hurry(Timestamp instant, Millis real);
  int64_t speed() const { return speed_; }
  // Whether it hurries now.
  bool hurrying();

  Timestamp Wall() override;
  Millis Boot() override;
  bool Synchronized() override { return true; }
  // Short, since a hurry may begin at any moment: a thread that wakes too early looks at the clock
  // and waits again, one that wakes too late would make the engine late.
  Millis RealTime(Millis span) override;

 private:
  // Log time in milliseconds since the start. With mutex_ held.
  double Elapsed();
  // Makes this moment the base of what follows. With mutex_ held.
  void Rebase();

  const int64_t speed_;
  const Timestamp start_;
  std::mutex mutex_;
  double now_speed_ = 1;
  int64_t base_ns_;
  double base_ms_ = 0;
  // While hurrying: where it ends.
  double hurry_until_ms_ = -1;
};

}  // namespace lastmeter::demo
