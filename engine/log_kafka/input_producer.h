#pragma once

#include <atomic>
#include <thread>

#include "engine/log_kafka/shared.h"

namespace lastmeter::log_kafka {

// One idempotent producer of librdkafka with the thread that hears its deliveries. All
// LogProducers of a log share one: their appends share requests. Thread-safe.
class InputProducer {
 public:
  // Does not wait for the broker.
  static absl::StatusOr<std::unique_ptr<InputProducer>> Open(Shared& shared);
  // Waits a little for what is under way; what is not answered then is answered with kUnavailable.
  ~InputProducer();

  // Learns who leads the topics that it writes to. Otherwise the first record of each waits up to a
  // second until librdkafka looks for that. Waits for the broker.
  absl::Status FindLeaders();
  void Append(TopicPartition tp, Outgoing record, LogProducer::Done done);
  // After a fatal error it takes nothing any more and has to be replaced.
  bool broken() const;

 private:
  explicit InputProducer(Shared& shared) : shared_(shared) {}
  static void Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);
  void Run();

  Shared& shared_;
  Handle handle_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace lastmeter::log_kafka
