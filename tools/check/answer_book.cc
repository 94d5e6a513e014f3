// What people do about a case: the part of CaseBook that judges their answers.
#include <charconv>

#include "engine/base/hash.h"
#include "engine/base/time.h"
#include "tools/check/case_book.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

// From this hand-down on the district is told of each.
constexpr uint32_t kHandDownsToldOf = 3;

}  // namespace

void CaseBook::TakeAcknowledged(const At& at) {
  const auto& e = at.event.case_acknowledged();
  ++counts_.acknowledged;
  const auto complain = [&](const std::string& what) {
    sink_.Report(rule::kAcknowledge, at.name() + ": " + what);
  };
  if (at.c.acknowledged) {
    complain("was acknowledged already");
  } else if (HashOf(e.by().id()) == at.c.reporter_hash) {
    complain("acknowledged by its reporter " + e.by().id());
  } else if (!e.notice_id().empty()) {
    uint32_t n = 0;
    const std::string prefix = at.name() + "/";
    const char* end = e.notice_id().data() + e.notice_id().size();
    if (!e.notice_id().starts_with(prefix) ||
        std::from_chars(e.notice_id().data() + prefix.size(), end, n).ptr != end || n == 0 ||
        n > at.c.notices) {
      complain("answers notice " + e.notice_id() + ", which was never given out");
    }
  }
  at.c.acknowledged = at.c.taken_on = true;
  at.c.handler_hash = HashOf(e.by().id());
  at.c.acknowledge().stopped = true;
}

void CaseBook::TakeHandedDown(const At& at) {
  const auto& e = at.event.case_handed_down();
  ++counts_.hand_downs;
  sink_.Require(e.to_tier() != cm::TIER_UNSPECIFIED && e.to_tier() < e.from_tier(), rule::kHandDown,
                [&] {
                  return at.name() + ": handed from tier " + std::to_string(e.from_tier()) +
                         " to tier " + std::to_string(e.to_tier());
                });
  sink_.Require(e.count() == at.c.hand_downs + 1, rule::kHandDown, [&] {
    return at.name() + ": hand-down " + std::to_string(e.count()) + " after " +
           std::to_string(at.c.hand_downs);
  });
  sink_.Require(!at.c.restricted || e.to_tier() >= cm::TIER_TOWN, rule::kRestricted,
                [&] { return at.name() + ": handed down below the town"; });
  at.c.hand_downs = e.count();
  at.decision.district_must_be_told = e.count() >= kHandDownsToldOf;
  AskAnew(at);
  if (e.has_turn()) TakeTurn(at, e.turn(), TurnKind::kNext);
}

void CaseBook::AskAnew(const At& at) {
  at.c.acknowledged = false;
  ClockRecord& clock = at.c.acknowledge();
  clock.stopped = false;
  clock.BeginRound(clock.round + 1);
}

void CaseBook::TakeReassigned(const At& at) {
  const auto& e = at.event.case_reassigned();
  sink_.Require(!e.from_area().empty() && e.from_area() != at.event.area(), rule::kReassign,
                [&] { return at.name() + ": reassigned from " + e.from_area() + " to itself"; });
  sink_.Require(!at.c.incident, rule::kIncident,
                [&] { return at.name() + ": an incident moves to another area"; });
  TakeNotices(at, e.notices());
  AskAnew(at);
  if (e.has_turn()) TakeTurn(at, e.turn(), TurnKind::kNext);
}

void CaseBook::TakeHandedOver(const At& at) {
  const auto& e = at.event.case_handed_over();
  sink_.Require(at.c.acknowledged && HashOf(e.from()) == at.c.handler_hash && e.to() != e.from() &&
                    HashOf(e.to()) != at.c.reporter_hash,
                rule::kHandOver, [&] {
                  return at.name() + ": handed over from " + e.from() + " to " + e.to() +
                         (at.c.acknowledged ? "" : ", nobody had it");
                });
  at.c.handler_hash = HashOf(e.to());
  TakeNotices(at, e.notices());
}

void CaseBook::TakeBulletinRead(const At& at) {
  const auto& e = at.event.bulletin_read();
  bool unread = at.c.bulletin && !e.grids().empty();
  for (const std::string& grid : e.grids()) unread = at.c.unread.erase(grid) == 1 && unread;
  sink_.Require(unread && e.left() == at.c.unread.size(), rule::kBulletin, [&] {
    return at.name() + ": read where it was known already, or " + std::to_string(e.left()) +
           " are left of " + std::to_string(at.c.unread.size());
  });
  if (!at.c.unread.empty()) return;
  ++counts_.closed;
  --counts_.open;
  End(at);
}

void CaseBook::TakeCertified(const At& at) {
  const auto& e = at.event.case_certified();
  ClockRecord& clock = *at.c.Find(cm::PROMISE_CERTIFICATION);
  sink_.Require(at.c.scheduled && e.late() == clock.breached &&
                    e.clock().promise() == cm::PROMISE_CERTIFICATION &&
                    e.clock().started_at_ms() == e.certified_at_ms() &&
                    e.certified_at_ms() >= at.c.certified_at_ms && e.certified_at_ms() <= at.now(),
                rule::kSchedule, [&] {
                  return at.name() + ": certified at " + FormatLocal({e.certified_at_ms()}) +
                         " after " + FormatLocal({at.c.certified_at_ms});
                });
  at.c.certified_at_ms = e.certified_at_ms();
  StartAnew(at, e.clock());
}

void CaseBook::TakeExtended(const At& at) {
  const auto& e = at.event.clock_extended();
  ClockRecord* clock = ClockOf(at, e.clock().promise());
  if (clock == nullptr) return;
  sink_.Require(clock->has_limit() && !clock->stopped && !clock->breached && !clock->extended &&
                    e.clock().due_ms() > clock->due_ms,
                rule::kExtend, [&] {
                  return at.name() + ": promise " + std::to_string(e.clock().promise()) +
                         " is extended to " + FormatLocal({e.clock().due_ms()}) +
                         (clock->extended ? ", was extended before" : "");
                });
  clock->extended = true;
  TakeClock(at, e.clock());
  if (e.clock().promise() == cm::PROMISE_REFERRAL && at.c.referrals.size() == 1) {
    at.c.referrals[0].due_ms = e.clock().due_ms();
  }
}

void CaseBook::TakeVerified(const At& at) {
  sink_.Require(!at.c.verified, rule::kClockOnce,
                [&] { return at.name() + ": was verified before"; });
  sink_.Require(at.event.case_verified().finding() != cm::FINDING_UNSPECIFIED, rule::kVerify,
                [&] { return at.name() + ": verified without a finding"; });
  at.c.verified = at.c.helped = true;
  at.c.Find(cm::PROMISE_VERIFY)->stopped = true;
}

void CaseBook::TakeRelief(const At& at) {
  sink_.Require(!at.c.relieved, rule::kClockOnce,
                [&] { return at.name() + ": first relief was recorded before"; });
  at.c.relieved = at.c.helped = true;
  at.c.Find(cm::PROMISE_FIRST_RELIEF)->stopped = true;
  const auto& e = at.event.relief_recorded();
  if (!e.has_paperwork()) return;
  sink_.Require(!at.c.verified && e.paperwork().promise() == cm::PROMISE_PAPERWORK &&
                    !at.c.Find(cm::PROMISE_PAPERWORK)->has_limit(),
                rule::kPaperwork,
                [&] { return at.name() + ": papers are owed for relief that did not come first"; });
  TakeClock(at, e.paperwork());
}

void CaseBook::TakePaperwork(const At& at) {
  ClockRecord& clock = *at.c.Find(cm::PROMISE_PAPERWORK);
  sink_.Require(clock.has_limit() && !clock.stopped, rule::kPaperwork,
                [&] { return at.name() + ": papers were completed that nobody owed"; });
  clock.stopped = true;
}

void CaseBook::TakeHeld(const At& at) {
  const auto& e = at.event.case_held();
  sink_.Require(at.c.hold_until_ms == 0 && e.reason() != cm::HOLD_REASON_UNSPECIFIED &&
                    e.until_ms() > at.now() && at.c.acknowledged,
                rule::kHold, [&] {
                  return at.name() + ": held until " + FormatLocal({e.until_ms()}) +
                         (at.c.hold_until_ms != 0 ? ", was held already"
                          : at.c.acknowledged     ? ""
                                                  : ", nobody had acknowledged it");
                });
  at.c.hold_until_ms = e.until_ms();
  for (const int promise : e.paused()) {
    ClockRecord* clock = ClockOf(at, static_cast<Promise>(promise));
    if (clock == nullptr) continue;
    sink_.Require(clock->has_limit() && !clock->stopped && !clock->breached && !clock->paused,
                  rule::kHold, [&] {
                    return at.name() + ": promise " + std::to_string(promise) +
                           " does not run and is paused";
                  });
    clock->paused = true;
  }
}

void CaseBook::TakeHoldEnded(const At& at) {
  const auto& e = at.event.hold_ended();
  CheckLateness(at, e.outage(), false, false);
  const auto complain = [&](const std::string& what) {
    sink_.Report(rule::kHold, at.name() + ": " + what);
  };
  if (at.c.hold_until_ms == 0) complain("a hold ends that did not begin");
  const bool expired = e.reason() == ev::HOLD_END_EXPIRED;
  const bool fits = (expired && at.decision.by_timer()) ||
                    (e.reason() == ev::HOLD_END_RESUMED && e.has_by()) ||
                    (e.reason() == ev::HOLD_END_REPORTED_AGAIN && at.decision.report != nullptr);
  if (!fits) complain("the hold ends for reason " + std::to_string(e.reason()));
  if (expired && at.c.hold_until_ms != 0) CheckFired(at, e.ended_at_ms(), at.c.hold_until_ms);
  if (!expired && e.ended_at_ms() != at.now()) complain("the hold ends at another time than now");
  at.c.hold_until_ms = 0;
  for (const auto& start : e.clocks()) {
    ClockRecord* clock = ClockOf(at, start.promise());
    if (clock == nullptr) continue;
    if (!clock->paused) complain("a limit moves whose clock did not stand still");
    if (start.due_ms() < clock->due_ms) complain("a limit is sooner than before the hold");
    clock->paused = false;
  }
  TakeClocks(at, e.clocks());
  MoveReferrals(at, e.clocks(), e.referrals());
  for (ClockRecord& clock : at.c.clocks) {
    if (clock.paused && !clock.stopped) complain("a clock stands still after the hold");
    clock.paused = false;
  }
  TakeNotices(at, e.notices());
}

void CaseBook::TakeClosed(const At& at) {
  const auto& e = at.event.case_closed();
  ++counts_.closed;
  --counts_.open;
  sink_.Require(at.c.acknowledged || at.c.scheduled || at.c.bulletin, rule::kClose,
                [&] { return at.name() + ": nobody had acknowledged it"; });
  sink_.Require(e.outcome() != cm::OUTCOME_UNSPECIFIED, rule::kClose,
                [&] { return at.name() + ": closed without an outcome"; });
  CheckFinished(at);
  if (e.outcome() == cm::OUTCOME_NEED_MET) CheckGoals(at);
  End(at);
}

// Nobody but its reporter had anything to do with it.
bool CaseBook::IsUntouched(const At& at, const std::string& by) const {
  return HashOf(by) == at.c.reporter_hash && !at.c.taken_on && at.c.cycle == 1 &&
         at.c.attached == 0 && !at.c.verified && !at.c.relieved && at.c.works_planned == 0 &&
         at.c.resources.empty();
}

void CaseBook::TakeCorrected(const At& at) {
  const auto& e = at.event.case_corrected();
  sink_.Require(IsUntouched(at, e.by().id()) && !at.c.incident && !at.c.joins && !e.kind().empty(),
                rule::kWithdraw, [&] {
                  return at.name() + ": put right by " + e.by().id() +
                         ", or after somebody had acted on it";
                });
  at.c.level = static_cast<uint8_t>(e.level());
  at.c.household_hash = e.household_ref().empty() ? 0 : HashOf(e.household_ref());
  for (ClockRecord& clock : at.c.clocks) {
    if (&clock != &at.c.acknowledge()) clock = {};
  }
  TakeNotices(at, e.notices());
  AskAnew(at);
  TakeClocks(at, e.clocks());
  if (e.has_turn()) TakeTurn(at, e.turn(), TurnKind::kNext);
}

void CaseBook::TakeWithdrawn(const At& at) {
  const auto& e = at.event.case_withdrawn();
  ++counts_.closed;
  --counts_.open;
  sink_.Require(IsUntouched(at, e.by().id()), rule::kWithdraw, [&] {
    return at.name() + ": taken back by " + e.by().id() +
           (at.c.acknowledged   ? " after somebody took it on"
            : at.c.attached > 0 ? " after it was reported again"
                                : "");
  });
  TakeNotices(at, e.notices());
  at.c.goals.clear();
  End(at);
}

void CaseBook::TakeScreenedOut(const At& at) {
  const auto& e = at.event.case_screened_out();
  ++counts_.closed;
  --counts_.open;
  const bool begun = at.c.helped || !at.c.works.empty() || at.c.follow_ups_left > 0;
  sink_.Require(HashOf(e.by().id()) != at.c.reporter_hash && !begun &&
                    e.tier() >= (at.c.restricted ? cm::TIER_DISTRICT : cm::TIER_VILLAGE) &&
                    e.category() != cm::NOT_A_LEAD_UNSPECIFIED,
                rule::kScreenOut, [&] {
                  return at.name() + ": screened out by " + e.by().id() + " at tier " +
                         std::to_string(e.tier()) + (begun ? " after help had begun" : "");
                });
  TakeNotices(at, e.notices());
  End(at);
}

void CaseBook::CheckPapers(const At& at) {
  const ClockRecord& paperwork = *at.c.Find(cm::PROMISE_PAPERWORK);
  sink_.Require(!paperwork.has_limit() || paperwork.stopped, rule::kPaperwork,
                [&] { return at.name() + ": ended while its papers were owed"; });
}

void CaseBook::CheckFinished(const At& at) {
  sink_.Require(at.c.works.empty() && at.c.referrals.empty(), rule::kUnfinished, [&] {
    return at.name() + ": ended with " +
           (at.c.referrals.empty() ? "planned work that goes on" : "an open referral");
  });
}

void CaseBook::End(const At& at) {
  CheckPapers(at);
  sink_.Require(at.c.digest_at_ms == 0, rule::kDigest,
                [&] { return at.name() + ": ended while a digest was owed"; });
  // Of one whose timers stand still the wait would never be over.
  sink_.Require(at.c.accepted_merges.empty() || at.c.quarantined, rule::kMerge,
                [&] { return at.name() + ": ended while another case was being merged into it"; });
  at.decision.incident_must_end = false;
  at.c.works.clear();
  at.c.unread.clear();
  at.c.referrals.clear();
  at.c.follow_ups_left = at.c.follow_ups_made = 0;
  at.c.closed = true;
  at.c.hold_until_ms = 0;
  for (ClockRecord& clock : at.c.clocks) clock.stopped = true;
}

}  // namespace lastmeter
