#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace CLI {
class App;
}

// Flags > environment > file > defaults, for every option of a CLI11 application.
//
//   CLI::App app("Takes reports and commands");
//   app.add_option("--data-dir", data_dir, "Where log and state live");
//   if (auto exit = ParseSettings(app, {.program = "lastmeter-gateway"}, argc, argv)) return *exit;
//
// An option --data-dir is LASTMETER_DATA_DIR in the environment and `data-dir = D` in the file that
// --config or LASTMETER_CONFIG names. A file has one `key = value` a line; '#' begins a comment at
// the start of a line or after a blank; an option with several values takes them separated by
// commas. Options of a subcommand take part when it was called.
//
// CLI11 checks its own `required()` and runs its callbacks before environment and file are read:
// check for presence afterwards, and ask got_subcommand() instead of using callbacks.
namespace lastmeter {

struct ParseOptions {
  std::string program = {};
  // Value of a variable, or null; std::getenv unless a test gives another.
  std::function<const char*(const char*)> environment = {};
};

// Empty: go on. Otherwise the code to exit with at once: 0 after --help and --version, 2 for a
// wrong command line, 78 for a wrong file or environment; what to do was printed to standard error.
std::optional<int> ParseSettings(CLI::App& app, const ParseOptions& options, int argc,
                                 const char* const* argv);

// The part after the command line, for tests and for programs that parse by themselves. `file` may
// be empty. Error: kInvalidArgument naming variable, or file and line.
absl::Status FillSettings(CLI::App& app, const std::string& file,
                          const std::function<const char*(const char*)>& environment);

// LASTMETER_DATA_DIR for data-dir.
std::string EnvironmentName(std::string_view option_name);

// The version of the product, as --version prints it.
std::string_view Version();

}  // namespace lastmeter
