#include "engine/runtime/log_clock.h"

#include <algorithm>

namespace lastmeter {
namespace {

bool Within(Timestamp a, Timestamp b, Millis tolerance) {
  return a - b <= tolerance && b - a <= tolerance;
}

}  // namespace

LogClock::LogClock(ClockSource* source, Timestamp last, std::optional<Anchor> before)
    : source_(source), believed_(source->Wall()), boot_(source->Boot()), stamp_(last) {
  if (before.has_value()) {
    believed_ = before->believed;
    boot_ = before->boot;
    held_ = before->held;
    return;
  }
  if (last.ms == 0) return;
  if (believed_ < last - kTolerance || believed_ > last + kMostAhead) {
    believed_ = last;
    held_ = true;
  }
}

Timestamp LogClock::Stamp() {
  Millis boot = source_->Boot();
  Timestamp wall = source_->Wall();
  believed_ = believed_ + Millis{std::max<int64_t>(0, boot.ms - boot_.ms)};
  boot_ = boot;
  held_ = !Within(wall, believed_, kTolerance);
  if (!held_) believed_ = wall;
  stamp_ = std::max(stamp_, believed_);
  return stamp_;
}

std::optional<Timestamp> LogClock::Agreed() {
  if (!held_ || !source_->Synchronized()) return std::nullopt;
  return source_->Wall();
}

bool LogClock::Accept(Timestamp vouched) {
  Timestamp wall = source_->Wall();
  if (!Within(wall, vouched, kVouchedFor)) return false;
  believed_ = wall;
  boot_ = source_->Boot();
  held_ = false;
  return true;
}

Millis LogClock::Until(Timestamp instant) const {
  if (instant <= stamp_) return {0};
  return instant - believed_;
}

}  // namespace lastmeter
