#pragma once

#include <atomic>
#include <vector>

#include "absl/status/status.h"
#include "tools/check/judge.h"
#include "tools/check/opened_log.h"

namespace lastmeter {

// What became of one partition.
struct PartitionVerdict {
  PartitionId partition;
  Judge judge;
  // OK when the partition was read to its end. What was read before is judged all the same.
  absl::Status read;
};

// How far the walk has come; read from another thread while it goes on.
struct CheckProgress {
  std::atomic<uint64_t> records{0};
};

// Judges the event logs of these partitions, each on a thread of its own, at most `threads` at a
// time, up to where the log ended when each was reached. Waits for all of them. The log must
// outlive the call; it is only read.
std::vector<PartitionVerdict> CheckLog(const OpenedLog& opened,
                                       const std::vector<PartitionId>& partitions,
                                       const JudgeOptions& options, unsigned threads,
                                       CheckProgress* progress);

}  // namespace lastmeter
