#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"

// The independent judge of a log of record. It knows the rules of the house from the messages'
// contract alone (proto/lastmeter/event/v1) and shares no code with the engine that wrote the log.
//
//   Judge judge(PartitionId{0});
//   while (…) judge.Take(position, stored_bytes);
//   judge.Finish();
//   for (const Finding& finding : judge.findings()) …
namespace lastmeter {

// One broken rule at one record.
struct Finding {
  PartitionId partition;
  // seq of the record as it says itself; for findings at the end of the log, of the last record.
  uint64_t seq = 0;
  LogPosition position;
  // A name of AllRules() (rules.h).
  std::string rule;
  // What is wrong, for people. Names cases, staff ids and times; nothing personal.
  std::string text;
};

struct JudgeOptions {
  // The log was read to its end and its writer was alive at the last record: whatever fell due
  // well before that record must have fired.
  bool log_is_complete_to_now = false;
  // Findings kept; the rest is only counted.
  size_t max_findings = 10'000;
};

// Judges one partition as its records stream by. Memory grows with cases and remembered input ids,
// not with records. After a finding it goes on from what the log says, so that one fault is not
// reported at every record that follows. Single-threaded; judges of several partitions may run on
// several threads.
class Judge {
 public:
  struct Counts {
    uint64_t records = 0;
    uint64_t decisions = 0;
    uint64_t inputs = 0;
    uint64_t timers = 0;
    uint64_t ownerships = 0;
    uint64_t opened = 0;
    uint64_t attached = 0;
    uint64_t reopened = 0;
    // Visits and services planned.
    uint64_t works = 0;
    uint64_t closed = 0;
    uint64_t open = 0;  // after Finish: cases open at the end
    uint64_t acknowledged = 0;
    uint64_t escalations = 0;
    uint64_t passed = 0;
    uint64_t exhausted = 0;
    uint64_t reminders = 0;
    uint64_t near_due = 0;
    uint64_t breached = 0;
    uint64_t hand_downs = 0;
    uint64_t notices = 0;
    uint64_t outages = 0;  // events that say that we were late
    uint64_t rejected = 0;
    uint64_t repeated = 0;
    uint64_t quarantined = 0;
    // Findings by all rules, kept or not.
    uint64_t findings = 0;
  };

  explicit Judge(PartitionId partition, JudgeOptions options = {});
  ~Judge();
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;

  // The next record of the partition, as stored.
  void Take(LogPosition position, std::string_view stored_bytes);
  // The log has ended: judges what can only be judged then. Once, after the last Take.
  void Finish();

  const std::vector<Finding>& findings() const;
  const Counts& counts() const;
  bool clean() const { return counts().findings == 0; }
  // Time of the last record, Unix ms; 0 before the first.
  int64_t last_log_time_ms() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "partition 0 seq 17: turn.order: …"
std::string ToString(const Finding& finding);

}  // namespace lastmeter
