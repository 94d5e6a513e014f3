// What comes beside a report and its acknowledgement: whole lives, incidents, certification.
#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/check.h"
#include "tests/bench/engine_rig.h"
#include "tests/bench/modes.h"

namespace lastmeter::bench {
namespace {

// Nothing falls due while it is measured.
constexpr uint32_t kRungMinutes = 60 * 24;

std::unique_ptr<EngineRig> OpenWithRules(const LoadOptions& options, FillClock& clock,
                                         const Workload& workload) {
  std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
  rig->Start();
  rig->Install(workload);
  return rig;
}

// Processor time a second, for a while in which nothing comes.
double IdleUs(const LoadOptions& options, FillClock& clock) {
  std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
  rig->Start();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const int64_t began = NowUs();
  const int64_t cpu = CpuUs();
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  return static_cast<double>(CpuUs() - cpu) * 1e6 / static_cast<double>(NowUs() - began);
}

}  // namespace

int RunLives(const LoadOptions& options) {
  FillClock clock;
  const Workload workload({.rung_minutes = kRungMinutes, .partitions = options.partitions});
  const uint32_t year = DateOf(clock.Wall()) / 10'000;
  std::unique_ptr<EngineRig> rig = OpenWithRules(options, clock, workload);
  const uint64_t before = rig->inputs();
  Say("opens " + Grouped(static_cast<double>(options.count)) + " cases");
  for (uint64_t i = 0; i < options.count; ++i) {
    rig->Append(workload.Report(i, clock.Wall(), false));
  }
  rig->WaitInputs(before + options.count);
  rig->Stop();
  rig.reset();
  rig = MustOpen(options, clock);
  const uint64_t commands = options.count * Workload::kDeeds;
  Say("fills the input log with " + Grouped(static_cast<double>(commands)) + " commands");
  for (uint32_t deed = 0; deed < Workload::kDeeds; ++deed) {
    for (uint64_t i = 0; i < options.count; ++i) {
      rig->Append(workload.Deed(i, deed, clock.Wall(), year));
    }
  }
  rig->WaitAppended();
  // Opening the cases is another figure: it ends with the first decision.
  rig->Start();
  const uint64_t already = rig->inputs();
  const Stretch stretch;
  rig->WaitInputs(commands);
  Row("whole lives, " + std::to_string(Workload::kDeeds) +
          " commands each: decided a second, input log filled before",
      stretch.PerSecond(commands - std::min(already, commands)), "–");
  Row("events and bytes of the event log a life, beside its report",
      Grouped(static_cast<double>(rig->events()) / options.count) + " and " +
          Grouped(static_cast<double>(rig->event_bytes()) / options.count),
      "–");
  LM_CHECK(rig->open_cases() == 0) << rig->open_cases() << " cases are open";
  return 0;
}

int RunIncident(const LoadOptions& options) {
  FillClock clock;
  const Workload workload({.rung_minutes = kRungMinutes, .partitions = options.partitions});
  std::unique_ptr<EngineRig> rig = OpenWithRules(options, clock, workload);
  const uint64_t before = rig->inputs();
  for (uint64_t i = 0; i < workload.villages(); ++i) {
    rig->Append(workload.Incident(i, clock.Wall()));
  }
  rig->WaitInputs(before + workload.villages());
  const uint64_t events = rig->events();
  const uint64_t bytes = rig->event_bytes();
  const Stretch stretch;
  for (uint64_t i = 0; i < options.count; ++i) {
    rig->Append(workload.Report(i, clock.Wall(), false));
  }
  rig->WaitInputs(before + workload.villages() + options.count);
  Row("reports decided a second that join one of " +
          Grouped(static_cast<double>(workload.villages())) +
          " incidents, appended by the same process meanwhile",
      stretch.PerSecond(options.count), "–");
  Row("events and bytes of the event log a report that joins",
      Grouped(static_cast<double>(rig->events() - events) / options.count) + " and " +
          Grouped(static_cast<double>(rig->event_bytes() - bytes) / options.count),
      "–");
  LM_CHECK(rig->open_cases() == options.count + workload.villages())
      << rig->open_cases() << " cases are open";
  return 0;
}

int RunSchedules(const LoadOptions& options) {
  FillClock clock;
  const Workload workload({.rung_minutes = kRungMinutes, .partitions = options.partitions});
  const std::string people = Grouped(static_cast<double>(options.count)) + " people certified";
  InOwnProcess([&] { OpenWithRules(options, clock, workload)->Stop(); });
  const Reopening empty = Reopen(options, clock);
  const double idle_before = IdleUs(options, clock);
  InOwnProcess([&] {
    std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
    rig->Start();
    const uint64_t bytes = rig->event_bytes();
    const Stretch stretch;
    for (uint64_t i = 0; i < options.count; ++i) rig->Append(workload.Schedule(i, clock.Wall()));
    rig->WaitInputs(options.count);
    Row(people + " every year: taken in a second, appended by the same process meanwhile",
        stretch.PerSecond(options.count), "–");
    Row(people + ": bytes of the event log each",
        Grouped(static_cast<double>(rig->event_bytes() - bytes) / options.count), "–");
    LM_CHECK(rig->timers() == 0) << "somebody is due";
    rig->Stop();
  });
  const Reopening opened = Reopen(options, clock);
  LM_CHECK(opened.cases == options.count) << opened.cases << " are scheduled";
  Row(people + ": opened with its store", opened.Text(), "–");
  Row(people + ": memory each, beyond that of an engine without them",
      Grouped(static_cast<double>(opened.bytes - empty.bytes) / options.count) + " bytes", "–");
  const double idle = IdleUs(options, clock);
  Row(people + ", nothing due: processor time a second, without them / with them",
      Grouped(idle_before) + " / " + Grouped(idle) + " µs", "–");
  return 0;
}

}  // namespace lastmeter::bench
