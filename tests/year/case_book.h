#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/event/v1/event.pb.h"

namespace lastmeter::year {

// Planned work as people know it: its present turn, and who has which.
struct KnownWork {
  // Of the first turn.
  Timestamp from;
  Millis length;
  uint32_t times = 1;
  uint32_t every_days = 0;
  uint32_t turn = 1;
  bool started = false;
  // The last turn's time is over and it was not done.
  bool overdue = false;
  std::string assignee;
  // By turn, of the present one and those to come; empty where it was handed back or lapsed.
  std::map<uint32_t, std::string> takers;

  Timestamp FromOf(uint32_t nth) const { return from + Days(int64_t{every_days} * (nth - 1)); }
  Timestamp UntilOf(uint32_t nth) const { return FromOf(nth) + length; }
  // Empty: nobody.
  const std::string& WorkerOf(uint32_t nth) const {
    const auto it = takers.find(nth);
    return it == takers.end() ? assignee : it->second;
  }
};

// A case as people know it, who read its events and nothing else.
struct KnownCase {
  std::string number;
  std::string area;
  std::string reporter;
  common::v1::Role reporter_role = common::v1::ROLE_UNSPECIFIED;
  common::v1::Level level = common::v1::LEVEL_UNSPECIFIED;
  uint32_t version = 0;
  uint32_t cycle = 0;
  bool restricted = false;
  bool open = false;
  bool on_hold = false;
  bool verified = false;
  bool unfounded = false;
  bool relieved = false;
  bool papers_owed = false;
  // Empty while nobody has taken it on.
  std::string handler;
  common::v1::Tier handler_tier = common::v1::TIER_UNSPECIFIED;
  // Limits of the promises beside acknowledgement, Unix ms.
  std::map<common::v1::Promise, int64_t> due_ms;
  // Open cases that may be about the same trouble.
  std::vector<std::string> twins;
  // Nobody's turn: a certification that waits, a bulletin that is to be made known.
  bool scheduled = false;
  bool bulletin = false;
  uint32_t certified = 0;
  // Who made the bulletin known.
  std::set<std::string> read_by;
  // Planned work that goes on, by its id.
  std::map<uint32_t, KnownWork> works;
  // Departments that have not answered.
  std::set<std::string> referred_to;
  // Goals that are open, and when each is due.
  std::map<uint32_t, Timestamp> goals;
  // In this cycle somebody has begun to help.
  bool helped = false;
  uint32_t follow_ups_left = 0;
  uint32_t follow_ups_made = 0;
  // Pledged and not delivered yet, by id with their value in fen.
  std::map<uint32_t, uint64_t> pledges;

  bool Promises(common::v1::Promise promise) const { return due_ms.contains(promise); }
  // Null for work whose turns are all over.
  const KnownWork* FindWork(uint32_t id) const {
    const auto it = works.find(id);
    return it == works.end() ? nullptr : &it->second;
  }
};

class CaseBook {
 public:
  // Takes in what an event says of its case. Null for events of no case and for refusals.
  const KnownCase* Read(const event::v1::Event& event);
  // Null for a case that was never heard of.
  const KnownCase* Find(const std::string& number) const;
  // The open cases that any of these people has, in the order of their numbers.
  std::vector<const KnownCase*> HeldBy(const std::set<std::string>& staff) const;

 private:
  std::map<std::string, KnownCase> cases_;
};

}  // namespace lastmeter::year
