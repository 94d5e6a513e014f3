#include "tests/year/next_step.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/hash.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;

// Whether somebody brings food first and looks at papers later: the same for a case at every look.
bool ReliefFirst(const KnownCase& c) {
  const uint32_t percent = c.level == cm::LEVEL_CRITICAL ? 45
                           : c.level == cm::LEVEL_URGENT ? 25
                                                         : 0;
  return Murmur2(c.number) % 100 < percent;
}

bool WantsRelief(const KnownCase& c) {
  if (c.unfounded || c.level == cm::LEVEL_ATTENTION) return false;
  return c.Promises(cm::PROMISE_FIRST_RELIEF) || Murmur2(c.number) % 2 == 0;
}

// Some households are visited some more times before their case ends.
bool FollowsUp(const KnownCase& c) {
  if (c.unfounded || (c.level != cm::LEVEL_CRITICAL && c.level != cm::LEVEL_ORDINARY)) return false;
  return Murmur2(c.number + " follow " + std::to_string(c.cycle)) % 100 < 25;
}

// Most let planned work come to its end before they close.
bool IsPatient(const KnownCase& c) { return Murmur2(c.number + " patient") % 100 < 70; }

// Of a work that was not done at its end.
bool IsMadeUpFor(const KnownCase& c) { return Murmur2(c.number + " made up") % 100 < 50; }

bool IsOverdue(const std::pair<const uint32_t, KnownWork>& work) { return work.second.overdue; }

}  // namespace

bool HasOverdueWork(const KnownCase& c) {
  return std::any_of(c.works.begin(), c.works.end(), IsOverdue);
}

std::optional<Step> NextStep(const KnownCase& c, bool pressed) {
  const auto step = [&](Act act, cm::Promise promise) {
    const auto it = c.due_ms.find(promise);
    return Step{.act = act, .due_ms = it == c.due_ms.end() ? 0 : it->second};
  };
  const auto overdue = std::find_if(c.works.begin(), c.works.end(), IsOverdue);
  const auto end_work = [&](cm::Promise promise) {
    const auto& [id, work] = overdue == c.works.end() ? *c.works.begin() : *overdue;
    Step end = step(work.overdue && IsMadeUpFor(c) ? Act::kFinishTurn : Act::kCancelWork, promise);
    end.item = id;
    end.nth = work.turn;
    return end;
  };
  if (c.follow_ups_left > 0) {
    if (c.follow_ups_left == 1 && !c.works.empty()) return end_work(cm::PROMISE_FOLLOW_UP);
    Step visit = step(Act::kRecordFollowUp, cm::PROMISE_FOLLOW_UP);
    visit.nth = c.follow_ups_made + 1;
    return visit;
  }
  const bool visit = c.Promises(cm::PROMISE_VERIFY) && !c.verified;
  if (visit && (c.relieved || !ReliefFirst(c))) return step(Act::kVerify, cm::PROMISE_VERIFY);
  if (WantsRelief(c) && !c.relieved) {
    return step(Act::kRelief, c.Promises(cm::PROMISE_FIRST_RELIEF) ? cm::PROMISE_FIRST_RELIEF
                                                                   : cm::PROMISE_RESOLVE);
  }
  if (c.papers_owed) return step(Act::kPaperwork, cm::PROMISE_PAPERWORK);
  if (!c.referred_to.empty()) return step(Act::kAnswerReferral, cm::PROMISE_REFERRAL);
  if (!c.goals.empty()) {
    Step goal = step(Act::kRecordGoal, cm::PROMISE_RESOLVE);
    goal.item = c.goals.begin()->first;
    return goal;
  }
  if (FollowsUp(c)) return step(Act::kBeginFollowUp, cm::PROMISE_RESOLVE);
  if (c.works.empty()) return step(Act::kClose, cm::PROMISE_RESOLVE);
  if (!pressed && overdue == c.works.end() && IsPatient(c)) return std::nullopt;
  return end_work(cm::PROMISE_RESOLVE);
}

}  // namespace lastmeter::year
