#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "engine/base/time.h"
#include "engine/log/log.h"
#include "services/common/outcomes.h"

namespace lastmeter::gateway {

// How long this gateway's own inputs wait to be decided: what it made durable, against what the
// read side shows as decided. Needs no word from the engine's process. Thread-safe.
class Backlog {
 public:
  // `outcomes` must outlive it. `steady` is a clock that never falls.
  Backlog(const Outcomes* outcomes, std::function<Millis()> steady)
      : outcomes_(outcomes), steady_(std::move(steady)) {}

  void Appended(TopicPartition tp, LogPosition position);
  // Age of the oldest input that is not known to be decided, a tenth of a second too old at most;
  // 0 when there is none.
  Millis OldestAge();

 private:
  struct Sample {
    LogPosition position;
    Millis at;
  };

  const Outcomes* const outcomes_;
  const std::function<Millis()> steady_;
  std::mutex mutex_;
  // Oldest first, at most one for every tenth of a second.
  std::map<TopicPartition, std::deque<Sample>> undecided_;
};

}  // namespace lastmeter::gateway
