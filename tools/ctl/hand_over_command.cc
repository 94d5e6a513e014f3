// lastmeterctl hand-over
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/case_list.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;

struct HandOverFlags {
  ServerFlags server;
  std::string from;
  std::string to;
  std::string reason;
  std::string area;
  bool dry_run = false;
};

// One case. True when it is handed over, now or by an earlier run.
bool HandOver(Session& session, const HandOverFlags& flags, const api::Case& one) {
  api::HandOverRequest body;
  body.set_to(flags.to);
  body.set_reason(flags.reason);
  // The version makes the key of a later hand-over back and forth another one.
  const std::string key =
      absl::StrCat("hand-over-", flags.from, "-", flags.to, "-", one.number(), "-", one.version());
  const auto response =
      session.Send({.method = "POST",
                    .target = "/v1/cases/" + PathSegment(one.number()) + ":handOver?wait=10s",
                    .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}},
                    .body = ToJson(body)});
  if (response.ok() && response->status < 300) {
    std::cout << one.number() << "\t"
              << (response->status == 200 ? "handed over" : "accepted, not decided yet")
              << std::endl;
    return true;
  }
  const absl::Status why = response.ok() ? RefusalOf(*response) : response.status();
  std::cout << one.number() << "\trefused\t" << why.message() << std::endl;
  return false;
}

int RunHandOver(const HandOverFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  std::vector<api::Case> held;
  const auto hidden = ForEachOpenCase(*session, flags.area, [&](const api::Case& one) {
    if (one.handler_id() == flags.from) held.push_back(one);
  });
  if (!hidden.ok()) return Fail(hidden.status());
  if (flags.dry_run) {
    for (const api::Case& one : held) std::cout << one.number() << "\twould be handed over\n";
    std::cerr << "lastmeterctl: " << flags.from << " holds " << held.size() << " cases\n";
    return kExitOk;
  }
  size_t refused = 0;
  for (const api::Case& one : held) refused += HandOver(*session, flags, one) ? 0 : 1;
  std::cerr << "lastmeterctl: " << held.size() - refused << " of " << held.size()
            << " cases handed over from " << flags.from << " to " << flags.to << "\n";
  if (*hidden > 0) {
    std::cerr << "lastmeterctl: " << *hidden
              << " open restricted cases are not shown to this token and stay where they are\n";
  }
  return refused == 0 ? kExitOk : kExitFailure;
}

}  // namespace

void AddHandOver(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* hand_over = app.add_subcommand(
      "hand-over", "Give everything that somebody holds to a colleague (移交), before leave");
  auto flags = std::make_shared<HandOverFlags>();
  AddServer(hand_over, &flags->server);
  hand_over->add_option("--from", flags->from, "Staff id of whoever holds the cases")
      ->type_name("WHO")
      ->required();
  hand_over->add_option("--to", flags->to, "Staff id of the colleague")
      ->type_name("WHO")
      ->required();
  hand_over->add_option("--reason", flags->reason, "Why; it stands in each case's history")
      ->type_name("TEXT")
      ->required();
  hand_over->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  hand_over->add_flag("--dry-run", flags->dry_run, "Only say which cases these are");
  hand_over->footer(
      "\nOne command a case, by the token's person: whoever holds the cases, or a tier above. A "
      "line\neach says what became of it. Run it again after a stop: what is handed over already "
      "is not\nheld any more. Exit 1: some were refused, and stay where they are.");
  all->push_back({hand_over, [flags] { return RunHandOver(*flags); }});
}

}  // namespace lastmeter::ctl
