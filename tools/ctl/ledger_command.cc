// lastmeterctl ledger
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/case_list.h"
#include "tools/ctl/csv_text.h"
#include "tools/ctl/days.h"
#include "tools/ctl/names.h"
#include "tools/ctl/output_file.h"
#include "tools/ctl/progress.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;

struct LedgerFlags {
  ServerFlags server;
  std::string area;
  std::string from;
  std::string to;
  std::string status = "all";
  std::string lang = "zh";
  std::string output;
};

std::string Count(int n) { return n == 0 ? std::string() : std::to_string(n); }

std::string Yes(bool yes, const Names& names) {
  return yes ? names.Pick("是", "yes") : std::string();
}

std::string OverduePromises(const api::Case& one, const Names& names) {
  std::vector<std::string> overdue;
  for (const auto& clock : one.clocks()) {
    if (clock.lamp() == api::LAMP_OVERDUE || clock.lamp() == api::LAMP_OVERDUE_TWICE) {
      overdue.push_back(names.Promise(clock.promise()) +
                        (clock.lamp() == api::LAMP_OVERDUE_TWICE
                             ? names.Pick("（红牌）", " (red card)")
                         : clock.outage() ? names.Pick("（系统原因）", " (late through us)")
                                          : std::string()));
    }
  }
  return absl::StrJoin(overdue, names.Pick("、", "; "));
}

// What stands at the head of a column, and what of a case stands below it.
struct Column {
  const char* zh;
  const char* en;
  std::string (*value)(const api::Case&, const Names&);
};

const std::array kColumns = {
    Column{"个案编号", "case number", [](const api::Case& c, const Names&) { return c.number(); }},
    Column{"区划代码", "area", [](const api::Case& c, const Names&) { return c.area(); }},
    Column{"镇（街道）", "town",
           [](const api::Case& c, const Names& n) { return n.Town(c.area()); }},
    Column{"所在地", "place", [](const api::Case& c, const Names& n) { return n.Place(c.area()); }},
    Column{"户编号", "household",
           [](const api::Case& c, const Names&) { return c.household_ref(); }},
    Column{"困难类型", "kind", [](const api::Case& c, const Names& n) { return n.Kind(c.kind()); }},
    Column{"等级", "level", [](const api::Case& c, const Names& n) { return n.Level(c.level()); }},
    Column{"状态", "status",
           [](const api::Case& c, const Names& n) { return n.Status(c.status()); }},
    Column{"办理层级", "tier", [](const api::Case& c, const Names& n) { return n.Tier(c.tier()); }},
    Column{"承办人", "handler",
           [](const api::Case& c, const Names& n) { return n.Person(c.handler_id()); }},
    Column{"承办人编号", "handler id",
           [](const api::Case& c, const Names&) { return c.handler_id(); }},
    Column{"限阅", "restricted",
           [](const api::Case& c, const Names& n) { return Yes(c.restricted(), n); }},
    Column{"演练", "drill", [](const api::Case& c, const Names& n) { return Yes(c.drill(), n); }},
    Column{"主动发现", "proactive",
           [](const api::Case& c, const Names& n) { return Yes(c.proactive(), n); }},
    Column{"发生时间", "occurred",
           [](const api::Case& c, const Names&) { return MinuteText(c.occurred_at()); }},
    Column{"受理时间", "accepted",
           [](const api::Case& c, const Names&) { return MinuteText(c.accepted_at()); }},
    Column{"立案时间", "opened",
           [](const api::Case& c, const Names&) { return MinuteText(c.opened_at()); }},
    Column{"签收时间", "acknowledged",
           [](const api::Case& c, const Names&) { return MinuteText(c.acknowledged_at()); }},
    Column{"入户核实时间", "verified",
           [](const api::Case& c, const Names&) { return MinuteText(c.verified_at()); }},
    Column{"首次救助时间", "first relief",
           [](const api::Case& c, const Names&) { return MinuteText(c.relieved_at()); }},
    Column{"结案时间", "closed",
           [](const api::Case& c, const Names&) { return MinuteText(c.closed_at()); }},
    Column{"办理结果", "outcome",
           [](const api::Case& c, const Names& n) { return n.Outcome(c.outcome()); }},
    Column{"超时事项", "overdue promises", &OverduePromises},
    Column{"挂账至", "on hold until",
           [](const api::Case& c, const Names&) { return MinuteText(c.hold().until()); }},
    Column{"上报次数", "reports",
           [](const api::Case& c, const Names&) { return std::to_string(c.report_ids_size()); }},
    Column{"办理轮次", "cycle",
           [](const api::Case& c, const Names&) { return std::to_string(c.cycle()); }},
    Column{
        "交办次数", "handed down",
        [](const api::Case& c, const Names&) { return Count(static_cast<int>(c.hand_downs())); }},
    Column{"并入个案", "merged into",
           [](const api::Case& c, const Names&) { return c.merged_into(); }},
};

// Lines by when the case was accepted.
struct Line {
  int64_t accepted_ms;
  std::string number;
  std::string text;
};

int Ledger(const LedgerFlags& flags) {
  Date from = 0;
  Date to = 99'999'999;
  for (const auto& [text, date] : {std::pair{flags.from, &from}, std::pair{flags.to, &to}}) {
    if (text.empty()) continue;
    const auto day = ReadDay(text);
    if (!day) return Fail(kExitUsage, "'" + text + "' is not a day such as 2026-11-25");
    *date = *day;
  }
  if (to < from) return Fail(kExitUsage, "--to lies before --from");
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  if (const auto known = CheckArea(*rules, flags.area); !known.ok()) {
    return Fail(kExitUsage, ToStd(known.message()));
  }
  const Names names(LangOf(flags.lang), *rules);

  std::vector<Line> lines;
  Progress progress(names.Pick("件", "cases"));
  size_t seen = 0;
  const auto take = [&](const api::Case& one) {
    progress.Show(++seen);
    const Timestamp accepted = FromApi(one.accepted_at());
    if (DateOf(accepted) < from || DateOf(accepted) > to) return;
    std::vector<std::string> fields;
    for (const Column& column : kColumns) fields.push_back(column.value(one, names));
    lines.push_back({accepted.ms, one.number(), CsvLine(fields)});
  };
  const auto hidden =
      flags.status == "open"
          ? ForEachOpenCase(*session, flags.area, take)
          : ForEachCase(*session, {flags.area, flags.status == "all" ? "" : flags.status}, take);
  progress.Clear();
  if (!hidden.ok()) return Fail(hidden.status());

  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tie(a.accepted_ms, a.number) < std::tie(b.accepted_ms, b.number);
  });
  std::vector<std::string> head;
  for (const Column& column : kColumns) head.push_back(names.Pick(column.zh, column.en));
  std::string csv(kByteOrderMark);
  csv += CsvLine(head);
  for (const Line& line : lines) csv += line.text;
  const int code = WriteOut(flags.output, csv);
  if (code != kExitOk) return code;
  std::cerr << "lastmeterctl: " << lines.size() << " cases\n";
  if (*hidden > 0 && flags.status != "closed") {
    std::cerr << "lastmeterctl: " << *hidden
              << " open restricted cases are not shown to this token\n";
  }
  return kExitOk;
}

}  // namespace

void AddLedger(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* ledger = app.add_subcommand(
      "ledger", "All cases that the token may see, a line each, for a spreadsheet (台账)");
  auto flags = std::make_shared<LedgerFlags>();
  AddServer(ledger, &flags->server);
  ledger->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  ledger->add_option("--from", flags->from, "Accepted on this day or later, 2026-11-01")
      ->type_name("DAY");
  ledger->add_option("--to", flags->to, "Accepted on this day or earlier")->type_name("DAY");
  ledger->add_option("--status", flags->status, "open, closed or all")
      ->check(CLI::IsMember({"open", "closed", "all"}))
      ->capture_default_str();
  ledger->add_option("--lang", flags->lang, "zh or en")
      ->check(CLI::IsMember({"zh", "en"}))
      ->capture_default_str();
  ledger->add_option("--output", flags->output, "Write to this file; otherwise standard output")
      ->type_name("FILE");
  ledger->footer(
      "\nCSV in UTF-8 with a byte order mark. Times are at UTC+8. A field that a spreadsheet "
      "would\n"
      "take for a formula has an apostrophe before it. Exercises say so in the column 演练 "
      "(drill).");
  all->push_back({ledger, [flags] { return Ledger(*flags); }});
}

}  // namespace lastmeter::ctl
