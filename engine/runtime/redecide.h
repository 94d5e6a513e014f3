#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/codec.h"
#include "engine/core/state.h"
#include "engine/runtime/store.h"

namespace lastmeter {

// Decides a log of record again from the inputs that it carries and compares every byte. Takes the
// records of one partition from the first on, in order. Single-threaded.
class Redecider {
 public:
  // `scratch` must be empty and outlive this; it takes the rows that are too many for memory.
  explicit Redecider(Store* scratch);

  // The next record. kDataLoss when it does not follow the one before, or was not what its
  // decision comes to: the text shows both as JSON. After an error the object is spent.
  absl::Status Take(LogPosition position, std::string_view bytes);

  // At the end of the log: whether the last decision is whole.
  absl::Status Finish() const;

  uint64_t records() const { return records_; }
  uint64_t decisions() const { return decisions_; }
  // Records that another version of the decider wrote; only their chain was checked.
  uint64_t not_compared() const { return not_compared_; }
  const PartitionState& state() const { return state_; }

 private:
  absl::Status Redecide(const event::v1::Record& first);
  absl::Status Compare(const event::v1::Record& record, std::string_view bytes);

  Store* const store_;
  PartitionState state_;
  // What the decision under way comes to, and how much of it was met.
  std::vector<SealedRecord> expected_;
  size_t met_ = 0;
  bool comparable_ = true;
  uint64_t records_ = 0;
  uint64_t decisions_ = 0;
  uint64_t not_compared_ = 0;
};

}  // namespace lastmeter
