#include "services/common/config.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "services/common/exit_codes.h"

namespace lastmeter {
namespace {

constexpr const char* kConfigFlag = "--config";

struct FileValue {
  std::string text;
  int line = 0;
};

// The long name without dashes; empty for options that only the command line has.
std::string KeyOf(const CLI::Option& option) {
  if (option.get_lnames().empty()) return {};
  const std::string key = option.get_lnames().front();
  return key == "help" || key == "help-all" || key == "version" || key == "config" ? "" : key;
}

void CollectKeys(CLI::App& app, std::map<std::string, bool>* keys) {
  for (const CLI::Option* option : app.get_options()) {
    if (const std::string key = KeyOf(*option); !key.empty()) (*keys)[key] = true;
  }
  for (CLI::App* sub : app.get_subcommands({})) CollectKeys(*sub, keys);
}

std::string WithoutComment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    const bool at_word = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (line[i] == '#' && at_word) return std::string(line.substr(0, i));
  }
  return std::string(line);
}

absl::StatusOr<std::map<std::string, FileValue>> ReadFile(
    const std::string& path, const std::map<std::string, bool>& known) {
  std::ifstream in(path);
  if (!in) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  std::map<std::string, FileValue> values;
  std::string raw;
  for (int number = 1; std::getline(in, raw); ++number) {
    const auto wrong = [&](std::string_view reason) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": ", ToAbsl(reason)));
    };
    const std::string line = WithoutComment(raw);
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const size_t equals = line.find('=');
    if (equals == std::string::npos) return wrong("expected 'key = value'");
    const std::string key(absl::StripAsciiWhitespace(line.substr(0, equals)));
    const std::string value(absl::StripAsciiWhitespace(line.substr(equals + 1)));
    if (!known.contains(key)) return wrong("unknown key '" + key + "'");
    const auto [earlier, added] = values.emplace(key, FileValue{value, number});
    if (!added) {
      return wrong(absl::StrCat("'", key, "' already stands on line ", earlier->second.line));
    }
  }
  return values;
}

// Gives the option its value as if it had come from the command line, with the same checks.
absl::Status Give(CLI::Option* option, const std::string& text, const std::string& source) {
  try {
    if (option->get_expected_max() == 0) {  // A flag.
      const std::string word = absl::AsciiStrToLower(text);
      const bool on = word == "true" || word == "1" || word == "yes" || word == "on";
      const bool off = word == "false" || word == "0" || word == "no" || word == "off";
      if (!on && !off) {
        return absl::InvalidArgumentError(absl::StrCat(source, ": expected true or false"));
      }
      option->add_result(on ? "true" : "false");
    } else if (option->get_expected_max() > 1) {
      for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
        option->add_result(std::string(absl::StripAsciiWhitespace(part)));
      }
    } else {
      option->add_result(text);
    }
    option->run_callback();
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": ", error.what()));
  }
  return absl::OkStatus();
}

absl::Status Fill(CLI::App& app, const std::string& file,
                  const std::map<std::string, FileValue>& values,
                  const std::function<const char*(const char*)>& environment) {
  for (CLI::Option* option : app.get_options([](CLI::Option*) { return true; })) {
    const std::string key = KeyOf(*option);
    if (key.empty() || option->count() > 0) continue;
    const std::string variable = EnvironmentName(key);
    if (const char* text = environment(variable.c_str())) {
      LM_RETURN_IF_ERROR(Give(option, text, variable));
    } else if (const auto found = values.find(key); found != values.end()) {
      LM_RETURN_IF_ERROR(
          Give(option, found->second.text, absl::StrCat(file, ":", found->second.line)));
    }
  }
  for (CLI::App* sub : app.get_subcommands()) {
    LM_RETURN_IF_ERROR(Fill(*sub, file, values, environment));
  }
  return absl::OkStatus();
}

}  // namespace

std::string EnvironmentName(std::string_view option_name) {
  return "LASTMETER_" +
         absl::StrReplaceAll(absl::AsciiStrToUpper(ToAbsl(option_name)), {{"-", "_"}});
}

std::string_view Version() { return LASTMETER_VERSION; }

absl::Status FillSettings(CLI::App& app, const std::string& file,
                          const std::function<const char*(const char*)>& environment) {
  std::map<std::string, FileValue> values;
  if (!file.empty()) {
    std::map<std::string, bool> known;
    CollectKeys(app, &known);
    LM_ASSIGN_OR_RETURN(values, ReadFile(file, known));
  }
  return Fill(app, file, values, environment);
}

std::optional<int> ParseSettings(CLI::App& app, const ParseOptions& options, int argc,
                                 const char* const* argv) {
  const auto environment = options.environment
                               ? options.environment
                               : [](const char* name) -> const char* { return std::getenv(name); };
  std::string file;
  app.add_option(kConfigFlag, file, "File of 'key = value' lines, below flags and environment");
  app.set_version_flag("--version", options.program + " " + std::string(Version()));
  if (app.get_name().empty()) app.name(options.program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help and --version.
    return app.exit(success);
  } catch (const CLI::RequiredError& error) {
    // What is missing is missing because this word stands in its place.
    const auto unknown = app.remaining(true);
    if (unknown.empty()) {
      app.exit(error);
    } else {
      std::cerr << options.program << ": '" << unknown.front()
                << "' is not known here; --help says what is\n";
    }
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kExitUsage;
  }
  if (file.empty()) {
    if (const char* text = environment("LASTMETER_CONFIG")) file = text;
  }
  const absl::Status status = FillSettings(app, file, environment);
  if (status.ok()) return std::nullopt;
  std::cerr << options.program << ": " << ToStd(status.message()) << '\n';
  return kExitBadConfiguration;
}

}  // namespace lastmeter
