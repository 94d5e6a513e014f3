#include "services/common/http_json.h"
#include "services/query/query.h"
#include "services/query/route_helpers.h"
#include "services/query/turns.h"
#include "services/query/visibility.h"

// Turns of planned work over HTTP: all that a volunteer reads.
namespace lastmeter::query {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
using lastmeter::view::v1::CaseRow;

void Query::ListTurns(const http::Request& request, const Responder& out) const {
  const Caller& caller = request.caller;
  if (!MayRead(caller) && caller.role != cm::ROLE_VOLUNTEER) {
    return out->Send(MayNotRead(caller));
  }
  if (auto problem = CheckParameters(request, {"area", "pageSize", "pageToken"})) {
    return out->Send(*std::move(problem));
  }
  View::Filter filter;
  filter.works = true;
  filter.now = options_.now();
  if (auto problem = NarrowArea(request, &filter.area)) return out->Send(*std::move(problem));
  const auto size = PageSize(request, 50);
  if (!size) return out->Send(WrongParameter("pageSize", "is a number from 1 to 200"));
  const auto after = PageKey(request);
  if (!after) return out->Send(WrongParameter("pageToken", "is not a token of this list"));
  const auto page = view_->List(filter, *after, *size, [&](const CaseRow& row) {
    return !TurnsOf(caller, row, filter.now).empty();
  });
  if (!page.ok()) return out->Send(StoreProblem(page.status()));
  api::TurnList list;
  for (const CaseRow& row : page->rows) {
    for (api::WorkTurn& turn : TurnsOf(caller, row, filter.now))
      *list.add_turns() = std::move(turn);
  }
  list.set_next_page_token(PageToken(page->next));
  out->Send(http::JsonResponse(200, list));
}

bool Query::ShowsTurn(const Caller& caller, std::string_view number, TurnName turn) const {
  const auto parsed = CaseNumber::Parse(number);
  if (!parsed) return false;
  const auto row = view_->FindCase(*parsed);
  if (!row.ok() || !*row) return false;
  for (const api::WorkTurn& one : TurnsOf(caller, **row, options_.now())) {
    if (one.work_id() == turn.work_id && one.turn() == turn.turn) return true;
  }
  return false;
}

}  // namespace lastmeter::query
