// What an event or a case says, without changing either.
#include "engine/core/case_applier.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Clock = lastmeter::state::v1::Clock;

bool ActedByPerson(const ev::Event& event) {
  switch (event.body_case()) {
    case ev::Event::kCaseEscalated:
      return event.case_escalated().reason() == ev::CLIMB_REASON_RAISED;
    case ev::Event::kLevelRaised:
      return !event.level_raised().by().empty();
    case ev::Event::kCaseAcknowledged:
    case ev::Event::kCaseHandedDown:
    case ev::Event::kCaseNoted:
    case ev::Event::kReliefRecorded:
    case ev::Event::kCaseVerified:
    case ev::Event::kPaperworkCompleted:
    case ev::Event::kCaseHeld:
    case ev::Event::kCaseUrged:
    case ev::Event::kCaseCorrected:
    case ev::Event::kClockExtended:
    case ev::Event::kCaseReassigned:
    case ev::Event::kCaseReopened:
    case ev::Event::kWorkPlanned:
    case ev::Event::kWorkClaimed:
    case ev::Event::kWorkHandedBack:
    case ev::Event::kWorkStarted:
    case ev::Event::kWorkFinished:
    case ev::Event::kWorkCancelled:
    case ev::Event::kCaseReferred:
    case ev::Event::kReferralAnswered:
    case ev::Event::kFollowUpBegun:
    case ev::Event::kFollowUpRecorded:
    case ev::Event::kResourcePledged:
    case ev::Event::kResourceDelivered:
    case ev::Event::kGoalSet:
    case ev::Event::kGoalRecorded:
    case ev::Event::kCaseHandedOver:
    case ev::Event::kCaseCertified:
    case ev::Event::kBulletinRead:
      return true;
    case ev::Event::kHoldEnded:
      return event.hold_ended().has_by();
    default:
      return false;
  }
}

bool IsClosingOutcome(cm::Outcome outcome) {
  return cm::Outcome_IsValid(outcome) && outcome != cm::OUTCOME_UNSPECIFIED &&
         outcome != cm::OUTCOME_WITHDRAWN && outcome != cm::OUTCOME_MERGED &&
         outcome != cm::OUTCOME_SCREENED_OUT;
}

bool BeginsHelp(const ev::Event& event) {
  switch (event.body_case()) {
    case ev::Event::kCaseVerified:
    case ev::Event::kReliefRecorded:
    case ev::Event::kWorkPlanned:
    case ev::Event::kCaseReferred:
    case ev::Event::kResourcePledged:
    case ev::Event::kGoalSet:
      return true;
    default:
      return false;
  }
}

lastmeter::state::v1::Clock* FindClock(Case& c, cm::Promise promise) {
  for (auto& clock : *c.mutable_clocks()) {
    if (clock.promise() == promise) return &clock;
  }
  return nullptr;
}

const lastmeter::state::v1::Clock* FindClock(const Case& c, cm::Promise promise) {
  for (const auto& clock : c.clocks()) {
    if (clock.promise() == promise) return &clock;
  }
  return nullptr;
}

bool IsPaused(const Clock& clock) {
  return !clock.pauses().empty() && clock.pauses(clock.pauses_size() - 1).to_ms() == 0;
}

cm::Tier HoldingTier(const Case& c) {
  if (!c.handler_id().empty()) return c.handler_tier();
  const Clock* clock = FindClock(c, cm::PROMISE_ACKNOWLEDGE);
  if (clock != nullptr) return clock->tier();
  // Nobody was asked about it by itself; the grid is nearest.
  return c.joins().empty() ? cm::TIER_UNSPECIFIED : cm::TIER_GRID;
}

const google::protobuf::RepeatedPtrField<ev::Notice>* NoticesOf(const ev::Event& event) {
  switch (event.body_case()) {
    case ev::Event::kCaseOpened:
      return &event.case_opened().authorities();
    case ev::Event::kLadderExhausted:
      return &event.ladder_exhausted().notices();
    case ev::Event::kCaseReminded:
      return &event.case_reminded().notices();
    case ev::Event::kClockNearDue:
      return &event.clock_near_due().notices();
    case ev::Event::kClockOverdueTwice:
      return &event.clock_overdue_twice().notices();
    case ev::Event::kDistrictTold:
      return &event.district_told().notices();
    case ev::Event::kHoldEnded:
      return &event.hold_ended().notices();
    case ev::Event::kCaseUrged:
      return &event.case_urged().notices();
    case ev::Event::kCaseReassigned:
      return &event.case_reassigned().notices();
    case ev::Event::kCaseWithdrawn:
      return &event.case_withdrawn().notices();
    case ev::Event::kCaseScreenedOut:
      return &event.case_screened_out().notices();
    case ev::Event::kGoalOverdue:
      return &event.goal_overdue().notices();
    case ev::Event::kCaseHandedOver:
      return &event.case_handed_over().notices();
    case ev::Event::kCaseCorrected:
      return &event.case_corrected().notices();
    case ev::Event::kMergeAccepted:
      return &event.merge_accepted().notices();
    case ev::Event::kMergeSettled:
      return &event.merge_settled().notices();
    case ev::Event::kWorkPlanned:
      return &event.work_planned().notices();
    case ev::Event::kWorkUnclaimed:
      return &event.work_unclaimed().notices();
    case ev::Event::kClaimLapsed:
      return &event.claim_lapsed().notices();
    case ev::Event::kWorkMissed:
      return &event.work_missed().notices();
    case ev::Event::kWorkCancelled:
      return &event.work_cancelled().notices();
    case ev::Event::kCaseQuarantined:
      return &event.case_quarantined().notices();
    case ev::Event::kIncidentDigest:
      return &event.incident_digest().notices();
    default:
      return nullptr;
  }
}

const ev::Turn* TurnOf(const ev::Event& event) {
  const auto turn_of = [](const auto& body) { return body.has_turn() ? &body.turn() : nullptr; };
  switch (event.body_case()) {
    case ev::Event::kCaseOpened:
      return turn_of(event.case_opened());
    case ev::Event::kCaseEscalated:
      return turn_of(event.case_escalated());
    case ev::Event::kCaseHandedDown:
      return turn_of(event.case_handed_down());
    case ev::Event::kCaseReassigned:
      return turn_of(event.case_reassigned());
    case ev::Event::kCaseCorrected:
      return turn_of(event.case_corrected());
    case ev::Event::kCaseReopened:
      return turn_of(event.case_reopened());
    default:
      return nullptr;
  }
}

}  // namespace lastmeter
