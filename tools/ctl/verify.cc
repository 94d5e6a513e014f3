// lastmeterctl verify
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/runtime/memory_store.h"
#include "engine/runtime/redecide.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

constexpr auto kShowEvery = std::chrono::milliseconds(500);

// What this thread decides again.
thread_local PartitionId at_partition;
thread_local LogPosition at_position;

// A log that others wrote can hold what no engine of ours could have come to, as rules that would
// have been refused: that is a verdict on the log, not an end of this program.
void Impossible(const std::string& text) {
  std::cerr << "lastmeterctl: partition " << at_partition.value << ", position "
            << at_position.value << ": no engine of this version can have been there: " << text
            << std::endl;
  std::_Exit(kExitVerificationFailed);
}

struct Verdict {
  absl::Status status;
  uint64_t records = 0;
  uint64_t decisions = 0;
  uint64_t not_compared = 0;
};

Verdict VerifyPartition(const OpenedLog& opened, PartitionId partition,
                        std::atomic<uint64_t>& done) {
  MemoryStore scratch;
  Redecider redecider(&scratch);
  Verdict verdict;
  verdict.status = WalkAll(opened, partition, [&](const LogEntry& entry) {
    ++done;
    at_partition = partition;
    at_position = entry.position;
    return redecider.Take(entry.position, entry.value);
  });
  if (verdict.status.ok()) verdict.status = redecider.Finish();
  verdict.records = redecider.records();
  verdict.decisions = redecider.decisions();
  verdict.not_compared = redecider.not_compared();
  return verdict;
}

int Verify(const Backends& backends, const Place& place) {
  int code = kExitOk;
  const auto opened = OpenOrFail(backends, place, &code);
  if (!opened) return code;
  std::vector<PartitionId> partitions;
  for (uint32_t p = 0; p < opened->log->identity().partition_count; ++p) partitions.push_back({p});
  const int64_t total = OnTerminal() ? CountRecords(*opened, partitions) : 0;

  OnCheckFailure(&Impossible);
  std::atomic<uint64_t> done{0};
  std::atomic<size_t> taken{0};
  std::atomic<size_t> finished{0};
  std::vector<Verdict> verdicts(partitions.size());
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&] {
      for (size_t p = taken++; p < partitions.size(); p = taken++) {
        verdicts[p] = VerifyPartition(*opened, partitions[p], done);
        ++finished;
      }
    });
  }
  while (OnTerminal() && finished < partitions.size()) {
    std::this_thread::sleep_for(kShowEvery);
    std::fprintf(stderr, "\r%llu of %lld records\x1b[K",
                 static_cast<unsigned long long>(done.load()), static_cast<long long>(total));
  }
  for (std::thread& thread : threads) thread.join();
  if (OnTerminal()) std::fprintf(stderr, "\r\x1b[K");

  for (size_t p = 0; p < partitions.size(); ++p) {
    const Verdict& verdict = verdicts[p];
    std::cout << "partition " << p << ": " << verdict.records << " records of " << verdict.decisions
              << " decisions";
    if (verdict.not_compared > 0) {
      std::cout << ", " << verdict.not_compared
                << " of them by another version of the decider: only their chain was checked";
    }
    std::cout << (verdict.status.ok() ? ": decided again, the same bytes\n" : "\n");
    if (verdict.status.ok()) continue;
    code = Fail(Annotate(verdict.status, "partition " + std::to_string(p)));
  }
  return code;
}

}  // namespace

void AddVerify(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all) {
  CLI::App* verify = app.add_subcommand(
      "verify", "Decide the whole log again from its recorded inputs and compare every byte");
  auto place = std::make_shared<Place>();
  AddPlace(verify, place.get());
  verify->footer(
      "\nExits 0 when every record is what its input comes to, 3 on a difference or damage, which\n"
      "is shown with both sides. Works beside running servers, as of the moment of opening.");
  all->push_back({verify, [&backends, place] { return Verify(backends, *place); }});
}

}  // namespace lastmeter::ctl
