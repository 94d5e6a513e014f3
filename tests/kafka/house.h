#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/log_kafka/kafka_log.h"
#include "tests/crash/aftermath.h"
#include "tests/log/temp_folder.h"
#include "tests/process/server_process.h"

namespace lastmeter::test {

// All services of one installation on Kafka, each as a process of its own, on topics that exist.
// What ends by itself is a fault that the destructor's log names.
class KafkaHouse {
 public:
  // `log`: brokers, prefix of the topics. Starts nothing. `config_of`: by a part's name, the file
  // that says how it logs in.
  using ConfigOf = std::function<std::string(const std::string& part)>;
  explicit KafkaHouse(const KafkaLog::Options& log, ConfigOf config_of = {});

  // A gateway on a new port; waits until it is ready. 0 when it is not within a minute.
  uint16_t StartGateway();
  uint16_t StartQuery();
  // Kills it, takes its folder away and starts it again.
  uint16_t RebuildQuery();
  // An engine that joins the group under its name, or, with a list as "0,1", owns these. Does not
  // wait.
  void StartEscalator(const std::string& name, const std::string& partitions = "");

  ServerProcess& gateway() { return *gateway_; }
  ServerProcess& query() { return *query_; }
  ServerProcess& escalator(const std::string& name) { return *escalators_.at(name); }

  // Installs the fast rules through the gateway, as an operator does.
  void InstallRules();
  // SIGTERM to everything, in the order in which a house is closed. Expects exit code 0 of each.
  void Close();

  // After Close: the judge finds nothing, nothing that is due by now included, and deciding again
  // gives the same bytes.
  void ExpectLogProven();

  const Tokens& tokens() const { return tokens_; }
  // Of everybody, the end of it.
  std::string SaidLast() const;
  // What every program is called with.
  std::vector<std::string> Place() const;

 private:
  std::vector<std::string> Arguments(const std::string& part, const std::string& name) const;

  const KafkaLog::Options log_;
  const ConfigOf config_of_;
  const Tokens tokens_;
  TempFolder folder_;
  uint16_t gateway_port_ = 0;
  std::unique_ptr<ServerProcess> gateway_;
  std::unique_ptr<ServerProcess> query_;
  std::map<std::string, std::unique_ptr<ServerProcess>> escalators_;
};

}  // namespace lastmeter::test
