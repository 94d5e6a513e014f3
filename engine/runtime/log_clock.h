#pragma once

#include <optional>

#include "engine/base/time.h"
#include "engine/runtime/clock_source.h"

namespace lastmeter {

// Turns a wall clock that may jump into log time, which never falls and never runs ahead unnoticed.
//
// The wall clock is believed while it advances like the boot clock, give or take kTolerance between
// two stamps. Once it does not, the clock is *held*: stamps go on from the last believed wall time
// by the boot clock alone, and the owner fires no timers. It is held until the wall clock agrees
// again, a second clock vouches for it, or an operator does.
//
// An accepted wall clock may lie behind the last stamp. Log time then stands still until the wall
// clock has come up with it.
//
// Single-threaded.
class LogClock {
 public:
  static constexpr Millis kTolerance = Seconds(2);
  // How long an engine may have been down before the wall clock needs somebody to vouch for it.
  static constexpr Millis kMostAhead = Hours(24);
  // How far an operator's reading may lie from the wall clock at the moment of acceptance; an
  // acceptance that waited longer in its log vouches for nothing.
  static constexpr Millis kVouchedFor = Minutes(10);

  // What one ownership hands to the next inside one process, so that opening anew does not
  // believe a clock that was held a moment before.
  struct Anchor {
    Timestamp believed;
    Millis boot;
    bool held = false;
  };

  // `last` is the log time of the last record, 0 for an empty log. `source` must outlive this.
  LogClock(ClockSource* source, Timestamp last, std::optional<Anchor> before);

  // The log time of the next step.
  Timestamp Stamp();

  // As of the last stamp.
  bool held() const { return held_; }
  Timestamp stamp() const { return stamp_; }
  Anchor anchor() const { return {believed_, boot_, held_}; }

  // Held, and a second clock stands behind the wall clock: its reading.
  std::optional<Timestamp> Agreed();

  // Believes the wall clock from here on. For a vouching operator, `vouched` is what he read;
  // false, and nothing changes, when it is too far from the wall clock now.
  bool Accept(Timestamp vouched);

  // How long until log time reaches the instant, if the wall clock keeps to it. At least 0.
  Millis Until(Timestamp instant) const;

 private:
  ClockSource* const source_;
  // The wall clock as far as it is believed: carried on by the boot clock while held.
  Timestamp believed_;
  Millis boot_;
  Timestamp stamp_;
  bool held_ = false;
};

}  // namespace lastmeter
