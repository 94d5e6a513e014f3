#include "services/standalone/serve.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "engine/base/status.h"
#include "engine/rulesfile/rulesfile.h"
#include "services/common/exit_codes.h"
#include "services/common/logging.h"
#include "services/common/service.h"
#include "services/common/shutdown.h"
#include "services/standalone/standalone.h"

namespace lastmeter {
namespace {

constexpr char kProgram[] = "lastmeter";

// Empty when `options` was filled; otherwise the exit code.
std::optional<int> ReadFlags(const ServeFlags& flags, StandaloneOptions* options) {
  if (flags.data_dir.empty()) return Fail(kProgram, kExitUsage, "serve needs --data-dir");
  if (!ReadListen(flags.listen, &options->address, &options->port)) {
    return Fail(kProgram, kExitUsage, "--listen is ADDRESS:PORT, for example 127.0.0.1:8480");
  }
  options->data_dir = flags.data_dir;
  options->allow_unsealed = flags.allow_unsealed;
  options->partitions = flags.partitions;
  options->witness_path = flags.witness;
  options->instance = flags.instance;
  options->rate_limit_per_s = flags.rate_limit;
  if (flags.tokens.empty()) {
    options->anonymous.id = "anonymous";
    options->anonymous.role = lastmeter::common::v1::ROLE_STAFF;
    options->anonymous.tier = lastmeter::common::v1::TIER_DISTRICT;
  } else {
    auto tokens = TokenFile::Load(flags.tokens);
    if (!tokens.ok())
      return Fail(kProgram, kExitBadConfiguration, ToStd(tokens.status().message()));
    options->tokens = std::make_shared<TokenFile>(*std::move(tokens));
  }
  if (!flags.rules.empty()) {
    auto loaded = LoadRulesDir(flags.rules);
    if (!loaded.ok())
      return Fail(kProgram, kExitBadConfiguration, ToStd(loaded.status().message()));
    options->rules = std::move(loaded->rules);
  }
  return std::nullopt;
}

}  // namespace

CLI::App* AddServe(CLI::App& app, ServeFlags* flags) {
  CLI::App* serve = app.add_subcommand("serve", "Everything in one process on the embedded log");
  serve->add_option("--data-dir", flags->data_dir, "Folder of log, stores and read side");
  serve->add_option("--listen", flags->listen, "Address and port; port 0 takes a free one")
      ->capture_default_str();
  serve->add_option("--tokens", flags->tokens,
                    "File of hashed bearer tokens; without it only this machine may call");
  serve->add_option("--rules", flags->rules, "Folder of rules to install when others are in force");
  serve->add_option("--witness", flags->witness, "Tail witness, best on another disk");
  serve->add_option("--instance", flags->instance, "Names this process in the log")
      ->capture_default_str();
  serve->add_option("--partitions", flags->partitions, "Fixed when the log is made")
      ->capture_default_str();
  serve->add_option("--rate-limit", flags->rate_limit, "Requests a second and caller; 0: no limit")
      ->capture_default_str();
  serve->add_flag("--allow-unsealed", flags->allow_unsealed,
                  "Store personal data as it comes. For invented data only");
  return serve;
}

int RunServe(const ServeFlags& flags) {
  StandaloneOptions options;
  if (const auto exit = ReadFlags(flags, &options)) return *exit;
  // Before any thread is started, so that all of them leave the signals alone.
  Shutdown shutdown;
  logging::Init({.program = "lastmeter"});
  if (options.tokens == nullptr) {
    logging::Warning("started without --tokens: everybody on this machine may do everything");
  }
  if (options.allow_unsealed) {
    logging::Warning("started with --allow-unsealed: personal data is stored as it comes");
  }
  auto started = Standalone::Start(std::move(options));
  if (!started.ok()) return FailWith(kProgram, started.status());
  return ServeUntilTold(kProgram, **started, shutdown);
}

}  // namespace lastmeter
