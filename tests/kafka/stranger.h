#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "librdkafka/rdkafka.h"

namespace lastmeter {

// Somebody with every right on the cluster and none of our manners. Each call is over when the
// brokers have answered, and ends the program where they refuse.
class Stranger {
 public:
  explicit Stranger(const std::string& brokers);

  // Appends one record as any producer does, without a transaction; its offset.
  int64_t Produce(const std::string& topic, uint32_t partition, const std::string& value);

  void AddPartitions(const std::string& topic, uint32_t count);
  void DeleteTopic(const std::string& topic);
  // With the brokers' own settings for everything else.
  void CreateTopic(const std::string& topic, uint32_t partitions);

 private:
  struct Deleter {
    void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  };
  static void Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);
  template <typename Send>
  rd_kafka_resp_err_t Ask(Send send);

  std::unique_ptr<rd_kafka_t, Deleter> handle_;
};

}  // namespace lastmeter
