#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lastmeter/api/v1/api.pb.h"
#include "tools/ctl/days.h"
#include "tools/ctl/document.h"
#include "tools/ctl/names.h"
#include "tools/ctl/server.h"

// The papers that a bureau reads. They name no persons in need; of restricted cases they give a
// number only, whatever the token may read, because paper is passed on.
namespace lastmeter::ctl {

struct ReportScope {
  Session& session;
  const Names& names;
  // Division code; empty: the caller's own area.
  std::string area;
};

// What began in the month and what became of it, beside the year before; what is open now. Errors
// as Session::Get.
absl::StatusOr<Document> MonthlyReport(const ReportScope& scope, Days month);

// What came in on the day before, what is open, overdue and falls due now. kOutOfRange for a day
// that the server has not reached; otherwise errors as Session::Get.
absl::StatusOr<Document> DailyReport(const ReportScope& scope, Date day);

// ---- For both

absl::StatusOr<lastmeter::api::v1::Statistics> StatisticsOf(Session& session, Days days,
                                                            const std::string& area);

// The figures of each town of the scope that the caller may see; empty below a town.
struct TownFigures {
  std::string code;
  lastmeter::api::v1::Statistics statistics;
};
absl::StatusOr<std::vector<TownFigures>> ByTown(const ReportScope& scope, Days days);

// The area's name before a title: of what the server counted, or nothing where that is everything.
std::string AreaName(const Names& names, const lastmeter::api::v1::Statistics& statistics);

// Time round the clock: "12 分钟", "2 h 5 min", "3 天 4 小时".
std::string SpanText(const Names& names, double minutes);
// Duty time, never in days of 24 hours: "40 分钟", "3 h 20 min", "69 小时（9.9 个工作日）".
// `working_day_minutes`: how long a working day is; 0: not known.
std::string DutyText(const Names& names, double minutes, uint32_t working_day_minutes);

}  // namespace lastmeter::ctl
