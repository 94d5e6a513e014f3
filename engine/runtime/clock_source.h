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

}  // namespace lastmeter
