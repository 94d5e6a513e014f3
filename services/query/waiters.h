#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "services/common/outcomes.h"

namespace lastmeter::query {

// Who waits for the decision on an input. Thread-safe; callbacks run without the lock, on the
// caller's thread.
class Waiters {
 public:
  using Clock = std::chrono::steady_clock;

  // A number by which the waiter can be taken out again.
  uint64_t Add(InputName input, Clock::time_point deadline, Outcomes::Callback callback);
  // The waiter's callback, if it still waits.
  std::optional<Outcomes::Callback> Take(const InputName& input, uint64_t number);

  bool Any(const InputName& input) const;
  void Resolve(const InputName& input, const Outcome& outcome);
  // Calls back with nothing everybody whose time is over (or simply everybody). Returns the next
  // deadline.
  std::optional<Clock::time_point> Expire(Clock::time_point now, bool all);

 private:
  struct Waiter {
    uint64_t number;
    Clock::time_point deadline;
    Outcomes::Callback callback;
  };
  mutable std::mutex mutex_;
  std::multimap<InputName, Waiter> waiters_;
  uint64_t next_number_ = 0;
};

}  // namespace lastmeter::query
