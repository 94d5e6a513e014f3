#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tools/check/case_record.h"
#include "tools/check/judge.h"
#include "tools/check/rules.h"

// What the parts of the judge share while a record is judged. Private to tools/check.
namespace lastmeter {

// Takes findings, at the record that is being judged.
class FindingSink {
 public:
  FindingSink(PartitionId partition, size_t max) : partition_(partition), max_(max) {}

  void At(uint64_t seq, LogPosition position) {
    seq_ = seq;
    position_ = position;
  }
  void Report(const rule::Rule& rule, std::string text) {
    ++total_;
    if (findings_.size() >= max_) return;
    findings_.push_back({partition_, seq_, position_, std::string(rule.name), std::move(text)});
  }
  // Reports unless `holds`; the text is only made then.
  template <typename Text>
  bool Require(bool holds, const rule::Rule& rule, Text&& text) {
    if (!holds) [[unlikely]] {
      Report(rule, text());
    }
    return holds;
  }
  const std::vector<Finding>& findings() const { return findings_; }
  uint64_t total() const { return total_; }

 private:
  PartitionId partition_;
  size_t max_;
  uint64_t seq_ = 0;
  LogPosition position_;
  uint64_t total_ = 0;
  std::vector<Finding> findings_;
};

// The decision whose parts are being judged.
struct DecisionRecord {
  uint64_t first_seq = 0;
  uint32_t next_part = 0;
  uint32_t parts = 0;
  int64_t log_time_ms = 0;
  lastmeter::event::v1::Record::CauseCase cause = lastmeter::event::v1::Record::CAUSE_NOT_SET;
  lastmeter::event::v1::InputTopic topic = lastmeter::event::v1::INPUT_TOPIC_UNSPECIFIED;
  int64_t position = 0;
  int64_t accepted_at_ms = 0;
  int64_t timer_due_ms = 0;
  bool inputs_unseen = false;
  // Of the timer, or of the first event that names a case.
  std::string case_number;

  // The input, where it can be read. Lives in the judge, reused from decision to decision.
  const lastmeter::report::v1::HardshipReport* report = nullptr;
  const lastmeter::command::v1::Command* command = nullptr;

  // Set while the events go by; judged when the decision is whole.
  uint32_t breached_promise = 0;             // a breach whose ladder has not begun yet
  std::array<bool, kPromises + 1> passed{};  // by promise: a tier was passed in this decision
  bool raise_must_follow = false;            // a tier was passed in the round that a raise begins
  bool district_must_be_told = false;
  bool follow_up_must_end = false;  // after the last visit, or trouble
  bool incident_must_end = false;   // after a digest that was not due
  bool cycle_must_begin = false;    // where following up ended for trouble
  // What fired was not pending: what its events say about it is not judged a second time.
  bool timer_unfit = false;
  bool early_reported = false;
  // What fired belongs to a promise that was kept; an event must yet be blamed for it.
  bool fired_kept_promise = false;

  bool by_timer() const { return cause == lastmeter::event::v1::Record::kTimerCause; }
  bool by_input() const { return cause == lastmeter::event::v1::Record::kInputCause; }
};

}  // namespace lastmeter
