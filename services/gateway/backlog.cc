#include "services/gateway/backlog.h"

#include <algorithm>

namespace lastmeter::gateway {
namespace {

constexpr Millis kSampleEvery{100};
// Of one log: more than the ten minutes that nobody waits for, for answers are refused after one.
constexpr size_t kMostSamples = 6000;

}  // namespace

void Backlog::Appended(TopicPartition tp, LogPosition position) {
  const Millis now = steady_();
  std::lock_guard lock(mutex_);
  auto& samples = undecided_[tp];
  if (!samples.empty() && now - samples.back().at < kSampleEvery) {
    // Stands for all of its tenth of a second: decided when the last of them is.
    samples.back().position = std::max(samples.back().position, position);
    return;
  }
  if (samples.size() < kMostSamples) samples.push_back({position, now});
}

Millis Backlog::OldestAge() {
  const Millis now = steady_();
  Millis oldest;
  std::lock_guard lock(mutex_);
  for (auto& [tp, samples] : undecided_) {
    if (samples.empty()) continue;
    const LogPosition from = outcomes_->UndecidedFrom({tp.topic == Topic::kReport, tp.partition});
    while (!samples.empty() && samples.front().position < from) samples.pop_front();
    if (!samples.empty()) oldest = std::max(oldest, now - samples.front().at);
  }
  return oldest;
}

}  // namespace lastmeter::gateway
