#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
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
// earlier calls of Apply put there, as of the last rows taken by TakeChanges, which must be stored
// before the next decision; PartitionState lays the rows not yet taken on top. Implemented by the
// stores. Single-threaded.
class Archive {
 public:
  virtual ~Archive() = default;
  // The row's value; empty when there is none. A store that cannot be read ends the process'
  // ownership of the partition: the implementation remembers its error and answers "none", and
  // the runtime asks `health()` before anything decided with it is appended.
  virtual std::optional<std::string> Find(std::string_view key) const = 0;
};

// Cases of one household that never mix: a report attaches to a case of its own lane only, and
// those of an exercise to none.
enum class Lane { kOpen, kRestricted, kScheduled, kIncident };
Lane LaneOf(const lastmeter::state::v1::Case& c);

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

  // Reads the case, open or closed, into `c`. False, and `c` cleared, when there is none.
  bool ReadCase(const CaseNumber& number, Case* c) const;
  std::optional<Case> FindCase(const CaseNumber& number) const;

  // Messages that deciding and applying parse into again and again: a message that is parsed anew
  // keeps its memory, and allocation was half the cost of a decision. What they hold means nothing
  // between two calls, but for the case just decided.
  struct Scratch {
    Case decided;
    // The case that the last decision changed, as it stands after it, is in `decided` until the
    // next decision; empty when it changed none. ApplyDecided takes it over.
    std::optional<CaseNumber> decided_number;
    Case applied;
    lastmeter::report::v1::HardshipReport report;
    lastmeter::command::v1::Command command;
  };
  Scratch& scratch() const { return *scratch_; }
  // The open case of a household in that lane, if one is open; of several the one with the lowest
  // number, in whatever order they were opened or loaded.
  std::optional<CaseNumber> OpenCaseOfHousehold(std::string_view household_ref, Lane lane) const;
  // The open incident of a village, real or an exercise, whose timers run; of several the one with
  // the lowest number.
  std::optional<CaseNumber> OpenIncident(std::string_view village, bool drill) const;
  // The same, by its number.
  bool IsOpenIncident(const CaseNumber& number) const { return incidents_.contains(number); }
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

  // The next open case whose provisional limits await the calendar in force. The runtime decides a
  // RecomputeInput for each, a bounded number a step, until none is left.
  std::optional<CaseNumber> NextRecompute() const;

  // SHA-256 over all rows held in memory, in key order: two folds of one log agree in it.
  Sha256Digest Digest() const;

  // ---- For Apply only.
  lastmeter::state::v1::Partition& mutable_meta() { return meta_; }
  void PutCase(const CaseNumber& number, const Case& value);
  // To be called before PutCase where the kind or the household of an open case has changed.
  void Reindex(const CaseNumber& number, const Case& value);
  void PutSeen(std::string_view input_id, uint64_t first_seq, Date date);
  void PutCounter(int64_t code, uint32_t year, uint32_t counter);
  void PutRules(uint32_t ordinal, const lastmeter::rules::v1::Rules& rules);

 private:
  // An open case: compact, never a live message. One block holds the timer (kNever when none) and
  // the serialized Case, so that the tree of a million cases keeps 8 bytes for each and stays flat.
  class OpenCase {
   public:
    OpenCase(const Case& value, Timestamp timer);
    // Takes bytes that were serialized before.
    OpenCase(std::string_view bytes, Timestamp timer, uint32_t rules_ordinal);
    Timestamp timer() const;
    uint32_t rules_ordinal() const;
    std::string_view bytes() const;

   private:
    struct Header {
      Timestamp timer;
      uint32_t size;
      uint32_t rules_ordinal;
    };
    char* Make(Timestamp timer, uint32_t rules_ordinal, size_t size);
    std::unique_ptr<char[]> block_;  // Header, then the bytes
  };
  struct Place {
    int64_t code;
    uint64_t kind_hash;
    uint32_t year;
    uint32_t counter;
    auto operator<=>(const Place&) const = default;
  };
  struct Installed {
    std::unique_ptr<RulesView> view;
    uint64_t pinned = 0;  // open cases; counted, not stored
  };

  std::optional<std::string> FindClosed(const CaseNumber& number) const;
  void IndexPlace(const CaseNumber& number, const Case& value);
  void UnindexPlace(const CaseNumber& number, const Case& value);
  void NoteIncident(const CaseNumber& number, const Case& value);
  void Index(const CaseNumber& number, const Case& value, Timestamp timer);
  void Close(const CaseNumber& number, const Case& value);
  void Unpin(uint32_t ordinal);
  void Install(uint32_t ordinal, lastmeter::rules::v1::Rules rules);

  const Archive* archive_;
  const std::unique_ptr<Scratch> scratch_ = std::make_unique<Scratch>();
  lastmeter::state::v1::Partition meta_;
  absl::btree_map<CaseNumber, OpenCase> open_;
  absl::btree_set<Timer> timers_;
  // Several of one household only where one of them was opened again.
  absl::btree_set<std::pair<std::string, CaseNumber>> households_;
  // A few at a time, and none on most days.
  struct Incident {
    std::string village;
    bool drill;
  };
  absl::btree_map<CaseNumber, Incident> incidents_;
  absl::btree_map<Place, Timestamp> places_;  // when opened
  absl::btree_map<std::pair<int64_t, uint32_t>, uint32_t> counters_;
  std::map<uint32_t, Installed> rules_;
  absl::btree_map<CaseNumber, uint32_t> provisional_;  // ordinal of the calendar that was used
  absl::btree_set<CaseNumber> recompute_;

  // What changed since the rows were last taken. Rows are written then, once each however often
  // they changed, from what is above; those that live in the store alone are kept whole.
  struct SeenAt {
    uint64_t first_seq;
    Date date;
  };
  struct Changes {
    absl::btree_map<CaseNumber, std::optional<std::string>> closed;  // empty: the row is deleted
    absl::btree_set<std::pair<int64_t, uint32_t>> counters;
    std::vector<CaseNumber> open;  // as often as they changed
    std::set<uint32_t> rules;
    absl::btree_map<std::string, SeenAt, std::less<>> seen;
  };
  Changes changes_;
};

// No instant: later than every other.
inline constexpr Timestamp kNever{INT64_MAX};

// The earliest instant at which a clock, a planned work, a goal or the hold of the case has
// something to do; kNever when none.
Timestamp NextInstant(const lastmeter::state::v1::Case& c);

}  // namespace lastmeter
