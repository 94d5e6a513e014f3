// lastmeter-check: walks a log of record and reports every rule that it breaks.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_log.h"
#include "engine/log_kafka/kafka_settings.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "tools/check/log_check.h"
#include "tools/check/rules.h"
#include "tools/check/verdict_text.h"

namespace lastmeter {
namespace {

constexpr int kOk = 0;
constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr int kNotClean = 3;
constexpr int kUnavailable = 69;
constexpr int kNotAllowed = 77;
constexpr int kBadConfiguration = 78;

constexpr char kFooter[] = R"(
The log is opened read-only and nobody's writer is disturbed, so this also works beside running
servers; it is then judged as it was at that moment. The judge shares no code with the engine that
wrote the log.

Exit codes: 0 clean, 1 failure, 2 usage, 3 findings or a damaged log, 69 cannot be read just now,
77 not allowed to read it, 78 no log there or a wrong setting.

Examples:
  lastmeter-check --data-dir /var/lib/lastmeter
  lastmeter-check --data-dir D --partition 2 --json
  lastmeter-check --brokers kafka-1:9092,kafka-2:9092 --kafka-config /etc/lastmeter/kafka.properties
  lastmeter-check --list-rules)";

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kOutOfRange:
      return kNotClean;
    case absl::StatusCode::kPermissionDenied:
      return kNotAllowed;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
      return kBadConfiguration;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return kUnavailable;
    default:
      return kFailure;
  }
}

int Complain(const std::string& what, const absl::Status& status) {
  std::fprintf(stderr, "lastmeter-check: %s: %.*s\n", what.c_str(),
               static_cast<int>(status.message().size()), status.message().data());
  return ExitCodeOf(status);
}

// One line on the terminal, renewed in place while a long log is walked.
class ProgressLine {
 public:
  ProgressLine(const CheckProgress& progress, uint64_t total, bool on) {
    if (!on) return;
    thread_ = std::jthread([this, &progress, total](std::stop_token stop) {
      const auto start = std::chrono::steady_clock::now();
      std::unique_lock lock(mutex_);
      while (!wake_.wait_for(lock, stop, std::chrono::milliseconds(500),
                             [&] { return stop.stop_requested(); })) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        const uint64_t records = progress.records;
        std::fprintf(stderr, "\r%llu of %llu records (%.0f %%), %.0f a second \x1b[K",
                     static_cast<unsigned long long>(records),
                     static_cast<unsigned long long>(total),
                     total == 0 ? 100.0 : 100.0 * static_cast<double>(records) / total,
                     static_cast<double>(records) / passed.count());
        shown_ = true;
      }
      if (shown_) std::fprintf(stderr, "\r\x1b[K");
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool shown_ = false;
  std::jthread thread_;
};

struct Place {
  std::string data_dir;
  std::string witness;
  KafkaSettings kafka;
  bool deep = false;

  const std::string& name() const { return data_dir.empty() ? kafka.brokers : data_dir; }
};

void AddPlace(CLI::App& app, Place& place) {
  app.add_option("--data-dir", place.data_dir,
                 "Data folder of the installation; its log is in <D>/log")
      ->type_name("D")
      ->envname("LASTMETER_DATA_DIR");
  app.add_option("--witness", place.witness, "Tail witness of the log, when it is not in <D>/log")
      ->type_name("FILE")
      ->envname("LASTMETER_WITNESS");
  app.add_flag("--deep", place.deep, "First compare the checksums of every file in <D>/log");
  app.add_option("--brokers", place.kafka.brokers, "Kafka instead: host:port, comma-separated")
      ->type_name("B")
      ->envname("LASTMETER_BROKERS");
  app.add_option("--topic-prefix", place.kafka.topic_prefix, "Stands before the topics' names")
      ->type_name("P")
      ->envname("LASTMETER_TOPIC_PREFIX");
  app.add_option("--kafka", place.kafka.properties, "A property of librdkafka; repeatable")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--kafka-config", place.kafka.properties_file,
                 "File of such lines; for secrets, which others see on a command line")
      ->type_name("FILE")
      ->envname("LASTMETER_KAFKA_CONFIG");
}

absl::StatusOr<OpenedLog> OpenKafka(const Place& place) {
  if (place.deep) {
    return absl::InvalidArgumentError(
        "--deep is for the embedded log: brokers check what they "
        "send themselves");
  }
  LM_ASSIGN_OR_RETURN(auto properties, KafkaProperties(place.kafka));
  LM_ASSIGN_OR_RETURN(auto log, KafkaLog::Open({.brokers = place.kafka.brokers,
                                                .topic_prefix = place.kafka.topic_prefix,
                                                .properties = std::move(properties)}));
  OpenedLog opened;
  opened.extent = [kafka = log.get()](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    LM_ASSIGN_OR_RETURN(const auto extent, kafka->ExtentOf(tp));
    return LogExtent{extent.begin, extent.end};
  };
  opened.live = true;
  opened.topic_prefix = place.kafka.topic_prefix;
  opened.position_word = "offset";
  opened.log = std::move(log);
  return opened;
}

absl::StatusOr<OpenedLog> OpenEmbedded(const Place& place) {
  RocksdbLog::Options options;
  options.dir = place.data_dir + "/log";
  options.witness_path = place.witness;
  options.create_if_missing = false;
  options.read_only = true;
  LM_ASSIGN_OR_RETURN(auto log, RocksdbLog::Open(std::move(options)));
  if (place.deep) LM_RETURN_IF_ERROR(log->VerifyChecksums());
  OpenedLog opened;
  opened.warnings = log->warnings();
  opened.extent = [embedded = log.get()](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    return LogExtent{embedded->Begin(tp), embedded->End(tp)};
  };
  opened.log = std::move(log);
  return opened;
}

int Main(int argc, char** argv) {
  Place place;
  std::vector<uint32_t> chosen;
  bool json = false;
  bool quiet = false;
  bool to_now = false;
  bool list_rules = false;
  size_t most = 100;

  CLI::App app{"Walks lastmeter's log of record and reports every rule that it breaks.",
               "lastmeter-check"};
  app.footer(kFooter);
  app.set_version_flag("--version", "lastmeter-check " LASTMETER_VERSION);
  AddPlace(app, place);
  app.add_option("--partition", chosen, "Only this partition; may be given several times")
      ->type_name("N");
  app.add_flag("--to-now", to_now,
               "The log's writer was alive at its last record: what fell due before must have "
               "fired");
  app.add_option("--max-findings", most, "Findings told; the rest is counted")
      ->capture_default_str();
  app.add_flag("--json", json, "One JSON document instead of text");
  app.add_flag("--quiet", quiet, "Print nothing when the log is clean");
  app.add_flag("--list-rules", list_rules, "Print every rule and exit");
  try {
    app.parse(argc, argv);
    if (!list_rules && place.data_dir.empty() == place.kafka.brokers.empty()) {
      throw CLI::ValidationError("give --data-dir D or --brokers B, one of them");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  if (list_rules) {
    for (const rule::Rule& one : rule::AllRules()) {
      std::printf("%-18s %s\n", std::string(one.name).c_str(), std::string(one.text).c_str());
    }
    return kOk;
  }

  auto opened = place.data_dir.empty() ? OpenKafka(place) : OpenEmbedded(place);
  if (!opened.ok()) return Complain(place.name(), opened.status());
  for (const std::string& warning : opened->warnings) {
    std::fprintf(stderr, "lastmeter-check: %s\n", warning.c_str());
  }

  const uint32_t count = opened->log->identity().partition_count;
  std::vector<PartitionId> partitions;
  if (chosen.empty()) {
    for (uint32_t i = 0; i < count; ++i) chosen.push_back(i);
  }
  uint64_t total = 0;
  for (uint32_t one : chosen) {
    if (one >= count) {
      std::fprintf(stderr, "lastmeter-check: there is no partition %u; the log has %u\n", one,
                   count);
      return kUsage;
    }
    partitions.push_back({one});
    const auto extent = opened->extent({Topic::kEvent, {one}});
    if (!extent.ok()) return Complain(place.name(), extent.status());
    total += static_cast<uint64_t>(extent->end.value - extent->begin.value);
  }

  CheckProgress progress;
  std::vector<PartitionVerdict> verdicts;
  {
    const ProgressLine line(progress, total, !json && !quiet && isatty(STDERR_FILENO) != 0);
    verdicts =
        CheckLog(*opened, partitions, {.log_is_complete_to_now = to_now, .max_findings = most},
                 std::thread::hardware_concurrency(), &progress);
  }
  const bool clean = IsClean(verdicts);
  if (!clean || !quiet) {
    const std::string text = json ? VerdictJson(verdicts, most) : VerdictText(verdicts, most);
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  if (clean) return kOk;
  // Findings outweigh a partition that could not be read; without findings the error says more.
  for (const auto& verdict : verdicts) {
    if (!verdict.judge.clean()) return kNotClean;
  }
  for (const auto& verdict : verdicts) {
    if (!verdict.read.ok()) return ExitCodeOf(verdict.read);
  }
  return kOk;
}

}  // namespace
}  // namespace lastmeter

int main(int argc, char** argv) { return lastmeter::Main(argc, argv); }
