// `lastmeter-escalator`: decides. Owns partitions, by a list or by its share in a consumer group,
// each fenced on Kafka's event topic, and keeps their state in RocksDB as a cache.
#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/log_kafka/membership.h"
#include "services/clustered/host.h"
#include "services/clustered/kafka_flags.h"
#include "services/common/cloud_events.h"
#include "services/common/config.h"
#include "services/common/exit_codes.h"
#include "services/common/logging.h"
#include "services/escalator/escalator.h"
#include "services/escalator_rocksdb/data_folder.h"

namespace lastmeter {
namespace {

constexpr char kProgram[] = "lastmeter-escalator";
// Opening a partition takes a second or two.
constexpr Millis kSuccessorWithin = Seconds(5);

struct Flags {
  KafkaSettings kafka;
  HostFlags host;
  std::vector<uint32_t> partitions;
  std::string group = "lastmeter-escalator";
  int64_t session_timeout_s = 10;
  int64_t transaction_timeout_s = 10;
};

// Installations on one cluster have groups of their own, as they have topics.
std::string GroupOf(const Flags& flags) { return flags.kafka.topic_prefix + flags.group; }

class EscalatorService final : public Service {
 public:
  explicit EscalatorService(const Flags& flags) : flags_(flags) {}
  ~EscalatorService() override { Stop(Seconds(10)); }

  absl::Status Start();

  std::string url() const override { return host_.url(); }
  std::vector<std::string> NotReady() const override;
  absl::Status fatal() const override;
  void Tend() override { escalator_->Tend(); }
  void Stop(Millis grace) override;

 private:
  absl::Status OpenLog();
  absl::Status Join();
  absl::Status OwnListed();
  void AddMetrics();
  bool listed() const { return !flags_.partitions.empty(); }

  const Flags& flags_;
  // In the order in which each may use the ones before.
  std::unique_ptr<ClockSource> clock_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<Escalator> escalator_;
  std::unique_ptr<Membership> membership_;
  // The same for the server's threads, which run before it is there.
  std::atomic<const Membership*> member_{nullptr};
  Host host_;
  bool stopped_ = false;
};

absl::Status EscalatorService::OpenLog() {
  LM_ASSIGN_OR_RETURN(KafkaLog::Options options, KafkaOptions(flags_.kafka));
  options.headers_of = [](std::string_view record) { return CloudEventHeaders(record); };
  options.transaction_timeout = Seconds(flags_.transaction_timeout_s);
  LM_ASSIGN_OR_RETURN(log_, OpenKafkaLog(options));
  return absl::OkStatus();
}

absl::Status EscalatorService::Start() {
  const std::string& data_dir = flags_.host.data_dir;
  if (data_dir.empty()) return absl::InvalidArgumentError("give a folder of its own: --data-dir D");
  LM_ASSIGN_OR_RETURN(clock_, OpenClock(flags_.host));
  LM_RETURN_IF_ERROR(MakeDataFolder(data_dir, {"store", "guard"}));
  LM_RETURN_IF_ERROR(OpenLog());
  EscalatorOptions options;
  options.log = log_.get();
  options.clock = clock_.get();
  options.instance = InstanceOf(flags_.host);
  options.open_store = [data_dir](PartitionId p) { return OpenPartitionStore(data_dir, p); };
  options.open_guard = [data_dir](PartitionId p) { return OpenPartitionGuard(data_dir, p); };
  options.yields = !listed();
  options.successor_within = kSuccessorWithin;
  escalator_ = std::make_unique<Escalator>(std::move(options));
  AddMetrics();
  LM_RETURN_IF_ERROR(host_.Start(flags_.host, {}, [this] { return NotReady(); }));
  return listed() ? OwnListed() : Join();
}

absl::Status EscalatorService::OwnListed() {
  const uint32_t count = log_->identity().partition_count;
  std::vector<PartitionId> partitions;
  for (const uint32_t p : flags_.partitions) {
    if (p >= count) {
      return absl::InvalidArgumentError(
          absl::StrCat("--partitions: there is no partition ", p, "; the topics have ", count));
    }
    partitions.push_back(PartitionId{p});
  }
  return escalator_->Own(partitions);
}

absl::Status EscalatorService::Join() {
  Membership::Options options;
  options.brokers = flags_.kafka.brokers;
  options.topic_prefix = flags_.kafka.topic_prefix;
  LM_ASSIGN_OR_RETURN(options.properties, KafkaProperties(flags_.kafka));
  options.group = GroupOf(flags_);
  options.instance = InstanceOf(flags_.host);
  options.session_timeout = Seconds(flags_.session_timeout_s);
  options.on_change = [this](const std::vector<PartitionId>& owned) {
    std::string text;
    for (const PartitionId p : owned) absl::StrAppend(&text, text.empty() ? "" : ",", p.value);
    logging::Info("the group gave out partitions", {{"owned", text}});
    if (absl::Status status = escalator_->Own(owned); !status.ok()) {
      logging::Error("a partition cannot be begun", {{"why", ToStd(status.message())}});
    }
  };
  options.on_fatal = [](const absl::Status& status) {
    logging::Error("the group is left for good", {{"why", ToStd(status.message())}});
  };
  LM_ASSIGN_OR_RETURN(membership_, Membership::Join(std::move(options)));
  member_ = membership_.get();
  return absl::OkStatus();
}

std::vector<std::string> EscalatorService::NotReady() const {
  std::vector<std::string> reasons = escalator_->NotReady();
  const Membership* const member = member_;
  if (member == nullptr) {
    if (!listed()) reasons.push_back("the group is not joined yet");
    return reasons;
  }
  const MembershipStatus status = member->status();
  if (!status.joined) {
    reasons.push_back(absl::StrCat("not in the group ", GroupOf(flags_),
                                   status.last_error.ok() ? "" : ": ",
                                   status.last_error.message()));
  }
  return reasons;
}

absl::Status EscalatorService::fatal() const {
  if (absl::Status status = escalator_->fatal(); !status.ok()) return status;
  const Membership* const member = member_;
  return member == nullptr ? absl::OkStatus() : member->status().fatal;
}

void EscalatorService::AddMetrics() {
  escalator_->AddMetrics(&host_.metrics());
  host_.metrics().Sample("lastmeter_group_joined",
                         "1 while this process is a member of the group of engines", [this] {
                           const Membership* const member = member_;
                           return member != nullptr && member->status().joined ? 1.0 : 0.0;
                         });
  host_.metrics().SampleCounter(
      "lastmeter_group_rebalances_total", "Assignments that the group has made to this process",
      [this] {
        const Membership* const member = member_;
        return member == nullptr ? 0.0 : static_cast<double>(member->status().rebalances);
      });
}

void EscalatorService::Stop(Millis grace) {
  if (std::exchange(stopped_, true)) return;
  // Lets go of all partitions on the way, so that the others take over at once.
  if (membership_ != nullptr) membership_->Leave();
  if (escalator_ != nullptr) escalator_->Stop();
  host_.Stop(grace);
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Decides: applies the rules to what the input topics bring, and climbs the tiers while "
      "nobody "
      "answers. As many as needed; each partition has one owner.",
      kProgram);
  Flags flags;
  AddKafkaFlags(app, &flags.kafka);
  AddHostFlags(app, "127.0.0.1:8482", false, &flags.host);
  app.add_option("--partitions", flags.partitions,
                 "Owns just these, for example 0,1; without it the group shares them out")
      ->delimiter(',')
      ->type_name("N,N");
  app.add_option(
         "--group", flags.group,
         "Consumer group of the engines that share the partitions; the topics' prefix is put "
         "before it")
      ->capture_default_str();
  app.add_option("--session-timeout", flags.session_timeout_s,
                 "Seconds without a sign of life after which the group gives partitions away")
      ->capture_default_str()
      ->check(CLI::Range(1, 300));
  app.add_option("--transaction-timeout", flags.transaction_timeout_s,
                 "Seconds after which the brokers abort what a stalled owner left unfinished")
      ->capture_default_str()
      ->check(CLI::Range(1, 300));
  app.footer(
      "\nEnds with 75 when another process owns a partition of its list, or joined the group under "
      "its name.");
  if (const auto exit = ParseSettings(app, {.program = kProgram}, argc, argv)) return *exit;
  // Before any thread is started, so that all of them leave the signals alone.
  Shutdown shutdown;
  logging::Init({.program = kProgram});
  EscalatorService service(flags);
  if (absl::Status status = service.Start(); !status.ok()) return FailWith(kProgram, status);
  return ServeUntilTold(kProgram, service, shutdown);
}

}  // namespace
}  // namespace lastmeter

int main(int argc, char** argv) { return lastmeter::Main(argc, argv); }
