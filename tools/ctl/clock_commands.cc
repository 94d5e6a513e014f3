// lastmeterctl clock accept
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;

struct ClockFlags {
  ServerFlags server;
  std::string wall;
};

int Accept(const ClockFlags& flags) {
  std::string wall = flags.wall;
  if (wall.empty()) {
    return Fail(kExitUsage,
                "look at a clock that you trust and give its reading: --wall "
                "2026-01-31T09:15:00+08:00");
  }
  const auto time = ParseRfc3339(wall);
  if (!time) {
    return Fail(kExitUsage, "'" + wall + "' is not a time such as 2026-01-31T09:15:00+08:00");
  }
  auto response = Ask(flags.server, {.method = "POST",
                                     .target = "/v1/clock:accept?wait=10s",
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = "{\"wall\":\"" + FormatRfc3339(*time) + "\"}"});
  if (!response.ok()) return Fail(response.status());
  api::RulesOutcome outcome;
  if (const auto read = FromJson(response->body, &outcome); !read.ok()) return Fail(read);
  int accepted = 0;
  for (const auto& partition : outcome.partitions()) {
    accepted += partition.installed() ? 1 : 0;
    if (partition.problem().empty()) continue;
    std::cout << "partition " << partition.partition() << ": " << partition.problem() << "\n";
  }
  std::cout << "the clock is vouched for in " << accepted << " of " << outcome.partitions_size()
            << " partitions\n";
  if (accepted == outcome.partitions_size()) return kExitOk;
  return Fail(kExitTryAgain, "not decided everywhere yet: run it again");
}

}  // namespace

void AddClock(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* clock = app.add_subcommand("clock", "The server's time")->require_subcommand(1);
  CLI::App* accept = clock->add_subcommand(
      "accept", "Vouch for the server's clock after a jump, so that timers fire again");
  auto flags = std::make_shared<ClockFlags>();
  AddServer(accept, &flags->server);
  accept
      ->add_option(
          "--wall", flags->wall,
          "The time by a clock that you trust, RFC 3339; refused when it is more than 10 min "
          "from the server's, which must be set right first")
      ->type_name("TIME");
  all->push_back({accept, [flags] { return Accept(*flags); }});
}

}  // namespace lastmeter::ctl
