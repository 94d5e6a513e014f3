#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/core/rules_view.h"
#include "lastmeter/state/v1/state.pb.h"

namespace lastmeter {

// The rows of a partition's persistent state, by a prefix byte per kind of key:
//
//   'm'                          state.v1.Partition
//   'r' ordinal:be32             state.v1.InstalledRules
//   'n' code:be64 year:be32      last counter, be32
//   'o' case                     open case, state.v1.Case
//   'c' case                     closed case, state.v1.Case
//   's' input id                 state.v1.Seen
//   case := code:be64 year:be32 counter:be32
//
// Big-endian, so that a scan meets cases in the order of their numbers.
struct Change {
  std::string key;
  // Empty: the row is deleted.
  std::optional<std::string> value;
};

// Rows that are too many for memory: what an input id came to, and closed cases. Answers from what
// earlier calls of Apply put there, as of the last row handed to the store; PartitionState lays the
// rows not yet handed over on top. Implemented by the stores. Single-threaded.
class Archive {
 public:
  virtual ~Archive() = default;
  // The row's value; empty when there is none. A store that cannot be read ends the process'
  // ownership of the partition: the implementation remembers its error and answers "none", and
  // the runtime asks `health()` before anything decided with it is appended.
  virtual std::optional<std::string> Find(std::string_view key) const = 0;
};

std::string CaseKey(char prefix, const CaseNumber& number);
std::optional<CaseNumber> ParseCaseKey(std::string_view key);
std::string SeenKey(std::string_view input_id);

// The folded state of one partition. Changed by Apply alone; copied never. Single-threaded.
class PartitionState {
 public:
  using Case = lastmeter::state::v1::Case;

  // `archive` must outlive the state; null means that nothing was ever archived.
  explicit PartitionState(const Archive* archive) : archive_(archive) {}
  PartitionState(const PartitionState&) = delete;
  PartitionState& operator=(const PartitionState&) = delete;

  // Takes one row of the store while opening. Rows of kinds 's' and 'c' are not to be loaded.
  // False when the row is of no kind known here.
  bool LoadRow(std::string_view key, std::string_view value);

  const lastmeter::state::v1::Partition& meta() const { return meta_; }
  Timestamp log_time() const { return {meta_.log_time_ms()}; }

  // The case, open or closed.
  std::optional<Case> FindCase(const CaseNumber& number) const;
  // The open case of a household, if one is open.
  std::optional<CaseNumber> OpenCaseOfHousehold(std::string_view household_ref) const;
  // Numbers of open cases of the same routing code and kind opened at or after `since`, newest
  // first, at most `most`.
  std::vector<CaseNumber> RecentCases(int64_t code, std::string_view kind, Timestamp since,
                                      size_t most) const;
  // First seq of the decision on this input id, within the last 400 days.
  std::optional<uint64_t> FindSeen(std::string_view input_id) const;
  uint32_t LastCounter(int64_t code, uint32_t year) const;

  // Rules in force; null while none are installed.
  const RulesView* rules() const;
  // Rules that a case pinned; null for ordinal 0 or rules not kept.
  const RulesView* rules(uint32_t ordinal) const;

  struct Timer {
    Timestamp due;
    CaseNumber number;
    auto operator<=>(const Timer&) const = default;
  };
  // The earliest timer, if any case has one.
  std::optional<Timer> NextTimer() const;
  size_t open_cases() const { return open_.size(); }
  size_t timers() const { return timers_.size(); }

  // The first open case whose number is greater than `after` (or the first of all).
  std::optional<CaseNumber> NextOpenCase(const std::optional<CaseNumber>& after) const;

  // The rows changed since the last call, ready for the store, in the order of their keys.
  std::vector<Change> TakeChanges();
  // Told by the runtime once the store has taken everything from the last TakeChanges.
  void ChangesStored() { stored_soon_.clear(); }

  // SHA-256 over all rows held in memory, in key order: two folds of one log agree in it.
  Sha256Digest Digest() const;

  // ---- For Apply only.
  lastmeter::state::v1::Partition& mutable_meta() { return meta_; }
  void PutCase(const CaseNumber& number, const Case& value);
  void PutSeen(std::string_view input_id, uint64_t first_seq, Date date);
  void PutCounter(int64_t code, uint32_t year, uint32_t counter);
  void PutRules(uint32_t ordinal, const lastmeter::rules::v1::Rules& rules);

 private:
  struct OpenCase {
    std::string bytes;  // serialized Case: compact, never a live message
    Timestamp timer;    // kNever when none
  };
  void Touch(std::string key, std::optional<std::string> value);
  void Unindex(const CaseNumber& number, const Case& value);
  void Index(const CaseNumber& number, const Case& value);
  void Pin(uint32_t ordinal, int64_t by);

  const Archive* archive_;
  lastmeter::state::v1::Partition meta_;
  absl::btree_map<CaseNumber, OpenCase> open_;
  absl::btree_set<Timer> timers_;
  absl::btree_map<std::string, CaseNumber> households_;
  struct PlaceKey {
    int64_t code;
    uint32_t kind_hash;
    CaseNumber number;
    auto operator<=>(const PlaceKey&) const = default;
  };
  absl::btree_set<PlaceKey> places_;
  absl::btree_map<std::pair<int64_t, uint32_t>, uint32_t> counters_;
  struct Installed {
    std::unique_ptr<RulesView> view;
    std::string bytes;  // the serialized rules, for the store
    uint64_t pinned = 0;
  };
  std::map<uint32_t, Installed> rules_;
  std::map<std::string, std::optional<std::string>> changes_;
  std::map<std::string, std::optional<std::string>> stored_soon_;
};

// No instant: later than every other.
inline constexpr Timestamp kNever{INT64_MAX};

// The earliest instant at which a clock of the case has something to do; kNever when none.
Timestamp NextInstant(const lastmeter::state::v1::Case& c);

}  // namespace lastmeter
