#include "services/clustered/kafka_flags.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/base/status.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

constexpr auto kAskFor = std::chrono::seconds(30);
constexpr auto kAskAgainAfter = std::chrono::milliseconds(500);

}  // namespace

void AddKafkaFlags(CLI::App& app, KafkaSettings* settings) {
  app.add_option("--brokers", settings->brokers, "Kafka brokers to begin with: HOST:PORT,HOST:PORT")
      ->type_name("B");
  app.add_option("--topic-prefix", settings->topic_prefix,
                 "Put before every topic's name: several installations on one cluster")
      ->type_name("P");
  app.add_option("--kafka", settings->properties,
                 "A property of librdkafka, for example security.protocol=SASL_SSL; may be given "
                 "several times")
      ->type_name("NAME=VALUE");
  app.add_option("--kafka-config", settings->properties_file,
                 "File of such properties, one a line; the place for passwords")
      ->type_name("FILE");
}

absl::StatusOr<KafkaLog::Options> KafkaOptions(const KafkaSettings& settings) {
  if (settings.brokers.empty()) {
    return absl::InvalidArgumentError("give the brokers: --brokers HOST:PORT");
  }
  KafkaLog::Options options;
  options.brokers = settings.brokers;
  options.topic_prefix = settings.topic_prefix;
  // Installations on one cluster must not fence each other.
  options.transactional_prefix = settings.topic_prefix + options.transactional_prefix;
  LM_ASSIGN_OR_RETURN(options.properties, KafkaProperties(settings));
  return options;
}

absl::StatusOr<std::unique_ptr<KafkaLog>> OpenKafkaLog(const KafkaLog::Options& options) {
  const auto deadline = std::chrono::steady_clock::now() + kAskFor;
  for (bool told = false;; told = true) {
    auto log = KafkaLog::Open(options);
    if (log.ok() || log.status().code() != absl::StatusCode::kUnavailable ||
        std::chrono::steady_clock::now() > deadline) {
      return log;
    }
    if (!told) {
      logging::Warning("waiting for the brokers", {{"why", ToStd(log.status().message())}});
    }
    std::this_thread::sleep_for(kAskAgainAfter);
  }
}

}  // namespace lastmeter
