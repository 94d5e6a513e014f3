// lastmeterctl import
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/escape.h"
#include "services/common/exit_codes.h"
#include "services/common/gb18030.h"
#include "services/common/json.h"
#include "services/common/logging.h"
#include "services/common/shutdown.h"
#include "services/common/utf8.h"
#include "tools/ctl/csv_text.h"
#include "tools/ctl/days.h"
#include "tools/ctl/import_table.h"
#include "tools/ctl/names.h"
#include "tools/ctl/progress.h"
#include "tools/ctl/rules_folder.h"
#include "tools/ctl/server.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;

// How often, a second apart, a report is asked after that was stored and not decided in time.
constexpr int kAskAgain = 30;

struct ImportFlags {
  ServerFlags server;
  std::string file;
  std::string source;
  std::string encoding = "utf-8";
  std::string rules;
  bool without_personal = false;
  bool dry_run = false;
};

absl::StatusOr<std::string> ReadTableFile(const ImportFlags& flags) {
  std::ifstream in(flags.file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return absl::InvalidArgumentError(flags.file + ": cannot be read, or is empty");
  if (flags.encoding != "gb18030") {
    const bool utf8 = FindInvalidUtf8(text.str()) == std::string_view::npos;
    if (utf8 || !FromGb18030(text.str()).ok()) return text.str();
    return absl::InvalidArgumentError(flags.file +
                                      ": is not UTF-8 and looks like GBK: give --encoding gb18030");
  }
  auto converted = FromGb18030(text.str());
  if (converted.ok()) return converted;
  return Annotate(converted.status(), flags.file);
}

absl::StatusOr<lastmeter::rules::v1::Rules> RulesToCheckBy(const ImportFlags& flags,
                                                           absl::StatusOr<Session>& session) {
  if (!flags.rules.empty()) {
    LM_ASSIGN_OR_RETURN(LoadedRules loaded, LoadAndValidate(flags.rules));
    return std::move(loaded.rules);
  }
  if (!session.ok()) return session.status();
  auto rules = RulesOf(*session);
  if (rules.status().code() == absl::StatusCode::kPermissionDenied) {
    return Annotate(rules.status(),
                    "the rules cannot be read with this token; give the folder with --rules");
  }
  if (rules.ok() && !rules->has_policy()) {
    return absl::InvalidArgumentError("no rules are installed yet: lastmeterctl rules install");
  }
  return rules;
}

// "personal-data-refused" of a problem document; empty for anything else.
std::string ProblemOf(const http::Response& response) {
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  if (!problem.is_object() || !problem.contains("type") || !problem["type"].is_string()) return {};
  const auto type = problem["type"].get<std::string>();
  return type.substr(type.rfind('/') + 1);
}

// Sends a table's rows and prints what became of each.
class Import {
 public:
  Import(const ImportFlags& flags, const std::vector<ImportRow>& rows, Session& session,
         Shutdown& shutdown)
      : flags_(flags), rows_(rows), session_(session), shutdown_(shutdown) {}

  int Run() {
    std::cout << kByteOrderMark << CsvLine({"ref", "state", "case_number", "report_id", "detail"})
              << std::flush;
    std::optional<int> ended = SendAll();
    if (!ended) ended = AskAfterUndecided();
    progress_.Clear();
    std::cerr << "lastmeterctl: " << done_ << " of " << rows_.size()
              << " rows; opened a case: " << opened_ << ", added to an open one: " << attached_
              << ", refused: " << refused_;
    if (!undecided_.empty()) std::cerr << ", stored and not decided yet: " << undecided_.size();
    std::cerr << "\n";
    if (ended) {
      std::cerr << "lastmeterctl: run it again with the same file, source and token to go on: "
                   "nothing is brought in twice\n";
      return *ended;
    }
    if (!undecided_.empty()) return kExitTryAgain;
    return refused_ > 0 ? kExitFailure : kExitOk;
  }

 private:
  // What to exit with where it did not come to the end.
  std::optional<int> SendAll() {
    // A server that takes no personal data refuses each row that has some. One of those goes first,
    // so that this shows before anything else was brought in.
    const auto first = std::find_if(rows_.begin(), rows_.end(),
                                    [](const ImportRow& row) { return row.report.has_personal(); });
    if (first != rows_.end()) {
      if (auto ended = SendOne(*first)) return ended;
    }
    for (auto row = rows_.begin(); row != rows_.end(); ++row) {
      if (row == first) continue;
      if (auto ended = SendOne(*row)) return ended;
    }
    return std::nullopt;
  }

  std::optional<int> SendOne(const ImportRow& row) {
    if (shutdown_.requested()) return Stop(kExitTryAgain, "stopped as asked");
    const std::string key = ImportKey(flags_.source, row.ref);
    const auto response =
        session_.Send({.method = "POST",
                       .target = "/v1/reports?wait=10s",
                       .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}},
                       .body = ToJson(row.report)});
    if (!response.ok()) return Stop(kExitUnavailable, ToStd(response.status().message()));
    if (auto ended = Take(row, key, *response)) return ended;
    if (!std::cout) return Stop(kExitUnavailable, "standard output cannot be written");
    progress_.Show(++done_, rows_.size());
    return std::nullopt;
  }

  std::optional<int> Take(const ImportRow& row, const std::string& key,
                          const http::Response& response) {
    std::string why;
    if (response.status >= 300) why = ToStd(RefusalOf(response).message());
    switch (response.status) {
      case 200:
      case 201:
        Decided(row.ref, key, response.body);
        return std::nullopt;
      case 202:
        undecided_.emplace_back(row.ref, key);
        return std::nullopt;
      case 400:
      case 409:
      case 413:
      case 422:
        return Refused(row, key, ProblemOf(response), why);
      case 401:
      case 403:
        return Stop(kExitNotAllowed, why);
      case 429:
      case 503:
        return Stop(kExitTryAgain, shutdown_.requested() ? "stopped as asked" : why);
      case 404:
      case 405:
        return Stop(kExitBadConfiguration, why);
      default:
        return Stop(kExitUnavailable, why);
    }
  }

  std::optional<int> Refused(const ImportRow& row, const std::string& key,
                             const std::string& problem, std::string why) {
    const std::string where = absl::StrCat(flags_.file, ":", row.line, ": ");
    if (problem == "personal-data-refused") {
      return Stop(kExitBadConfiguration,
                  where + why +
                      ". Import it --without-personal; only a server that was started with "
                      "--allow-unsealed would take the rest, in clear. This row was not stored");
    }
    if (problem == "key-reused") {
      why = "was imported before, by another token or with other content: " + why;
    }
    ++refused_;
    Print(row.ref, "refused", "", key, why);
    progress_.Clear();
    std::cerr << "lastmeterctl: " << where << why << "\n";
    return std::nullopt;
  }

  // Reports that were stored and not decided while the server waited.
  std::optional<int> AskAfterUndecided() {
    for (int i = 0; i < kAskAgain && !undecided_.empty(); ++i) {
      if (shutdown_.WaitFor(1000)) return Stop(kExitTryAgain, "stopped as asked");
      std::vector<std::pair<std::string, std::string>> still;
      for (const auto& [ref, key] : undecided_) {
        const auto response =
            session_.Send({.method = "GET", .target = "/v1/reports/" + PathSegment(key)});
        if (!response.ok()) return Stop(kExitUnavailable, ToStd(response.status().message()));
        if (response->status == 200) {
          Decided(ref, key, response->body);
        } else {
          still.emplace_back(ref, key);
        }
      }
      undecided_ = std::move(still);
    }
    for (const auto& [ref, key] : undecided_) Print(ref, "accepted", "", key, "not decided yet");
    return std::nullopt;
  }

  void Decided(const std::string& ref, const std::string& key, const std::string& body) {
    api::ReportOutcome outcome;
    if (const auto read = FromJson(body, &outcome); !read.ok()) {
      ++refused_;
      return Print(ref, "unknown", "", key, "the answer is not lastmeter's");
    }
    switch (outcome.state()) {
      case api::REPORT_STATE_OPENED:
        ++opened_;
        return Print(ref, "opened", outcome.case_number(), key, "");
      case api::REPORT_STATE_ATTACHED:
        ++attached_;
        return Print(ref, "attached", outcome.case_number(), key, "the household had an open case");
      default:
        ++refused_;
        return Print(ref, "refused", outcome.case_number(), key, outcome.reason());
    }
  }

  void Print(const std::string& ref, const std::string& state, const std::string& number,
             const std::string& key, const std::string& detail) {
    std::cout << CsvLine({ref, state, number, key, detail}) << std::flush;
  }

  int Stop(int code, std::string_view why) {
    progress_.Clear();
    return Fail(code, why);
  }

  const ImportFlags& flags_;
  const std::vector<ImportRow>& rows_;
  Session& session_;
  Shutdown& shutdown_;
  Progress progress_{"rows"};
  // ref and key
  std::vector<std::pair<std::string, std::string>> undecided_;
  size_t done_ = 0;
  size_t opened_ = 0;
  size_t attached_ = 0;
  size_t refused_ = 0;
};

int RunImport(const ImportFlags& flags) {
  if (flags.file.empty()) return Fail(kExitUsage, "give the table: lastmeterctl import FILE.csv");
  logging::Init({.program = "lastmeterctl", .format = logging::Format::kText});
  Shutdown shutdown;
  auto session =
      Session::Open(flags.server, [&](int seconds) { return !shutdown.WaitFor(seconds * 1000); });
  const auto text = ReadTableFile(flags);
  if (!text.ok()) return Fail(text.status());
  const auto rules = RulesToCheckBy(flags, session);
  if (!rules.ok()) return Fail(rules.status());
  const auto rows = ReadImportTable(
      *text, *rules,
      {.file = flags.file, .now = Now(), .without_personal = flags.without_personal});
  if (!rows.ok()) {
    // Each line names the file; a name of ours before it would keep editors from jumping there.
    std::cerr << rows.status().message() << "\n";
    return Fail(kExitBadConfiguration, "nothing was sent");
  }
  if (flags.dry_run) {
    std::cerr << "lastmeterctl: " << rows->size() << " rows may be imported; nothing was sent\n";
    return kExitOk;
  }
  if (!session.ok()) return Fail(session.status());
  return Import(flags, *rows, *session, shutdown).Run();
}

}  // namespace

void AddImport(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* import = app.add_subcommand(
      "import", "Bring in the cases that a district has today, each once, from a table");
  auto flags = std::make_shared<ImportFlags>();
  import->add_option("file", flags->file, "The table, CSV with a first row of column names")
      ->type_name("FILE.csv");
  AddServer(import, &flags->server);
  import
      ->add_option("--source", flags->source,
                   "Name of the table, when several count their rows alike; keep it the same")
      ->type_name("NAME");
  import->add_option("--encoding", flags->encoding, "Of the table: utf-8, gb18030 (also GBK)")
      ->check(CLI::IsMember({"utf-8", "gb18030"}))
      ->capture_default_str();
  import
      ->add_option("--rules", flags->rules,
                   "Check by this folder of rules: for a token that may not read the server's")
      ->type_name("DIR");
  import->add_flag("--without-personal", flags->without_personal,
                   "Leave out the columns that may name somebody");
  import->add_flag("--dry-run", flags->dry_run, "Only check the table; send nothing");
  import->footer("\nColumns, in any order, by either name:\n" + DescribeImportColumns() +
                 "\nEvery row is checked before the first is sent. A row becomes a report, and a "
                 "report a case,\nwhose number is printed beside ref as CSV. The past day goes to "
                 "occurredAt; all limits\ncount from the import, so that nothing is overdue on "
                 "arrival. Who reports is whoever holds\nthe token, and may not acknowledge these "
                 "cases: give the import a token of its own.\nRun it again after any stop: nothing "
                 "is brought in twice, and numbers are printed again.\nExit 1: the server refused "
                 "rows, which are named; the others are in.");
  all->push_back({import, [flags] { return RunImport(*flags); }});
}

}  // namespace lastmeter::ctl
