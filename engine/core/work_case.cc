// Planned visits and services: plan, claim, hand back, start, finish, cancel; and what happens when
// nobody did.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/authority.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"
#include "engine/core/work.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace cd = lastmeter::command::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Work = lastmeter::state::v1::Work;

constexpr int kMostWorks = 16;
constexpr int kMostClaims = 64;
constexpr uint32_t kMostTurns = 800;
constexpr uint32_t kMostEveryDays = 400;
constexpr Millis kMostLength = Days(7);
constexpr Millis kMostAhead = Days(800);
constexpr size_t kMostServiceBytes = 64;
constexpr uint32_t kNoticeMinutes = 120;

uint32_t NoticeMinutes(const PartitionState& state) {
  const uint32_t minutes = RosterOf(state).rules().policy().work_notice_minutes();
  return minutes == 0 ? kNoticeMinutes : minutes;
}

// May have turns: everybody who may work on the case, staff of its area, and volunteers there.
bool MayHaveTurn(const Draft& draft, const Case& c, const std::string& staff_id) {
  const RulesView& roster = RosterOf(draft.state());
  if (roster.IsVolunteer(staff_id))
    return !c.restricted() && roster.VolunteersIn(staff_id, c.area());
  const Authority authority(draft.state(), c, staff_id);
  return authority.tier() != cm::TIER_UNSPECIFIED || authority.MayWorkOn();
}

// Turns to come that somebody has claimed.
int64_t Claimed(const Work& work) {
  return std::count_if(work.claims().begin(), work.claims().end(),
                       [](const auto& claim) { return !claim.staff_id().empty(); });
}

// The work that the command names; null after a refusal.
const Work* Named(Draft& draft, const CommandContext& context, uint32_t id) {
  if (RejectIfClosed(draft, context)) return nullptr;
  const Work* work = FindWork(*context.c, id);
  if (work == nullptr) {
    Reject(draft, context, ev::REJECTION_UNKNOWN_WORK,
           "the case has no such work, or its turns are all over");
  }
  return work;
}

bool RejectIfWrongTurn(Draft& draft, const CommandContext& context, const Work& work, uint32_t turn,
                       bool present_only) {
  if (turn == work.turn() || (!present_only && turn > work.turn() && turn <= work.times())) {
    return false;
  }
  Reject(draft, context, ev::REJECTION_WRONG_TURN,
         "turn " + std::to_string(work.turn()) + " of " + std::to_string(work.times()) +
             " is the present one");
  return true;
}

bool IsPlan(const cd::PlanWork& plan) {
  const bool service = plan.kind() == cm::WORK_KIND_SERVICE;
  if (plan.kind() != cm::WORK_KIND_VISIT && !service) return false;
  if (service == plan.service().empty()) return false;
  return plan.service().size() <= kMostServiceBytes && plan.from_ms() != 0 &&
         plan.until_ms() != 0 && (service || !plan.assignee().empty());
}

bool FitsTimes(const cd::PlanWork& plan, Timestamp now) {
  const Millis length{plan.until_ms() - plan.from_ms()};
  if (plan.from_ms() <= now.ms || length <= Millis{0} || length > kMostLength) return false;
  if (plan.times() > kMostTurns || plan.every_days() > kMostEveryDays) return false;
  if (plan.times() > 1 && Days(plan.every_days()) < length) return false;
  // From the first turn to the last.
  const Millis whole = Days(int64_t{plan.every_days()} * (std::max(plan.times(), 1U) - 1));
  return Timestamp{plan.until_ms()} - now + whole <= kMostAhead;
}

}  // namespace

void DecidePlanWork(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const cd::PlanWork& plan = context.command.plan_work();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayWorkOn() ||
      RosterOf(draft.state()).IsVolunteer(context.command.actor().id())) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may plan work");
  }
  if (!IsPlan(plan)) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "work is a visit with an assignee, or a service with its kind; its first turn "
                  "has a begin and an end");
  }
  if (!FitsTimes(plan, draft.now())) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIME,
                  "a turn begins later than now and lasts a week at most; turns do not overlap, "
                  "and the last one ends within 800 days");
  }
  if (!plan.assignee().empty() && !MayHaveTurn(draft, c, plan.assignee())) {
    return Reject(draft, context, ev::REJECTION_UNKNOWN_PERSON,
                  plan.assignee() + " serves no area of this case");
  }
  if (c.works_size() >= kMostWorks) {
    return Reject(draft, context, ev::REJECTION_TOO_MANY,
                  "the case has " + std::to_string(kMostWorks) + " works going on already");
  }
  ev::Event event;
  ev::WorkPlanned* planned = event.mutable_work_planned();
  *planned->mutable_by() = context.command.actor();
  planned->set_work_id(c.works_planned() + 1);
  planned->set_kind(plan.kind());
  planned->set_service(plan.service());
  planned->set_from_ms(plan.from_ms());
  planned->set_until_ms(plan.until_ms());
  planned->set_times(std::max(plan.times(), 1U));
  planned->set_every_days(planned->times() > 1 ? plan.every_days() : 0);
  planned->set_assignee(plan.assignee());
  planned->set_notice_minutes(NoticeMinutes(draft.state()));
  if (plan.has_text()) *planned->mutable_text() = plan.text();
  if (!plan.assignee().empty() && plan.assignee() != context.command.actor().id()) {
    NoticeMaker maker(context.number, c);
    const LadderPlanner planner(draft.state(), context.number, c, draft.now());
    *planned->add_notices() =
        maker.Make(plan.assignee(), RosterOf(draft.state()).TierOver(plan.assignee(), c.area()),
                   ev::PURPOSE_WORK_PLANNED, planner.NotBefore());
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideClaimWork(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& claim = context.command.claim_work();
  const Work* work = Named(draft, context, claim.work_id());
  if (work == nullptr) return;
  if (!MayHaveTurn(draft, c, context.command.actor().id())) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only staff and volunteers of its area may take a turn");
  }
  if (RejectIfWrongTurn(draft, context, *work, claim.turn(), false)) return;
  const std::string worker = WorkerOf(*work, claim.turn());
  if (!worker.empty()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_CLAIMED, worker + " has this turn");
  }
  if (work->overdue()) {
    return Reject(draft, context, ev::REJECTION_WRONG_TURN,
                  "its last turn is over and was not done; it may still be finished");
  }
  if (claim.turn() != work->turn() && Claimed(*work) >= kMostClaims) {
    return Reject(draft, context, ev::REJECTION_TOO_MANY,
                  std::to_string(kMostClaims) + " turns to come are claimed already");
  }
  ev::Event event;
  ev::WorkClaimed* claimed = event.mutable_work_claimed();
  *claimed->mutable_by() = context.command.actor();
  claimed->set_work_id(work->id());
  claimed->set_turn(claim.turn());
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideHandBackWork(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& back = context.command.hand_back_work();
  const Work* work = Named(draft, context, back.work_id());
  if (work == nullptr || RejectIfWrongTurn(draft, context, *work, back.turn(), false)) return;
  const std::string worker = WorkerOf(*work, back.turn());
  const std::string& actor = context.command.actor().id();
  if (worker.empty() || work->overdue()) {
    return Reject(draft, context, ev::REJECTION_NOT_CLAIMED, "nobody has this turn");
  }
  if (actor != worker && !Authority(draft.state(), c, actor).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever has the turn, or holds the case, may hand it back");
  }
  if (IsEmpty(back.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "handing back needs a reason");
  }
  ev::Event event;
  ev::WorkHandedBack* handed = event.mutable_work_handed_back();
  *handed->mutable_by() = context.command.actor();
  handed->set_work_id(work->id());
  handed->set_turn(back.turn());
  handed->set_worker(worker);
  *handed->mutable_reason() = back.reason();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideStartWork(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& start = context.command.start_work();
  const Work* work = Named(draft, context, start.work_id());
  if (work == nullptr || RejectIfWrongTurn(draft, context, *work, start.turn(), true)) return;
  const std::string& actor = context.command.actor().id();
  if (work->worker() != actor && !(work->worker().empty() && MayHaveTurn(draft, c, actor))) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  work->worker().empty() ? "only staff and volunteers of its area may take a turn"
                                         : work->worker() + " has this turn");
  }
  if (work->started() || work->overdue()) {
    return Reject(draft, context, ev::REJECTION_ALREADY_STARTED,
                  work->started() ? "the turn has begun already" : "the turn's time is over");
  }
  if (draft.now().ms < work->from_ms() - work->notice_before_ms()) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIME,
                  "a turn begins " + std::to_string(work->notice_before_ms() / 60'000) +
                      " minutes before its time at the earliest");
  }
  ev::Event event;
  ev::WorkStarted* started = event.mutable_work_started();
  *started->mutable_by() = context.command.actor();
  started->set_work_id(work->id());
  started->set_turn(start.turn());
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideFinishWork(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& finish = context.command.finish_work();
  const Work* work = Named(draft, context, finish.work_id());
  if (work == nullptr || RejectIfWrongTurn(draft, context, *work, finish.turn(), true)) return;
  const std::string& actor = context.command.actor().id();
  if (work->worker() != actor && !Authority(draft.state(), c, actor).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever has the turn, or holds the case, may say that it is done");
  }
  // What was missed may be done all the same.
  if (!work->started() && !work->overdue()) {
    return Reject(draft, context, ev::REJECTION_NOT_STARTED,
                  "the turn has not begun; start it first");
  }
  ev::Event event;
  ev::WorkFinished* finished = event.mutable_work_finished();
  *finished->mutable_by() = context.command.actor();
  finished->set_work_id(work->id());
  finished->set_turn(finish.turn());
  finished->set_worker(work->worker().empty() ? actor : work->worker());
  finished->set_late(work->overdue());
  if (finish.has_text()) *finished->mutable_text() = finish.text();
  finished->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideCancelWork(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& cancel = context.command.cancel_work();
  const Work* work = Named(draft, context, cancel.work_id());
  if (work == nullptr) return;
  const std::string& actor = context.command.actor().id();
  if (!Authority(draft.state(), c, actor).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, or a higher tier over its area, may cancel work");
  }
  if (IsEmpty(cancel.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "cancelling needs a reason");
  }
  std::vector<std::string> workers;
  const auto add = [&](const std::string& id) {
    const bool told = std::find(workers.begin(), workers.end(), id) != workers.end();
    if (!id.empty() && id != actor && !told) workers.push_back(id);
  };
  add(work->worker());
  for (const auto& claim : work->claims()) add(claim.staff_id());
  add(work->assignee());
  if (workers.size() > kMostNotices) workers.resize(kMostNotices);
  ev::Event event;
  ev::WorkCancelled* cancelled = event.mutable_work_cancelled();
  *cancelled->mutable_by() = context.command.actor();
  cancelled->set_work_id(work->id());
  *cancelled->mutable_reason() = cancel.reason();
  NoticeMaker maker(context.number, c);
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  for (const std::string& id : workers) {
    *cancelled->add_notices() = maker.Make(id, RosterOf(draft.state()).TierOver(id, c.area()),
                                           ev::PURPOSE_WORK_CANCELLED, planner.NotBefore());
  }
  draft.AddCaseEvent(context.number, c, std::move(event));
}

bool RejectIfWorkGoesOn(Draft& draft, const CommandContext& context, std::string_view before) {
  if (context.c->works().empty()) return false;
  Reject(draft, context, ev::REJECTION_WORK_PLANNED,
         "work " + std::to_string(context.c->works(0).id()) +
             " still has turns; finish or cancel it before " + std::string(before));
  return true;
}

void FireWork(Draft& draft, const CaseNumber& number, Case& c, const Work& work,
              const TimerInput& input, bool outage) {
  const LadderPlanner planner(draft.state(), number, c, draft.now());
  const auto tell = [&](auto* event, ev::Purpose purpose) {
    event->set_work_id(work.id());
    event->set_turn(work.turn());
    event->set_was_due_ms(input.due.ms);
    event->set_outage(outage);
    for (auto& notice : planner.NoticesToHolder(purpose)) *event->add_notices() = std::move(notice);
  };
  ev::Event event;
  if (!work.started() && work.notice_ms() == input.due.ms) {
    auto* unclaimed = event.mutable_work_unclaimed();
    tell(unclaimed, ev::PURPOSE_WORK_UNCLAIMED);
    unclaimed->set_from_ms(work.from_ms());
  } else if (!work.started() && work.lapses_ms() == input.due.ms) {
    auto* lapsed = event.mutable_claim_lapsed();
    tell(lapsed, ev::PURPOSE_WORK_UNCLAIMED);
    lapsed->set_worker(work.worker());
    lapsed->set_until_ms(work.until_ms());
  } else {
    auto* missed = event.mutable_work_missed();
    tell(missed, ev::PURPOSE_WORK_MISSED);
    missed->set_worker(work.worker());
    missed->set_started(work.started());
    if (work.kind() == cm::WORK_KIND_VISIT) {
      // Somebody is at a stranger's home and has not come out.
      planner.AddTier(cm::TIER_TOWN, ev::PURPOSE_WORK_MISSED, missed->mutable_notices());
    }
  }
  draft.AddCaseEvent(number, c, std::move(event));
}

}  // namespace lastmeter
