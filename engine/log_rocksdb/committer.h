#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/log/activity_hub.h"
#include "engine/log/log.h"
#include "engine/log_rocksdb/partition_state.h"
#include "engine/log_rocksdb/store.h"
#include "rocksdb/write_batch.h"

namespace lastmeter::log_rocksdb {

// Where a writer finds its answer. Owned by the writer and by the request under way, since either
// may end first.
struct AnswerSlot {
  std::atomic<bool> ready{false};
  AppendOutcome outcome;  // set before `ready`
};

// One append of anybody's.
struct Request {
  size_t index = 0;  // of the topic and partition
  std::vector<Outgoing> records;
  size_t bytes = 0;

  // A writer's: its generation and slot. A producer's: done.
  uint64_t generation = 0;
  std::shared_ptr<AnswerSlot> slot;
  LogProducer::Done done;

  // Filled on the way.
  LogPosition last;
  absl::Status refusal;  // not OK: certainly not appended
};

// Group commit for all topics and partitions, in two stages with a thread each:
//   1. takes everything that waits, writes it as one batch and syncs the write-ahead log;
//   2. syncs the tail witness, makes the entries readable, answers.
// Stage 1 writes the next batch while stage 2 syncs the last. A lone append goes straight through.
// After a failed write or sync the log is in doubt: the appends concerned are answered kUnknown
// and nothing is appended any more.
class Committer {
 public:
  struct Options {
    std::function<Timestamp()> clock;
    uint64_t min_free_bytes = 0;
  };

  // All must outlive the committer. `states` is by index, with begin and end as opened.
  Committer(Options options, Store& store, std::vector<std::unique_ptr<PartitionState>>& states,
            ActivityHub& hub);
  // Commits and answers what was submitted.
  ~Committer();

  // Never waits. A writer's request always fits. A producer's is answered at once, on this thread,
  // when too much waits.
  void Submit(Request request);

  // Makes older writers' appends of this event partition impossible and waits for those that are
  // being committed. Gives the new writer's generation.
  absl::StatusOr<uint64_t> Fence(PartitionId partition, std::string_view instance);

  absl::Status health() const;

 private:
  // What stage 1 hands to stage 2.
  struct Commit {
    std::vector<Request> requests;
    std::vector<std::pair<size_t, Tail>> tails;
    struct Entries {
      size_t index;
      std::shared_ptr<std::vector<LogEntry>> entries;
      size_t bytes;
    };
    std::vector<Entries> entries;
    absl::Status status;
  };

  struct Ownership {
    uint64_t generation = 0;
    std::string instance;
    uint32_t in_flight = 0;  // writers' requests taken by stage 1 and not yet answered
  };

  void RunStage1();
  void RunStage2();
  // With the lock held: takes waiting requests up to a bound, and refuses the fenced.
  Commit Take();
  void Write(Commit& commit);
  absl::Status CheckSpace(const Commit& commit) const;
  void Publish(const Commit& commit);
  void Answer(Commit& commit, const absl::Status& status);
  void Fail(const absl::Status& status);

  const Options options_;
  Store& store_;
  std::vector<std::unique_ptr<PartitionState>>& states_;
  ActivityHub& hub_;

  mutable std::mutex mutex_;
  std::condition_variable work_;      // for stage 1
  std::condition_variable written_;   // for stage 2
  std::condition_variable answered_;  // for stage 1 when far ahead, and for Fence
  std::deque<Request> queue_;
  size_t queued_records_ = 0;
  size_t queued_bytes_ = 0;
  std::deque<Commit> written_queue_;
  std::vector<Ownership> owners_;  // by event partition
  absl::Status failure_;
  bool stopping_ = false;
  bool stage1_done_ = false;

  std::vector<LogPosition> next_;  // stage 1's
  // Stage 1's, cleared and filled again: megabytes of new memory for each commit are dear.
  rocksdb::WriteBatch batch_;
  std::vector<Tail> tails_;       // stage 2's
  absl::Status witness_failure_;  // stage 2's

  std::thread stage1_;
  std::thread stage2_;
};

}  // namespace lastmeter::log_rocksdb
