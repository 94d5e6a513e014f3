#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/log/log.h"
#include "engine/runtime/memory_store.h"
#include "engine/runtime/partition.h"
#include "tests/runtime/world.h"
#include "tests/scenarios/play.h"

namespace lastmeter::scenario {

// Plays what Player has read from a scenario file once more, as a partition that runs on a log:
// inputs go through their topics, timers fire by a clock that this moves. The inputs are taken for
// appended when the file says so, whatever the log's own clock says.
class LogPlayer {
 public:
  // `log` must be empty, of one partition, and outlive this.
  explicit LogPlayer(Log* log);
  ~LogPlayer();

  absl::Status Play(const std::vector<Player::Moment>& moments);

  // The log of record, read back.
  absl::StatusOr<std::vector<event::v1::Record>> Records();

 private:
  class TimedLog;
  class Guard;

  absl::Status PlayMoment(const Player::Moment& moment);
  absl::Status Open();
  absl::Status Settle();
  absl::StatusOr<LogPosition> Append(const LogInput& input);

  Log* const log_;
  ManualClock clock_;
  std::unique_ptr<TimedLog> timed_;
  std::unique_ptr<Guard> guard_;
  MemoryStore store_;
  std::unique_ptr<LogProducer> producer_;
  std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;
  std::unique_ptr<Log::Registration> activity_;
  std::unique_ptr<Partition> partition_;
};

// What has to be the same on every log: each record's log time and event. Left out is what an
// engine that runs appends for its own sake (heartbeats, days, openings); a reference to an earlier
// record counts what is left.
std::vector<std::string> Comparable(const std::vector<event::v1::Record>& records);

}  // namespace lastmeter::scenario
