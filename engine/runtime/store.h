#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/core/state.h"

namespace lastmeter {

// The last record that a store has taken in.
struct StoreMark {
  LogPosition position{};
  Seq seq{};
  Sha256Digest sha256{};
  bool operator==(const StoreMark&) const = default;
};

// The persistent cache of one partition's folded state. The log is the truth: a store may be behind
// it by any amount, and may be emptied at any time at the cost of a fold from the beginning. One
// suite of tests (tests/runtime/store_contract_test.cc) holds every implementation to this page.
// Used by one thread.
class Store : public Archive {
 public:
  // Takes rows one after another while opening; an error ends the loading with it.
  using Row = std::function<absl::Status(std::string_view key, std::string_view value)>;

  // The mark of the last commit; empty for an empty store.
  virtual std::optional<StoreMark> mark() const = 0;

  // Hands every row to `row` but those of kinds 's' and 'c', in the order of their keys.
  virtual absl::Status Load(const Row& row) = 0;

  // Puts changes and mark in, all or nothing. Need not be synced: a store that lost its last
  // commits is a store that is behind. On an error the store is spent and must be opened anew.
  virtual absl::Status Commit(std::vector<Change> changes, const StoreMark& mark) = 0;

  // Not OK once a row could not be read: nothing decided since may be appended.
  virtual absl::Status health() const = 0;

  // Removes every row and the mark.
  virtual absl::Status Wipe() = 0;
};

}  // namespace lastmeter
