// What the contract suite, contract_test.cc, needs of a log to ask whether it keeps log.h's
// promises.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/log/log.h"

namespace lastmeter {

// One log under test with everything that it needs.
struct Subject {
  virtual ~Subject() = default;
  virtual Log& log() = 0;
  virtual void DropBefore(TopicPartition tp, LogPosition position) = 0;
  // Whether a record of this moment may have been taken at `at`, by the log's clock.
  virtual bool TakenJustNow(Timestamp at) = 0;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Subject>()> make;
};

inline void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

// The logs of this test program; each program defines its own.
std::vector<Implementation> Implementations();

}  // namespace lastmeter
