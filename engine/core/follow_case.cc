// What goes on beside and after the help itself: follow-up visits, resources that somebody pledged.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/code.h"
#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;

constexpr uint32_t kMostVisits = 24;
constexpr int kMostResources = 64;

}  // namespace

Timestamp StartOf(const Draft& draft, const CommandContext& context) {
  return std::min(AcceptedAt(draft, context), draft.now());
}

bool RejectIfFollowedUp(Draft& draft, const CommandContext& context) {
  if (context.c->follow_ups_left() == 0) return false;
  Reject(draft, context, ev::REJECTION_FOLLOWED_UP,
         "the need is met and the case is followed up; a follow-up visit may find new trouble");
  return true;
}

bool RejectIfUnfinished(Draft& draft, const CommandContext& context, std::string_view before) {
  return RejectIfPapersOwed(draft, context, before) ||
         RejectIfReferralOpen(draft, context, before) || RejectIfWorkGoesOn(draft, context, before);
}

void DecideBeginFollowUp(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& begin = context.command.begin_follow_up();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, or a higher tier over its area, may end its help");
  }
  if (!IsClosingOutcome(begin.outcome())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "following up needs the outcome with which the case ends after it");
  }
  if (begin.visits() == 0 || begin.visits() > kMostVisits) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a case is followed up 1 to 24 times");
  }
  if (RejectIfStale(draft, context, begin.case_version())) return;
  if (c.handler_id().empty()) {
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  }
  if (RejectIfFollowedUp(draft, context)) return;
  if (c.hold_until_ms() != 0) {
    return Reject(draft, context, ev::REJECTION_ALREADY_ON_HOLD,
                  "the case is on hold; resume it first");
  }
  if (RejectIfPapersOwed(draft, context, "following up") ||
      RejectIfReferralOpen(draft, context, "following up") ||
      RejectIfGoalOpen(draft, context, "following up")) {
    return;
  }
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  auto clock = planner.StartClock(cm::PROMISE_FOLLOW_UP, StartOf(draft, context));
  if (!clock) {
    return Reject(draft, context, ev::REJECTION_NO_FOLLOW_UP,
                  "the rules promise no follow-up visits at this level; close the case");
  }
  ev::Event event;
  ev::FollowUpBegun* begun = event.mutable_follow_up_begun();
  *begun->mutable_by() = context.command.actor();
  begun->set_outcome(begin.outcome());
  begun->set_visits(begin.visits());
  *begun->mutable_clock() = *std::move(clock);
  if (begin.has_text()) *begun->mutable_text() = begin.text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void EndFollowUp(Draft& draft, const CaseNumber& number, Case& c, ev::FollowUpEnd reason,
                 const cm::Actor& by, const cm::PersonalText* text) {
  ev::Event event;
  event.mutable_follow_up_ended()->set_reason(reason);
  event.mutable_follow_up_ended()->set_outcome(c.follow_up_outcome());
  draft.AddCaseEvent(number, c, std::move(event));
  if (reason != ev::FOLLOW_UP_END_COMPLETED) BeginCycle(draft, number, c, by, text);
}

void DecideRecordFollowUp(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& record = context.command.record_follow_up();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may record a "
                  "follow-up visit");
  }
  if (!cm::FollowUpFinding_IsValid(record.finding()) ||
      record.finding() == cm::FOLLOW_UP_FINDING_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a follow-up visit needs a finding: stable or trouble");
  }
  if (c.follow_ups_left() == 0) {
    return Reject(draft, context, ev::REJECTION_NO_FOLLOW_UP, "the case is not followed up");
  }
  const bool trouble = record.finding() == cm::FOLLOW_UP_FINDING_TROUBLE;
  const bool last = c.follow_ups_left() == 1;
  if (last && !trouble &&
      (RejectIfWorkGoesOn(draft, context, "the last follow-up visit") ||
       RejectIfMergeUnderWay(draft, context, "the last follow-up visit"))) {
    return;
  }
  const auto* clock = FindClock(c, cm::PROMISE_FOLLOW_UP);
  ev::Event event;
  ev::FollowUpRecorded* recorded = event.mutable_follow_up_recorded();
  *recorded->mutable_by() = context.command.actor();
  recorded->set_number(c.follow_ups_made() + 1);
  recorded->set_finding(record.finding());
  recorded->set_late(clock != nullptr && clock->breached());
  recorded->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  if (record.has_text()) *recorded->mutable_text() = record.text();
  if (!last && !trouble) {
    const LadderPlanner planner(draft.state(), context.number, c, draft.now());
    if (auto next = planner.StartClock(cm::PROMISE_FOLLOW_UP, StartOf(draft, context))) {
      *recorded->mutable_clock() = *std::move(next);
    }
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
  if (trouble) {
    EndFollowUp(draft, context.number, c, ev::FOLLOW_UP_END_TROUBLE, context.command.actor(),
                record.has_text() ? &record.text() : nullptr);
  } else if (last) {
    EndFollowUp(draft, context.number, c, ev::FOLLOW_UP_END_COMPLETED, context.command.actor(),
                nullptr);
  }
}

void DecidePledge(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& pledge = context.command.pledge();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may record what "
                  "was pledged");
  }
  if (pledge.kind().empty() || pledge.kind().size() > kMostCodeBytes || !IsCode(pledge.project()) ||
      pledge.value_fen() == 0) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a pledge needs its kind, the code of its project and a value");
  }
  if (c.resources_size() >= kMostResources) {
    return Reject(draft, context, ev::REJECTION_TOO_MANY,
                  "the case has " + std::to_string(kMostResources) + " pledges already");
  }
  ev::Event event;
  ev::ResourcePledged* pledged = event.mutable_resource_pledged();
  *pledged->mutable_by() = context.command.actor();
  pledged->set_resource_id(static_cast<uint32_t>(c.resources_size()) + 1);
  pledged->set_kind(pledge.kind());
  pledged->set_project(pledge.project());
  pledged->set_value_fen(pledge.value_fen());
  if (pledge.has_text()) *pledged->mutable_text() = pledge.text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

// Also once the case is closed: what was pledged often comes later than the help.
void DecideDeliver(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& deliver = context.command.deliver();
  if (!Authority(draft.state(), c, context.command.actor().id()).MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may record what "
                  "was delivered");
  }
  if (deliver.resource_id() == 0 ||
      deliver.resource_id() > static_cast<uint32_t>(c.resources_size())) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_RESOURCE, "nothing was pledged under it");
  }
  const auto& resource = c.resources(static_cast<int>(deliver.resource_id()) - 1);
  if (resource.delivered()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_DELIVERED,
                  "it has been delivered already, and counts once");
  }
  ev::Event event;
  ev::ResourceDelivered* delivered = event.mutable_resource_delivered();
  *delivered->mutable_by() = context.command.actor();
  delivered->set_resource_id(deliver.resource_id());
  delivered->set_project(resource.project());
  delivered->set_value_fen(deliver.value_fen() == 0 ? resource.value_fen() : deliver.value_fen());
  if (deliver.has_text()) *delivered->mutable_text() = deliver.text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
