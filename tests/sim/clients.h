#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/log/log.h"
#include "lastmeter/command/v1/command.pb.h"
#include "tests/sim/random.h"

namespace lastmeter {

// What is known of a case from the log, as a person would have read it.
struct KnownCase {
  uint32_t version = 0;
  bool closed = false;
};

// People and systems that send reports and commands: out of order, more than once, and again after
// every answer that was not a clear yes. Remembers what was acknowledged to it.
class Clients {
 public:
  struct Sent {
    TopicPartition tp;
    std::string id;  // empty for garbage
    Outgoing record;
    bool acknowledged = false;
    LogPosition position;
  };
  // Told of every input at the moment of its acknowledgement.
  using Acknowledged = std::function<void(const Sent&)>;

  Clients(Random* random, Log* log, uint32_t partitions, Acknowledged acknowledged);

  // Makes up one input and puts it among those to be sent. `now` is the gateway's clock.
  void Invent(Timestamp now, const std::map<std::string, KnownCase>& cases);
  // An operator's command, to every partition.
  void InstallRules(Timestamp now);
  void AcceptClock(Timestamp now, Timestamp wall);

  // Sends one of those to be sent.
  void SendOne();
  // Everything was sent and acknowledged.
  bool done() const { return outbox_.empty(); }

  const std::vector<std::unique_ptr<Sent>>& sent() const { return sent_; }

 private:
  void InventReport(Timestamp now);
  void InventCommand(Timestamp now, const std::map<std::string, KnownCase>& cases);
  void InventGarbage();
  void FillWork(command::v1::Command& command, uint32_t version);
  void FillPlanned(command::v1::Command& command, uint32_t version);
  void FillAction(command::v1::Command& command, uint32_t version);
  void Queue(Topic topic, const std::string& routing_code, std::string id, std::string bytes);
  void QueueTo(TopicPartition tp, std::string key, std::string id, std::string bytes);
  void ToEveryPartition(command::v1::Command command, Timestamp now);
  std::string NewId(char kind) { return std::string(1, kind) + std::to_string(++ids_); }

  Random* const random_;
  const uint32_t partitions_;
  const Acknowledged acknowledged_;
  std::unique_ptr<LogProducer> producer_;
  std::vector<std::unique_ptr<Sent>> sent_;
  std::vector<Sent*> outbox_;
  // The last question to each case whether it goes on for another one.
  std::map<std::string, command::v1::Command> accepted_;
  int ids_ = 0;
  int rules_ = 0;
};

}  // namespace lastmeter
