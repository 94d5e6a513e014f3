// lastmeterctl hand-over
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/case_list.h"
#include "tools/ctl/days.h"
#include "tools/ctl/names.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

struct HandOverFlags {
  ServerFlags server;
  std::string from;
  std::string to;
  std::string reason;
  std::string area;
  bool dry_run = false;
};

enum class Became { kHandedOver, kUndecided, kRefused };

// One case: handed over, now or by an earlier run; stored and not decided yet; or refused.
Became HandOver(Session& session, const HandOverFlags& flags, const api::Case& one,
                const std::string& mark) {
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
  std::cout << one.number() << mark << "\t";
  if (response.ok() && response->status < 300) {
    const bool decided = response->status == 200;
    std::cout << (decided ? "handed over" : "accepted, not decided yet") << std::endl;
    return decided ? Became::kHandedOver : Became::kUndecided;
  }
  const absl::Status why = response.ok() ? RefusalOf(*response) : response.status();
  std::cout << "refused\t" << why.message() << std::endl;
  return Became::kRefused;
}

// Turns of planned work that somebody has, a line each. They stay where they are: a turn is the
// person's own promise to a household, and who takes it instead is for whoever holds the case.
std::vector<std::string> TurnsOf(const api::Case& one, const std::string& who, const Names& names) {
  std::vector<std::string> turns;
  for (const api::WorkView& work : one.works()) {
    const std::string what =
        work.kind() == cm::WORK_KIND_VISIT
            ? "visit"
            : "service " + EnumWord("Need", lastmeter::report::v1::Need_Name(work.service()));
    const auto add = [&](const std::string& turn, const google::protobuf::Timestamp& at,
                         uint32_t later) {
      const Timestamp when{FromApi(at).ms + lastmeter::Days(int64_t{work.every_days()} * later).ms};
      turns.push_back(absl::StrCat(one.number(), names.Mark(one), "\twork ", work.work_id(), ", ",
                                   what, "\t", turn, "\t", MinuteText(when)));
    };
    if (work.worker() == who) add(absl::StrCat("turn ", work.turn()), work.from(), 0);
    for (const api::ClaimView& claim : work.claims()) {
      if (claim.staff_id() != who) continue;
      add(absl::StrCat("turn ", claim.turn()), work.from(), claim.turn() - work.turn());
    }
    if (work.assignee() == who && work.times() > work.turn()) {
      add(absl::StrCat("every turn until ", work.times()), work.from(), 1);
    }
  }
  return turns;
}

bool InRoster(const lastmeter::rules::v1::Rules& rules, const std::string& who) {
  return std::any_of(rules.roster().begin(), rules.roster().end(),
                     [&](const auto& post) { return post.staff_id() == who; });
}

// Everything of theirs that is open.
struct Held {
  std::vector<api::Case> cases;
  std::vector<std::string> turns;
  // Restricted cases that the token does not show.
  uint32_t hidden = 0;
};

absl::StatusOr<Held> HeldBy(Session& session, const HandOverFlags& flags, const Names& names) {
  Held held;
  LM_ASSIGN_OR_RETURN(held.hidden, ForEachOpenCase(session, flags.area, [&](const api::Case& one) {
                        if (one.handler_id() == flags.from) held.cases.push_back(one);
                        for (std::string& turn : TurnsOf(one, flags.from, names)) {
                          held.turns.push_back(std::move(turn));
                        }
                      }));
  return held;
}

void TellWhatStays(const HandOverFlags& flags, const Held& held) {
  if (!held.turns.empty()) {
    std::cerr << "lastmeterctl: " << held.turns.size() << " planned turns stay with " << flags.from
              << "; hand each back (:handBackWork), or cancel the work and plan it anew:\n";
    for (const std::string& turn : held.turns) std::cout << turn << "\n";
  }
  if (held.hidden > 0) {
    std::cerr << "lastmeterctl: " << held.hidden
              << " open restricted cases are not shown to this token and stay where they are\n";
  }
}

int HandOverAll(Session& session, const HandOverFlags& flags, const Names& names,
                const Held& held) {
  size_t refused = 0;
  size_t undecided = 0;
  for (const api::Case& one : held.cases) {
    const Became became = HandOver(session, flags, one, names.Mark(one));
    refused += became == Became::kRefused ? 1 : 0;
    undecided += became == Became::kUndecided ? 1 : 0;
  }
  std::cerr << "lastmeterctl: " << held.cases.size() - refused - undecided << " of "
            << held.cases.size() << " cases handed over from " << flags.from << " to " << flags.to;
  if (refused > 0) std::cerr << ", refused: " << refused;
  if (undecided > 0) std::cerr << ", stored and not decided yet: " << undecided;
  std::cerr << "\n";
  TellWhatStays(flags, held);
  if (refused > 0) return kExitFailure;
  if (undecided == 0) return kExitOk;
  return Fail(kExitTryAgain, "run it again: nothing is handed over twice");
}

int RunHandOver(const HandOverFlags& flags) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const auto rules = RulesOf(*session);
  if (!rules.ok()) return Fail(rules.status());
  if (const auto known = CheckArea(*rules, flags.area); !known.ok()) {
    return Fail(kExitUsage, ToStd(known.message()));
  }
  if (!rules->roster().empty() && !InRoster(*rules, flags.to)) {
    return Fail(kExitUsage, "the roster knows nobody called '" + flags.to + "'");
  }
  const Names names(Lang::kEn, *rules);
  const auto held = HeldBy(*session, flags, names);
  if (!held.ok()) return Fail(held.status());
  // Whoever left the roster before may still hold cases.
  if (held->cases.empty() && held->turns.empty() && !rules->roster().empty() &&
      !InRoster(*rules, flags.from)) {
    return Fail(kExitUsage,
                "the roster knows nobody called '" + flags.from + "', and nothing is held so");
  }
  if (!flags.dry_run) return HandOverAll(*session, flags, names, *held);
  for (const api::Case& one : held->cases) {
    std::cout << one.number() << names.Mark(one) << "\twould be handed over\n";
  }
  std::cerr << "lastmeterctl: " << flags.from << " holds " << held->cases.size() << " cases\n";
  TellWhatStays(flags, *held);
  return kExitOk;
}

}  // namespace

void AddHandOver(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* hand_over = app.add_subcommand(
      "hand-over", "Give every case that somebody holds to a colleague (移交), before leave");
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
      "is not\nheld any more. Planned visits and turns of services that the person has are not "
      "handed over:\nthey are listed at the end, with case, work and time.\nExit 1: some were "
      "refused, and stay where they are. Exit 2: the roster does not know the\nperson or the "
      "area. Exit 75: some were stored and are not decided yet.");
  all->push_back({hand_over, [flags] { return RunHandOver(*flags); }});
}

}  // namespace lastmeter::ctl
