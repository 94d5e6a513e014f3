#include "services/query/turns.h"

#include <algorithm>
#include <set>
#include <string>

#include "engine/core/work.h"
#include "services/query/case_fold.h"
#include "services/query/visibility.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
using lastmeter::view::v1::CaseRow;
using Work = lastmeter::state::v1::Work;

// About as many turns of a daily service as the core lets people claim ahead.
constexpr Millis kAhead = Days(64);

api::TurnState StateOf(const Work& work, uint32_t turn, const std::string& worker) {
  if (turn == work.turn() && work.overdue()) return api::TURN_STATE_OVERDUE;
  if (turn == work.turn() && work.started()) return api::TURN_STATE_STARTED;
  return worker.empty() ? api::TURN_STATE_OPEN : api::TURN_STATE_CLAIMED;
}

// The present one, those that begin soon, and what the caller claimed beyond.
std::set<uint32_t> Wanted(const Work& work, const std::string& caller_id, Timestamp now) {
  std::set<uint32_t> turns{work.turn()};
  const int64_t step = Days(work.every_days()).ms;
  for (uint32_t turn = work.turn() + 1; turn <= work.times() && step > 0; ++turn) {
    if (work.from_ms() + step * (turn - work.turn()) > (now + kAhead).ms) break;
    turns.insert(turn);
  }
  for (const auto& claim : work.claims()) {
    if (claim.staff_id() == caller_id) turns.insert(claim.turn());
  }
  return turns;
}

}  // namespace

std::vector<api::WorkTurn> TurnsOf(const Caller& caller, const CaseRow& row, Timestamp now) {
  const bool volunteer = caller.role == cm::ROLE_VOLUNTEER;
  const api::Case& shown = row.shown();
  std::vector<api::WorkTurn> turns;
  if (volunteer ? shown.restricted() : !MaySee(caller, row)) return turns;
  const bool in_area = InArea(shown.area(), caller.area.substr(0, 12));
  for (const Work& work : row.planned().works()) {
    const auto view = std::find_if(shown.works().begin(), shown.works().end(),
                                   [&](const auto& one) { return one.work_id() == work.id(); });
    for (const uint32_t turn : Wanted(work, caller.id, now)) {
      const std::string worker = WorkerOf(work, turn);
      const api::TurnState state = StateOf(work, turn, worker);
      const bool to_claim =
          in_area && state == api::TURN_STATE_OPEN && work.kind() == cm::WORK_KIND_SERVICE;
      if (volunteer && worker != caller.id && !to_claim) continue;
      api::WorkTurn& one = turns.emplace_back();
      one.set_case_number(shown.number());
      one.set_area(shown.area().substr(0, 12));
      one.set_kind(work.kind());
      if (view != shown.works().end()) one.set_service(view->service());
      one.set_work_id(work.id());
      one.set_turn(turn);
      one.set_state(state);
      const int64_t later = Days(int64_t{work.every_days()} * (turn - work.turn())).ms;
      *one.mutable_from() = ToProtoTime(work.from_ms() + later);
      *one.mutable_until() = ToProtoTime(work.until_ms() + later);
      one.set_worker(worker);
      one.set_drill(shown.drill());
    }
  }
  return turns;
}

}  // namespace lastmeter::query
