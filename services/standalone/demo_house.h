#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/runtime/paced_clock.h"
#include "services/standalone/demo_cast.h"

namespace lastmeter::demo {

struct HouseOptions {
  // Where the data lies. Empty.
  std::string data_dir;
  // Folder of the programs.
  std::string program_dir;
  // 0: any free port.
  uint16_t port = 0;
  // Both must outlive the house.
  const Cast* cast = nullptr;
  PacedClock* clock = nullptr;
  // On Kafka: the brokers, where the topics are and nothing is in them yet, and the file by which
  // other processes read the clock.
  std::string brokers;
  std::string topic_prefix;
  std::string clock_file;
};

// What the demonstration is played on: the whole product, behind one address. For one thread.
class House {
 public:
  virtual ~House() = default;

  // "http://127.0.0.1:8480"
  virtual std::string url() const = 0;
  virtual uint16_t port() const = 0;
  // What keeps it from being ready, one reason a line.
  virtual std::vector<std::string> NotReady() = 0;
  // Set once it cannot go on.
  virtual absl::Status fatal() = 0;
  virtual void Stop(Millis grace) = 0;
  // What proves the log afterwards: programs with their arguments, in order.
  virtual std::vector<std::vector<std::string>> Proofs() const = 0;
};

// Everything in this process, on the embedded log. Errors: as of Standalone::Start.
absl::StatusOr<std::unique_ptr<House>> OpenStandaloneHouse(const HouseOptions& options);

// Every service as a process of its own, two engines among them, on Kafka. Returns once the
// gateway's address is known. Errors: kUnavailable for a port that is taken, kNotFound for a
// program that is missing, kInternal with the last words of a service that did not come up.
absl::StatusOr<std::unique_ptr<House>> OpenKafkaHouse(const HouseOptions& options);

}  // namespace lastmeter::demo
