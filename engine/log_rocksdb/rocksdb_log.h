#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/log/log.h"

namespace lastmeter {

// The embedded log: all topics and partitions of one installation in one folder, for one process.
//
// Usage:
//   auto log = RocksdbLog::Open({.dir = data_dir + "/log", .partition_count = 4});
//
// Positions are contiguous from 0. An append is acknowledged once two things are synced: the
// write-ahead log, and the tail witness, which remembers how far every partition was acknowledged.
// A log that contradicts its witness does not open. See README.md beside log.h.
class RocksdbLog final : public Log {
 public:
  struct Options {
    // Holds rocksdb/, lock and, unless put elsewhere, witness.
    std::string dir{};
    // Path of the tail witness; empty: <dir>/witness. Better on another disk.
    std::string witness_path{};
    // For a log to be created. An existing log must have as many; 0 takes what it has.
    uint32_t partition_count = 0;
    bool create_if_missing = true;
    // Nothing is written; no lock is taken, so it also works beside the process that writes. The
    // view is that of the moment of opening.
    bool read_only = false;
    // The operator's way on after a loss: takes what is there and makes the witness agree.
    // warnings() then says what was given up. Lost positions will be used again. With read_only:
    // shows what is left without changing anything.
    bool accept_data_loss = false;
    // Gives appended_at. Empty: the system's clock. Called on the commit thread.
    std::function<Timestamp()> clock{};
    // Upper bound, roughly, of the memory for write buffers, cache and recent entries.
    size_t memory_budget_bytes = size_t{384} << 20;
    // Appends are refused, cleanly, while the disk has less than this left: RocksDB itself must
    // never run out of space.
    uint64_t min_free_bytes = uint64_t{128} << 20;
  };

  // Errors:
  //   kFailedPrecondition  another process uses the folder; another number of partitions
  //   kNotFound            no log there, and none to be made
  //   kPermissionDenied    the folder may not be read or written
  //   kDataLoss            acknowledged records are missing or stored bytes are damaged; the
  //                        message names topic, partition and positions, and what to do
  //   kResourceExhausted, kUnavailable
  static absl::StatusOr<std::unique_ptr<RocksdbLog>> Open(Options options);

  // Commits and answers everything that was started, then closes.
  ~RocksdbLog() override;

  LogIdentity identity() const override;

  // Waits for appends of the partition that are being synced: milliseconds. kUnavailable after a
  // failed write: what is on disk is then unknown until the log is closed and opened again.
  absl::StatusOr<std::unique_ptr<LogWriter>> OpenWriter(PartitionId partition,
                                                        std::string_view instance) override;
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(TopicPartition tp,
                                                        LogPosition from) override;

  // A producer answers kResourceExhausted at once, on the caller's thread, when too much waits to
  // be committed.
  absl::StatusOr<std::unique_ptr<LogProducer>> OpenProducer() override;
  std::unique_ptr<Registration> OnActivity(PartitionId partition,
                                           std::function<void()> wake) override;

  // Gives up what lies before `position`, for good; later reads of it are kOutOfRange. Space is
  // given back file by file: a file that is being compacted and the newest few (RocksDB's level 0)
  // are passed over, and taken when the same drop is made again later. The last record of a
  // partition stays on disk. Thread-safe.
  absl::Status DropBefore(TopicPartition tp, LogPosition position);

  // Oldest position kept, and one past the last record acknowledged.
  LogPosition Begin(TopicPartition tp) const;
  LogPosition End(TopicPartition tp) const;

  // Reads every stored file and compares its checksums. kDataLoss names the damaged file. Takes as
  // long as reading the whole log.
  absl::Status VerifyChecksums() const;

  // What an operator should know about this opening, one sentence each.
  const std::vector<std::string>& warnings() const;

  // What stopped the log from appending, if anything did: OK, or the first failed write.
  absl::Status health() const;

 private:
  class Impl;
  class Writer;
  class Producer;

  explicit RocksdbLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastmeter
