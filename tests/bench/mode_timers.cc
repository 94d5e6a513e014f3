
#include <filesystem>
#include <thread>

#include "engine/base/check.h"
#include "tests/bench/engine_rig.h"
#include "tests/bench/modes.h"

namespace lastmeter::bench {
namespace {

// Reports i at the instant i/count of a ladder's rung, by the clock, which may run fast.
void FillEvenly(EngineRig& rig, FillClock& clock, const Workload& workload, uint64_t count,
                int64_t span_us) {
  const int64_t start = clock.Us();
  const uint64_t before = rig.inputs();
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t at = start + static_cast<int64_t>(static_cast<double>(i) / count * span_us);
    while (clock.Us() < at) std::this_thread::yield();
    rig.Append(workload.Report(i, clock.Wall(), false));
  }
  rig.WaitInputs(before + count);
}

void Fill(EngineRig& rig, const Workload& workload, uint64_t count) {
  Say("opens " + Grouped(count) + " cases");
  FillClock now;
  const uint64_t before = rig.inputs();
  for (uint64_t i = 0; i < count; ++i) rig.Append(workload.Report(i, now.Wall(), true));
  rig.WaitInputs(before + count);
}

}  // namespace

int RunTimers(const LoadOptions& options) {
  FillClock clock;
  const Workload workload({.rung_minutes = options.rung_minutes, .partitions = options.partitions});
  const int64_t span_us = int64_t{options.rung_minutes} * 60'000'000;
  std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
  rig->Start();
  rig->Install(workload);
  Say("opens " + Grouped(options.count) + " cases over " + std::to_string(options.rung_minutes) +
      " min of the clock");
  clock.SetSpeed(options.fill_speed);
  FillEvenly(*rig, clock, workload, options.count, span_us);
  clock.SetSpeed(1);
  // What fell due while the clock ran fast, and what filling left behind, is not measured.
  std::this_thread::sleep_for(std::chrono::seconds(3));
  LM_CHECK(rig->open_cases() == options.count) << rig->open_cases() << " cases are open";
  Say("measures for " + std::to_string(options.seconds) + " s");
  rig->MeasureLateness();
  const uint64_t before = rig->timers();
  const int64_t began = NowUs();
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  const double fired = static_cast<double>(rig->timers() - before);
  const double seconds = static_cast<double>(NowUs() - began) / 1e6;
  const std::string state = rig->Describe();
  rig->Stop();
  auto lateness = rig->TakeLateness();
  LM_CHECK(lateness.readable.size() > 0) << "no timer fell due while measuring" << state;
  const std::string what = Grouped(options.count) + " open cases, " + Grouped(fired / seconds) +
                           " timers fired a second, at most " + Grouped(lateness.most_at_once) +
                           " of a partition due in one millisecond";
  const bool kafka = !options.brokers.empty();
  const char* budget = options.count >= 10'000'000  ? (kafka ? "p99 ≤ 80 ms" : "p99 ≤ 30 ms")
                       : options.count >= 1'000'000 ? (kafka ? "p99 ≤ 50 ms" : "p99 ≤ 15 ms")
                                                    : "–";
  Row(what + ": late when decided", lateness.stamped.Text(), budget);
  Row(what + ": late when the event can be read", lateness.readable.Text(), budget);
  return 0;
}

int RunRestart(const LoadOptions& options) {
  FillClock clock;
  const Workload workload({.rung_minutes = 60 * 24, .partitions = options.partitions});
  InOwnProcess([&] {
    std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
    rig->Start();
    rig->Install(workload);
    Fill(*rig, workload, options.count);
    rig->Stop();
  });
  const std::string cases = Grouped(options.count) + " open cases";
  const Reopening opened = Reopen(options, clock);
  LM_CHECK(opened.cases == options.count) << opened.cases << " cases are open";
  const bool million = options.count == 1'000'000;
  Row(cases + ": opened with its store", opened.Text(), million ? "≤ 1 s" : "–");
  Row(cases + ": memory an open case, after opening",
      Grouped(static_cast<double>(opened.bytes) / options.count) + " bytes", "≤ 500 bytes");
  std::filesystem::remove_all(options.dir + "/store");
  const Reopening rebuilt = Reopen(options, clock);
  LM_CHECK(rebuilt.cases == options.count) << rebuilt.cases << " cases are open";
  Row(cases + ": rebuilt from the log", rebuilt.Text(),
      !million                  ? "–"
      : options.brokers.empty() ? "≤ 3 s"
                                : "≤ 5 s");
  return 0;
}

}  // namespace lastmeter::bench
