// lastmeterctl rules check, install, show, diff; lint and who have files of their own
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/base/time.h"
#include "engine/core/rules_view.h"
#include "engine/rulesfile/rulesfile.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/rules_folder.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

using lastmeter::api::v1::RulesInForce;
using lastmeter::rules::v1::DutyShift;
using lastmeter::rules::v1::Rules;

struct RulesFlags {
  std::string dir;
  ServerFlags server;
};

std::string DigestOf(const Rules& rules) {
  return ToHex(AsBytes(Sha256(rules.SerializeAsString())));
}

std::string Summary(const Rules& rules) {
  return rules.version() + ": " + std::to_string(rules.policy().kinds_size()) + " kinds, " +
         std::to_string(rules.areas_size()) + " areas, " + std::to_string(rules.roster_size()) +
         " posts, " +
         (rules.rota().empty() ? "" : std::to_string(rules.rota_size()) + " periods of duty, ") +
         "calendar to " + std::to_string(rules.calendar().known_until()) + ", SHA-256 " +
         DigestOf(rules);
}

int Check(const std::string& dir) {
  auto loaded = LoadAndValidate(dir);
  if (!loaded.ok()) {
    // Each line names its own file; a name of ours before it would keep editors from jumping there.
    std::cerr << ToStd(loaded.status().message()) << "\n";
    return dir.empty() ? kExitUsage : kExitBadConfiguration;
  }
  std::cout << Summary(loaded->rules) << "\n";
  return kExitOk;
}

// Empty rules where none are installed yet.
absl::StatusOr<RulesInForce> InForce(const ServerFlags& server) {
  LM_ASSIGN_OR_RETURN(auto response, Ask(server, {.method = "GET", .target = "/v1/rules"}));
  RulesInForce rules;
  LM_RETURN_IF_ERROR(FromJson(response.body, &rules));
  return rules;
}

bool EverywhereInForce(const RulesInForce& in_force, const Rules& rules) {
  if (in_force.rules().SerializeAsString() != rules.SerializeAsString()) return false;
  for (const auto& partition : in_force.partitions()) {
    if (!partition.installed()) return false;
  }
  return true;
}

int Install(const RulesFlags& flags) {
  auto loaded = LoadAndValidate(flags.dir);
  if (!loaded.ok()) return Check(flags.dir);
  if (auto in_force = InForce(flags.server);
      in_force.ok() && EverywhereInForce(*in_force, loaded->rules)) {
    std::cout << "already in force: " << Summary(loaded->rules) << "\n";
    return kExitOk;
  } else if (in_force.status().code() == absl::StatusCode::kPermissionDenied ||
             in_force.status().code() == absl::StatusCode::kUnavailable) {
    return Fail(in_force.status());
  }
  auto response = Ask(flags.server, {.method = "PUT",
                                     .target = "/v1/rules?wait=20s",
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = ToJson(loaded->rules)});
  if (!response.ok()) return Fail(response.status());
  std::cout << "installed: " << Summary(loaded->rules) << "\n";
  return kExitOk;
}

int Show(const ServerFlags& server) {
  auto response = Ask(server, {.method = "GET", .target = "/v1/rules"});
  if (!response.ok()) return Fail(response.status());
  RulesInForce rules;
  if (absl::Status status = FromJson(response->body, &rules); !status.ok()) return Fail(status);
  std::cout << ToJson(rules, true) << "\n";
  return kExitOk;
}

template <typename Row>
std::string TextOf(const Row& row) {
  return ToJson(row);
}
// Nobody reads milliseconds.
std::string TextOf(const DutyShift& shift) {
  return shift.staff_id() + " " + FormatLocal({shift.from_ms()}) + " to " +
         FormatLocal({shift.to_ms()});
}

// Rows of one kind that stand on one side only.
template <typename Row>
void DiffRows(const char* what, const google::protobuf::RepeatedPtrField<Row>& before,
              const google::protobuf::RepeatedPtrField<Row>& after, bool* same) {
  std::multiset<std::string> old_rows;
  for (const Row& row : before) old_rows.insert(TextOf(row));
  std::vector<std::string> added;
  for (const Row& row : after) {
    const std::string text = TextOf(row);
    const auto found = old_rows.find(text);
    if (found == old_rows.end()) {
      added.push_back(text);
    } else {
      old_rows.erase(found);
    }
  }
  for (const std::string& text : old_rows) std::cout << "- " << what << " " << text << "\n";
  for (const std::string& text : added) std::cout << "+ " << what << " " << text << "\n";
  if (!old_rows.empty() || !added.empty()) *same = false;
}

int Diff(const RulesFlags& flags) {
  auto loaded = LoadAndValidate(flags.dir);
  if (!loaded.ok()) return Check(flags.dir);
  auto in_force = InForce(flags.server);
  if (!in_force.ok()) return Fail(in_force.status());
  const Rules& before = in_force->rules();
  const Rules& after = loaded->rules;
  bool same = true;
  if (before.version() != after.version()) {
    std::cout << "- version " << before.version() << "\n+ version " << after.version() << "\n";
    same = false;
  }
  DiffRows("kind", before.policy().kinds(), after.policy().kinds(), &same);
  DiffRows("level", before.policy().levels(), after.policy().levels(), &same);
  DiffRows("entry", before.policy().entry(), after.policy().entry(), &same);
  DiffRows("area", before.areas(), after.areas(), &same);
  DiffRows("post", before.roster(), after.roster(), &same);
  DiffRows("absence", before.absences(), after.absences(), &same);
  DiffRows("rota", before.rota(), after.rota(), &same);
  DiffRows("duty", before.calendar().duty(), after.calendar().duty(), &same);
  DiffRows("day", before.calendar().days(), after.calendar().days(), &same);
  if (same && DigestOf(before) != DigestOf(after)) {
    std::cout << "other order, fallback post, reopening time or end of the calendar\n";
    same = false;
  }
  if (same) std::cout << "no difference\n";
  return kExitOk;
}

}  // namespace

absl::StatusOr<LoadedRules> LoadAndValidate(const std::string& dir) {
  if (dir.empty()) return absl::InvalidArgumentError("give the folder of the rules: --dir DIR");
  LM_ASSIGN_OR_RETURN(LoadedRules loaded, LoadRulesDir(dir));
  std::string problems;
  for (const RulesProblem& problem : ValidateRules(loaded.rules)) {
    if (!problems.empty()) problems += "\n";
    problems += loaded.LineOf(problem.path) + ": " + problem.reason;
  }
  if (!problems.empty()) return MakeStatus(absl::StatusCode::kInvalidArgument, problems);
  return loaded;
}

namespace {

std::optional<Timestamp> ReadMoment(const std::string& text) {
  if (text.empty()) {
    return Timestamp{std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count()};
  }
  for (const char* rest : {"", "+08:00", ":00+08:00", "T09:00:00+08:00"}) {
    if (const auto at = ParseRfc3339(text + rest)) return at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<FolderAt> OpenFolderAt(const std::string& dir, const std::string& at, int* code) {
  auto loaded = LoadAndValidate(dir);
  if (!loaded.ok()) {
    std::cerr << loaded.status().message() << "\n";
    *code = dir.empty() ? kExitUsage : kExitBadConfiguration;
    return std::nullopt;
  }
  const auto moment = ReadMoment(at);
  if (!moment) {
    *code = Fail(kExitUsage, "--at: '" + at + "' is no moment such as 2026-01-05T09:00");
    return std::nullopt;
  }
  return FolderAt{*std::move(loaded), *moment};
}

void AddRules(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* rules =
      app.add_subcommand("rules", "Policy, areas, roster, rota, calendar")->require_subcommand(1);
  auto flags = std::make_shared<RulesFlags>();
  auto add = [&](const char* name, const char* what, bool dir, bool server, Run run) {
    CLI::App* one = rules->add_subcommand(name, what);
    if (dir) one->add_option("--dir", flags->dir, "Folder of the rules")->type_name("DIR");
    if (server) AddServer(one, &flags->server);
    all->push_back({one, std::move(run)});
  };
  add("check", "Say what is wrong with a folder of rules, by file and line", true, false,
      [flags] { return Check(flags->dir); });
  add("install", "Put a folder's rules in force", true, true, [flags] { return Install(*flags); });
  add("show", "Print the rules in force as JSON", false, true,
      [flags] { return Show(flags->server); });
  add("diff", "Compare a folder with the rules in force", true, true,
      [flags] { return Diff(*flags); });
  AddRulesLint(*rules, all);
  AddRulesWho(*rules, all);
}

}  // namespace lastmeter::ctl
