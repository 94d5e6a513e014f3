// GET /v1/statistics
#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "engine/base/status.h"
#include "engine/calendar/work_calendar.h"
#include "services/common/http_json.h"
#include "services/query/case_fold.h"
#include "services/query/query.h"
#include "services/query/route_helpers.h"
#include "services/query/statistics.h"
#include "services/query/visibility.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
using lastmeter::view::v1::CaseRow;

constexpr int64_t kMostDays = 366;

// "2026-11-01"; empty for anything else.
std::optional<Date> ReadDate(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto at = ParseRfc3339(std::string(text) + "T00:00:00+08:00");
  if (!at) return std::nullopt;
  return DateOf(*at);
}

std::string TextOf(Date date) { return FormatRfc3339(StartOf(date)).substr(0, 10); }

// The same day a year before; 29 February has none and counts as the 28th.
Date YearBefore(Date date) {
  const Date before = date - 10'000;
  return IsValidDate(before) ? before : before - 1;
}

struct Period {
  Date from;
  Date to;
};

// Cycles of the area's cases that began in the period, and what was done in it.
absl::StatusOr<api::StatisticsPeriod> Count(const View& view, const std::string& area, Period days,
                                            Timestamp now, const WorkCalendar* calendar,
                                            const std::atomic<bool>& stopping) {
  Tally tally(calendar);
  LM_RETURN_IF_ERROR(view.ForEachOfDays(days.from, days.to, [&](Date date, const CaseRow& row) {
    if (!InArea(row.shown().area(), area)) return !stopping.load();
    for (const auto& cycle : row.cycles()) {
      if (DateOf({cycle.began_ms()}) == date) tally.Add(row, cycle);
    }
    for (const auto& deed : row.deeds()) {
      if (DateOf({deed.at_ms()}) == date) tally.Add(deed);
    }
    tally.AddExpired(row, date, date, now);
    return !stopping.load();
  }));
  return tally.Result();
}

// Length of a working day.
uint32_t WorkingDayMinutes(const lastmeter::rules::v1::Calendar& calendar) {
  uint32_t minutes = 0;
  for (const auto& period : calendar.duty()) minutes += period.to_minute() - period.from_minute();
  return minutes;
}

void NameAreas(const lastmeter::rules::v1::Rules& rules, api::Statistics* statistics) {
  std::map<std::string_view, std::string_view> names;
  for (const auto& area : rules.areas()) names.emplace(area.code(), area.name());
  for (auto& area : *statistics->mutable_open_by_area()) {
    const auto known = names.find(area.area());
    if (known != names.end()) area.set_name(std::string(known->second));
  }
}

// Everything that the answer says. kCancelled when stopping.
absl::StatusOr<api::Statistics> CountAll(const View& view, const std::string& area, Period days,
                                         Timestamp now, const std::atomic<bool>& stopping) {
  std::optional<WorkCalendar> calendar;
  LM_ASSIGN_OR_RETURN(const auto row, view.FindRules(PartitionId{0}));
  lastmeter::rules::v1::Rules rules;
  if (row && rules.ParseFromString(row->rules())) {
    if (auto made = WorkCalendar::Create(rules.calendar()); made.ok()) {
      calendar = *std::move(made);
    }
  }
  const WorkCalendar* const hours = calendar ? &*calendar : nullptr;
  api::Statistics statistics;
  LM_ASSIGN_OR_RETURN(*statistics.mutable_period(), Count(view, area, days, now, hours, stopping));
  const Period before{YearBefore(days.from), YearBefore(days.to)};
  LM_ASSIGN_OR_RETURN(*statistics.mutable_year_before(),
                      Count(view, area, before, now, hours, stopping));
  OpenTally open(now, area);
  LM_RETURN_IF_ERROR(view.ForEachOpen(area, [&](const CaseRow& one) {
    open.Add(one);
    return !stopping.load();
  }));
  statistics.set_area(area);
  statistics.set_from(TextOf(days.from));
  statistics.set_to(TextOf(days.to));
  *statistics.mutable_as_of() = ToProtoTime(now.ms);
  Compare(&statistics);
  open.Into(&statistics);
  NameAreas(rules, &statistics);
  if (calendar) statistics.set_working_day_minutes(WorkingDayMinutes(rules.calendar()));
  return statistics;
}

http::Response CsvResponse(const api::Statistics& statistics) {
  http::Response response;
  response.content_type = "text/csv; charset=utf-8";
  response.headers.emplace_back(
      "Content-Disposition",
      "attachment; filename=\"lastmeter-" + statistics.from() + "-" + statistics.to() + ".csv\"");
  response.body = StatisticsCsv(statistics);
  return response;
}

}  // namespace

void Query::ShowStatistics(const http::Request& request, const Responder& out) const {
  if (!MayRead(request.caller)) return out->Send(MayNotRead(request.caller));
  if (auto problem = CheckParameters(request, {"from", "to", "area", "format"})) {
    return out->Send(*std::move(problem));
  }
  std::string area;
  if (auto problem = NarrowArea(request, &area)) return out->Send(*std::move(problem));
  const Timestamp now = options_.now();
  Period days{DateOf(now) / 100 * 100 + 1, DateOf(now)};
  for (const auto& [name, date] : {std::pair{"from", &days.from}, std::pair{"to", &days.to}}) {
    const auto text = request.Query(name);
    if (!text) continue;
    const auto read = ReadDate(*text);
    if (!read) return out->Send(WrongParameter(name, "is not a day such as 2026-11-01"));
    *date = *read;
  }
  if (days.to < days.from) return out->Send(WrongParameter("to", "lies before 'from'"));
  if (StartOf(days.to) - StartOf(days.from) >= Days(kMostDays)) {
    return out->Send(WrongParameter("from", "lies more than 366 days before 'to'"));
  }
  bool csv = absl::StrContains(request.Header("accept").value_or(""), "text/csv");
  if (const auto format = request.Query("format")) {
    if (*format != "json" && *format != "csv") {
      return out->Send(WrongParameter("format", "is json or csv"));
    }
    csv = *format == "csv";
  }

  // Over as many rows as the district has cases: none of the server's threads waits for that.
  const bool asked = back_office_.Ask(
      [view = view_.get(), area, days, now, csv, out](const std::atomic<bool>& stopping) {
        const auto statistics = CountAll(*view, area, days, now, stopping);
        if (!statistics.ok()) return out->Send(StoreProblem(statistics.status()));
        out->Send(csv ? CsvResponse(*statistics) : http::JsonResponse(200, *statistics));
      });
  if (asked) return;
  http::Response busy = http::Problem(503, "busy", "too many ask for statistics already");
  busy.headers.emplace_back("Retry-After", "5");
  out->Send(std::move(busy));
}

}  // namespace lastmeter::query
