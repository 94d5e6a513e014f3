// lastmeterctl bulletin publish, bulletin status
#include <CLI/CLI.hpp>
#include <algorithm>
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

struct BulletinFlags {
  ServerFlags server;
  std::string id;
  std::string kind;
  std::string subject;
  std::string area;
};

// The area itself where it is a town's or smaller, the towns of a district.
std::vector<std::string> PlacesOf(const lastmeter::rules::v1::Rules& rules,
                                  const std::string& area) {
  return area.size() > 6 ? std::vector{area} : AreasBelow(rules, cm::TIER_TOWN, area);
}

int Publish(const BulletinFlags& flags) {
  if (flags.subject.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Fail(kExitUsage, "--subject is empty: say what the bulletin makes known");
  }
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  if (const auto known = CheckArea(*rules, flags.area); !known.ok()) {
    return Fail(kExitUsage, ToStd(known.message()));
  }
  const auto kind =
      PickKind(*rules, flags.kind, "bulletin", [](const auto& one) { return one.bulletin(); });
  if (!kind.ok()) return Fail(kExitBadConfiguration, ToStd(kind.status().message()));
  const Names names(Lang::kZh, *rules);
  api::SubmitReportRequest report;
  report.set_kind(*kind);
  report.set_subject(flags.subject);
  size_t refused = 0;
  const auto places = PlacesOf(*rules, flags.area);
  const auto sent =
      Announce(*session, places, report, absl::StrCat("bulletin-", flags.id),
               [&](const std::string& place, const absl::StatusOr<api::ReportOutcome>& outcome) {
                 if (!outcome.ok()) {
                   ++refused;
                   std::cout << place << "\trefused\t" << outcome.status().message() << std::endl;
                 } else {
                   std::cout << place << "\t" << names.Place(place) << "\t"
                             << outcome->case_number() << std::endl;
                 }
                 return absl::OkStatus();
               });
  if (!sent.ok()) return Fail(sent);
  std::cerr << "lastmeterctl: published to " << places.size() - refused << " of " << places.size()
            << " places\n";
  return refused == 0 && !places.empty() ? kExitOk : kExitFailure;
}

int ShowStatus(const BulletinFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  const Names names(Lang::kZh, *rules);
  size_t left = 0;
  const auto read = ForEachCase(*session, {flags.area, "bulletin"}, [&](const api::Case& one) {
    const auto& bulletin = one.bulletin();
    left += static_cast<size_t>(bulletin.unread_size());
    std::cout << one.number() << names.Mark(one) << "\t" << names.Place(one.area()) << "\t"
              << bulletin.grids() - static_cast<uint32_t>(bulletin.unread_size()) << "/"
              << bulletin.grids() << " grids\t" << bulletin.households() << " households\t"
              << bulletin.subject() << "\n";
    for (const auto& unread : bulletin.unread()) {
      std::cout << "\tnot yet\t" << unread.grid() << "\t" << unread.staff_id() << "\n";
    }
  });
  if (!read.ok()) return Fail(read.status());
  std::cerr << "lastmeterctl: not known in " << left << " grids yet\n";
  return kExitOk;
}

}  // namespace

void AddBulletin(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* bulletin =
      app.add_subcommand("bulletin", "Policy bulletins, made known grid by grid (惠民政策宣传)");
  bulletin->require_subcommand(1);
  auto flags = std::make_shared<BulletinFlags>();
  CLI::App* publish =
      bulletin->add_subcommand("publish", "To a village, a town, or each town of a district");
  AddServer(publish, &flags->server);
  publish
      ->add_option("--id", flags->id,
                   "Your name for it, letters, digits and hyphens: the same one publishes nothing "
                   "twice")
      ->type_name("ID")
      ->required();
  publish->add_option("--subject", flags->subject, "What it says, public; at most 500 bytes")
      ->type_name("TEXT")
      ->required();
  publish->add_option("--area", flags->area, "Division code of 6, 9 or 12 digits")
      ->type_name("CODE")
      ->required();
  publish->add_option("--kind", flags->kind, "Where the rules have several kinds of bulletins")
      ->type_name("CODE");
  publish->footer(
      "\nA line for each place, with the number of its case. Run it again after a stop.");
  all->push_back({publish, [flags] { return Publish(*flags); }});
  CLI::App* status =
      bulletin->add_subcommand("status", "Where bulletins are not known yet, grid by grid");
  AddServer(status, &flags->server);
  status->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  all->push_back({status, [flags] { return ShowStatus(*flags); }});
}

}  // namespace lastmeter::ctl
