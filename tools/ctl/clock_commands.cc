// lastmeterctl clock accept
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "engine/base/time.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

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
  std::cout << response->body << "\n";
  return kExitOk;
}

}  // namespace

void AddClock(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* clock = app.add_subcommand("clock", "The server's time")->require_subcommand(1);
  CLI::App* accept = clock->add_subcommand(
      "accept", "Vouch for the server's clock after a jump, so that timers fire again");
  auto flags = std::make_shared<ClockFlags>();
  AddServer(accept, &flags->server);
  accept
      ->add_option("--wall", flags->wall,
                   "The time by a clock that you trust, RFC 3339; within 10 min of the server's")
      ->type_name("TIME");
  all->push_back({accept, [flags] { return Accept(*flags); }});
}

}  // namespace lastmeter::ctl
