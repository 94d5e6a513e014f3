#include "services/clustered/host.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/runtime/paced_clock.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

constexpr int kServerThreads = 2;

}  // namespace

void AddHostFlags(CLI::App& app, const std::string& listen, bool takes_tokens, HostFlags* flags) {
  flags->listen = listen;
  app.add_option("--data-dir", flags->data_dir,
                 "Folder of this process alone; what is in it is rebuilt from the log when lost")
      ->type_name("D");
  app.add_option("--listen", flags->listen, "Address and port; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--instance", flags->instance,
                 "Names this process; give each its own and keep it over restarts. Default: host "
                 "name and process id")
      ->type_name("NAME");
  if (takes_tokens) {
    app.add_option("--tokens", flags->tokens,
                   "File of hashed bearer tokens; without it only this machine may call")
        ->type_name("FILE");
  }
  // Of use to demonstrations alone, hence in no help text.
  app.add_option("--demo-clock", flags->demo_clock)->group("");
}

absl::StatusOr<std::unique_ptr<ClockSource>> OpenClock(const HostFlags& flags) {
  if (flags.demo_clock.empty()) return std::make_unique<SystemClock>();
  logging::Warning("a demonstration's clock: nothing here happens at the time it says");
  return PacedClock::Open(flags.demo_clock);
}

std::string InstanceOf(const HostFlags& flags) {
  if (!flags.instance.empty()) return flags.instance;
  char host[256] = "host";
  (void)gethostname(host, sizeof host - 1);
  return absl::StrCat(host, "-", getpid());
}

absl::Status Host::Start(const HostFlags& flags, std::vector<http::Route> routes,
                         NotReady not_ready) {
  http::ServerOptions options;
  if (!ReadListen(flags.listen, &options.address, &options.port)) {
    return absl::InvalidArgumentError("--listen is ADDRESS:PORT, for example 127.0.0.1:8480");
  }
  bool asks = false;
  for (const http::Route& route : routes) asks = asks || route.needs_token;
  if (!flags.tokens.empty()) {
    LM_ASSIGN_OR_RETURN(auto tokens, TokenFile::Load(flags.tokens));
    options.tokens = std::make_shared<TokenFile>(std::move(tokens));
  } else if (asks) {
    logging::Warning("started without --tokens: everybody on this machine may do everything");
    options.anonymous.id = "anonymous";
    options.anonymous.role = lastmeter::common::v1::ROLE_STAFF;
    options.anonymous.tier = lastmeter::common::v1::TIER_DISTRICT;
  } else {
    // Nobody is asked who he is where nothing but health is told; no token fits an empty file.
    LM_ASSIGN_OR_RETURN(auto nobody, TokenFile::Parse("", "nobody"));
    options.tokens = std::make_shared<TokenFile>(std::move(nobody));
  }
  options.threads = kServerThreads;
  for (auto& route : OperatorRoutes(not_ready, &metrics_)) routes.push_back(std::move(route));
  AddServiceMetrics(
      std::move(not_ready), [this]() -> const http::Server& { return *server_; }, &metrics_);
  const std::string address = options.address;
  LM_ASSIGN_OR_RETURN(server_, http::Server::Start(std::move(options), std::move(routes)));
  url_ = UrlOf(address, server_->port());
  return absl::OkStatus();
}

void Host::Stop(Millis grace) {
  if (server_ != nullptr) server_->Stop(static_cast<int>(grace.ms));
}

}  // namespace lastmeter
