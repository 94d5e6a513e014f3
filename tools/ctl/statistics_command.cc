// lastmeterctl statistics
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/days.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

struct StatisticsFlags {
  ServerFlags server;
  std::string day;
  std::string month;
  std::string from;
  std::string to;
  std::string area;
  std::string format = "text";
};

// The fields of one line of quoted CSV.
std::vector<std::string> Fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

void PrintText(const std::string& csv) {
  std::string_view rest = csv;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  for (const absl::string_view line :
       absl::StrSplit(absl::string_view(rest.data(), rest.size()), "\r\n", absl::SkipEmpty())) {
    const auto fields = Fields({line.data(), line.size()});
    std::cout << fields[0] << "\t" << (fields[1].empty() ? "–" : fields[1]);
    if (fields.size() > 2 && !fields[2].empty()) std::cout << "\t(" << fields[2] << ")";
    if (fields.size() > 3 && !fields[3].empty()) std::cout << "\t" << fields[3];
    std::cout << "\n";
  }
}

int Statistics(const StatisticsFlags& flags) {
  std::string from = flags.from;
  std::string to = flags.to;
  const bool by_day = !flags.day.empty();
  const bool by_month = !flags.month.empty();
  if (by_day + by_month + (!from.empty() || !to.empty()) > 1) {
    return Fail(kExitUsage, "give --day, or --month, or --from and --to");
  }
  if (by_day) from = to = flags.day;
  if (by_month) {
    const auto month = ReadMonth(flags.month);
    if (!month) return Fail(kExitUsage, "'" + flags.month + "' is not a month such as 2026-11");
    from = DayText(month->from);
    to = DayText(month->to);
  }
  std::vector<std::string> parameters = {
      absl::StrCat("format=", flags.format == "json" ? "json" : "csv")};
  if (!from.empty()) parameters.push_back("from=" + PathSegment(from));
  if (!to.empty()) parameters.push_back("to=" + PathSegment(to));
  if (!flags.area.empty()) parameters.push_back("area=" + PathSegment(flags.area));
  auto response =
      Ask(flags.server, {.method = "GET",
                         .target = "/v1/statistics?" + std::string(absl::StrJoin(parameters, "&")),
                         .headers = {},
                         .body = {}});
  if (!response.ok()) return Fail(response.status());
  if (flags.format == "text") {
    PrintText(response->body);
  } else {
    std::cout << response->body << (flags.format == "json" ? "\n" : "");
  }
  return kExitOk;
}

}  // namespace

void AddStatistics(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* statistics = app.add_subcommand(
      "statistics",
      "What began in a period and what became of it, beside the year before; what is open now");
  auto flags = std::make_shared<StatisticsFlags>();
  AddServer(statistics, &flags->server);
  statistics->add_option("--day", flags->day, "One day, 2026-11-25")->type_name("DAY");
  statistics->add_option("--month", flags->month, "One month, 2026-11")->type_name("MONTH");
  statistics->add_option("--from", flags->from, "First day; otherwise the first of this month")
      ->type_name("DAY");
  statistics->add_option("--to", flags->to, "Last day; otherwise today")->type_name("DAY");
  statistics->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  statistics
      ->add_option("--format", flags->format,
                   "text, json, or csv (UTF-8 with a byte order mark, as spreadsheets open it)")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  statistics->footer(
      "\nA line a figure; in parentheses the same days of the year before, then the change, of "
      "shares in\npercentage points (pp). The proactive share is of cases opened, the reopened "
      "share of all that\nbegan. Exercises count nowhere.");
  all->push_back({statistics, [flags] { return Statistics(*flags); }});
}

}  // namespace lastmeter::ctl
