#include "services/query/waiters.h"

#include <algorithm>
#include <utility>

namespace lastmeter::query {

uint64_t Waiters::Add(InputName input, Clock::time_point deadline, Outcomes::Callback callback) {
  std::lock_guard lock(mutex_);
  const uint64_t number = next_number_++;
  waiters_.emplace(std::move(input), Waiter{number, deadline, std::move(callback)});
  return number;
}

std::optional<Outcomes::Callback> Waiters::Take(const InputName& input, uint64_t number) {
  std::lock_guard lock(mutex_);
  const auto [begin, end] = waiters_.equal_range(input);
  for (auto it = begin; it != end; ++it) {
    if (it->second.number != number) continue;
    auto callback = std::move(it->second.callback);
    waiters_.erase(it);
    return callback;
  }
  return std::nullopt;
}

bool Waiters::Any(const InputName& input) const {
  std::lock_guard lock(mutex_);
  return waiters_.contains(input);
}

void Waiters::Resolve(const InputName& input, const Outcome& outcome) {
  std::vector<Outcomes::Callback> callbacks;
  {
    std::lock_guard lock(mutex_);
    const auto [begin, end] = waiters_.equal_range(input);
    for (auto it = begin; it != end; ++it) callbacks.push_back(std::move(it->second.callback));
    waiters_.erase(begin, end);
  }
  for (const auto& callback : callbacks) callback(outcome);
}

std::optional<Waiters::Clock::time_point> Waiters::Expire(Clock::time_point now, bool all) {
  std::vector<Outcomes::Callback> callbacks;
  std::optional<Clock::time_point> next;
  {
    std::lock_guard lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (all || it->second.deadline <= now) {
        callbacks.push_back(std::move(it->second.callback));
        it = waiters_.erase(it);
      } else {
        next = next ? std::min(*next, it->second.deadline) : it->second.deadline;
        ++it;
      }
    }
  }
  for (const auto& callback : callbacks) callback(std::nullopt);
  return next;
}

}  // namespace lastmeter::query
