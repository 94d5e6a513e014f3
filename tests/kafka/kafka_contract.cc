// The contract suite's subject on a real broker; of one partition where scenario files are played.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/kafka/broker.h"
#include "tests/log/contract.h"

namespace lastmeter {
namespace {

Timestamp SystemNow() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

struct KafkaSubject : Subject {
  KafkaSubject() {
    auto opened = KafkaLog::Open(Broker::Get().NewInstallation(LASTMETER_TEST_PARTITIONS));
    EXPECT_TRUE(opened.ok()) << opened.status();
    kafka = *std::move(opened);
  }
  Log& log() override { return *kafka; }
  void DropBefore(TopicPartition tp, LogPosition position) override {
    const absl::Status dropped = kafka->DropBefore(tp, position);
    EXPECT_TRUE(dropped.ok()) << dropped;
  }
  // The broker's clock, which on one machine is ours.
  bool TakenJustNow(Timestamp at) override { return made <= at && at <= SystemNow(); }

  const Timestamp made = SystemNow();
  std::unique_ptr<KafkaLog> kafka;
};

}  // namespace

std::vector<Implementation> Implementations() {
  return {{"KafkaLog", [] { return std::make_unique<KafkaSubject>(); }}};
}

}  // namespace lastmeter
