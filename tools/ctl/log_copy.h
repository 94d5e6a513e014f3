#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "tools/check/opened_log.h"

// Moves an installation from one log to another: engine/adr/0008.
namespace lastmeter::ctl {

struct CopiedPartition {
  PartitionId partition{};
  // Records of the log before, and how many of them stood in the new log already.
  uint64_t records = 0;
  uint64_t found = 0;
  // Inputs that nobody has decided yet, and dead letters.
  uint64_t inputs = 0;
  uint64_t letters = 0;
  // The partition never had an owner: there was nothing to announce.
  bool empty = false;
  // It was moved earlier, and an engine has gone on with it since. Nothing was touched.
  bool gone_on = false;
  // SHA-256 of the last record of the log before, which by the chain stands for all of them.
  std::string last_sha256{};
};

// Copies one partition, byte for byte, with its undecided inputs, ends it with the record that says
// from where it goes on, and reads it back. Nobody may write to either log meanwhile.
//
// May be called again after a failure: what stands in the new log already is compared and kept.
// Errors: kFailedPrecondition when the new log holds something else or has another number of
// partitions; kDataLoss when the log before is damaged; kAborted when somebody writes to
// the log before; kOutOfRange when records or inputs have expired from it; otherwise as of the
// logs.
absl::StatusOr<CopiedPartition> CopyPartition(const OpenedLog& from, const OpenedLog& to,
                                              PartitionId partition);

}  // namespace lastmeter::ctl
