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
  // Turns of planned work, referrals, follow-up visits, certifications, grids, and fen delivered.
  uint32_t turns_done = 0;
  uint32_t turns_missed = 0;
  uint32_t referrals = 0;
  uint32_t follow_ups = 0;
  uint32_t certified = 0;
  uint32_t grids = 0;
  uint64_t delivered_fen = 0;
  uint32_t screened_out = 0;
  // Referrals that were accepted, and that nobody has answered in time nor until now.
  uint32_t accepted = 0;
  uint32_t expired = 0;
  // Goals reached, reached in part and given up.
  uint32_t goals_reached = 0;
  uint32_t goals_partly = 0;
  uint32_t goals_dropped = 0;
  bool operator==(const NaiveFigures&) const = default;
};
std::ostream& operator<<(std::ostream& out, const NaiveFigures& n);

// What became of each cycle, by the words of its events alone.
class NaiveCount {
 public:
  // The next record; of each partition in the order of its log.
  void Take(const lastmeter::event::v1::Record& record);
  // Of the cycles that began, and of what was done, on one of the days; of all where `to` is 0.
  // `now`: until when nobody has answered.
  NaiveFigures Result(Timestamp now, Date from = 0, Date to = 0) const;

 private:
  struct Seen {
    Timestamp began;
    bool left_out = false, ended = false, withdrawn = false, acknowledged = false, relieved = false;
    bool screened_out = false;
    uint32_t turns = 0, limits = 0, ours = 0;
  };
  void TakeDeed(const lastmeter::event::v1::Event& event, NaiveFigures* day);
  void TakeReferral(const lastmeter::event::v1::Event& event);

  std::map<std::pair<std::string, uint32_t>, Seen> cycles_;
  // Departments that were asked and have not answered, by case, with their limits; 0 for none.
  struct Asked {
    std::map<std::string, int64_t> due_ms;
    bool paused = false;
  };
  std::map<std::string, Asked> asked_;
  // What was done beside the promises, by day.
  std::map<Date, NaiveFigures> days_;
};

// The same figures out of the statistics.
NaiveFigures NaiveFiguresOf(const lastmeter::api::v1::StatisticsPeriod& period);

}  // namespace lastmeter::query
