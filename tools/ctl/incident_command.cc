// lastmeterctl incident declare, incident status
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/case_list.h"
#include "tools/ctl/names.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

struct IncidentFlags {
  ServerFlags server;
  std::string id;
  std::string kind;
  std::string area;
  bool drill = false;
};

// The kind that was named, or the only one that is an incident. Empty, and a sentence in `why`, for
// none.
std::string KindOf(const lastmeter::rules::v1::Rules& rules, const std::string& named,
                   std::string* why) {
  std::vector<std::string> kinds;
  for (const auto& kind : rules.policy().kinds()) {
    if (kind.incident() && (named.empty() || kind.code() == named)) kinds.push_back(kind.code());
  }
  if (kinds.size() == 1) return kinds[0];
  *why = kinds.empty() ? "the rules have no such kind of incident"
                       : "the rules have several kinds of incidents: name one with --kind";
  return {};
}

// The villages there that still exist.
std::vector<std::string> VillagesOf(const lastmeter::rules::v1::Rules& rules,
                                    const std::string& area) {
  std::vector<std::string> villages;
  for (const auto& one : rules.areas()) {
    if (one.tier() == cm::TIER_VILLAGE && one.successor().empty() && one.code().starts_with(area)) {
      villages.push_back(one.code());
    }
  }
  return villages;
}

int Declare(const IncidentFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  std::string why;
  const std::string kind = KindOf(*rules, flags.kind, &why);
  if (kind.empty()) return Fail(kExitBadConfiguration, why);
  const Names names(Lang::kZh, *rules);
  const auto villages = VillagesOf(*rules, flags.area);
  if (villages.empty()) {
    return Fail(kExitUsage, absl::StrCat("the rules list no village in area ", flags.area));
  }
  size_t declared = 0;
  for (const std::string& village : villages) {
    api::SubmitReportRequest report;
    report.set_kind(kind);
    report.set_area(village);
    report.set_drill(flags.drill);
    const auto response = session->Send(
        {.method = "POST",
         .target = "/v1/reports?wait=10s",
         .headers = {{"Content-Type", "application/json"},
                     {"Idempotency-Key", absl::StrCat("incident-", flags.id, "-", village)}},
         .body = ToJson(report)});
    if (!response.ok()) return Fail(response.status());
    api::ReportOutcome outcome;
    if (response->status >= 300 || !FromJson(response->body, &outcome).ok()) {
      std::cout << village << "\trefused\t" << RefusalOf(*response).message() << std::endl;
      continue;
    }
    api::Case shown;
    if (!outcome.case_number().empty()) {
      const auto read = session->Get("/v1/cases/" + outcome.case_number(), &shown);
      if (!read.ok()) return Fail(read);
    }
    // Below the village nobody declares one: the report is a case like any other.
    const char* what = outcome.case_number().empty() ? "not decided yet"
                       : shown.has_incident()        ? "incident"
                                                     : "an ordinary case";
    declared += shown.has_incident() ? 1 : 0;
    std::cout << village << "\t" << names.Place(village) << "\t" << what << "\t"
              << outcome.case_number() << std::endl;
  }
  std::cerr << "lastmeterctl: an incident in " << declared << " of " << villages.size()
            << " villages\n";
  return declared == villages.size() ? kExitOk : kExitFailure;
}

int ShowStatus(const IncidentFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  const Names names(Lang::kZh, *rules);
  std::vector<api::Case> incidents;
  const auto read = ForEachCase(*session, {.area = flags.area, .incident = true},
                                [&](const api::Case& one) { incidents.push_back(one); });
  if (!read.ok()) return Fail(read.status());
  for (const api::Case& incident : incidents) {
    size_t joined = 0;
    size_t open = 0;
    size_t unseen = 0;
    size_t overdue = 0;
    const auto cases =
        ForEachCase(*session, {.joins = incident.number()}, [&](const api::Case& one) {
          ++joined;
          if (one.status() == api::CASE_STATUS_CLOSED) return;
          ++open;
          if (!one.verified()) ++unseen;
          if (one.overdue()) ++overdue;
        });
    if (!cases.ok()) return Fail(cases.status());
    std::cout << incident.number() << "\t" << names.Place(incident.area()) << "\t"
              << names.Kind(incident.kind()) << (incident.drill() ? " 演练 drill" : "") << "\t"
              << (incident.handler_id().empty() ? "nobody answers yet" : incident.handler_id())
              << "\t" << joined << " joined\t" << open << " open\t" << unseen << " not verified\t"
              << overdue << " overdue\n";
  }
  std::cerr << "lastmeterctl: " << incidents.size()
            << (incidents.size() == 1 ? " incident is open\n" : " incidents are open\n");
  return kExitOk;
}

}  // namespace

void AddIncident(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* incident =
      app.add_subcommand("incident", "What hits many households of a village at once (汛情、停电)");
  incident->require_subcommand(1);
  auto flags = std::make_shared<IncidentFlags>();
  CLI::App* declare = incident->add_subcommand(
      "declare", "In a village, each village of a town, or each of a district");
  AddServer(declare, &flags->server);
  declare
      ->add_option("--id", flags->id,
                   "Your name for it, letters, digits and hyphens: the same one declares nothing "
                   "twice")
      ->type_name("ID")
      ->required();
  declare->add_option("--area", flags->area, "Division code of 6, 9 or 12 digits")
      ->type_name("CODE")
      ->required();
  declare->add_option("--kind", flags->kind, "Where the rules have several kinds of incidents")
      ->type_name("CODE");
  declare->add_flag("--drill", flags->drill, "An exercise (演练): only exercises join it");
  declare->footer(
      "\nA line for each village, with the number of its incident. From then on reports of the "
      "kinds\nthat it takes join it, until somebody closes it. The token must be of the village or "
      "a tier\nabove. Run it again after a stop.");
  all->push_back({declare, [flags] { return Declare(*flags); }});
  CLI::App* status = incident->add_subcommand(
      "status", "Open incidents: who answers for each, and how its households stand");
  AddServer(status, &flags->server);
  status->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  all->push_back({status, [flags] { return ShowStatus(*flags); }});
}

}  // namespace lastmeter::ctl
