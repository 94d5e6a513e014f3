#include "tools/check/rules.h"

#include <array>

namespace lastmeter::rule {

std::span<const Rule> AllRules() {
  static constexpr std::array kAll{
      kParse,       kUnknownEvent, kSeq,          kChain,         kTime,       kEpoch,
      kWriter,      kDay,          kRules,        kParts,         kWhole,      kCause,
      kInputBytes,  kInputOrder,   kInputMatch,   kInputRepeated, kCaseNumber, kCaseVersion,
      kCaseUnknown, kCaseClosed,   kCaseCycle,    kCasePromise,   kRestricted, kNotices,
      kAttach,      kTurnOrder,    kTurnRound,    kTurnTimes,     kAnswered,   kReason,
      kExhausted,   kReminder,     kAcknowledge,  kHandDown,      kLevel,      kVerify,
      kPaperwork,   kHold,         kWithdraw,     kScreenOut,     kExtend,     kReassign,
      kMerge,       kWork,         kWorkClaim,    kReferral,      kGoal,       kFollowUp,
      kResource,    kHandOver,     kSchedule,     kBulletin,      kIncident,   kDigest,
      kDrill,       kUnfinished,   kClose,        kClockStart,    kClockOnce,  kRedCard,
      kRecompute,   kEarly,        kTimerPending, kTimerEvent,    kOutage,     kTimerMissed,
  };
  return kAll;
}

}  // namespace lastmeter::rule
