// Triage: a report that is no hardship lead at all ends at once, and says so.
#include <string>
#include <utility>

#include "engine/core/authority.h"
#include "engine/core/draft.h"
#include "engine/core/incident.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

}  // namespace

void DecideScreenOut(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const auto& screen = context.command.screen_out();
  const std::string& actor = context.command.actor().id();
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, actor);
  if (!authority.MayScreenOut()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  actor == c.reporter_id() ? "whoever reported a case may not screen it out"
                  : c.restricted()
                      ? "only the district's named officers screen out a case of this kind"
                      : "only people told of the case, or a higher tier over its area, at the "
                        "village or above may screen it out");
  }
  if (!cm::NotALead_IsValid(screen.category()) || screen.category() == cm::NOT_A_LEAD_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "screening out needs a category: what the report was instead");
  }
  if (IsEmpty(screen.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "screening out needs a reason");
  }
  if (RejectIfStale(draft, context, screen.case_version())) return;
  if (RejectIfFollowedUp(draft, context)) return;
  if (c.helped() || !c.works().empty()) {
    return Reject(draft, context, ev::REJECTION_HELP_BEGUN,
                  "somebody has begun to help; close the case with an outcome instead");
  }
  if (RejectIfMergeUnderWay(draft, context, "screening out")) return;
  EndDigests(draft, context.number, c);
  ev::Event event;
  ev::CaseScreenedOut* screened = event.mutable_case_screened_out();
  *screened->mutable_by() = context.command.actor();
  screened->set_tier(authority.tier());
  screened->set_category(screen.category());
  *screened->mutable_text() = screen.reason();
  screened->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  for (auto& notice : planner.NoticesToTold(ev::PURPOSE_SCREENED_OUT, actor)) {
    *screened->add_notices() = std::move(notice);
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
