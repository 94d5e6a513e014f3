// lastmeterctl incident declare, incident status
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/announce.h"
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

int Declare(const IncidentFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  const auto kind =
      PickKind(*rules, flags.kind, "incident", [](const auto& one) { return one.incident(); });
  if (!kind.ok()) return Fail(kExitBadConfiguration, ToStd(kind.status().message()));
  const Names names(Lang::kZh, *rules);
  const auto villages = AreasBelow(*rules, cm::TIER_VILLAGE, flags.area);
  if (villages.empty()) {
    return Fail(kExitUsage, absl::StrCat("the rules list no village in area ", flags.area));
  }
  api::SubmitReportRequest report;
  report.set_kind(*kind);
  report.set_drill(flags.drill);
  size_t declared = 0;
  const auto sent =
      Announce(*session, villages, report, absl::StrCat("incident-", flags.id),
               [&](const std::string& village,
                   const absl::StatusOr<api::ReportOutcome>& outcome) -> absl::Status {
                 if (!outcome.ok()) {
                   std::cout << village << "\trefused\t" << outcome.status().message() << std::endl;
                   return absl::OkStatus();
                 }
                 api::Case shown;
                 if (!outcome->case_number().empty()) {
                   LM_RETURN_IF_ERROR(session->Get("/v1/cases/" + outcome->case_number(), &shown));
                 }
                 // Below the village nobody declares one: the report is a case like any other.
                 const char* what = outcome->case_number().empty() ? "not decided yet"
                                    : shown.has_incident()         ? "incident"
                                                                   : "an ordinary case";
                 declared += shown.has_incident() ? 1 : 0;
                 std::cout << village << "\t" << names.Place(village) << "\t" << what << "\t"
                           << outcome->case_number() << names.Mark(shown) << std::endl;
                 return absl::OkStatus();
               });
  if (!sent.ok()) return Fail(sent);
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
