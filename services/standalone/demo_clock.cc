#include "services/standalone/demo_clock.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace lastmeter::demo {
namespace {

constexpr Millis kLongestWait{20};

int64_t SteadyNs() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

DemoClock::DemoClock(int64_t speed, Timestamp start)
    : speed_(std::max<int64_t>(speed, 1)), start_(start), base_ns_(SteadyNs()) {}

double DemoClock::Elapsed() {
  const double real_ms = static_cast<double>(SteadyNs() - base_ns_) / 1e6;
  const double ms = base_ms_ + real_ms * now_speed_;
  if (hurry_until_ms_ < 0 || ms < hurry_until_ms_) return ms;
  // The hurry ended a moment ago; what has passed since ran at the ordinary speed.
  const double since_ms = (ms - hurry_until_ms_) / now_speed_;
  base_ns_ += static_cast<int64_t>((real_ms - since_ms) * 1e6);
  base_ms_ = hurry_until_ms_;
  now_speed_ = static_cast<double>(speed_);
  hurry_until_ms_ = -1;
  return base_ms_ + since_ms * now_speed_;
}

void DemoClock::Rebase() {
  base_ms_ = Elapsed();
  base_ns_ = SteadyNs();
}

void DemoClock::Run() {
  std::lock_guard lock(mutex_);
  Rebase();
  hurry_until_ms_ = -1;
  now_speed_ = static_cast<double>(speed_);
}

void DemoClock::Hurry(Timestamp instant, Millis real) {
  std::lock_guard lock(mutex_);
  Rebase();
  const double target = static_cast<double>((instant - start_).ms);
  const double speed = (target - base_ms_) / static_cast<double>(std::max<int64_t>(real.ms, 1));
  if (speed <= static_cast<double>(speed_)) return;
  now_speed_ = speed;
  hurry_until_ms_ = target;
}

bool DemoClock::hurrying() {
  std::lock_guard lock(mutex_);
  Elapsed();
  return hurry_until_ms_ >= 0;
}

Timestamp DemoClock::Wall() {
  std::lock_guard lock(mutex_);
  return start_ + Millis{static_cast<int64_t>(std::floor(Elapsed()))};
}

Millis DemoClock::Boot() {
  std::lock_guard lock(mutex_);
  return {static_cast<int64_t>(std::floor(Elapsed()))};
}

Millis DemoClock::RealTime(Millis span) {
  std::lock_guard lock(mutex_);
  Elapsed();
  const double real = std::ceil(static_cast<double>(std::max<int64_t>(span.ms, 0)) / now_speed_);
  return std::min(kLongestWait, Millis{static_cast<int64_t>(std::min(real, 1e6))});
}

}  // namespace lastmeter::demo
