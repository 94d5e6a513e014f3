#include "tools/check/log_check.h"

#include <algorithm>
#include <thread>

namespace lastmeter {
namespace {

constexpr size_t kRecordsAtOnce = 4096;
constexpr size_t kBytesAtOnce = size_t{4} << 20;

absl::Status Walk(const OpenedLog& opened, PartitionId partition, Judge& judge,
                  CheckProgress* progress) {
  auto reader = OpenAtFirstRecord(opened, partition);
  if (!reader.ok()) return reader.status();
  while (true) {
    auto entries = (*reader)->Read(kRecordsAtOnce, kBytesAtOnce);
    if (!entries.ok()) return entries.status();
    if (entries->empty()) return absl::OkStatus();
    for (const LogEntry& entry : *entries) judge.Take(entry.position, entry.value);
    progress->records += entries->size();
  }
}

}  // namespace

std::vector<PartitionVerdict> CheckLog(const OpenedLog& opened,
                                       const std::vector<PartitionId>& partitions,
                                       const JudgeOptions& options, unsigned threads,
                                       CheckProgress* progress) {
  std::vector<PartitionVerdict> verdicts;
  for (PartitionId partition : partitions) {
    verdicts.push_back({partition, Judge(partition, options), absl::OkStatus()});
  }
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < verdicts.size(); i = next++) {
      PartitionVerdict& verdict = verdicts[i];
      verdict.read = Walk(opened, verdict.partition, verdict.judge, progress);
      // Rules of the end say nothing about a log whose end was not reached.
      if (verdict.read.ok()) verdict.judge.Finish();
    }
  };
  std::vector<std::jthread> others;
  const size_t workers = std::clamp<size_t>(threads, 1, std::max<size_t>(1, verdicts.size()));
  for (size_t i = 1; i < workers; ++i) others.emplace_back(work);
  work();
  others.clear();
  return verdicts;
}

}  // namespace lastmeter
