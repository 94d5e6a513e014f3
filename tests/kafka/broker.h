#pragma once

#include <cstdint>
#include <string>

#include "engine/log_kafka/kafka_log.h"

namespace lastmeter {

// A real Kafka cluster of one node or three, started by tools/kafka and stopped when the program
// ends, however it ends.
class Broker {
 public:
  // One node for the whole test program, started at the first use. Ends the program when no broker
  // can be had: nothing here can be tested without.
  static Broker& Get();
  // The program's own cluster. Secure: of one node that wants to be logged in to, over TLS.
  enum class Access { kOpen, kSecure };
  explicit Broker(int nodes, Access access = Access::kOpen);

  const std::string& addresses() const { return addresses_; }
  // Of a secure one: what a client of that name says (--kafka-config).
  std::string ClientConfig(const std::string& name) const {
    return dir_ + "/clients/" + name + ".conf";
  }
  // Kafka's own tool for rights, as the administrator; its exit code.
  int Acls(const std::string& arguments) const;

  // SIGKILL to all nodes, and back on the same ports with the same data.
  void Kill();
  void Restart();
  // One node, from 1: SIGKILL, SIGTERM, and back.
  void KillNode(int node);
  void StopNode(int node);
  void StartNode(int node);

  // Topics of their own for one test, and how to open a log on them.
  KafkaLog::Options NewInstallation(uint32_t partitions,
                                    int64_t max_message_bytes = int64_t{4} << 20);

  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  ~Broker();

 private:
  // Runs tools/kafka with the arguments; its exit code.
  int Tool(const std::string& arguments) const;
  void Start();

  const int nodes_;
  const Access access_;
  std::string dir_;
  std::string addresses_;
  int installations_ = 0;
};

}  // namespace lastmeter
