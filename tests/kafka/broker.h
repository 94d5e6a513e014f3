#pragma once

#include <cstdint>
#include <string>

#include "engine/log_kafka/kafka_log.h"

namespace lastmeter {

// One real Kafka broker for the whole test program, started by tools/kafka at the first use and
// stopped when the program ends, however it ends.
class Broker {
 public:
  // Ends the program when no broker can be had: nothing here can be tested without.
  static Broker& Get();

  const std::string& addresses() const { return addresses_; }

  // SIGKILL, and back on the same ports with the same data.
  void Kill();
  void Restart();

  // Topics of their own for one test, and how to open a log on them.
  KafkaLog::Options NewInstallation(uint32_t partitions,
                                    int64_t max_message_bytes = int64_t{4} << 20);

  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  ~Broker();

 private:
  Broker();
  // Runs tools/kafka with the arguments; its exit code.
  int Tool(const std::string& arguments) const;
  void Start();

  std::string dir_;
  std::string addresses_;
  int installations_ = 0;
};

}  // namespace lastmeter
