#include "services/standalone/standalone.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/core/rules_view.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "engine/runtime/clock_source.h"
#include "services/common/http.h"
#include "services/common/logging.h"
#include "services/common/metrics.h"
#include "services/escalator/escalator.h"
#include "services/escalator_rocksdb/data_folder.h"
#include "services/gateway/gateway.h"
#include "services/query/query.h"
#include "services/query_rocksdb/view_rocksdb.h"
#include "services/standalone/rules_installer.h"

namespace lastmeter {
namespace {

constexpr int kServerThreads = 2;

absl::Status CheckRules(const lastmeter::rules::v1::Rules& rules) {
  const auto problems = DescribeRulesProblems(rules);
  if (problems.empty()) return absl::OkStatus();
  std::string text = "the rules have faults:";
  for (const std::string& problem : problems) absl::StrAppend(&text, "\n  ", problem);
  return absl::InvalidArgumentError(text);
}

class StandaloneImpl : public Standalone {
 public:
  explicit StandaloneImpl(StandaloneOptions options) : options_(std::move(options)) {
    clock_ = options_.clock == nullptr ? &system_clock_ : options_.clock;
  }
  ~StandaloneImpl() override { Stop(Seconds(10)); }

  absl::Status Begin();

  uint16_t port() const override { return server_->port(); }
  std::string url() const override { return UrlOf(options_.address, port()); }
  std::vector<std::pair<std::string, std::string>> Routes() const override { return served_; }
  std::vector<std::string> NotReady() const override;
  bool WaitReady(Millis at_most) const override;
  absl::Status fatal() const override {
    if (const absl::Status engine = escalator_->fatal(); !engine.ok()) return engine;
    std::lock_guard lock(mutex_);
    return fatal_;
  }
  void Stop(Millis grace) override;

 private:
  absl::Status OpenLog();
  void MakeEscalator();
  absl::Status OpenServices();
  absl::Status StartServer();
  void AddMetrics();
  bool AwaitsRules() const;
  void SetFatal(const absl::Status& status);

  StandaloneOptions options_;
  SystemClock system_clock_;
  ClockSource* clock_ = nullptr;

  mutable std::mutex mutex_;
  absl::Status fatal_;
  std::atomic<bool> stopped_{false};
  std::vector<std::pair<std::string, std::string>> served_;

  // In the order in which each may use the ones before.
  std::unique_ptr<RocksdbLog> log_;
  std::unique_ptr<Escalator> escalator_;
  std::unique_ptr<query::Query> query_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<RulesInstaller> installer_;
  Metrics metrics_;
  std::unique_ptr<http::Server> server_;
};

absl::Status StandaloneImpl::Begin() {
  if (options_.data_dir.empty()) return absl::InvalidArgumentError("no data folder given");
  if (options_.partitions == 0 || options_.partitions > 256) {
    return absl::InvalidArgumentError("partitions must be 1 to 256");
  }
  if (options_.rules) LM_RETURN_IF_ERROR(CheckRules(*options_.rules));
  LM_RETURN_IF_ERROR(MakeDataFolder(options_.data_dir, {"log", "store", "guard"}));
  LM_RETURN_IF_ERROR(OpenLog());
  MakeEscalator();
  LM_RETURN_IF_ERROR(OpenServices());
  AddMetrics();
  // The address is taken before anything is decided: a second server must not do half the work.
  LM_RETURN_IF_ERROR(StartServer());
  query_->Start();
  std::vector<PartitionId> all;
  for (uint32_t p = 0; p < options_.partitions; ++p) all.push_back(PartitionId{p});
  LM_RETURN_IF_ERROR(escalator_->Own(all));
  if (installer_ != nullptr) installer_->Start();
  return absl::OkStatus();
}

absl::Status StandaloneImpl::OpenLog() {
  RocksdbLog::Options options;
  options.dir = options_.data_dir + "/log";
  options.witness_path = options_.witness_path;
  options.partition_count = options_.partitions;
  options.clock = [this] { return clock_->Wall(); };
  LM_ASSIGN_OR_RETURN(log_, RocksdbLog::Open(std::move(options)));
  for (const std::string& warning : log_->warnings()) logging::Warning(warning);
  return absl::OkStatus();
}

void StandaloneImpl::MakeEscalator() {
  EscalatorOptions options;
  options.log = log_.get();
  options.clock = clock_;
  options.instance = options_.instance;
  options.open_store = [this](PartitionId partition) {
    return OpenPartitionStore(options_.data_dir, partition);
  };
  options.open_guard = [this](PartitionId partition) {
    return OpenPartitionGuard(options_.data_dir, partition);
  };
  escalator_ = std::make_unique<Escalator>(std::move(options));
}

absl::Status StandaloneImpl::OpenServices() {
  const auto now = [this] { return clock_->Wall(); };
  const std::string view_dir = options_.data_dir + "/query";
  LM_ASSIGN_OR_RETURN(
      query_,
      query::Query::Open(
          {.log = log_.get(),
           .open_store = [view_dir](bool anew) { return query::OpenRocksdbView(view_dir, anew); },
           .now = now}));
  gateway::GatewayOptions gateway;
  gateway.log = log_.get();
  gateway.outcomes = query_.get();
  gateway.now = now;
  gateway.oldest_unread_age = [this] { return escalator_->oldest_unread_age(); };
  gateway.awaits_rules = [this] { return AwaitsRules(); };
  gateway.check_rules = DescribeRulesProblems;
  gateway.allow_unsealed = options_.allow_unsealed;
  gateway.rate_limit_per_s = options_.rate_limit_per_s;
  LM_ASSIGN_OR_RETURN(gateway_, gateway::Gateway::Create(std::move(gateway)));
  if (!options_.rules) return absl::OkStatus();
  RulesInstaller::Options installer;
  installer.rules = *options_.rules;
  installer.log = log_.get();
  installer.query = query_.get();
  installer.now = now;
  installer.on_refused = [this](const absl::Status& status) { SetFatal(status); };
  LM_ASSIGN_OR_RETURN(installer_, RulesInstaller::Create(std::move(installer)));
  return absl::OkStatus();
}

absl::Status StandaloneImpl::StartServer() {
  std::vector<http::Route> routes = gateway_->Routes();
  for (auto& route : query_->Routes()) routes.push_back(std::move(route));
  for (auto& route : OperatorRoutes([this] { return NotReady(); }, &metrics_)) {
    routes.push_back(std::move(route));
  }
  for (const auto& route : routes) served_.emplace_back(route.method, route.pattern);
  http::ServerOptions options;
  options.address = options_.address;
  options.port = options_.port;
  options.threads = kServerThreads;
  options.tokens = options_.tokens;
  options.anonymous = options_.anonymous;
  LM_ASSIGN_OR_RETURN(server_, http::Server::Start(std::move(options), std::move(routes)));
  return absl::OkStatus();
}

void StandaloneImpl::AddMetrics() {
  escalator_->AddMetrics(&metrics_);
  gateway_->AddMetrics(&metrics_);
  query_->AddMetrics(&metrics_);
  AddServiceMetrics([this] { return NotReady(); },
                    [this]() -> const http::Server& { return *server_; }, &metrics_);
}

bool StandaloneImpl::AwaitsRules() const {
  if (installer_ == nullptr || installer_->done()) return false;
  for (uint32_t p = 0; p < options_.partitions; ++p) {
    const auto row = query_->view().FindRules(PartitionId{p});
    if (!row.ok() || !*row) return true;
  }
  // Others are in force until the new ones are.
  return false;
}

void StandaloneImpl::SetFatal(const absl::Status& status) {
  logging::Error("stopped for good", {{"why", ToStd(status.message())}});
  std::lock_guard lock(mutex_);
  if (fatal_.ok()) fatal_ = status;
}

std::vector<std::string> StandaloneImpl::NotReady() const {
  std::vector<std::string> reasons = escalator_->NotReady();
  if (const absl::Status log = log_->health(); !log.ok()) {
    reasons.push_back(absl::StrCat("the log cannot be written: ", log.message()));
  }
  if (const absl::Status view = query_->health(); !view.ok()) {
    reasons.push_back(absl::StrCat("the read side does not follow: ", view.message()));
  }
  if (installer_ != nullptr && !installer_->done()) {
    reasons.push_back("the rules given at the start are not installed yet");
  }
  std::lock_guard lock(mutex_);
  if (!fatal_.ok()) reasons.push_back(absl::StrCat("stopped for good: ", fatal_.message()));
  return reasons;
}

bool StandaloneImpl::WaitReady(Millis at_most) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(at_most.ms);
  while (!NotReady().empty()) {
    if (std::chrono::steady_clock::now() >= deadline || !fatal().ok()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

void StandaloneImpl::Stop(Millis grace) {
  if (stopped_.exchange(true)) return;
  if (installer_ != nullptr) installer_->Stop();
  if (query_ != nullptr) query_->CloseStreams();
  // What was asked before is still decided and answered while the server lets it finish.
  if (server_ != nullptr) server_->Stop(static_cast<int>(grace.ms));
  if (escalator_ != nullptr) escalator_->Stop();
  if (query_ != nullptr) query_->Stop();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Standalone>> Standalone::Start(StandaloneOptions options) {
  auto standalone = std::make_unique<StandaloneImpl>(std::move(options));
  LM_RETURN_IF_ERROR(standalone->Begin());
  return std::unique_ptr<Standalone>(std::move(standalone));
}

}  // namespace lastmeter
