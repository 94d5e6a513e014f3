#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace lastmeter::bench {

struct LoadOptions {
  // Made, and removed afterwards, unless `keep`.
  std::string dir;
  bool keep = false;
  // Kafka's brokers; empty: the embedded log. The topics are made for the run.
  std::string brokers;
  std::string topic_prefix;
  uint32_t partitions = 4;
  uint64_t count = 0;
  uint64_t appends = 2'000;
  uint32_t rung_minutes = 1;
  int64_t seconds = 20;
  int64_t rate = 500;
  int64_t fill_speed = 1;
  // mode http
  uint16_t port = 0;
  std::string token;
  int connections = 64;
};

// The engine on the clock; ends the process when it cannot be opened.
class EngineRig;
class FillClock;
std::unique_ptr<EngineRig> MustOpen(const LoadOptions& options, FillClock& clock);

// Does what is to be measured apart from, in a process of its own: memory that it frees would stay
// with this one and hide what opening takes.
void InOwnProcess(const std::function<void()>& work);

// Opens the engine anew with what is in its folder, and looks.
struct Reopening {
  int64_t log_us = 0;
  int64_t partitions_us = 0;
  int64_t bytes = 0;
  size_t cases = 0;
  // "1,234 ms, after 56 ms for the log"
  std::string Text() const;
};
Reopening Reopen(const LoadOptions& options, FillClock& clock);

// Each prints its rows and gives the exit code.

// Reports, then acknowledgements, as many a second as the engine decides: from a filled input log,
// and with the filling going on beside it.
int RunEngine(const LoadOptions& options);
// Whole lives: so many cases, each reported and then taken on, helped, cared for, referred and
// closed.
int RunLives(const LoadOptions& options);
// Reports that join an incident, one in each village, and its digests.
int RunIncident(const LoadOptions& options);
// So many people who are certified every year, with nothing due: what they cost.
int RunSchedules(const LoadOptions& options);
// So many open cases, all of whose timers fall due once in rung_minutes, spread evenly.
int RunTimers(const LoadOptions& options);
// Reports at a steady rate: from the append until the event was read from the event log.
int RunLatency(const LoadOptions& options);
// Records appended to the event log one at a time, by one partition and by all.
int RunAppend(const LoadOptions& options);
// So many open cases: opening with store, rebuilding without, memory held by each.
int RunRestart(const LoadOptions& options);
// Reports through a running server, over connections that are kept alive.
int RunHttp(const LoadOptions& options);

}  // namespace lastmeter::bench
