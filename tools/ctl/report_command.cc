// lastmeterctl report
#include <CLI/CLI.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/output_file.h"
#include "tools/ctl/report.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {

namespace api = lastmeter::api::v1;

absl::StatusOr<api::Statistics> StatisticsOf(Session& session, Days days, const std::string& area) {
  std::string target =
      "/v1/statistics?format=json&from=" + DayText(days.from) + "&to=" + DayText(days.to);
  if (!area.empty()) target += "&area=" + PathSegment(area);
  api::Statistics statistics;
  LM_RETURN_IF_ERROR(session.Get(target, &statistics));
  return statistics;
}

absl::StatusOr<std::vector<TownFigures>> ByTown(const ReportScope& scope, Days days) {
  std::vector<TownFigures> towns;
  if (scope.area.size() >= 9) return towns;
  for (const std::string& code : scope.names.towns()) {
    if (!absl::StartsWith(code, scope.area)) continue;
    auto statistics = StatisticsOf(scope.session, days, code);
    // Somebody of one town asks: the others are not shown.
    if (statistics.status().code() == absl::StatusCode::kPermissionDenied) continue;
    if (!statistics.ok()) return statistics.status();
    towns.push_back({code, *std::move(statistics)});
  }
  return towns;
}

std::string AreaName(const Names& names, const api::Statistics& statistics) {
  return statistics.area().empty() ? std::string() : names.Place(statistics.area());
}

std::string SpanText(const Names& names, double minutes) {
  const auto whole = static_cast<int64_t>(minutes + 0.5);
  const auto say = [&](int64_t n, const char* zh, const char* en) {
    return absl::StrCat(n, " ", names.Pick(zh, en));
  };
  if (whole < 60) return say(whole, "分钟", "min");
  if (whole < 24 * 60) {
    return say(whole / 60, "小时", "h") +
           (whole % 60 == 0 ? "" : " " + say(whole % 60, "分钟", "min"));
  }
  const int64_t hours = whole / 60;
  return say(hours / 24, "天", "d") + (hours % 24 == 0 ? "" : " " + say(hours % 24, "小时", "h"));
}

std::string DutyText(const Names& names, double minutes, uint32_t working_day_minutes) {
  const auto whole = static_cast<int64_t>(minutes + 0.5);
  if (whole < 60) return absl::StrCat(whole, " ", names.Pick("分钟", "min"));
  const std::string hours = absl::StrCat(whole / 60, " ", names.Pick("小时", "h"));
  if (working_day_minutes == 0 || whole < working_day_minutes) {
    return whole % 60 == 0 ? hours
                           : absl::StrCat(hours, " ", whole % 60, " ", names.Pick("分钟", "min"));
  }
  const std::string days = absl::StrFormat("%.1f", minutes / working_day_minutes);
  return names.lang() == Lang::kZh ? absl::StrCat(hours, "（", days, " 个工作日）")
                                   : absl::StrCat(hours, " (", days, " working days)");
}

namespace {

struct ReportFlags {
  ServerFlags server;
  std::string month;
  std::string daily;
  CLI::Option* daily_option = nullptr;
  std::string area;
  std::string lang = "zh";
  bool html = false;
  std::string output;
  std::string out_dir;
};

int Report(const ReportFlags& flags) {
  const bool daily = flags.daily_option->count() > 0;
  if (daily == !flags.month.empty()) {
    return Fail(kExitUsage, "say which paper: --month 2026-11, or --daily, or --daily 2026-11-25");
  }
  if (!flags.output.empty() && !flags.out_dir.empty()) {
    return Fail(kExitUsage, "give --output or --out-dir, not both");
  }
  const auto day = flags.daily.empty() ? DateOf(Now()) : ReadDay(flags.daily);
  if (!day) return Fail(kExitUsage, "'" + flags.daily + "' is not a day such as 2026-11-25");
  const auto month = daily ? Days{} : ReadMonth(flags.month);
  if (!month) return Fail(kExitUsage, "'" + flags.month + "' is not a month such as 2026-11");

  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  if (const auto known = CheckArea(*rules, flags.area); !known.ok()) {
    return Fail(kExitUsage, ToStd(known.message()));
  }
  const Names names(LangOf(flags.lang), *rules);
  const ReportScope scope{*session, names, flags.area};
  const auto document = daily ? DailyReport(scope, *day) : MonthlyReport(scope, *month);
  if (document.status().code() == absl::StatusCode::kOutOfRange) {
    return Fail(kExitUsage, ToStd(document.status().message()));
  }
  if (!document.ok()) return Fail(document.status());
  std::string path = flags.output;
  if (!flags.out_dir.empty()) {
    path = absl::StrCat(flags.out_dir, daily ? "/daily-" : "/monthly-",
                        daily ? DayText(*day) : flags.month, flags.html ? ".html" : ".md");
  }
  return WriteOut(path, flags.html ? document->Html() : document->Markdown());
}

}  // namespace

void AddReport(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* report = app.add_subcommand("report", "The monthly report, or the daily of 08:00");
  auto flags = std::make_shared<ReportFlags>();
  AddServer(report, &flags->server);
  report->add_option("--month", flags->month, "The report of a month, 2026-11")->type_name("MONTH");
  flags->daily_option =
      report
          ->add_option("--daily", flags->daily,
                       "What came in on the day before this one, what is open, overdue and falls "
                       "due; otherwise of today")
          ->type_name("[DAY]")
          ->expected(0, 1);
  report->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  report->add_option("--lang", flags->lang, "zh or en")
      ->check(CLI::IsMember({"zh", "en"}))
      ->capture_default_str();
  report->add_flag("--html", flags->html, "A page to print, that loads nothing; else Markdown");
  report->add_option("--output", flags->output, "Write to this file; otherwise standard output")
      ->type_name("FILE");
  report
      ->add_option("--out-dir", flags->out_dir,
                   "Write to a file in this folder, named by kind and day")
      ->type_name("DIR");
  report->footer(
      "\nThe papers name no person in need; of restricted cases they give a number only. What is\n"
      "open is open at the moment of asking, whichever day or month is asked for.");
  all->push_back({report, [flags] { return Report(*flags); }});
}

}  // namespace lastmeter::ctl
