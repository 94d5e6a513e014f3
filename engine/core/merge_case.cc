// Merging: one case ends because another one goes on for it. Where that lies in another partition
// it cannot be seen from here, so the two agree by commands: the other accepts and stays open for a
// while, this one ends within it, and the other hears what became of that (ADR 0012).
#include <algorithm>
#include <utility>

#include "engine/base/hash.h"
#include "engine/core/authority.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;

// How long a case that accepted a merge waits, open, to hear of it.
constexpr Millis kStaysOpenFor = Minutes(2);
// How much of that has to be left when the other one ends: the clocks of two partitions may differ
// by as much.
constexpr Millis kLeftToMerge = Minutes(1);

void TellHolder(Draft& draft, const CaseNumber& number, const Case& c, ev::Purpose purpose,
                ev::MergeSettled* settled) {
  const LadderPlanner planner(draft.state(), number, c, draft.now());
  for (auto& notice : planner.NoticesToHolder(purpose)) {
    *settled->add_notices() = std::move(notice);
  }
}

}  // namespace

bool RejectIfMergeUnderWay(Draft& draft, const CommandContext& context, std::string_view before) {
  const Case& c = *context.c;
  // Of one whose timers stand still the wait would never be over.
  if (c.accepted_merges().empty() || c.quarantined()) return false;
  Reject(draft, context, ev::REJECTION_MERGE_UNDER_WAY,
         "the merge of " + c.accepted_merges(0).from() +
             " into this case is not settled yet; try " + std::string(before) +
             " again in a moment");
  return true;
}

void DecideAcceptMerge(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& merge = context.command.accept_merge();
  const auto from = CaseNumber::Parse(merge.from());
  if (!from || *from == context.number) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "merging needs the number of another case, which goes on");
  }
  // Where the other one lies here too, it is what it is, whatever was said of it.
  const auto other = draft.state().FindCase(*from);
  const bool restricted = other ? other->restricted() : merge.restricted();
  const bool drill = other ? other->drill() : merge.drill();
  if (c.scheduled() || c.bulletin() || c.incident() || c.restricted() != restricted ||
      c.drill() != drill) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_CASE,
                  "no case has the number to merge into");
  }
  if (c.closed()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_CLOSED,
                  "the case to merge into is closed; nobody would be asked any more");
  }
  ev::Event event;
  ev::MergeAccepted* accepted = event.mutable_merge_accepted();
  *accepted->mutable_by() = context.command.actor();
  accepted->set_from(merge.from());
  accepted->set_acceptance_id(context.command.command_id());
  accepted->set_open_until_ms((draft.now() + kStaysOpenFor).ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideSettleMerge(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& settle = context.command.settle_merge();
  if (RejectIfClosed(draft, context)) return;
  const auto& merges = c.accepted_merges();
  if (std::none_of(merges.begin(), merges.end(), [&](const auto& merge) {
        return merge.from() == settle.from() && merge.acceptance_id() == settle.acceptance_id();
      })) {
    return Reject(draft, context, ev::REJECTION_MERGE_NOT_ACCEPTED,
                  "the case awaits no word of a merge with that one");
  }
  ev::Event event;
  ev::MergeSettled* settled = event.mutable_merge_settled();
  *settled->mutable_by() = context.command.actor();
  settled->set_from(settle.from());
  settled->set_acceptance_id(settle.acceptance_id());
  settled->set_end(settle.merged() ? ev::MERGE_END_MERGED : ev::MERGE_END_REFUSED);
  if (settle.merged() && c.handler_id() != context.command.actor().id()) {
    TellHolder(draft, context.number, c, ev::PURPOSE_MERGED, settled);
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void FireAcceptedMerge(Draft& draft, const CaseNumber& number, Case& c,
                       const lastmeter::state::v1::AcceptedMerge& merge, const TimerInput& input,
                       bool outage) {
  ev::Event event;
  ev::MergeSettled* settled = event.mutable_merge_settled();
  settled->set_from(merge.from());
  settled->set_acceptance_id(merge.acceptance_id());
  settled->set_end(ev::MERGE_END_UNHEARD);
  settled->set_was_due_ms(input.due.ms);
  settled->set_outage(outage);
  TellHolder(draft, number, c, ev::PURPOSE_ATTENTION, settled);
  draft.AddCaseEvent(number, c, std::move(event));
}

void DecideMerge(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const PartitionState& state = draft.state();
  const auto& merge = context.command.merge();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(state, c, context.command.actor().id()).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, or a higher tier over its area, may merge it");
  }
  const auto into = CaseNumber::Parse(merge.into());
  if (!into || *into == context.number) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "merging needs the number of another case, which goes on");
  }
  if (RejectIfStale(draft, context, merge.case_version())) return;
  if (RejectIfUnfinished(draft, context, "merging")) return;
  if (RejectIfMergeUnderWay(draft, context, "merging")) return;
  const auto& meta = state.meta();
  const bool here =
      meta.partition_count() == 0 ||
      PartitionFor(merge.into().substr(0, 12), meta.partition_count()) == meta.partition();
  if (here) {
    const auto other = state.FindCase(*into);
    if (!other || LaneOf(*other) != LaneOf(c) || other->drill() != c.drill()) {
      return Reject(draft, context, ev::REJECTION_UNKNOWN_CASE,
                    "no case has the number to merge into");
    }
    if (other->closed()) {
      return Reject(draft, context, ev::REJECTION_ALREADY_CLOSED,
                    "the case to merge into is closed; nobody would be asked any more");
    }
  } else if (c.handler_id().empty()) {
    // Whether the other case is of use cannot be seen from here: a person answers for it.
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  } else if (draft.now() + kLeftToMerge > Timestamp{merge.accepted_until_ms()}) {
    return Reject(draft, context, ev::REJECTION_MERGE_NOT_ACCEPTED,
                  "the case that goes on has not said lately that it stays open; merge again");
  }
  ev::Event event;
  ev::CaseMerged* merged = event.mutable_case_merged();
  *merged->mutable_by() = context.command.actor();
  merged->set_into(merge.into());
  if (!here) merged->set_accepted_until_ms(merge.accepted_until_ms());
  if (merge.has_text()) *merged->mutable_text() = merge.text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
