// Merging: the part of CaseBook that judges both of its cases.
#include <string_view>

#include "engine/base/hash.h"
#include "tools/check/case_book.h"

namespace lastmeter {
namespace {

namespace ev = lastmeter::event::v1;

constexpr int64_t kStaysOpenMs = 2 * 60'000;
constexpr int64_t kLeftToMergeMs = 60'000;

}  // namespace

void CaseBook::TakeMergeAccepted(const At& at) {
  const auto& e = at.event.merge_accepted();
  const auto from = Read(e.from());
  bool fits = from.has_value() && !(*from == at.number) && !at.c.scheduled && !at.c.bulletin &&
              !at.c.incident;
  if (const CaseRecord* other = fits ? Find(e.from()) : nullptr) {
    fits = other->restricted == at.c.restricted && other->drill == at.c.drill;
  }
  sink_.Require(fits, rule::kMerge,
                [&] { return at.name() + ": goes on for " + e.from() + ", which does not fit"; });
  TakeNotices(at, e.notices());
  if (e.open_until_ms() == 0) return;
  sink_.Require(e.open_until_ms() == at.now() + kStaysOpenMs, rule::kMerge,
                [&] { return at.name() + ": stays open for another time than two minutes"; });
  const bool once =
      at.c.accepted_merges.try_emplace(e.acceptance_id(), e.from(), e.open_until_ms()).second;
  sink_.Require(once && !e.acceptance_id().empty(), rule::kMerge, [&] {
    return at.name() + ": acceptance '" + e.acceptance_id() +
           "' is given out twice, or has no name";
  });
}

void CaseBook::TakeMergeSettled(const At& at) {
  const auto& e = at.event.merge_settled();
  CheckLateness(at, e.outage(), false, false);
  const auto awaited = at.c.accepted_merges.find(e.acceptance_id());
  const bool unheard = e.end() == ev::MERGE_END_UNHEARD;
  const bool fits = awaited != at.c.accepted_merges.end() && awaited->second.from == e.from() &&
                    unheard == at.decision.by_timer() && unheard == (e.was_due_ms() != 0) &&
                    ev::MergeEnd_IsValid(e.end()) && e.end() != ev::MERGE_END_UNSPECIFIED;
  sink_.Require(fits, rule::kMerge, [&] {
    return at.name() + ": settles a merge with " + e.from() + " otherwise than it was accepted";
  });
  if (fits && unheard) CheckFired(at, e.was_due_ms(), awaited->second.until_ms);
  if (awaited != at.c.accepted_merges.end()) at.c.accepted_merges.erase(awaited);
  TakeNotices(at, e.notices());
}

void CaseBook::TakeMerged(const At& at) {
  const auto& e = at.event.case_merged();
  ++counts_.closed;
  --counts_.open;
  const auto into = Read(e.into());
  bool fits = into.has_value() && !(*into == at.number);
  if (fits && (at.place.partition_count == 0 ||
               PartitionFor(std::string_view(e.into()).substr(0, 12), at.place.partition_count) ==
                   at.place.partition.value)) {
    const CaseRecord* other = Find(e.into());
    fits = other != nullptr && !other->closed && other->restricted == at.c.restricted &&
           other->drill == at.c.drill && !other->scheduled && !other->incident && !at.c.incident;
  }
  sink_.Require(fits, rule::kMerge,
                [&] { return at.name() + ": merged into " + e.into() + ", which is not open"; });
  const int64_t until_ms = e.accepted_until_ms();
  sink_.Require(until_ms == 0 || until_ms >= at.now() + kLeftToMergeMs, rule::kMerge, [&] {
    return at.name() + ": merged into " + e.into() + " when that may no longer have been open";
  });
  CheckFinished(at);
  at.c.goals.clear();
  End(at);
}

}  // namespace lastmeter
