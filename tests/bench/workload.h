#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/log/log.h"
#include "lastmeter/rules/v1/rules.pb.h"

// What the benchmarks feed to the engine: a district of invented people and cases that are dealt
// out evenly over its villages.
namespace lastmeter::bench {

// 16 towns of 10 villages, each village with a group and a grid; one person a post.
class Workload {
 public:
  struct Options {
    // Times to answer on the acknowledgement ladder of "sudden-illness", and its reminders.
    uint32_t rung_minutes = 60;
    uint32_t partitions = 4;
  };
  explicit Workload(Options options);

  const lastmeter::rules::v1::Rules& rules() const { return rules_; }

  struct Message {
    TopicPartition tp;
    Outgoing record;
  };
  // The i-th report, of the kind that times run fastest for, or of a mix of three levels.
  Message Report(uint64_t i, Timestamp accepted_at, bool mixed) const;
  // What the village head does to the case that the i-th report opened, one after another: takes it
  // on, helps, verifies, plans meals, claims two, hands one back, refers, records the answer, a
  // pledge and its delivery, cancels the meals, closes. Right as long as reports 0, 1, … were the
  // only ones and were sent in this order.
  static constexpr uint32_t kDeeds = 13;
  Message Deed(uint64_t i, uint32_t deed, Timestamp accepted_at, uint32_t year) const;
  // The first of them.
  Message Acknowledgement(uint64_t i, Timestamp accepted_at, uint32_t year) const {
    return Deed(i, 0, accepted_at, year);
  }
  // The i-th person of a list of those who are certified every year: last in the ten months before,
  // so that nothing falls due in the next days.
  Message Schedule(uint64_t i, Timestamp accepted_at) const;
  // An incident in the i-th village that takes what Report(…, false) gives.
  Message Incident(uint64_t i, Timestamp accepted_at) const;
  // InstallRules for one partition.
  Message Install(PartitionId partition, Timestamp accepted_at) const;

  size_t villages() const { return villages_.size(); }
  const std::string& village(uint64_t i) const { return villages_[i % villages_.size()].code; }
  // "village-head-430112001001"
  static std::string HeadOf(const std::string& village) { return "village-head-" + village; }

 private:
  struct Village {
    std::string code;
    int64_t number;
    PartitionId partition;
  };

  // "430112001001-2026-00042": of the case that the i-th report opened.
  std::string CaseOf(uint64_t i, uint32_t year) const;

  std::vector<Village> villages_;
  lastmeter::rules::v1::Rules rules_;
};

}  // namespace lastmeter::bench
