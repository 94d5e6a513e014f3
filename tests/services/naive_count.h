#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>

#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/event/v1/record.pb.h"

namespace lastmeter::query {

// The figures of a period in which a count that shares nothing with the read side can be held
// against the statistics.
struct NaiveFigures {
  uint32_t begun = 0;
  uint32_t ended = 0;
  uint32_t withdrawn = 0;
  uint32_t acknowledged = 0;
  uint32_t relieved = 0;
  uint32_t turns = 0;
  uint32_t limits = 0;
  uint32_t ours = 0;
  bool operator==(const NaiveFigures&) const = default;
};
std::ostream& operator<<(std::ostream& out, const NaiveFigures& n);

// What became of each cycle, by the words of its events alone.
class NaiveCount {
 public:
  // The next record; of each partition in the order of its log.
  void Take(const lastmeter::event::v1::Record& record);
  // Of the cycles that began on one of the days; of all where `to` is 0.
  NaiveFigures Result(Date from = 0, Date to = 0) const;

 private:
  struct Seen {
    Timestamp began;
    bool ended = false, withdrawn = false, acknowledged = false, relieved = false;
    uint32_t turns = 0, limits = 0, ours = 0;
  };
  std::map<std::pair<std::string, uint32_t>, Seen> cycles_;
};

// The same figures out of the statistics.
NaiveFigures NaiveFiguresOf(const lastmeter::api::v1::StatisticsPeriod& period);

}  // namespace lastmeter::query
