// lastmeterctl turns
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/days.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

struct TurnsFlags {
  ServerFlags server;
  std::string area;
  bool json = false;
};

std::string What(const api::WorkTurn& turn) {
  if (turn.kind() == cm::WORK_KIND_VISIT) return "visit";
  return EnumWord("Need", Need_Name(turn.service()));
}

void Print(const api::WorkTurn& turn) {
  std::cout << MinuteText(turn.from()) << "\t" << MinuteText(turn.until()) << "\t" << turn.area()
            << "\t" << What(turn) << "\t" << EnumWord("TurnState", TurnState_Name(turn.state()))
            << "\t" << turn.case_number() << "\twork " << turn.work_id() << " turn " << turn.turn()
            << (turn.worker().empty() ? "" : "\t" + turn.worker())
            << (turn.drill() ? "\texercise" : "") << "\n";
}

int Turns(const TurnsFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  std::string target = "/v1/turns?pageSize=200";
  if (!flags.area.empty()) target += "&area=" + PathSegment(flags.area);
  std::string page;
  do {
    api::TurnList list;
    const absl::Status status = session->Get(
        page.empty() ? target : absl::StrCat(target, "&pageToken=", PathSegment(page)), &list);
    if (!status.ok()) return Fail(status);
    for (const api::WorkTurn& turn : list.turns()) {
      if (flags.json) {
        std::cout << ToJson(turn) << "\n";
      } else {
        Print(turn);
      }
    }
    page = list.next_page_token();
  } while (!page.empty());
  return kExitOk;
}

}  // namespace

void AddTurns(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* turns = app.add_subcommand(
      "turns", "Turns of planned work (接力任务): who may claim what, when and where");
  auto flags = std::make_shared<TurnsFlags>();
  AddServer(turns, &flags->server);
  turns->add_option("--area", flags->area, "Only below this division code")->type_name("CODE");
  turns->add_flag("--json", flags->json, "One JSON object a line");
  turns->footer(
      "\nWith a volunteer's token: what nobody has yet, and that person's own. Otherwise all turns "
      "of\nthe cases that the token may read, and who has them.");
  all->push_back({turns, [flags] { return Turns(*flags); }});
}

}  // namespace lastmeter::ctl
