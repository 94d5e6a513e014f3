// What is done for the household: verify at home, give relief, complete its papers.
#include <algorithm>
#include <utility>

#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

}  // namespace

void DecideVerify(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may verify it");
  }
  const auto& verify = context.command.verify();
  if (!cm::Finding_IsValid(verify.finding()) || verify.finding() == cm::FINDING_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "verifying needs a finding: what was found at the home");
  }
  if (RejectIfFollowedUp(draft, context)) return;
  if (c.verified()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_VERIFIED,
                  "the case is verified already; add a note instead");
  }
  ev::Event event;
  ev::CaseVerified* verified = event.mutable_case_verified();
  *verified->mutable_by() = context.command.actor();
  verified->set_finding(verify.finding());
  if (verify.has_text()) *verified->mutable_text() = verify.text();
  verified->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideRelief(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayWorkOn()) {
    return Reject(
        draft, context, ev::REJECTION_NOT_ALLOWED,
        "only people told of the case, or a higher tier over its area, may record relief");
  }
  if (context.command.relief().kinds().empty()) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "relief needs at least one kind of what was given");
  }
  if (RejectIfFollowedUp(draft, context)) return;
  if (c.relieved()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_RELIEVED,
                  "first relief is recorded already; add a note instead");
  }
  ev::Event event;
  ev::ReliefRecorded* relief = event.mutable_relief_recorded();
  *relief->mutable_by() = context.command.actor();
  *relief->mutable_kinds() = context.command.relief().kinds();
  if (context.command.relief().has_text()) {
    *relief->mutable_text() = context.command.relief().text();
  }
  const Timestamp accepted = AcceptedAt(draft, context);
  relief->set_accepted_at_ms(accepted.ms);
  // Relief first: help comes before anybody has verified, and its papers afterwards.
  if (!c.verified()) {
    const LadderPlanner planner(draft.state(), context.number, c, draft.now());
    // A gateway's clock may be a little ahead of ours; no clock starts later than now.
    if (auto start = planner.StartClock(cm::PROMISE_PAPERWORK, std::min(accepted, draft.now()))) {
      *relief->mutable_paperwork() = *std::move(start);
    }
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecidePaperwork(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (!authority.MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may complete its "
                  "papers");
  }
  const auto* clock = FindClock(c, cm::PROMISE_PAPERWORK);
  if (clock == nullptr || clock->stopped()) {
    return Reject(draft, context, ev::REJECTION_NO_PAPERWORK,
                  clock == nullptr ? "no papers are owed: no relief was given first"
                                   : "the papers are complete already");
  }
  ev::Event event;
  ev::PaperworkCompleted* completed = event.mutable_paperwork_completed();
  *completed->mutable_by() = context.command.actor();
  if (context.command.paperwork().has_text()) {
    *completed->mutable_text() = context.command.paperwork().text();
  }
  completed->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
