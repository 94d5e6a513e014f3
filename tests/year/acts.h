#pragma once

#include <optional>
#include <string>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "tests/sim/random.h"
#include "tests/year/case_book.h"
#include "tests/year/district.h"

namespace lastmeter::year {

// What people do to a case. A command that is new in the engine gets a row here and its words in
// acts.cc; when people do it is said in people.cc.
enum class Act {
  kAcknowledge,
  kVerify,
  kRelief,
  kPaperwork,
  kHold,
  kResume,
  kExtend,
  kRemind,
  kNote,
  kRaiseTier,
  kRaiseLevel,
  kHandDown,
  kReassign,
  kMerge,
  kClose,
  kReopen,
  kWithdraw,
  kScreenOut,
  // Beside the help itself: beside.h.
  kPlanVisit,
  kPlanService,
  kClaimTurn,
  kHandBackTurn,
  kStartTurn,
  kFinishTurn,
  kCancelWork,
  kRefer,
  kAnswerReferral,
  kBeginFollowUp,
  kRecordFollowUp,
  kSetGoal,
  kRecordGoal,
  kPledge,
  kDeliver,
  kHandOver,
  kCertify,
  kReadBulletin,
};

// Somebody means to do something at some time.
struct Intent {
  Timestamp at;
  std::string staff;
  common::v1::Role role = common::v1::ROLE_STAFF;
  std::string number;
  // The cycle of the case in which it was meant.
  uint32_t cycle = 0;
  Act act = Act::kAcknowledge;
  // What is answered, if a notice is.
  std::string notice_id{};
  // Meant as whoever holds the case, and not without it.
  bool as_handler = false;
  // Which work, pledge or goal of the case, and which turn, visit or certification; from 1.
  uint32_t item = 0;
  uint32_t nth = 0;
};

// What a look at the case tells: whether the act still makes sense.
bool IsStillNeeded(const Intent& intent, const KnownCase& c);

// The command without id, actor and time. Empty where the person finds nothing to name, such as
// another village of the town.
std::optional<command::v1::Command> Fill(const Intent& intent, const KnownCase& c,
                                         const District& district, Random* random);

}  // namespace lastmeter::year
