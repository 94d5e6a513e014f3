// Goals of a long-term service plan (服务目标): set, recorded, and what happens when nobody did.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/code.h"
#include "engine/core/authority.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Goal = lastmeter::state::v1::Goal;

constexpr int kMostGoals = 16;
constexpr Millis kMostAhead = Days(3 * 366);

const Goal* FindGoal(const Case& c, uint32_t id) {
  for (const Goal& goal : c.goals()) {
    if (goal.id() == id) return &goal;
  }
  return nullptr;
}

// Has a turn of planned work: who goes to the household sees what has become of it. A volunteer has
// no say.
bool HasWork(const PartitionState& state, const Case& c, const std::string& staff_id) {
  if (RosterOf(state).IsVolunteer(staff_id)) return false;
  return std::any_of(c.works().begin(), c.works().end(), [&](const auto& work) {
    return work.assignee() == staff_id || work.worker() == staff_id;
  });
}

}  // namespace

bool RejectIfGoalOpen(Draft& draft, const CommandContext& context, std::string_view before) {
  if (context.c->goals().empty()) return false;
  std::string ids;
  for (const Goal& goal : context.c->goals()) {
    ids += (ids.empty() ? "" : ", ") + std::to_string(goal.id());
  }
  Reject(
      draft, context, ev::REJECTION_GOAL_OPEN,
      (context.c->goals_size() == 1 ? "goal " + ids + " is open" : "goals " + ids + " are open") +
          "; record it as reached, partly reached or dropped before " + std::string(before));
  return true;
}

void DecideSetGoal(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& set = context.command.set_goal();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, or a higher tier over its area, may set a goal");
  }
  if (set.need().empty() || set.need().size() > kMostCodeBytes || set.by_ms() == 0) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a goal needs the need that is to be met, and a date");
  }
  if (c.handler_id().empty()) {
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  }
  if (RejectIfFollowedUp(draft, context)) return;
  if (set.by_ms() <= draft.now().ms || Timestamp{set.by_ms()} - draft.now() > kMostAhead) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIME,
                  "a goal is to be reached later than now and within three years");
  }
  if (c.goals_size() >= kMostGoals) {
    return Reject(draft, context, ev::REJECTION_TOO_MANY,
                  "the case has " + std::to_string(kMostGoals) + " open goals already");
  }
  ev::Event event;
  ev::GoalSet* goal = event.mutable_goal_set();
  *goal->mutable_by() = context.command.actor();
  goal->set_goal_id(c.goals_set() + 1);
  goal->set_need(set.need());
  goal->set_due_ms(set.by_ms());
  if (set.has_text()) *goal->mutable_text() = set.text();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideRecordGoal(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& record = context.command.record_goal();
  const std::string& actor = context.command.actor().id();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, actor).MayClose() && !HasWork(draft.state(), c, actor)) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, has planned work in it, or a higher tier over its "
                  "area may say what became of a goal");
  }
  if (!cm::GoalResult_IsValid(record.result()) || record.result() == cm::GOAL_RESULT_UNSPECIFIED) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a goal is reached, partly reached or dropped");
  }
  const Goal* goal = FindGoal(c, record.goal_id());
  if (goal == nullptr) {
    const bool known = record.goal_id() != 0 && record.goal_id() <= c.goals_set();
    return Reject(draft, context, known ? ev::REJECTION_GOAL_RECORDED : ev::REJECTION_UNKNOWN_GOAL,
                  known ? "what became of this goal is recorded already, or its case was merged"
                        : "the case has no such goal");
  }
  const Timestamp accepted = AcceptedAt(draft, context);
  ev::Event event;
  ev::GoalRecorded* recorded = event.mutable_goal_recorded();
  *recorded->mutable_by() = context.command.actor();
  recorded->set_goal_id(goal->id());
  recorded->set_result(record.result());
  recorded->set_in_time(accepted.ms <= goal->due_ms());
  if (record.has_text()) *recorded->mutable_text() = record.text();
  recorded->set_accepted_at_ms(accepted.ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void FireGoal(Draft& draft, const CaseNumber& number, Case& c, const Goal& goal,
              const TimerInput& input, bool outage) {
  ev::Event event;
  ev::GoalOverdue* overdue = event.mutable_goal_overdue();
  overdue->set_goal_id(goal.id());
  overdue->set_was_due_ms(input.due.ms);
  overdue->set_outage(outage);
  const LadderPlanner planner(draft.state(), number, c, draft.now());
  for (auto& notice : planner.NoticesToHolder(ev::PURPOSE_GOAL_DUE)) {
    *overdue->add_notices() = std::move(notice);
  }
  draft.AddCaseEvent(number, c, std::move(event));
}

}  // namespace lastmeter
