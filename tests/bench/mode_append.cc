#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/base/check.h"
#include "tests/bench/engine_rig.h"
#include "tests/bench/modes.h"

namespace lastmeter::bench {
namespace {

// One after another, each as soon as the last was answered: from handing over to the answer. On
// Kafka each is a transaction.
Samples AppendInTurn(Log& log, PartitionId partition, uint64_t count) {
  std::mutex mutex;
  std::condition_variable woken;
  bool awake = false;
  auto registration = log.OnActivity(partition, [&] {
    std::lock_guard lock(mutex);
    awake = true;
    woken.notify_one();
  });
  auto writer = log.OpenWriter(partition, "bench");
  LM_CHECK(writer.ok()) << writer.status().ToString();
  const Outgoing record{"430112001001", std::string(600, 'x')};
  Samples samples;
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t began = NowUs();
    (*writer)->Start({record});
    std::optional<AppendOutcome> outcome;
    std::unique_lock lock(mutex);
    while (!(outcome = (*writer)->Poll())) {
      woken.wait(lock, [&] { return awake; });
      awake = false;
    }
    LM_CHECK(outcome->kind == AppendOutcome::Kind::kCommitted) << outcome->status.ToString();
    // The first ones find cold caches and, on Kafka, a cold broker.
    if (i >= count / 10) samples.Add(NowUs() - began);
  }
  return samples;
}

}  // namespace

int RunAppend(const LoadOptions& options) {
  FillClock clock;
  auto log = OpenLog(RigOptions(options, &clock));
  LM_CHECK(log.ok()) << log.status().ToString();
  for (const uint32_t writers : {1U, options.partitions}) {
    Say("appends " + Grouped(static_cast<double>(options.appends)) +
        " records, one at a time, by " + std::to_string(writers) + " writers");
    std::vector<Samples> each(writers);
    std::vector<std::thread> threads;
    const Stretch stretch;
    for (uint32_t p = 0; p < writers; ++p) {
      threads.emplace_back([&, p] { each[p] = AppendInTurn(**log, {p}, options.appends); });
    }
    for (std::thread& thread : threads) thread.join();
    const std::string rate = stretch.PerSecond(options.appends * writers);
    Samples all;
    for (const Samples& samples : each) all.Add(samples);
    const std::string what = "appends of one record, each after the last was answered, " +
                             std::to_string(writers) +
                             (writers == 1 ? " partition" : " partitions at once");
    Row(what + ": a second", rate, "–");
    Row(what + ": from start to committed", all.Text(), "–");
    if (options.partitions == 1) break;
  }
  return 0;
}

}  // namespace lastmeter::bench
