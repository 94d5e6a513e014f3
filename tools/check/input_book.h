#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tools/check/decision.h"

namespace lastmeter {

// The inputs of one partition: each decided once, in order, and answered by an event that fits.
class InputBook {
 public:
  explicit InputBook(FindingSink* sink) : sink_(*sink) {}

  // The first record of a decision on an input. Reads the input's bytes and leaves pointers to
  // what could be read in the decision, valid until the next call.
  void Begin(const lastmeter::event::v1::Record& record, DecisionRecord& decision);
  // The log was copied to another one, whose input topics begin here.
  void GoOnFrom(int64_t next_report, int64_t next_command) {
    last_report_ = next_report - 1;
    last_command_ = next_command - 1;
  }
  // Every record of the decision, the first included: what the event claims of its input.
  void Take(const lastmeter::event::v1::Event& event, DecisionRecord& decision, uint32_t part);

 private:
  using Event = lastmeter::event::v1::Event;
  struct Seen {
    uint64_t first_seq;
    int64_t log_time_ms;
  };

  // One id is decided once.
  void Remember(const Event& event, const DecisionRecord& decision);
  void MatchReport(const Event& event, const DecisionRecord& decision);
  void MatchCommand(const Event& event, const DecisionRecord& decision, uint32_t part);
  void MatchWork(const Event& event, const lastmeter::command::v1::Command& command);
  void Match(bool fits, std::string_view what);

  FindingSink& sink_;
  lastmeter::report::v1::HardshipReport report_;
  lastmeter::command::v1::Command command_;
  int64_t last_report_ = -1;
  int64_t last_command_ = -1;
  // By hash of topic and id: ids of 400 days are too many to keep as they are.
  absl::flat_hash_map<uint64_t, Seen> seen_;
};

}  // namespace lastmeter
