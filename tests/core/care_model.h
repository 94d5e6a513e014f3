#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/common/v1/common.pb.h"

// What goes on beside a case's ladder as ADR 0011 and 0016 have it: referrals, follow-up visits,
// resources, holds, and when the case may end. Times are Unix ms.
namespace lastmeter {

// A promise that is made again and again.
struct PromiseModel {
  bool runs = false;
  int64_t near_ms = 0;
  int64_t due_ms = 0;
  bool near_told = false;
  bool broken = false;
  // 0: it does not stand still.
  int64_t stands_since_ms = 0;

  // Made anew for so long; 0: the rules give no time for it.
  void Make(int64_t start_ms, int64_t limit_ms);
  void StandStill(int64_t now_ms);
  void GoOn(int64_t end_ms);
  bool CanBreak() const { return runs && !broken && stands_since_ms == 0; }
};

struct CareModel {
  struct Resource {
    uint64_t value_fen = 0;
    std::string project;
    bool delivered = false;
  };

  common::v1::Level level = common::v1::LEVEL_UNSPECIFIED;
  bool open = true;
  int64_t closed_at_ms = 0;
  uint32_t cycle = 1;
  // Empty: nobody.
  std::string handler;
  // Somebody has had it.
  bool taken_on = false;
  bool verified = false;
  bool relieved = false;
  bool papers_owed = false;
  std::set<uint32_t> works;
  uint32_t works_planned = 0;
  bool referred = false;
  uint32_t visits_left = 0;
  uint32_t visits_made = 0;
  int64_t hold_until_ms = 0;
  common::v1::HoldReason hold_reason = common::v1::HOLD_REASON_UNSPECIFIED;
  std::vector<Resource> resources;
  PromiseModel referral;
  PromiseModel follow_up;

  bool followed_up() const { return visits_left > 0; }
  // What is promised to somebody outside, or owed, keeps a case open.
  bool MayEnd() const { return !papers_owed && !referred && works.empty(); }
  bool MayFollowUp(uint32_t visits) const;
  bool MayReopen(const std::string& who, int64_t now_ms) const;

  void Refer(int64_t start_ms);
  void AnswerReferral();
  void BeginFollowUp(uint32_t visits, int64_t start_ms);
  // Returns whether following up is over with it.
  bool RecordFollowUp(bool trouble, int64_t start_ms);
  void StandStillFromBegin(PromiseModel& promise, common::v1::HoldReason reason, int64_t start_ms);
  void Hold(common::v1::HoldReason reason, int64_t until_ms, int64_t now_ms);
  // `end_ms`: until when clocks stood still.
  void EndHold(int64_t end_ms);
  void End(int64_t now_ms);
  void BeginCycle();

  enum class What { kReferralNear, kReferralBroken, kFollowUpNear, kFollowUpBroken, kHoldEnds };
  struct Instant {
    int64_t at_ms;
    What what;
    auto operator<=>(const Instant&) const = default;
  };
  // What comes next when nobody does anything.
  std::optional<Instant> Next() const;
  void Happen(What what);
};

}  // namespace lastmeter
