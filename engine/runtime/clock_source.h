#pragma once

#include "engine/base/time.h"

namespace lastmeter {

// Where the engine learns the time. Thread-safe. LogClock alone turns it into log time.
class ClockSource {
 public:
  virtual ~ClockSource() = default;

  // What the machine takes for the time of day. May jump either way.
  virtual Timestamp Wall() = 0;

  // Time since the machine started, suspended time included. Never falls while a process lives.
  virtual Millis Boot() = 0;

  // Whether a second clock stands behind Wall(): the kernel is synchronised with its time servers.
  virtual bool Synchronized() = 0;

  // How long a thread has to wait until `span` has passed on this clock.
  virtual Millis RealTime(Millis span) { return span; }
};

// The machine's own clocks.
class SystemClock : public ClockSource {
 public:
  Timestamp Wall() override;
  Millis Boot() override;
  bool Synchronized() override;
};

// Time that runs `speed` times as fast as the machine's, from `start` on: for demonstrations. Wall
// and boot time run alike, so that nothing takes the speed for a jump.
class ScaledClock : public ClockSource {
 public:
  // `speed` is at least 1.
  ScaledClock(int64_t speed, Timestamp start);

  Timestamp Wall() override;
  Millis Boot() override;
  bool Synchronized() override { return true; }
  Millis RealTime(Millis span) override;

 private:
  Millis Elapsed();

  const int64_t speed_;
  const Timestamp start_;
  // Boot time of the machine, in nanoseconds, when this clock began.
  const int64_t began_ns_;
};

}  // namespace lastmeter
