#include "services/standalone/serve.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/rulesfile/rulesfile.h"
#include "services/common/exit_codes.h"
#include "services/common/logging.h"
#include "services/common/shutdown.h"
#include "services/standalone/standalone.h"

namespace lastmeter {
namespace {

constexpr int kPollMs = 50;
constexpr Millis kDrain = Seconds(10);

int Fail(int code, std::string_view message) {
  std::cerr << "lastmeter: " << message << "\n";
  return code;
}

// "127.0.0.1:8480", "[::1]:8480" or ":8480".
bool ReadListen(const std::string& text, std::string* address, uint16_t* port) {
  const size_t colon = text.rfind(':');
  uint32_t number = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &number) ||
      number > 65535) {
    return false;
  }
  *port = static_cast<uint16_t>(number);
  *address = text.substr(0, colon);
  if (address->size() > 2 && address->front() == '[' && address->back() == ']') {
    *address = address->substr(1, address->size() - 2);
  }
  if (address->empty()) *address = "0.0.0.0";
  return true;
}

// Why it did not start, or stopped, and what that means to whoever started it.
int FailWith(const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kNotFound:
      return Fail(kExitNotAllowed, message);
    case absl::StatusCode::kFailedPrecondition:
      // The other server may be on its way out; anything else has to be put right first.
      return Fail(absl::StrContains(status.message(), "uses the log") ? kExitTryAgain
                                                                      : kExitBadConfiguration,
                  message);
    case absl::StatusCode::kAborted:
      return Fail(kExitTryAgain, message);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return Fail(kExitUnavailable, message);
    case absl::StatusCode::kInvalidArgument:
      return Fail(kExitBadConfiguration, message);
    default:
      return Fail(kExitFailure, message);
  }
}

// Empty when `options` was filled; otherwise the exit code.
std::optional<int> ReadFlags(const ServeFlags& flags, StandaloneOptions* options) {
  if (flags.data_dir.empty()) return Fail(kExitUsage, "serve needs --data-dir");
  if (!ReadListen(flags.listen, &options->address, &options->port)) {
    return Fail(kExitUsage, "--listen is ADDRESS:PORT, for example 127.0.0.1:8480");
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
    if (!tokens.ok()) return Fail(kExitBadConfiguration, ToStd(tokens.status().message()));
    options->tokens = std::make_shared<TokenFile>(*std::move(tokens));
  }
  if (!flags.rules.empty()) {
    auto loaded = LoadRulesDir(flags.rules);
    if (!loaded.ok()) return Fail(kExitBadConfiguration, ToStd(loaded.status().message()));
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
  if (!started.ok()) return FailWith(started.status());
  Standalone& standalone = **started;
  logging::Info("listening", {{"url", standalone.url()}});

  bool announced = false;
  while (!shutdown.WaitFor(kPollMs)) {
    if (const absl::Status fatal = standalone.fatal(); !fatal.ok()) {
      standalone.Stop(kDrain);
      return FailWith(fatal);
    }
    if (!announced && standalone.NotReady().empty()) {
      std::cout << "ready " << standalone.url() << std::endl;
      announced = true;
    }
  }
  logging::Info("draining");
  standalone.Stop(kDrain);
  return kExitOk;
}

}  // namespace lastmeter
