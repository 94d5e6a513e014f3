// `lastmeter-query`: folds the event log into rows of its own and answers the read side of the HTTP
// interface. May be killed, wiped and started again at any time, and run as often as needed.
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "engine/base/status.h"
#include "services/clustered/host.h"
#include "services/clustered/kafka_flags.h"
#include "services/clustered/read_side.h"
#include "services/common/config.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

constexpr char kProgram[] = "lastmeter-query";

struct Flags {
  KafkaSettings kafka;
  HostFlags host;
};

class QueryService final : public Service {
 public:
  explicit QueryService(const Flags& flags) : flags_(flags) {}
  ~QueryService() override { Stop(Seconds(10)); }

  absl::Status Start() {
    LM_ASSIGN_OR_RETURN(clock_, OpenClock(flags_.host));
    LM_ASSIGN_OR_RETURN(const KafkaLog::Options kafka, KafkaOptions(flags_.kafka));
    LM_ASSIGN_OR_RETURN(log_, OpenKafkaLog(kafka));
    LM_ASSIGN_OR_RETURN(
        query_, OpenReadSide(log_.get(), flags_.host.data_dir, [this] { return clock_->Wall(); }));
    query_->AddMetrics(&host_.metrics());
    LM_RETURN_IF_ERROR(host_.Start(flags_.host, query_->Routes(), [this] { return NotReady(); }));
    query_->Start();
    return absl::OkStatus();
  }

  std::string url() const override { return host_.url(); }
  std::vector<std::string> NotReady() const override { return WhyBehind(*query_); }
  absl::Status fatal() const override { return absl::OkStatus(); }
  void Stop(Millis grace) override {
    if (std::exchange(stopped_, true)) return;
    if (query_ != nullptr) query_->CloseStreams();
    host_.Stop(grace);
    if (query_ != nullptr) query_->Stop();
  }

 private:
  const Flags& flags_;
  // In the order in which each may use the ones before.
  std::unique_ptr<ClockSource> clock_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<query::Query> query_;
  Host host_;
  bool stopped_ = false;
};

int Main(int argc, char** argv) {
  CLI::App app(
      "Answers the reading half of the HTTP interface: cases, histories, events. What it keeps is "
      "folded from Kafka's event log and may be thrown away.",
      kProgram);
  Flags flags;
  AddKafkaFlags(app, &flags.kafka);
  AddHostFlags(app, "127.0.0.1:8481", true, &flags.host);
  if (const auto exit = ParseSettings(app, {.program = kProgram}, argc, argv)) return *exit;
  // Before any thread is started, so that all of them leave the signals alone.
  Shutdown shutdown;
  logging::Init({.program = kProgram});
  QueryService service(flags);
  if (absl::Status status = service.Start(); !status.ok()) return FailWith(kProgram, status);
  return ServeUntilTold(kProgram, service, shutdown);
}

}  // namespace
}  // namespace lastmeter

int main(int argc, char** argv) { return lastmeter::Main(argc, argv); }
