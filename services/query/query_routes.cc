#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "services/common/escape.h"
#include "services/common/http_json.h"
#include "services/common/json.h"
#include "services/query/calendar_warning.h"
#include "services/query/case_fold.h"
#include "services/query/query.h"
#include "services/query/route_helpers.h"
#include "services/query/visibility.h"

// What the read side answers over HTTP.
namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using lastmeter::view::v1::CaseRow;

constexpr int kMostEventsLookedAt = 10'000;

http::Response UnknownCase() { return http::Problem(404, "unknown-case", "there is no such case"); }

// A code by its full name or by its last word: "TIER_TOWN" or "town". 0 is not a value.
template <typename Enum>
bool ReadCode(const http::Request& request, std::string_view name, std::string_view prefix,
              bool (*parse)(google::protobuf::ConstStringParam, Enum*), Enum* out) {
  const auto text = request.Query(name);
  if (!text) return true;
  std::string word = absl::AsciiStrToUpper(*text);
  if (!absl::StartsWith(word, ToAbsl(prefix))) word = absl::StrCat(ToAbsl(prefix), word);
  return parse(word, out) && static_cast<int>(*out) != 0;
}

std::string ETag(uint32_t version) { return absl::StrCat("\"", version, "\""); }

}  // namespace

std::vector<http::Route> Query::Routes() {
  std::vector<http::Route> routes;
  const auto add = [&routes](std::string pattern, http::Handler handler) {
    routes.push_back(
        {.method = "GET", .pattern = std::move(pattern), .handler = std::move(handler)});
  };
  add("/v1/cases", [this](const http::Request& r, const Responder& out) { ListCases(r, out); });
  add("/v1/cases/{number}",
      [this](const http::Request& r, const Responder& out) { ShowCase(r, out); });
  add("/v1/cases/{number}/history",
      [this](const http::Request& r, const Responder& out) { ShowHistory(r, out); });
  add("/v1/reports/{id}", [this](const http::Request& r, const Responder& out) {
    ShowReport(r.captures[0], r.caller, out);
  });
  add("/v1/reports", [this](const http::Request& r, const Responder& out) {
    const auto id = r.Query("id");
    if (!id) return out->Send(WrongParameter("id", "is required"));
    ShowReport(*id, r.caller, out);
  });
  add("/v1/turns", [this](const http::Request& r, const Responder& out) { ListTurns(r, out); });
  add("/v1/events", [this](const http::Request& r, const Responder& out) { ShowEvents(r, out); });
  add("/v1/statistics",
      [this](const http::Request& r, const Responder& out) { ShowStatistics(r, out); });
  add("/v1/rules", [this](const http::Request& r, const Responder& out) { ShowRules(r, out); });
  return routes;
}

void Query::ListCases(const http::Request& request, const Responder& out) const {
  const Caller& caller = request.caller;
  if (!MayRead(caller)) return out->Send(MayNotRead(caller));
  if (auto problem = CheckParameters(request, {"area", "tier", "status", "level", "overdue",
                                               "incident", "joins", "pageSize", "pageToken"})) {
    return out->Send(*std::move(problem));
  }
  View::Filter filter;
  filter.now = options_.now();
  if (auto problem = NarrowArea(request, &filter.area)) return out->Send(*std::move(problem));
  if (!ReadCode(request, "tier", "TIER_", &cm::Tier_Parse, &filter.tier)) {
    return out->Send(WrongParameter("tier", "is grid, group, village, town or district"));
  }
  if (!ReadCode(request, "level", "LEVEL_", &cm::Level_Parse, &filter.level)) {
    return out->Send(WrongParameter("level", "is critical, urgent, ordinary or attention"));
  }
  if (!ReadCode(request, "status", "CASE_STATUS_", &api::CaseStatus_Parse, &filter.status)) {
    return out->Send(
        WrongParameter("status",
                       "is reported, acknowledged, verified, in_service, follow_up, scheduled, "
                       "bulletin or closed"));
  }
  if (const auto overdue = request.Query("overdue")) {
    if (*overdue != "true" && *overdue != "false") {
      return out->Send(WrongParameter("overdue", "is true or false"));
    }
    filter.overdue = *overdue == "true";
  }
  if (const auto incident = request.Query("incident")) {
    if (*incident != "true") {
      return out->Send(WrongParameter("incident", "is true: open incidents only"));
    }
    filter.incident = true;
  }
  if (const auto joins = request.Query("joins")) {
    filter.joins = CaseNumber::Parse(*joins);
    if (!filter.joins) return out->Send(WrongParameter("joins", "is the number of an incident"));
  }
  const auto size = PageSize(request, 50);
  if (!size) return out->Send(WrongParameter("pageSize", "is a number from 1 to 200"));
  const auto after = PageKey(request);
  if (!after) return out->Send(WrongParameter("pageToken", "is not a token of this list"));
  const auto keep = [&caller](const CaseRow& row) { return MaySee(caller, row); };
  const auto page = view_->List(filter, *after, *size, keep);
  if (!page.ok()) return out->Send(StoreProblem(page.status()));
  const auto hidden = view_->CountHidden(filter.area, keep);
  if (!hidden.ok()) return out->Send(StoreProblem(hidden.status()));
  api::CaseList list;
  for (const CaseRow& row : page->rows) *list.add_cases() = Show(row, filter.now);
  list.set_next_page_token(PageToken(page->next));
  list.set_restricted_count(*hidden);
  out->Send(http::JsonResponse(200, list));
}

std::optional<CaseRow> Query::Readable(const http::Request& request, const Responder& out) const {
  if (!MayRead(request.caller)) {
    out->Send(MayNotRead(request.caller));
    return std::nullopt;
  }
  const auto number = CaseNumber::Parse(request.captures[0]);
  if (!number) {
    out->Send(UnknownCase());
    return std::nullopt;
  }
  auto row = view_->FindCase(*number);
  if (!row.ok()) {
    out->Send(StoreProblem(row.status()));
    return std::nullopt;
  }
  if (!*row) {
    out->Send(UnknownCase());
    return std::nullopt;
  }
  if (!MaySee(request.caller, **row)) {
    // That a restricted case exists is told to nobody who may not read it.
    out->Send((*row)->shown().restricted()
                  ? UnknownCase()
                  : http::Problem(403, "other-area", "this case lies outside your area"));
    return std::nullopt;
  }
  return **std::move(row);
}

void Query::ShowCase(const http::Request& request, const Responder& out) const {
  const auto row = Readable(request, out);
  if (!row) return;
  http::Response response;
  const std::string tag = ETag(row->shown().version());
  if (request.Header("if-none-match") == tag) {
    // Lamps change with time alone; whoever asks by version asks for the case's own changes.
    response.status = 304;
  } else {
    response = http::JsonResponse(200, Show(*row, options_.now()));
  }
  response.headers.emplace_back("ETag", tag);
  out->Send(std::move(response));
}

void Query::ShowHistory(const http::Request& request, const Responder& out) const {
  const auto row = Readable(request, out);
  if (!row) return;
  if (auto problem = CheckParameters(request, {"pageSize", "pageToken"})) {
    return out->Send(*std::move(problem));
  }
  const auto size = PageSize(request, 100);
  if (!size) return out->Send(WrongParameter("pageSize", "is a number from 1 to 200"));
  uint64_t from = 0;
  if (const auto token = request.Query("pageToken"); token && !token->empty()) {
    if (token->size() > 18 || !absl::SimpleAtoi(*token, &from)) {
      return out->Send(WrongParameter("pageToken", "is not a token of this list"));
    }
  }
  const auto number = CaseNumber::Parse(row->shown().number());
  auto positions = view_->HistoryOf(*number, LogPosition{static_cast<int64_t>(from)}, *size + 1);
  if (!positions.ok()) return out->Send(StoreProblem(positions.status()));
  api::History history;
  history.set_number(row->shown().number());
  if (positions->size() > *size) {
    history.set_next_page_token(std::to_string(positions->back().value));
    positions->pop_back();
  }
  const PartitionId partition{row->partition()};
  for (const LogPosition position : *positions) {
    auto reader = records_->Open(partition, position);
    if (!reader.ok()) return out->Send(StoreProblem(reader.status()));
    const auto stored = (*reader)->Read(1, 1);
    if (!stored.ok()) return out->Send(StoreProblem(stored.status()));
    ev::Record record;
    if (stored->empty() || !record.ParseFromString(stored->front().bytes)) {
      return out->Send(StoreProblem(absl::DataLossError("a record cannot be read")));
    }
    *history.add_events() = ShowRecord(partition, record, request.caller);
  }
  out->Send(http::JsonResponse(200, history));
}

void Query::ShowReport(const std::string& id, const Caller& caller, const Responder& out) const {
  if (caller.role == cm::ROLE_VOLUNTEER) return out->Send(MayNotRead(caller));
  for (uint32_t p = 0; p < view_->partitions(); ++p) {
    const auto row = view_->FindInput({true, PartitionId{p}, id});
    if (!row.ok()) return out->Send(StoreProblem(row.status()));
    if (!*row) continue;
    api::ReportOutcome outcome = (*row)->report();
    bool may_see = (*row)->actor() == caller.id;
    if (!may_see && !outcome.case_number().empty()) {
      may_see = FindCase(caller, outcome.case_number()).has_value();
    }
    if (!may_see) continue;
    auto* links = outcome.mutable_links();
    const bool plain = id.find_first_of(":/") == std::string::npos;
    links->set_self(absl::StrCat(plain ? "/v1/reports/" : "/v1/reports?id=", PathSegment(id)));
    if (!outcome.case_number().empty()) {
      links->set_case_("/v1/cases/" + outcome.case_number());
      links->set_history("/v1/cases/" + outcome.case_number() + "/history");
    }
    return out->Send(http::JsonResponse(200, outcome));
  }
  out->Send(http::Problem(404, "unknown-report",
                          "no decided report of yours has this id; one that was just accepted "
                          "appears once it is decided"));
}

void Query::ShowEvents(const http::Request& request, const Responder& out) {
  if (!MayRead(request.caller)) return out->Send(MayNotRead(request.caller));
  if (auto problem = CheckParameters(request, {"after", "type", "area", "pageSize"})) {
    return out->Send(*std::move(problem));
  }
  EventFilter filter{request.caller, {}, request.Query("area").value_or("")};
  if (!filter.area.empty() && !IsAreaPrefix(filter.area)) {
    return out->Send(WrongParameter("area", "is not a division code"));
  }
  if (const auto types = request.Query("type")) {
    for (const absl::string_view type : absl::StrSplit(*types, ',')) {
      if (!IsTypeName(ToStd(type))) {
        return out->Send(WrongParameter("type", "is not the name of an event, like CaseEscalated"));
      }
      filter.types.emplace_back(type);
    }
  }
  const bool streams =
      absl::StrContains(request.Header("accept").value_or(""), "text/event-stream");
  auto after = request.Query("after");
  // What a browser sends by itself when it comes back says more than the address it first used.
  if (streams) {
    if (auto last = request.Header("last-event-id"); last && !last->empty()) after = last;
  }
  const PositionVector folded = Folded();
  PositionVector from = streams ? folded : PositionVector(folded.size(), LogPosition{0});
  if (after && !after->empty()) {
    const auto parsed = ParsePositions(*after, view_->partitions());
    if (!parsed)
      return out->Send(WrongParameter("after", "is not a position that this server gave"));
    from = *parsed;
  }
  auto cursor = EventCursor::Open(*records_, std::move(from));
  if (!cursor.ok()) return out->Send(StoreProblem(cursor.status()));

  if (streams) {
    if (!streams_.HasRoom()) {
      http::Response busy = http::Problem(503, "too-many-listeners", "too many listen already");
      busy.headers.emplace_back("Retry-After", "30");
      return out->Send(std::move(busy));
    }
    http::Response head;
    head.content_type = "text/event-stream";
    head.headers.emplace_back("Cache-Control", "no-store");
    auto stream = out->StartStream(std::move(head));
    if (stream == nullptr) return;
    // Says at once where this listener stands, so that it can come back to here.
    stream->Write(absl::StrCat(": listening\nid: ", ToText(cursor->at()), "\n\n"));
    return streams_.Add(std::move(stream), std::move(filter), *std::move(cursor));
  }

  const auto size = PageSize(request, 100);
  if (!size) return out->Send(WrongParameter("pageSize", "is a number from 1 to 200"));
  api::EventPage page;
  for (int i = 0; i < kMostEventsLookedAt && page.events_size() < static_cast<int>(*size); ++i) {
    auto item = cursor->Next(folded);
    if (!item.ok()) return out->Send(StoreProblem(item.status()));
    if (!*item) break;
    if (!Passes(filter, (*item)->record.event(), *view_)) continue;
    auto* view = page.add_events();
    *view = ShowRecord((*item)->partition, (*item)->record, request.caller);
    view->set_id(ToText(cursor->at()));
  }
  page.set_next(ToText(cursor->at()));
  out->Send(http::JsonResponse(200, page));
}

void Query::ShowRules(const http::Request& request, const Responder& out) const {
  if (!MayRead(request.caller)) return out->Send(MayNotRead(request.caller));
  api::RulesInForce rules;
  for (uint32_t p = 0; p < view_->partitions(); ++p) {
    const auto row = view_->FindRules(PartitionId{p});
    if (!row.ok()) return out->Send(StoreProblem(row.status()));
    auto* partition = rules.add_partitions();
    partition->set_partition(p);
    if (!*row) continue;
    partition->set_installed(true);
    partition->set_ordinal((*row)->ordinal());
    // Partitions differ only while an installation is under way; the first one speaks for all.
    if (!rules.version().empty()) continue;
    rules.set_version((*row)->version());
    rules.set_sha256(ToHex((*row)->sha256()));
    rules.set_installed_by((*row)->by());
    *rules.mutable_installed_at() = ToProtoTime((*row)->installed_at_ms());
    rules.mutable_rules()->ParseFromString((*row)->rules());
  }
  if (rules.version().empty()) {
    return out->Send(http::Problem(404, "no-rules", "no rules are installed yet"));
  }
  if (auto warning = CalendarWarning(rules.rules().calendar(), options_.now()); !warning.empty()) {
    rules.add_warnings(std::move(warning));
  }
  out->Send(http::JsonResponse(200, rules));
}

}  // namespace lastmeter::query
