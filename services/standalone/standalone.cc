#include "services/standalone/standalone.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
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
#include "engine/runtime/decide_guard.h"
#include "engine/runtime/runner.h"
#include "engine/store_rocksdb/case_store.h"
#include "services/common/http.h"
#include "services/common/logging.h"
#include "services/common/metrics.h"
#include "services/gateway/gateway.h"
#include "services/query/query.h"
#include "services/query_rocksdb/view_rocksdb.h"
#include "services/standalone/rules_installer.h"

namespace lastmeter {
namespace {

namespace fs = std::filesystem;

// Timers that are so late are called stalled.
constexpr Millis kStalled = Seconds(60);
constexpr int kServerThreads = 2;

absl::Status FolderStatus(const std::error_code& error, const fs::path& path) {
  const std::string text = absl::StrCat(path.string(), ": ", error.message());
  if (error == std::errc::permission_denied || error == std::errc::read_only_file_system) {
    return absl::PermissionDeniedError(text);
  }
  if (error == std::errc::no_space_on_device) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

// Makes one folder. Its parent has to be there: a mistyped path must not become an empty new house.
absl::Status MakeFolder(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  fs::create_directory(path, error);
  if (!error) return absl::OkStatus();
  if (error == std::errc::no_such_file_or_directory) {
    return absl::NotFoundError(
        absl::StrCat(path.string(), ": the folder around it does not exist; make it first"));
  }
  return FolderStatus(error, path);
}

absl::Status CheckRules(const lastmeter::rules::v1::Rules& rules) {
  const auto problems = ValidateRules(rules);
  if (problems.empty()) return absl::OkStatus();
  std::string text = "the rules have faults:";
  for (const auto& p : problems) absl::StrAppend(&text, "\n  ", p.path, ": ", p.reason);
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
  std::string url() const override {
    const bool v6 = options_.address.find(':') != std::string::npos;
    return absl::StrCat("http://", v6 ? "[" : "", options_.address, v6 ? "]" : "", ":", port());
  }
  std::vector<std::pair<std::string, std::string>> Routes() const override { return served_; }
  std::vector<std::string> NotReady() const override;
  bool WaitReady(Millis at_most) const override;
  absl::Status fatal() const override {
    std::lock_guard lock(mutex_);
    return fatal_;
  }
  void Stop(Millis grace) override;

 private:
  absl::Status MakeFolders() const;
  absl::Status OpenLog();
  absl::Status AddRunners();
  absl::Status OpenServices();
  absl::Status StartServer();
  std::vector<http::Route> OperatorRoutes();
  void AddMetrics();
  Millis OldestUnreadAge() const;
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
  std::vector<std::unique_ptr<DecideGuard>> guards_;
  Runtime runtime_;
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
  LM_RETURN_IF_ERROR(MakeFolders());
  LM_RETURN_IF_ERROR(OpenLog());
  LM_RETURN_IF_ERROR(AddRunners());
  LM_RETURN_IF_ERROR(OpenServices());
  AddMetrics();
  // The address is taken before anything is decided: a second server must not do half the work.
  LM_RETURN_IF_ERROR(StartServer());
  query_->Start();
  runtime_.Start();
  if (installer_ != nullptr) installer_->Start();
  return absl::OkStatus();
}

absl::Status StandaloneImpl::MakeFolders() const {
  const fs::path root(options_.data_dir);
  LM_RETURN_IF_ERROR(MakeFolder(root));
  for (const char* name : {"log", "store", "guard"}) LM_RETURN_IF_ERROR(MakeFolder(root / name));
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

absl::Status StandaloneImpl::AddRunners() {
  for (uint32_t p = 0; p < options_.partitions; ++p) {
    LM_ASSIGN_OR_RETURN(auto guard,
                        FileDecideGuard::Open(absl::StrCat(options_.data_dir, "/guard/", p)));
    RunnerOptions options;
    options.partition.partition = PartitionId{p};
    options.partition.instance = options_.instance;
    options.open_store = [folder = absl::StrCat(options_.data_dir, "/store/", p),
                          p]() -> absl::StatusOr<std::unique_ptr<Store>> {
      std::string rebuilt;
      LM_ASSIGN_OR_RETURN(auto store, CaseStore::OpenOrRebuild(folder, {}, &rebuilt));
      if (!rebuilt.empty()) {
        logging::Warning("the store is rebuilt from the log", {{"partition", p}, {"why", rebuilt}});
      }
      return store;
    };
    options.on_given_up = [this](PartitionId partition, const absl::Status& status) {
      SetFatal(Annotate(status, absl::StrCat("partition ", partition.value)));
    };
    options.on_trouble = [](PartitionId partition, const absl::Status& status) {
      logging::Warning("a partition is opened anew",
                       {{"partition", partition.value}, {"why", ToStd(status.message())}});
    };
    runtime_.Add(
        std::make_unique<PartitionRunner>(std::move(options), log_.get(), clock_, guard.get()));
    guards_.push_back(std::move(guard));
  }
  return absl::OkStatus();
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
  gateway.oldest_unread_age = [this] { return OldestUnreadAge(); };
  gateway.check_rules = [](const lastmeter::rules::v1::Rules& rules) {
    std::vector<std::string> problems;
    for (const auto& p : ValidateRules(rules)) {
      problems.push_back(absl::StrCat(p.path, ": ", p.reason));
    }
    return problems;
  };
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
  for (auto& route : OperatorRoutes()) routes.push_back(std::move(route));
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

std::vector<http::Route> StandaloneImpl::OperatorRoutes() {
  using Responder = std::shared_ptr<http::Responder>;
  const auto text = [](int status, std::string body) {
    http::Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
  };
  std::vector<http::Route> routes;
  const auto add = [&routes](const char* path, http::Handler handler) {
    routes.push_back(
        {.method = "GET", .pattern = path, .handler = std::move(handler), .needs_token = false});
  };
  add("/healthz",
      [text](const http::Request&, const Responder& out) { out->Send(text(200, "ok\n")); });
  add("/readyz", [this, text](const http::Request&, const Responder& out) {
    const auto reasons = NotReady();
    if (reasons.empty()) return out->Send(text(200, "ready\n"));
    std::string body;
    for (const std::string& reason : reasons) absl::StrAppend(&body, reason, "\n");
    out->Send(text(503, body));
  });
  add("/metrics", [this](const http::Request&, const Responder& out) {
    http::Response response;
    response.content_type = Metrics::kContentType;
    response.body = metrics_.Render();
    out->Send(std::move(response));
  });
  return routes;
}

void StandaloneImpl::AddMetrics() {
  const auto sum = [this](auto member) {
    return [this, member] {
      double total = 0;
      for (const auto& [partition, status] : runtime_.status()) {
        total += static_cast<double>(status.partition.*member);
      }
      return total;
    };
  };
  metrics_.Sample("lastmeter_open_cases", "Open cases", sum(&PartitionStatus::open_cases));
  metrics_.Sample("lastmeter_timers", "Timers that wait", sum(&PartitionStatus::timers));
  metrics_.SampleCounter("lastmeter_inputs_total", "Inputs decided by this ownership",
                         sum(&PartitionStatus::inputs));
  metrics_.SampleCounter("lastmeter_records_total", "Records appended by this ownership",
                         sum(&PartitionStatus::records));
  metrics_.SampleCounter("lastmeter_timers_fired_total", "Timers fired by this ownership",
                         sum(&PartitionStatus::timers_fired));
  metrics_.SampleCounter("lastmeter_quarantined_total", "Inputs and timers set aside",
                         sum(&PartitionStatus::quarantined));
  metrics_.Sample("lastmeter_ready", "1 when /readyz is green",
                  [this] { return NotReady().empty() ? 1.0 : 0.0; });
  metrics_.Sample("lastmeter_oldest_unread_seconds", "Age of the oldest undecided input",
                  [this] { return static_cast<double>(OldestUnreadAge().ms) / 1000; });
  metrics_.Sample("lastmeter_timer_lag_seconds", "How late the latest timer is", [this] {
    Millis lag;
    for (const auto& [p, status] : runtime_.status()) {
      lag = std::max(lag, status.partition.timer_lag);
    }
    return static_cast<double>(lag.ms) / 1000;
  });
  metrics_.SampleCounter("lastmeter_reports_total", "Reports let in at the door",
                         [this] { return static_cast<double>(gateway_->counters().reports); });
  metrics_.SampleCounter("lastmeter_commands_total", "Commands let in at the door",
                         [this] { return static_cast<double>(gateway_->counters().commands); });
  metrics_.SampleCounter("lastmeter_refused_total", "Requests refused at the door",
                         [this] { return static_cast<double>(gateway_->counters().refused_rate); },
                         {{"reason", "rate"}});
  metrics_.SampleCounter(
      "lastmeter_refused_total", "Requests refused at the door",
      [this] { return static_cast<double>(gateway_->counters().refused_overload); },
      {{"reason", "overload"}});
  metrics_.SampleCounter("lastmeter_view_records_total", "Records folded by the read side",
                         [this] { return static_cast<double>(query_->records_folded()); });
  metrics_.Sample("lastmeter_event_listeners", "Streams of events that are open",
                  [this] { return static_cast<double>(query_->listeners()); });
  metrics_.SampleCounter("lastmeter_http_requests_total", "HTTP requests",
                         [this] { return static_cast<double>(server_->counters().requests); });
  metrics_.Sample("lastmeter_http_connections", "Open HTTP connections",
                  [this] { return static_cast<double>(server_->counters().connections); });
}

Millis StandaloneImpl::OldestUnreadAge() const {
  Millis age;
  for (const auto& [partition, status] : runtime_.status()) {
    age = std::max(age, status.partition.backlog_age);
  }
  // A demonstration's clock runs faster than the callers' patience.
  return clock_->RealTime(age);
}

void StandaloneImpl::SetFatal(const absl::Status& status) {
  logging::Error("stopped for good", {{"why", ToStd(status.message())}});
  std::lock_guard lock(mutex_);
  if (fatal_.ok()) fatal_ = status;
}

std::vector<std::string> StandaloneImpl::NotReady() const {
  std::vector<std::string> reasons;
  for (const auto& [partition, status] : runtime_.status()) {
    const std::string name = absl::StrCat("partition ", partition.value);
    if (status.state != RunnerStatus::State::kRunning) {
      const absl::Status& why = status.state == RunnerStatus::State::kHeld
                                    ? status.partition.trouble
                                    : status.last_failure;
      reasons.push_back(absl::StrCat(name, " is ", ToAbsl(ToString(status.state)),
                                     why.ok() ? "" : ": ", why.message()));
    } else if (!status.partition.trouble.ok()) {
      reasons.push_back(absl::StrCat(name, ": ", status.partition.trouble.message()));
    } else if (clock_->RealTime(status.partition.timer_lag) > kStalled) {
      reasons.push_back(absl::StrCat(name, ": timers are stalled, the earliest is ",
                                     status.partition.timer_lag.ms / 1000, " s late"));
    }
  }
  if (const absl::Status log = log_->health(); !log.ok()) {
    reasons.push_back(absl::StrCat("the log cannot be written: ", log.message()));
  }
  if (const absl::Status view = query_->health(); !view.ok()) {
    reasons.push_back(absl::StrCat("the read side does not follow: ", view.message()));
  }
  if (installer_ != nullptr && !installer_->done()) {
    reasons.push_back("the rules given at the start are not installed yet");
  }
  if (const absl::Status status = fatal(); !status.ok()) {
    reasons.push_back(absl::StrCat("stopped for good: ", status.message()));
  }
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
  runtime_.Stop();
  if (query_ != nullptr) query_->Stop();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Standalone>> Standalone::Start(StandaloneOptions options) {
  auto standalone = std::make_unique<StandaloneImpl>(std::move(options));
  LM_RETURN_IF_ERROR(standalone->Begin());
  return std::unique_ptr<Standalone>(std::move(standalone));
}

}  // namespace lastmeter
