// `lastmeter-gateway`: takes reports and commands over HTTP and puts them durably into Kafka's
// input topics. Keeps a view of its own, by which it answers ?wait= and knows a repeated request,
// and from which it answers the reading half too: what a caller was told here, it finds here.
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "engine/base/status.h"
#include "engine/core/rules_view.h"
#include "services/clustered/host.h"
#include "services/clustered/kafka_flags.h"
#include "services/clustered/read_side.h"
#include "services/common/config.h"
#include "services/common/logging.h"
#include "services/gateway/gateway.h"

namespace lastmeter {
namespace {

constexpr char kProgram[] = "lastmeter-gateway";

struct Flags {
  KafkaSettings kafka;
  HostFlags host;
  double rate_limit = 2000;
  bool allow_unsealed = false;
};

class GatewayService final : public Service {
 public:
  explicit GatewayService(const Flags& flags) : flags_(flags) {}
  ~GatewayService() override { Stop(Seconds(10)); }

  absl::Status Start();

  std::string url() const override { return host_.url(); }
  std::vector<std::string> NotReady() const override { return WhyBehind(*query_); }
  absl::Status fatal() const override { return absl::OkStatus(); }
  void Stop(Millis grace) override;

 private:
  const Flags& flags_;
  // In the order in which each may use the ones before.
  std::unique_ptr<ClockSource> clock_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<query::Query> query_;
  std::unique_ptr<gateway::Gateway> gateway_;
  Host host_;
  bool stopped_ = false;
};

absl::Status GatewayService::Start() {
  LM_ASSIGN_OR_RETURN(clock_, OpenClock(flags_.host));
  LM_ASSIGN_OR_RETURN(const KafkaLog::Options kafka, KafkaOptions(flags_.kafka));
  LM_ASSIGN_OR_RETURN(log_, OpenKafkaLog(kafka));
  const auto now = [this] { return clock_->Wall(); };
  LM_ASSIGN_OR_RETURN(query_, OpenReadSide(log_.get(), flags_.host.data_dir, now));
  gateway::GatewayOptions options;
  options.log = log_.get();
  options.outcomes = query_.get();
  options.now = now;
  options.check_rules = DescribeRulesProblems;
  options.allow_unsealed = flags_.allow_unsealed;
  options.rate_limit_per_s = flags_.rate_limit;
  LM_ASSIGN_OR_RETURN(gateway_, gateway::Gateway::Create(std::move(options)));
  gateway_->AddMetrics(&host_.metrics());
  query_->AddMetrics(&host_.metrics());
  std::vector<http::Route> routes = gateway_->Routes();
  for (auto& route : query_->Routes()) routes.push_back(std::move(route));
  LM_RETURN_IF_ERROR(host_.Start(flags_.host, std::move(routes), [this] { return NotReady(); }));
  query_->Start();
  return absl::OkStatus();
}

void GatewayService::Stop(Millis grace) {
  if (std::exchange(stopped_, true)) return;
  if (query_ != nullptr) query_->CloseStreams();
  // What was asked before is still answered while the server lets it finish.
  host_.Stop(grace);
  if (query_ != nullptr) query_->Stop();
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Takes reports and commands over HTTP and puts them durably into Kafka: 202 means that the "
      "brokers have it. Answers the reading half of the interface as well.",
      kProgram);
  Flags flags;
  AddKafkaFlags(app, &flags.kafka);
  AddHostFlags(app, "127.0.0.1:8480", true, &flags.host);
  app.add_option("--rate-limit", flags.rate_limit, "Requests a second and caller; 0: no limit")
      ->capture_default_str();
  app.add_flag("--allow-unsealed", flags.allow_unsealed,
               "Store personal data as it comes. For invented data only");
  if (const auto exit = ParseSettings(app, {.program = kProgram}, argc, argv)) return *exit;
  // Before any thread is started, so that all of them leave the signals alone.
  Shutdown shutdown;
  logging::Init({.program = kProgram});
  if (flags.allow_unsealed) {
    logging::Warning("started with --allow-unsealed: personal data is stored as it comes");
  }
  GatewayService service(flags);
  if (absl::Status status = service.Start(); !status.ok()) return FailWith(kProgram, status);
  return ServeUntilTold(kProgram, service, shutdown);
}

}  // namespace
}  // namespace lastmeter

int main(int argc, char** argv) { return lastmeter::Main(argc, argv); }
