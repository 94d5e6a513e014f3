#include "tools/check/case_book.h"

#include "engine/base/hash.h"
#include "engine/base/time.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

// At the end of a complete log nothing may be due for longer.
constexpr int64_t kLateMs = 60'000;

bool ByPerson(const ev::Event& event) {
  switch (event.body_case()) {
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
    case ev::Event::kCaseHandedOver:
    case ev::Event::kCaseCertified:
    case ev::Event::kBulletinRead:
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
      return true;
    case ev::Event::kHoldEnded:
      return event.hold_ended().has_by();
    case ev::Event::kCaseEscalated:
      return event.case_escalated().reason() == ev::CLIMB_REASON_RAISED;
    case ev::Event::kLevelRaised:
      return !event.level_raised().by().empty();
    default:
      return false;
  }
}

}  // namespace

uint64_t HashOf(std::string_view text) { return absl::HashOf(text); }

// case number := code:12 digits '-' year:4 digits '-' counter:at least 5 digits, zeros in front
// only to fill five. Read here without a detour through its text form: it is read for every record.
std::optional<CaseNumber> CaseBook::Read(std::string_view text) {
  if (text.size() < 23 || text.size() > 28 || text[12] != '-' || text[17] != '-') {
    return std::nullopt;
  }
  if (text.size() > 23 && text[18] == '0') return std::nullopt;
  int64_t parts[3] = {};
  size_t part = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 12 || i == 17) {
      ++part;
    } else if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    } else {
      parts[part] = parts[part] * 10 + (text[i] - '0');
    }
  }
  if (parts[2] > UINT32_MAX) return std::nullopt;
  return CaseNumber{parts[0], static_cast<uint32_t>(parts[1]), static_cast<uint32_t>(parts[2])};
}

CaseRecord* CaseBook::Find(std::string_view number) {
  const auto read = Read(number);
  if (!read) return nullptr;
  auto it = cases_.find(*read);
  return it == cases_.end() ? nullptr : &it->second;
}

void CaseBook::Take(const Event& event, DecisionRecord& decision, const Place& place) {
  const auto number = Read(event.case_number());
  if (!number) {
    return sink_.Report(rule::kCaseNumber, "'" + event.case_number() + "' is no case number");
  }
  CaseRecord* c = nullptr;
  if (event.has_case_opened()) {
    c = OpenNew(event, *number, decision, place);
    if (c == nullptr) return;
  } else {
    auto it = cases_.find(*number);
    if (it == cases_.end()) {
      return sink_.Report(rule::kCaseUnknown, event.case_number() + " was never opened");
    }
    c = &it->second;
  }
  if (event.has_command_rejected()) {
    sink_.Require(event.case_version() == 0, rule::kCaseVersion,
                  [&] { return event.case_number() + ": a refusal names a new version"; });
    return;
  }
  const At at{event, *number, *c, decision, place};

  sink_.Require(event.case_version() == c->version + 1, rule::kCaseVersion, [&] {
    return event.case_number() + ": version " + std::to_string(event.case_version()) + " after " +
           std::to_string(c->version);
  });
  c->version = event.case_version();
  if (event.has_case_opened()) {
    c->drill = event.drill();
  } else {
    sink_.Require(event.drill() == c->drill, rule::kDrill, [&] {
      return event.case_number() + (c->drill ? ": not marked as an exercise" : ": now an exercise");
    });
    sink_.Require(event.restricted() == c->restricted, rule::kRestricted, [&] {
      return event.case_number() + (c->restricted ? ": no longer restricted" : ": now restricted");
    });
    if (!event.has_case_reopened()) {
      sink_.Require(event.cycle() == c->cycle, rule::kCaseCycle, [&] {
        return event.case_number() + ": cycle " + std::to_string(event.cycle()) + " during cycle " +
               std::to_string(c->cycle);
      });
      if (!sink_.Require(!c->closed || event.has_resource_delivered(), rule::kCaseClosed,
                         [&] { return event.case_number() + " is closed"; })) {
        return;
      }
    }
  }
  if (ByPerson(event)) c->quarantined = false;
  if (event.has_case_opened()) TakeIncident(at);
  CheckIncident(at);

  switch (event.body_case()) {
    case Event::kCaseOpened:
      return TakeOpened(at);
    case Event::kReportAttached:
      return TakeAttached(at);
    case Event::kLevelRaised:
      return TakeLevelRaised(at);
    case Event::kTierPassed:
      return TakePassed(at);
    case Event::kCaseEscalated:
      return TakeEscalated(at);
    case Event::kLadderExhausted:
      return TakeExhausted(at);
    case Event::kCaseReminded:
      return TakeReminded(at);
    case Event::kClockNearDue:
      return TakeNearDue(at);
    case Event::kClockBreached:
      return TakeBreached(at);
    case Event::kCaseAcknowledged:
      return TakeAcknowledged(at);
    case Event::kCaseHandedDown:
      return TakeHandedDown(at);
    case Event::kDistrictTold:
      decision.district_must_be_told = false;
      return TakeNotices(at, event.district_told().notices());
    case Event::kCaseNoted:
      return;
    case Event::kReliefRecorded:
      return TakeRelief(at);
    case Event::kCaseVerified:
      return TakeVerified(at);
    case Event::kPaperworkCompleted:
      return TakePaperwork(at);
    case Event::kCaseHeld:
      return TakeHeld(at);
    case Event::kHoldEnded:
      return TakeHoldEnded(at);
    case Event::kCaseWithdrawn:
      return TakeWithdrawn(at);
    case Event::kCaseCorrected:
      return TakeCorrected(at);
    case Event::kMergeAccepted:
      return TakeMergeAccepted(at);
    case Event::kMergeSettled:
      return TakeMergeSettled(at);
    case Event::kCaseScreenedOut:
      return TakeScreenedOut(at);
    case Event::kCaseMerged:
      return TakeMerged(at);
    case Event::kCaseUrged:
      return TakeNotices(at, event.case_urged().notices());
    case Event::kClockExtended:
      return TakeExtended(at);
    case Event::kCaseReassigned:
      return TakeReassigned(at);
    case Event::kClockOverdueTwice:
      return TakeOverdueTwice(at);
    case Event::kWorkPlanned:
      return TakeWorkPlanned(at);
    case Event::kWorkClaimed:
      return TakeWorkClaimed(at);
    case Event::kWorkHandedBack:
      return TakeWorkHandedBack(at);
    case Event::kWorkStarted:
      return TakeWorkStarted(at);
    case Event::kWorkFinished:
      return TakeWorkFinished(at);
    case Event::kWorkUnclaimed:
      return TakeWorkUnclaimed(at);
    case Event::kClaimLapsed:
      return TakeClaimLapsed(at);
    case Event::kWorkMissed:
      return TakeWorkMissed(at);
    case Event::kWorkCancelled:
      return TakeWorkCancelled(at);
    case Event::kCaseReferred:
      return TakeReferred(at);
    case Event::kReferralAnswered:
      return TakeReferralAnswered(at);
    case Event::kGoalSet:
      return TakeGoalSet(at);
    case Event::kGoalRecorded:
      return TakeGoalRecorded(at);
    case Event::kGoalOverdue:
      return TakeGoalOverdue(at);
    case Event::kFollowUpBegun:
      return TakeFollowUpBegun(at);
    case Event::kFollowUpRecorded:
      return TakeFollowUpRecorded(at);
    case Event::kFollowUpEnded:
      return TakeFollowUpEnded(at);
    case Event::kResourcePledged:
      return TakePledged(at);
    case Event::kResourceDelivered:
      return TakeDelivered(at);
    case Event::kCaseHandedOver:
      return TakeHandedOver(at);
    case Event::kCaseCertified:
      return TakeCertified(at);
    case Event::kBulletinRead:
      return TakeBulletinRead(at);
    case Event::kIncidentDigest:
      return TakeDigest(at);
    case Event::kCaseClosed:
      return TakeClosed(at);
    case Event::kCaseReopened:
      return TakeReopened(at);
    case Event::kDeadlinesRecomputed:
      return TakeRecomputed(at);
    case Event::kCaseQuarantined:
      return TakeQuarantined(at);
    default:
      return sink_.Report(rule::kCause, event.case_number() + " is named by an event of no case");
  }
}

CaseRecord* CaseBook::OpenNew(const Event& event, const CaseNumber& number,
                              DecisionRecord& decision, const Place& place) {
  const auto complain = [&](const std::string& what) {
    sink_.Report(rule::kCaseNumber, event.case_number() + ": " + what);
  };
  const uint32_t year = DateOf({decision.log_time_ms}) / 10'000;
  uint32_t& last = counters_[{number.code, number.year}];
  if (cases_.contains(number)) {
    complain("was given out before");
    return nullptr;
  }
  if (number.year != year) {
    complain("was opened in " + std::to_string(year));
  } else if (number.counter != last + 1) {
    complain("follows number " + std::to_string(last));
  } else if (decision.report != nullptr && !event.case_opened().unreadable() &&
             event.case_number().compare(0, 12, decision.report->routing_code()) != 0) {
    complain("the report's routing code is " + decision.report->routing_code());
  } else if (place.partition_count != 0 &&
             PartitionFor(std::string_view(event.case_number()).substr(0, 12),
                          place.partition_count) != place.partition.value) {
    complain("its routing code belongs to another partition");
  }
  last = number.counter;
  return &cases_[number];
}

void CaseBook::TakeOpened(const At& at) {
  const auto& e = at.event.case_opened();
  ++counts_.opened;
  ++counts_.open;
  sink_.Require(at.event.cycle() == 1, rule::kCaseCycle,
                [&] { return at.name() + " opens in cycle " + std::to_string(at.event.cycle()); });
  at.c.cycle = at.event.cycle();
  at.c.restricted = at.event.restricted();
  at.c.level = static_cast<uint8_t>(e.level());
  at.c.reporter_hash = HashOf(e.reporter().id());
  at.c.household_hash = e.household_ref().empty() ? 0 : HashOf(e.household_ref());
  sink_.Require(e.rules_ordinal() == at.place.rules_ordinal, rule::kRules, [&] {
    return at.name() + " pins rules " + std::to_string(e.rules_ordinal()) + " while " +
           std::to_string(at.place.rules_ordinal) + " are in force";
  });
  if (!at.c.joins) at.c.acknowledge().BeginRound(1);
  TakeClocks(at, e.clocks());
  if (e.has_turn()) TakeTurn(at, e.turn(), TurnKind::kNext);
  at.c.scheduled = e.scheduled();
  if (e.scheduled() && e.clocks_size() == 1) at.c.certified_at_ms = e.clocks(0).started_at_ms();
  sink_.Require(!e.scheduled() || (!e.has_turn() && e.clocks_size() == 1 &&
                                   e.clocks(0).promise() == cm::PROMISE_CERTIFICATION),
                rule::kSchedule, [&] {
                  return at.name() + ": a schedule promises something else, or asks somebody";
                });
  at.c.bulletin = e.bulletin();
  for (const auto& reader : e.readers()) at.c.unread.insert(reader.grid());
  sink_.Require(e.bulletin() ? !e.has_turn() && !at.c.unread.empty() &&
                                   at.c.unread.size() == static_cast<size_t>(e.readers_size())
                             : e.readers().empty(),
                rule::kBulletin,
                [&] { return at.name() + ": a bulletin without readers, or that asks somebody"; });
  TakeNotices(at, e.authorities());
}

void CaseBook::TakeReopened(const At& at) {
  const auto& e = at.event.case_reopened();
  ++counts_.reopened;
  ++counts_.open;
  sink_.Require(at.c.closed, rule::kCaseCycle, [&] { return at.name() + " was not closed"; });
  sink_.Require(e.cycle() == at.c.cycle + 1 && at.event.cycle() == e.cycle(), rule::kCaseCycle,
                [&] {
                  return at.name() + ": cycle " + std::to_string(e.cycle()) + " after " +
                         std::to_string(at.c.cycle);
                });
  sink_.Require(e.rules_ordinal() == at.place.rules_ordinal, rule::kRules, [&] {
    return at.name() + " pins rules " + std::to_string(e.rules_ordinal()) + " while " +
           std::to_string(at.place.rules_ordinal) + " are in force";
  });
  at.c.cycle = e.cycle();
  at.c.closed = at.c.acknowledged = at.c.taken_on = at.c.relieved = at.c.verified = false;
  at.c.promise_reported = false;
  at.c.clocks = {};
  at.c.helped = false;
  // What came due while the case was closed is told now.
  for (auto& [id, goal] : at.c.goals) {
    if (goal.tell_ms != 0) goal.tell_ms = std::max(goal.tell_ms, at.now());
  }
  at.decision.cycle_must_begin = false;
  at.c.acknowledge().BeginRound(1);
  TakeClocks(at, e.clocks());
  if (e.has_turn()) TakeTurn(at, e.turn(), TurnKind::kNext);
}

void CaseBook::TakeAttached(const At& at) {
  ++counts_.attached;
  ++at.c.attached;
  const auto* report = at.decision.report;
  // An incident that is declared twice is one.
  sink_.Require(report != nullptr &&
                    (at.c.incident ? report->area().starts_with(at.event.area())
                                   : at.c.household_hash != 0 &&
                                         HashOf(report->household_ref()) == at.c.household_hash),
                rule::kAttach, [&] { return at.name() + " is of another household"; });
  const bool drill = report != nullptr && report->drill();
  sink_.Require(at.c.incident ? drill == at.c.drill : !at.c.drill && !drill, rule::kDrill,
                [&] { return at.name() + ": a report joins an exercise, or one joins it"; });
}

void CaseBook::EndDecision(DecisionRecord& decision) {
  if (decision.case_number.empty()) return;
  sink_.Require(!decision.district_must_be_told, rule::kHandDown, [&] {
    return decision.case_number + ": the district was not told of the third hand-down";
  });
  sink_.Require(!decision.follow_up_must_end && !decision.cycle_must_begin, rule::kFollowUp, [&] {
    return decision.case_number + ": the last visit, or trouble, and following up goes on";
  });
  sink_.Require(!decision.incident_must_end, rule::kDigest,
                [&] { return decision.case_number + ": a digest before its time"; });
  sink_.Require(decision.breached_promise == 0, rule::kReason,
                [&] { return decision.case_number + ": a limit passed and nobody was called in"; });
  sink_.Require(!decision.raise_must_follow, rule::kTurnRound, [&] {
    return decision.case_number + ": a tier was passed in a round that did not begin";
  });
  sink_.Require(!decision.fired_kept_promise, rule::kTimerPending, [&] {
    return decision.case_number + ": fired an instant of a promise that is kept";
  });
  CaseRecord* found = Find(decision.case_number);
  if (found == nullptr) return;
  CaseRecord& c = *found;
  // Of a case that joined an incident nobody is asked until somebody moves it.
  const bool asked_there = c.joins && c.acknowledge().round == 0;
  if (c.closed || c.quarantined || c.acknowledged || c.scheduled || c.bulletin || asked_there ||
      c.promise_reported)
    return;
  c.promise_reported = !sink_.Require(c.acknowledge().on_ladder(), rule::kCasePromise, [&] {
    return decision.case_number + " is open, unanswered, and nobody's turn";
  });
}

void CaseBook::Finish(int64_t last_log_time_ms, bool complete) {
  for (const auto& [number, c] : cases_) {
    if (c.closed || c.quarantined) continue;
    const int64_t next = c.NextInstant();
    if (next == kNoInstant) {
      sink_.Require(c.promise_reported, rule::kCasePromise,
                    [&] { return number.ToString() + " is open and no clock of it runs"; });
    } else if (complete) {
      sink_.Require(next >= last_log_time_ms - kLateMs, rule::kTimerMissed, [&] {
        return number.ToString() + ": due " + FormatLocal({next}) + " and not fired by " +
               FormatLocal({last_log_time_ms});
      });
    }
  }
}

}  // namespace lastmeter
