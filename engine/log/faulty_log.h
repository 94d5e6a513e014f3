#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/log/activity_hub.h"
#include "engine/log/log.h"

namespace lastmeter {

// How often a FaultyLog misbehaves, in parts of 10,000. All zero: not at all.
struct FaultPlan {
  // The event topic's writer. The outcomes exclude each other; their sum must not pass 10,000.
  uint32_t append_unknown_there = 0;  // answers kUnknown; the batch is in
  uint32_t append_unknown_lost = 0;   // answers kUnknown; the batch never appears
  uint32_t append_unknown_late = 0;   // answers kUnknown; the batch may appear until the next
                                      // writer opens, as a broker's pending transaction does
  uint32_t append_not_committed = 0;  // answers kNotCommitted with kUnavailable
  uint32_t append_fenced = 0;     // answers kNotCommitted with kAborted, though nobody took over
  uint32_t append_polls_max = 0;  // an append stays in flight for up to so many polls (a count)
  uint32_t open_writer_unavailable = 0;

  // Readers of every topic.
  uint32_t read_unavailable = 0;
  uint32_t read_short = 0;  // fewer records than there are, also none
  uint32_t end_unavailable = 0;
  uint32_t end_polls_max = 0;  // AskEnd is answered after up to so many polls (a count)

  // Producers. The outcomes exclude each other.
  uint32_t produce_unavailable_there = 0;  // answers kUnavailable; the record is in
  uint32_t produce_unavailable_lost = 0;   // answers kUnavailable; the record never appears
  uint32_t produce_no_space = 0;           // answers kResourceExhausted; the record never appears
};

// What a FaultyLog did, for tests that must know that a fault took place.
struct FaultCounts {
  uint64_t unknown_there = 0;
  uint64_t unknown_lost = 0;
  uint64_t unknown_late_there = 0;
  uint64_t unknown_late_lost = 0;
  uint64_t not_committed = 0;
  uint64_t fenced = 0;
  uint64_t read_unavailable = 0;
  uint64_t read_short = 0;
  uint64_t end_unavailable = 0;
  uint64_t produce_there = 0;
  uint64_t produce_lost = 0;
  uint64_t produce_no_space = 0;
  uint64_t dropped_there = 0;  // writer destroyed in mid-append, and the batch got in
  uint64_t dropped_lost = 0;
  auto operator<=>(const FaultCounts&) const = default;
};

// Wraps any log and spoils its answers by a plan and a seed: the same seed, plan and calls give
// the same faults. Never breaks the contract of log.h, only uses all of its freedom.
//
// The death of the owning process is played by destroying the writer: an append in flight then
// gets in or not, by the seed, at the latest when the next writer of the partition opens.
// Whenever it holds something back it wakes those who registered, so that they poll again.
class FaultyLog final : public Log {
 public:
  // `inner` must outlive this log, and this log its writers, readers and producers.
  FaultyLog(Log& inner, uint64_t seed, FaultPlan plan = {});
  ~FaultyLog() override;

  // From the next call on. Appends under way keep the fate that they were given.
  void SetPlan(FaultPlan plan);
  FaultCounts counts() const;

  LogIdentity identity() const override;
  absl::StatusOr<std::unique_ptr<LogWriter>> OpenWriter(PartitionId partition,
                                                        std::string_view instance) override;
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(TopicPartition tp,
                                                        LogPosition from) override;
  absl::StatusOr<std::unique_ptr<LogProducer>> OpenProducer() override;
  std::unique_ptr<Registration> OnActivity(PartitionId partition,
                                           std::function<void()> wake) override;

 private:
  class Writer;
  class Reader;
  class Producer;

  enum class Fate { kCommit, kUnknownThere, kUnknownLost, kUnknownLate, kNotCommitted, kFenced };

  // A batch whose writer is gone and which may still appear.
  struct Orphan {
    std::unique_ptr<LogWriter> writer;  // of the inner log
    std::vector<Outgoing> batch;        // empty: already started at the inner log
    bool by_death = false;              // the writer was destroyed in mid-append
  };

  // These draw from the seed; with the lock held.
  uint64_t Next();
  bool Happens(uint32_t rate) { return rate != 0 && Next() % 10'000 < rate; }
  uint32_t UpTo(uint32_t max) { return max == 0 ? 0 : static_cast<uint32_t>(Next() % (max + 1)); }
  Fate DrawFate();

  void Adopt(PartitionId partition, Orphan orphan);
  // Decides by the seed which of the partition's orphans get in, and forgets them. Without lock.
  void SettleOrphans(PartitionId partition);

  Log& inner_;
  mutable std::mutex mutex_;
  uint64_t random_;
  FaultPlan plan_;
  FaultCounts counts_;
  std::map<PartitionId, std::vector<Orphan>> orphans_;
  ActivityHub hub_;
};

}  // namespace lastmeter
