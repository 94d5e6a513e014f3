#include <algorithm>

#include "engine/base/check.h"
#include "tests/bench/engine_rig.h"
#include "tests/bench/modes.h"

namespace lastmeter::bench {
int RunEngine(const LoadOptions& options) {
  const char* const budget = options.brokers.empty() ? "≥ 150,000" : "≥ 80,000";
  FillClock clock;
  const Workload workload({.rung_minutes = 60 * 24, .partitions = options.partitions});
  const uint64_t half = std::max<uint64_t>(options.count / 2, 1);
  const uint32_t year = DateOf(clock.Wall()) / 10'000;
  std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
  rig->Start();
  rig->Install(workload);
  rig->Stop();
  rig.reset();

  // What the engine decides alone: the input log is full before it starts.
  rig = MustOpen(options, clock);
  Say("fills the input log with " + Grouped(half) + " reports");
  {
    const Stretch stretch;
    for (uint64_t i = 0; i < half; ++i) rig->Append(workload.Report(i, clock.Wall(), true));
    rig->WaitAppended();
    Row("reports made durable in the input log a second", stretch.PerSecond(half), "–");
  }
  {
    const Stretch stretch;
    rig->Start();
    rig->WaitInputs(half);
    Row("reports decided a second, input log filled before", stretch.PerSecond(half), budget);
  }
  Row("events and bytes of the event log a report",
      Grouped(static_cast<double>(rig->events()) / half) + " and " +
          Grouped(static_cast<double>(rig->event_bytes()) / half),
      "–");
  // Both at once on the same cores.
  uint64_t before = rig->inputs();
  {
    const Stretch stretch;
    for (uint64_t i = half; i < 2 * half; ++i) rig->Append(workload.Report(i, clock.Wall(), true));
    rig->WaitInputs(before + half);
    Row("reports decided a second, appended by the same process meanwhile", stretch.PerSecond(half),
        "–");
  }

  rig->Stop();
  rig.reset();
  rig = MustOpen(options, clock);
  Say("fills the input log with " + Grouped(half) + " acknowledgements");
  for (uint64_t i = 0; i < half; ++i) {
    rig->Append(workload.Acknowledgement(i, clock.Wall(), year));
  }
  rig->WaitAppended();
  {
    // Opening the cases is another figure: it ends with the first decision.
    rig->Start();
    const uint64_t already = rig->inputs();
    const Stretch stretch;
    rig->WaitInputs(half);
    Row("acknowledgements decided a second, input log filled before",
        stretch.PerSecond(half - std::min(already, half)), budget);
  }
  before = rig->inputs();
  {
    const Stretch stretch;
    for (uint64_t i = half; i < 2 * half; ++i) {
      rig->Append(workload.Acknowledgement(i, clock.Wall(), year));
    }
    rig->WaitInputs(before + half);
    Row("acknowledgements decided a second, appended by the same process meanwhile",
        stretch.PerSecond(half), "–");
  }
  LM_CHECK(rig->open_cases() == 2 * half) << rig->open_cases() << " cases are open";
  return 0;
}

}  // namespace lastmeter::bench
