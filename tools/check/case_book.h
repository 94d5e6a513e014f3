#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "engine/base/ids.h"
#include "lastmeter/event/v1/event.pb.h"
#include "tools/check/case_record.h"
#include "tools/check/decision.h"

namespace lastmeter {

// The cases of one partition as their events tell of them, and the rules about cases, ladders and
// clocks. Follows every event, also one that breaks a rule.
class CaseBook {
 public:
  using Event = lastmeter::event::v1::Event;

  struct Place {
    PartitionId partition;
    uint32_t partition_count = 0;  // 0: not known
    uint32_t rules_ordinal = 0;
  };

  CaseBook(FindingSink* sink, Judge::Counts* counts) : sink_(*sink), counts_(*counts) {}

  // A decision on a timer begins: was it pending, and the earliest?
  void BeginTimer(DecisionRecord& decision);
  // An event that names a case, or a refusal that does.
  void Take(const Event& event, DecisionRecord& decision, const Place& place);
  // Rules that are in force from here on.
  void TakeRules(uint32_t ordinal, const lastmeter::rules::v1::Rules& rules);
  // All parts of the decision were taken.
  void EndDecision(DecisionRecord& decision);
  void Finish(int64_t last_log_time_ms, bool complete);

 private:
  using Turn = lastmeter::event::v1::Turn;
  using Promise = lastmeter::common::v1::Promise;
  template <typename T>
  using Repeated = google::protobuf::RepeatedPtrField<T>;

  // The event being taken.
  struct At {
    const Event& event;
    const CaseNumber& number;
    CaseRecord& c;
    DecisionRecord& decision;
    const Place& place;
    int64_t now() const { return decision.log_time_ms; }
    const std::string& name() const { return event.case_number(); }
  };

  static std::optional<CaseNumber> Read(std::string_view text);
  // Null for a case that was not opened.
  CaseRecord* Find(std::string_view number);

  // case_book.cc: the case itself.
  CaseRecord* OpenNew(const Event& event, const CaseNumber& number, DecisionRecord& decision,
                      const Place& place);
  void TakeOpened(const At& at);
  void TakeReopened(const At& at);
  void TakeAttached(const At& at);
  void TakeLevelRaised(const At& at);
  void TakeRecomputed(const At& at);
  void TakeNotices(const At& at, const Repeated<lastmeter::event::v1::Notice>& notices);
  void TakeClocks(const At& at, const Repeated<lastmeter::event::v1::ClockStart>& clocks);
  void TakeClock(const At& at, const lastmeter::event::v1::ClockStart& start);

  // answer_book.cc: what people do about it.
  void TakeAcknowledged(const At& at);
  void TakeHandedDown(const At& at);
  void TakeVerified(const At& at);
  void TakeRelief(const At& at);
  void TakePaperwork(const At& at);
  void TakeHeld(const At& at);
  void TakeHoldEnded(const At& at);
  void TakeClosed(const At& at);
  void TakeWithdrawn(const At& at);
  void TakeCorrected(const At& at);
  bool IsUntouched(const At& at, const std::string& by) const;
  void TakeMergeAccepted(const At& at);
  void TakeMergeSettled(const At& at);
  void TakeScreenedOut(const At& at);
  void TakeMerged(const At& at);
  void End(const At& at);
  void TakeExtended(const At& at);
  void TakeReassigned(const At& at);
  void TakeHandedOver(const At& at);
  void TakeCertified(const At& at);
  void TakeBulletinRead(const At& at);
  void CheckPapers(const At& at);
  void CheckFinished(const At& at);

  // plan_book.cc: referrals and goals.
  void TakeReferred(const At& at);
  void TakeReferralAnswered(const At& at);
  // Limits that have moved: of the only department asked the clock's, of several as listed.
  void MoveReferrals(const At& at, const Repeated<lastmeter::event::v1::ClockStart>& clocks,
                     const Repeated<lastmeter::event::v1::ReferralLimit>& limits);
  void TakeGoalSet(const At& at);
  void TakeGoalRecorded(const At& at);
  void TakeGoalOverdue(const At& at);
  void CheckGoals(const At& at);

  // work_book.cc: visits, services, follow-ups, resources.
  // Null, and a finding, for work that does not go on.
  WorkRecord* WorkOf(const At& at, uint32_t work_id);
  void NextTurn(const At& at, uint32_t work_id, WorkRecord& work);
  void StartAnew(const At& at, const lastmeter::event::v1::ClockStart& start);
  void TakeWorkPlanned(const At& at);
  void TakeWorkClaimed(const At& at);
  void TakeWorkHandedBack(const At& at);
  void TakeWorkStarted(const At& at);
  void TakeWorkFinished(const At& at);
  void TakeWorkUnclaimed(const At& at);
  void TakeClaimLapsed(const At& at);
  void TakeWorkMissed(const At& at);
  void TakeWorkCancelled(const At& at);
  void TakeFollowUpBegun(const At& at);
  void TakeFollowUpRecorded(const At& at);
  void TakeFollowUpEnded(const At& at);
  void TakePledged(const At& at);
  void TakeDelivered(const At& at);
  void AskAnew(const At& at);

  // incident_book.cc: incidents and digests.
  // The incident is open and its timers run.
  bool Gathers(const CaseNumber& incident) const;
  std::optional<CaseNumber> IncidentTaking(std::string_view area, bool drill,
                                           const std::string& kind);
  void TakeIncident(const At& at);
  void CheckIncident(const At& at);
  void TakeForDigest(const At& at, const lastmeter::event::v1::Notice& notice);
  void TakeDigest(const At& at);

  // ladder_book.cc: turns, climbs, timers.
  // The promise's clock; null, and a finding, for no promise.
  ClockRecord* ClockOf(const At& at, Promise promise);
  enum class TurnKind { kNext, kRaised, kFallback };
  void TakeTurn(const At& at, const Turn& turn, TurnKind kind);
  void TakePassed(const At& at);
  void TakeEscalated(const At& at);
  void TakeExhausted(const At& at);
  void TakeReminded(const At& at);
  void TakeNearDue(const At& at);
  void TakeBreached(const At& at);
  void TakeOverdueTwice(const At& at);
  void TakeQuarantined(const At& at);
  // What the event says about its lateness, against its timer.
  void CheckLateness(const At& at, bool outage, bool unseen_known, bool inputs_unseen);
  // The event names `due_ms`, which is the pending instant `pending_ms` and its timer's.
  void CheckFired(const At& at, int64_t was_due_ms, int64_t pending_ms);
  // The round that an event of a running ladder names.
  void CheckRound(const At& at, const ClockRecord& clock, uint32_t round);
  // The clock does not stand still.
  void CheckRuns(const At& at, const ClockRecord& clock);
  // The ladder may go on: its promise is not kept.
  void CheckGoesOn(const At& at, const ClockRecord& clock, bool begins_round);

  FindingSink& sink_;
  Judge::Counts& counts_;
  struct NumberHash {
    size_t operator()(const CaseNumber& n) const { return absl::HashOf(n.code, n.year, n.counter); }
  };
  absl::flat_hash_map<CaseNumber, CaseRecord, NumberHash> cases_;
  struct PendingRecord {
    uint32_t notices = 0;
    int tier = 0;
  };
  struct IncidentRecord {
    std::string village;
    bool drill = false;
    std::string kind;
    uint32_t rules_ordinal = 0;
    uint32_t joined = 0;
    std::map<std::string, PendingRecord> pending;
  };
  std::map<CaseNumber, IncidentRecord> incidents_;
  struct IncidentRules {
    int64_t digest_minutes = 0;
    std::map<std::string, std::set<std::string>> takes;
  };
  std::map<uint32_t, IncidentRules> incident_rules_;
  const IncidentRules& RulesOf(const IncidentRecord& incident);
  // Last counter of a routing code and year.
  absl::flat_hash_map<std::pair<int64_t, uint32_t>, uint32_t> counters_;
};

// For maps of what need not be kept itself.
uint64_t HashOf(std::string_view text);

}  // namespace lastmeter
