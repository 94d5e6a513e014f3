#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "lastmeter/common/v1/common.pb.h"
#include "tools/check/work_record.h"

// What the judge remembers of a case. Kept small: there may be millions.
namespace lastmeter {

inline constexpr int64_t kNoInstant = std::numeric_limits<int64_t>::max();
inline constexpr int kPromises = 8;

// One promise of a case and the ladder that it climbs.
struct ClockRecord {
  // The limit; 0 where the promise has none of its own (acknowledgement) or has not begun.
  int64_t near_due_ms = 0;
  int64_t due_ms = 0;
  // The turn that runs, or ran last, in this round.
  int64_t entered_at_ms = 0;
  int64_t turn_due_ms = 0;
  int64_t next_reminder_ms = 0;
  // When twice the limit has passed; 0 unless it has passed once and not yet twice.
  int64_t twice_due_ms = 0;
  uint32_t round = 0;
  uint32_t reminders = 0;
  uint8_t turn_tier = 0;
  // Highest tier passed in this round.
  uint8_t passed_tier = 0;
  bool provisional = false;
  bool turn_provisional = false;
  bool near_due_fired = false;
  bool breached = false;
  bool exhausted = false;
  bool fallback_asked = false;
  // Kept or ended: fires no more.
  bool stopped = false;
  // Stands still while the case is on hold.
  bool paused = false;
  // More time was given by hand.
  bool extended = false;

  bool has_limit() const { return due_ms != 0; }
  bool on_ladder() const { return !stopped && (exhausted || turn_tier != 0); }

  void BeginRound(uint32_t to) {
    round = to;
    reminders = 0;
    turn_tier = passed_tier = 0;
    exhausted = fallback_asked = turn_provisional = false;
    turn_due_ms = next_reminder_ms = 0;
  }

  // The earliest instant that this clock has pending.
  int64_t NextInstant() const {
    if (stopped) return kNoInstant;
    int64_t next = kNoInstant;
    if (has_limit() && !breached && !paused) {
      next = near_due_fired ? due_ms : std::min(near_due_ms, due_ms);
    }
    if (twice_due_ms != 0) next = std::min(next, twice_due_ms);
    if (exhausted) return std::min(next, next_reminder_ms);
    if (turn_tier != 0) return std::min(next, turn_due_ms);
    return next;
  }
};

struct ResourceRecord {
  uint64_t project_hash = 0;
  bool delivered = false;
};

// A department that was asked and has not answered, in the order in which they were asked.
struct ReferralRecord {
  std::string to;
  // Its own limit; 0 where it has none.
  int64_t due_ms = 0;
};

struct GoalRecord {
  int64_t due_ms = 0;
  // When whoever holds the case is told that its date has passed; 0 once told.
  int64_t tell_ms = 0;
};

struct CaseRecord {
  std::array<ClockRecord, kPromises> clocks;
  uint64_t reporter_hash = 0;
  uint64_t household_hash = 0;
  // Who took it on; meaningless while nobody has.
  uint64_t handler_hash = 0;
  // When the hold ends by itself; 0 unless the case is on hold.
  int64_t hold_until_ms = 0;
  uint32_t version = 0;
  uint32_t cycle = 0;
  uint32_t notices = 0;
  uint32_t hand_downs = 0;
  uint32_t attached = 0;
  // Works that go on, by id, and how many were planned.
  std::map<uint32_t, WorkRecord> works;
  uint32_t works_planned = 0;
  uint32_t follow_ups_left = 0;
  uint32_t follow_ups_made = 0;
  std::vector<ReferralRecord> referrals;
  // Goals that are open, by id, and how many were set.
  std::map<uint32_t, GoalRecord> goals;
  uint32_t goals_set = 0;
  std::vector<ResourceRecord> resources;
  uint8_t follow_up_outcome = 0;
  // When last, Unix ms.
  int64_t certified_at_ms = 0;
  // Certified every so many months.
  bool scheduled = false;
  // An exercise.
  bool drill = false;
  // A bulletin, and where it is not known yet.
  bool bulletin = false;
  std::set<std::string> unread;
  // An incident, and when its next digest is due, Unix ms; 0 while nothing waits for one.
  bool incident = false;
  int64_t digest_at_ms = 0;
  // Until when it awaits word of a merge that it accepted, Unix ms, by the
  // acceptance's id, with the other case's number.
  struct AcceptedMerge {
    std::string from;
    int64_t until_ms = 0;
  };
  std::map<std::string, AcceptedMerge> accepted_merges;
  // The incident that it joined.
  std::optional<CaseNumber> joins;
  uint8_t level = 0;
  bool restricted = false;
  bool acknowledged = false;
  // In this cycle, whoever has it now.
  bool taken_on = false;
  bool relieved = false;
  bool verified = false;
  // Somebody has begun to help in this cycle.
  bool helped = false;
  bool closed = false;
  bool quarantined = false;
  // A finding said already that nobody is asked; saying it again at every event helps nobody.
  bool promise_reported = false;

  // Null for no promise.
  ClockRecord* Find(lastmeter::common::v1::Promise promise) {
    return promise >= 1 && promise <= kPromises ? &clocks[static_cast<size_t>(promise) - 1]
                                                : nullptr;
  }
  ClockRecord& acknowledge() { return clocks[0]; }
  const ClockRecord& acknowledge() const { return clocks[0]; }

  int64_t NextInstant() const {
    int64_t next = kNoInstant;
    if (closed || quarantined) return next;
    if (hold_until_ms != 0) next = hold_until_ms;
    if (digest_at_ms != 0) next = std::min(next, digest_at_ms);
    for (const auto& [id, merge] : accepted_merges) next = std::min(next, merge.until_ms);
    for (const auto& [id, work] : works) next = std::min(next, work.NextInstant());
    for (const auto& [id, goal] : goals) {
      if (goal.tell_ms != 0) next = std::min(next, goal.tell_ms);
    }
    for (const ClockRecord& clock : clocks) next = std::min(next, clock.NextInstant());
    return next;
  }
};

}  // namespace lastmeter
