#include "tests/kafka/broker.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine/base/check.h"
#include "tests/paths.h"

namespace lastmeter {

Broker& Broker::Get() {
  static Broker broker(1);
  return broker;
}

Broker::Broker(int nodes, Access access) : nodes_(nodes), access_(access) {
  std::string name = (std::filesystem::temp_directory_path() / "lastmeter-kafka-XXXXXX").string();
  LM_CHECK(::mkdtemp(name.data()) != nullptr) << "no folder for a broker";
  dir_ = name;
  Start();
}

Broker::~Broker() {
  Tool("stop --kill --dir " + dir_);
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void Broker::Start() {
  const int code = Tool("start --dir " + dir_ + " --nodes " + std::to_string(nodes_) +
                        " --port-file " + dir_ + "/ports --owner " + std::to_string(::getpid()) +
                        (access_ == Access::kSecure ? " --secure" : "") + " > /dev/null");
  LM_CHECK(code == 0) << "tools/kafka start ended with " << code;
  std::ifstream(dir_ + "/ports") >> addresses_;
  LM_CHECK(!addresses_.empty()) << "tools/kafka named no address";
}

void Broker::Kill() { LM_CHECK(Tool("stop --kill --dir " + dir_) == 0) << "the broker lives on"; }

void Broker::Restart() { Start(); }

void Broker::KillNode(int node) {
  LM_CHECK(Tool("stop --kill --dir " + dir_ + " --node " + std::to_string(node)) == 0) << node;
}

void Broker::StopNode(int node) {
  LM_CHECK(Tool("stop --dir " + dir_ + " --node " + std::to_string(node)) == 0) << node;
}

void Broker::StartNode(int node) {
  LM_CHECK(Tool("start --dir " + dir_ + " --node " + std::to_string(node) + " > /dev/null") == 0)
      << node;
}

int Broker::Acls(const std::string& arguments) const {
  return Tool("acls --dir " + dir_ + " -- " + arguments + " > /dev/null");
}

int Broker::Tool(const std::string& arguments) const {
  const std::string command = test::SourcePath("tools/kafka") + " " + arguments;
  return std::system(command.c_str());
}

KafkaLog::Options Broker::NewInstallation(uint32_t partitions, int64_t max_message_bytes) {
  const std::string prefix = "t" + std::to_string(++installations_) + ".";
  const absl::Status created = CreateKafkaTopics({.brokers = addresses_,
                                                  .topic_prefix = prefix,
                                                  .partitions = partitions,
                                                  .replication = nodes_,
                                                  .min_insync_replicas = nodes_ > 1 ? 2 : 1,
                                                  .max_message_bytes = max_message_bytes});
  LM_CHECK(created.ok()) << created;
  return {
      .brokers = addresses_, .transactional_prefix = prefix + "escalator", .topic_prefix = prefix};
}

}  // namespace lastmeter
