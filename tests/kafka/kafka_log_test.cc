// What only a real broker can do to the log.
#include <gtest/gtest.h>

#include "engine/log_kafka/kafka_log.h"
#include "tests/kafka/broker.h"

namespace lastmeter {
namespace {

TEST(KafkaLogOptions, RefusesPropertiesThatItsPromisesRestOn) {
  KafkaLog::Options options = Broker::Get().NewInstallation(1);
  options.properties["isolation.level"] = "read_uncommitted";
  EXPECT_EQ(KafkaLog::Open(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.properties = {{"no.such.property", "1"}};
  EXPECT_EQ(KafkaLog::Open(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(KafkaLogOptions, NamesAMissingTopic) {
  const absl::Status status =
      KafkaLog::Open({.brokers = Broker::Get().addresses(), .topic_prefix = "nobody."}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(status.message()).find("nobody.lastmeter.hardship.report.v1"),
            std::string::npos)
      << status;
}

}  // namespace
}  // namespace lastmeter
