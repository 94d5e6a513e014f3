// lastmeterctl case do
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "services/common/random_id.h"
#include "tools/ctl/case_verbs.h"
#include "tools/ctl/days.h"
#include "tools/ctl/interface.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;

struct CaseFlags {
  ServerFlags server;
  std::string number;
  std::string verb;
  std::vector<std::string> fields;
  std::string id;
  uint32_t wait_s = 10;
  bool json = false;
  bool help = false;
};

constexpr uint32_t kLongestWait = 30;

std::string VerbList(const std::vector<Verb>& verbs) {
  std::string list = "\nVerbs and their fields:\n";
  for (const Verb& verb : verbs) {
    absl::StrAppend(&list, "  ", verb.name, " ", FieldsInShort(verb), "\n      ", verb.about, "\n");
  }
  return list;
}

int Help(const CLI::App& app, const std::vector<Verb>& verbs, const CaseFlags& flags) {
  // The number may be missing when only help is asked for.
  const std::string& word = flags.verb.empty() ? flags.number : flags.verb;
  if (const Verb* verb = FindVerb(verbs, word)) {
    std::cout << FieldsAtLength(*verb);
  } else {
    std::cout << app.help("lastmeterctl case");
  }
  return kExitOk;
}

// Prints what came of it, in order, as the log of record shows it.
void PrintEvents(const api::CommandOutcome& outcome) {
  for (const api::EventView& view : outcome.events()) {
    std::printf("%8llu  %s  %s\n", static_cast<unsigned long long>(view.seq()),
                FormatLocal(FromApi(view.time())).c_str(), EventLine(view.event()).c_str());
  }
  std::fflush(stdout);
  if (!outcome.has_case_()) return;
  std::cerr << "lastmeterctl: " << outcome.case_().number() << " is "
            << EnumWord("CaseStatus", api::CaseStatus_Name(outcome.case_().status()))
            << ", version " << outcome.case_().version() << "\n";
}

// The reason and what the server says of it.
std::string Refusal(const http::Response& response) {
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  const auto text = [&](const char* name) {
    const bool there = problem.is_object() && problem.contains(name) && problem[name].is_string();
    return there ? problem[name].get<std::string>() : std::string();
  };
  constexpr std::string_view kPrefix = "/problems/";
  std::string type = text("type");
  if (!type.starts_with(kPrefix)) return std::string(RefusalOf(response).message());
  return absl::StrCat("refused: ", type.substr(kPrefix.size()), ": ", text("detail"));
}

int Answered(const CaseFlags& flags, const http::Response& response, const std::string& again) {
  if (response.status == 202) {
    if (flags.wait_s == 0) {
      std::cout << "accepted, not decided yet" << std::endl;
      std::cerr << "lastmeterctl: " << again << "\n";
      return kExitOk;
    }
    return Fail(kExitTryAgain, "accepted, not decided yet; " + again);
  }
  if (response.status == 401) return Fail(RefusalOf(response));
  if (response.status == 429 || response.status >= 500) {
    return Fail(kExitTryAgain, absl::StrCat(RefusalOf(response).message(), "; ", again));
  }
  if (response.status >= 300) return Fail(kExitFailure, Refusal(response));
  if (flags.json) {
    std::cout << response.body << std::endl;
    return kExitOk;
  }
  api::CommandOutcome outcome;
  // What answers here may be somebody else's server.
  if (const absl::Status read = FromJson(response.body, &outcome); !read.ok()) {
    return Fail(Annotate(read, "the answer is not lastmeter's"));
  }
  PrintEvents(outcome);
  return kExitOk;
}

int Send(const CaseFlags& flags, const CaseNumber& number, const Verb& verb, nlohmann::json body) {
  auto session = Session::Open(flags.server);
  if (!session.ok()) return Fail(session.status());
  const std::string page = "/v1/cases/" + PathSegment(number.ToString());
  const std::string version(kCaseVersion);
  if (const VerbField* field = verb.Find(version);
      field != nullptr && field->required && !body.contains(version)) {
    const auto read = session->Send({.method = "GET", .target = page});
    if (!read.ok()) return Fail(read.status());
    if (read->status >= 300) return Answered(flags, *read, "nothing was sent");
    api::Case present;
    if (const absl::Status good = FromJson(read->body, &present); !good.ok()) {
      return Fail(Annotate(good, "the answer is not lastmeter's"));
    }
    body[version] = present.version();
  }
  const std::string id = flags.id.empty() ? "ctl-" + RandomId() : flags.id;
  // The same key needs the same body, so what was filled in belongs to it.
  std::string again = "call it once more with --id " + id;
  if (body.contains(version)) absl::StrAppend(&again, " ", version, "=", body[version].dump());
  again += ", and it is done once at most";
  const std::string wait = flags.wait_s == 0 ? "" : absl::StrCat("?wait=", flags.wait_s, "s");
  const auto response =
      session->Send({.method = "POST",
                     .target = page + ":" + verb.name + wait,
                     .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", id}},
                     .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
  if (!response.ok()) return Fail(Annotate(response.status(), again));
  return Answered(flags, *response, again);
}

int Do(const CLI::App& app, const CaseFlags& flags) {
  const std::vector<Verb> verbs = VerbsOf(InterfaceDocument());
  if (flags.help) return Help(app, verbs, flags);
  const auto number = CaseNumber::Parse(flags.number);
  if (!number) {
    return Fail(kExitUsage, flags.number.empty()
                                ? "say which case and what: case do 430112001001-2026-00042 note "
                                  "text=…; --help lists all verbs"
                                : "'" + flags.number +
                                      "' is not a case number such as "
                                      "430112001001-2026-00042");
  }
  if (flags.verb.empty()) return Fail(kExitUsage, "say what is done; --help lists all verbs");
  const Verb* verb = FindVerb(verbs, flags.verb);
  if (verb == nullptr) {
    return Fail(kExitUsage, "there is no verb '" + flags.verb + "'; there is " +
                                std::string(absl::StrJoin(NearestVerbs(verbs, flags.verb), ", ")));
  }
  if (flags.wait_s > kLongestWait) {
    return Fail(kExitUsage, absl::StrCat("--wait is at most ", kLongestWait, " seconds"));
  }
  auto body = BodyOf(*verb, flags.fields);
  if (!body.ok()) {
    return Fail(kExitUsage, absl::StrCat(body.status().message(), "\n", FieldsAtLength(*verb)));
  }
  return Send(flags, *number, *verb, *std::move(body));
}

}  // namespace

void AddCase(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* one = app.add_subcommand("case", "One case, by its number")->require_subcommand(1);
  CLI::App* act = one->add_subcommand("do", "Whatever the interface lets people do to a case");
  auto flags = std::make_shared<CaseFlags>();
  AddServer(act, &flags->server);
  act->add_option("number", flags->number, "The case")->type_name("NUMBER");
  act->add_option("verb", flags->verb, "What is done; plan-work is planWork")->type_name("VERB");
  act->add_option("fields", flags->fields,
                  "With what: words as listed, times as 2026-10-01T09:00 at UTC+8 or in RFC 3339")
      ->type_name("FIELD=VALUE");
  act->add_option("--id", flags->id,
                  "Made for each call; one that was used before does nothing twice, and answers "
                  "what it came to")
      ->type_name("ID");
  act->add_option("--wait", flags->wait_s,
                  "Seconds until it must have been decided; 0: do not wait")
      ->type_name("SECONDS")
      ->capture_default_str();
  act->add_flag("--json", flags->json, "The server's whole answer");
  // Not CLI11's own, which would not know of which verb.
  act->set_help_flag();
  act->add_flag("-h,--help", flags->help, "This, or after a verb its fields");
  act->footer([] {
    return "\nIt is done by the token's person. caseVersion is read from the case unless given. A "
           "line\nfor each event that comes of it. Exit 1: refused, with the reason; 75: not "
           "decided in time, or\nnot let in, and the id with which to call it again.\n" +
           VerbList(VerbsOf(InterfaceDocument()));
  });
  all->push_back({act, [act, flags] { return Do(*act, *flags); }});
}

}  // namespace lastmeter::ctl
