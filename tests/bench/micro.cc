// lastmeter-microbench: what the parts cost, each alone, on one core.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "engine/base/check.h"
#include "engine/calendar/work_calendar.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "engine/runtime/memory_store.h"
#include "engine/store_rocksdb/case_store.h"
#include "tests/bench/workload.h"

namespace lastmeter::bench {
namespace {

// 2026-03-04 10:00 at UTC+8, a working day inside duty hours.
constexpr Timestamp kStart{1772589600000};

// A partition in memory that takes its rows as its runtime would.
class Bench {
 public:
  explicit Bench(uint32_t rung_minutes = 60)
      : workload_({.rung_minutes = rung_minutes, .partitions = 1}), state_(&store_) {
    Take(OwnershipInput{"bench", {0}, 1, "bench"});
    Take(ToInput(workload_.Install({0}, kStart)));
  }

  LogInput ToInput(Workload::Message message) {
    const bool report = message.tp.topic == Topic::kReport;
    LogInput input;
    input.topic = report ? event::v1::INPUT_TOPIC_REPORT : event::v1::INPUT_TOPIC_COMMAND;
    input.position = {report ? reports_++ : commands_++};
    input.appended_at = kStart;
    input.bytes = std::move(message.record.value);
    return input;
  }
  LogInput Report(uint64_t i) { return ToInput(workload_.Report(i, kStart, false)); }
  LogInput Acknowledgement(uint64_t i) {
    return ToInput(workload_.Acknowledgement(i, kStart, 2026));
  }

  std::vector<SealedRecord> Take(const Input& input, Timestamp at = kStart) {
    std::vector<SealedRecord> sealed = Seal(state_, Decide(state_, input, at), at);
    for (const SealedRecord& record : sealed) {
      // A refusal is cheaper than what it refuses.
      LM_CHECK(!record.record.event().has_command_rejected());
    }
    ApplyDecided(state_, sealed);
    return sealed;
  }
  // What the runtime does once for a batch.
  void Store() { Commit(store_); }
  void Commit(lastmeter::Store& store) { LM_CHECK(store.Commit(state_.TakeChanges(), {}).ok()); }

  PartitionState& state() { return state_; }
  MemoryStore& store() { return store_; }

 private:
  const Workload workload_;
  MemoryStore store_;
  PartitionState state_;
  int64_t reports_ = 0;
  int64_t commands_ = 0;
};

constexpr uint64_t kBatch = 4096;

// Decide, seal, apply: what a report costs the core.
void BM_Report(benchmark::State& state) {
  Bench bench;
  uint64_t i = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<LogInput> inputs;
    for (uint64_t n = 0; n < kBatch; ++n) inputs.push_back(bench.Report(i++));
    bench.Store();
    state.ResumeTiming();
    for (LogInput& input : inputs) bench.Take(std::move(input));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBatch));
}
BENCHMARK(BM_Report);

void BM_Acknowledgement(benchmark::State& state) {
  Bench bench;
  uint64_t i = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<LogInput> inputs;
    for (uint64_t n = 0; n < kBatch; ++n) {
      bench.Take(bench.Report(i));
      inputs.push_back(bench.Acknowledgement(i++));
    }
    bench.Store();
    state.ResumeTiming();
    for (LogInput& input : inputs) bench.Take(std::move(input));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBatch));
}
BENCHMARK(BM_Acknowledgement);

// The earliest timer of so many open cases fires, over and over: tiers, then reminders.
void BM_Timer(benchmark::State& state) {
  Bench bench(1);
  const auto cases = static_cast<uint64_t>(state.range(0));
  for (uint64_t i = 0; i < cases; ++i) bench.Take(bench.Report(i), kStart + Millis{int64_t(i)});
  uint64_t fired = 0;
  for (auto _ : state) {
    for (uint64_t n = 0; n < kBatch; ++n) {
      const auto timer = bench.state().NextTimer();
      bench.Take(TimerInput{timer->number, timer->due}, timer->due);
    }
    state.PauseTiming();
    bench.Store();
    state.ResumeTiming();
    fired += kBatch;
  }
  state.SetItemsProcessed(static_cast<int64_t>(fired));
}
BENCHMARK(BM_Timer)->Arg(10'000)->Arg(200'000);

// Parse, compare with the chain, hash, apply: what a restart does for every record of the log.
void BM_FoldWithChainVerified(benchmark::State& state) {
  std::vector<std::string> log;
  {
    Bench bench;
    auto keep = [&](std::vector<SealedRecord> records) {
      for (SealedRecord& record : records) log.push_back(std::move(record.bytes));
    };
    for (uint64_t i = 0; i < 50'000; ++i) {
      keep(bench.Take(bench.Report(i)));
      if (i % 2 == 0) keep(bench.Take(bench.Acknowledgement(i)));
      if (i % kBatch == 0) bench.Store();
    }
  }
  // The bench's first records, ownership and rules, precede the log above.
  for (auto _ : state) {
    state.PauseTiming();
    Bench bench;
    state.ResumeTiming();
    RecordReader reader;
    for (size_t i = 0; i < log.size(); ++i) {
      auto record = reader.Read(log[i]);
      LM_CHECK(record.ok() && CheckFollows(bench.state(), **record).ok());
      Apply(bench.state(), **record, Sha256(log[i]));
      if (i % kBatch == 0) bench.state().TakeChanges();
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * log.size()));
}
BENCHMARK(BM_FoldWithChainVerified)->Unit(benchmark::kMillisecond);

void BM_Seal(benchmark::State& state) {
  Bench bench;
  const Decision decision = Decide(bench.state(), bench.Report(0), kStart);
  for (auto _ : state) benchmark::DoNotOptimize(Seal(bench.state(), decision, kStart));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_Seal);

void BM_Sha256(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Sha256(bytes));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(BM_Sha256)->Arg(64)->Arg(512)->Arg(4096);

void BM_Deadline(benchmark::State& state) {
  Bench bench;
  rules::v1::Duration duration;
  duration.set_amount(static_cast<uint32_t>(state.range(0)));
  duration.set_unit(static_cast<rules::v1::DurationUnit>(state.range(1)));
  const WorkCalendar& calendar = bench.state().rules()->calendar();
  Timestamp at = kStart;
  for (auto _ : state) {
    benchmark::DoNotOptimize(calendar.After(at, duration));
    at = at + Minutes(7);
  }
}
BENCHMARK(BM_Deadline)
    ->Args({60, rules::v1::DURATION_UNIT_MINUTES})
    ->Args({240, rules::v1::DURATION_UNIT_DUTY_MINUTES})
    ->Args({10, rules::v1::DURATION_UNIT_WORKING_DAYS});

std::string FreshFolder() {
  static std::atomic<int> count{0};
  return (std::filesystem::temp_directory_path() /
          ("lastmeter-microbench-" + std::to_string(::getpid()) + "-" + std::to_string(count++)))
      .string();
}

// Until durable, for so many records of 600 bytes in one append.
void BM_LogAppend(benchmark::State& state) {
  const std::string folder = FreshFolder();
  {
    auto log = RocksdbLog::Open({.dir = folder, .partition_count = 1});
    LM_CHECK(log.ok()) << log.status().ToString();
    auto writer = (*log)->OpenWriter({0}, "bench");
    LM_CHECK(writer.ok()) << writer.status().ToString();
    const std::vector<Outgoing> batch(static_cast<size_t>(state.range(0)),
                                      {"430112001001", std::string(600, 'x')});
    for (auto _ : state) {
      (*writer)->Start(batch);
      std::optional<AppendOutcome> outcome;
      while (!outcome) outcome = (*writer)->Poll();
      LM_CHECK(outcome->kind == AppendOutcome::Kind::kCommitted);
    }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_LogAppend)->Arg(1)->Arg(16)->Arg(256)->Arg(4096)->UseRealTime();

// One batch of new cases into the store.
void BM_StoreCommit(benchmark::State& state) {
  const std::string folder = FreshFolder();
  {
    auto store = CaseStore::Open(folder, {});
    LM_CHECK(store.ok()) << store.status().ToString();
    Bench bench;
    uint64_t i = 0;
    for (auto _ : state) {
      state.PauseTiming();
      for (int64_t n = 0; n < state.range(0); ++n) bench.Take(bench.Report(i++));
      auto changes = bench.state().TakeChanges();
      state.ResumeTiming();
      LM_CHECK((*store)->Commit(std::move(changes), {}).ok());
    }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_StoreCommit)->Arg(1)->Arg(256)->Arg(4096);

}  // namespace
}  // namespace lastmeter::bench

BENCHMARK_MAIN();
