#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "engine/log_kafka/kafka_log.h"
#include "engine/log_kafka/kafka_settings.h"

namespace CLI {
class App;
}

namespace lastmeter {

// Adds --brokers, --topic-prefix, --kafka and --kafka-config. `settings` must outlive the parsing.
void AddKafkaFlags(CLI::App& app, KafkaSettings* settings);

// How a service opens its log. Error: kInvalidArgument where no brokers were named or a property
// is none; kNotFound, kPermissionDenied for the file of properties.
absl::StatusOr<KafkaLog::Options> KafkaOptions(const KafkaSettings& settings);

// Opens the log; brokers that do not answer are asked again for 30 s, for a whole house may be
// starting at once.
absl::StatusOr<std::unique_ptr<KafkaLog>> OpenKafkaLog(const KafkaLog::Options& options);

}  // namespace lastmeter
