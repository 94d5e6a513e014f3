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
#include "services/common/json.h"
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

// The kind that was named, or the only one that is a bulletin. Empty, and a sentence in `why`, for
// none.
std::string KindOf(const lastmeter::rules::v1::Rules& rules, const std::string& named,
                   std::string* why) {
  std::vector<std::string> kinds;
  for (const auto& kind : rules.policy().kinds()) {
    if (kind.bulletin() && (named.empty() || kind.code() == named)) kinds.push_back(kind.code());
  }
  if (kinds.size() == 1) return kinds[0];
  *why = kinds.empty() ? "the rules have no such kind of bulletin"
                       : "the rules have several kinds of bulletins: name one with --kind";
  return {};
}

// The area itself where it is a town's or smaller, the towns of a district.
std::vector<std::string> PlacesOf(const lastmeter::rules::v1::Rules& rules,
                                  const std::string& area) {
  if (area.size() > 6) return {area};
  std::vector<std::string> towns;
  for (const auto& one : rules.areas()) {
    if (one.tier() == cm::TIER_TOWN && one.successor().empty() && one.code().starts_with(area)) {
      towns.push_back(one.code());
    }
  }
  return towns;
}

int Publish(const BulletinFlags& flags) {
  if (flags.subject.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Fail(kExitUsage, "--subject is empty: say what the bulletin makes known");
  }
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  std::string why;
  if (const auto known = CheckArea(*rules, flags.area); !known.ok()) {
    return Fail(kExitUsage, ToStd(known.message()));
  }
  const std::string kind = KindOf(*rules, flags.kind, &why);
  if (kind.empty()) return Fail(kExitBadConfiguration, why);
  const Names names(Lang::kZh, *rules);
  size_t refused = 0;
  const auto places = PlacesOf(*rules, flags.area);
  for (const std::string& place : places) {
    api::SubmitReportRequest report;
    report.set_kind(kind);
    report.set_area(place);
    report.set_subject(flags.subject);
    const auto response = session->Send(
        {.method = "POST",
         .target = "/v1/reports?wait=10s",
         .headers = {{"Content-Type", "application/json"},
                     {"Idempotency-Key", absl::StrCat("bulletin-", flags.id, "-", place)}},
         .body = ToJson(report)});
    if (!response.ok()) return Fail(response.status());
    api::ReportOutcome outcome;
    if (response->status >= 300 || !FromJson(response->body, &outcome).ok()) {
      ++refused;
      std::cout << place << "\trefused\t" << RefusalOf(*response).message() << std::endl;
      continue;
    }
    std::cout << place << "\t" << names.Place(place) << "\t" << outcome.case_number() << std::endl;
  }
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
