#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/core/state.h"
#include "lastmeter/event/v1/event.pb.h"

// Who is asked next, and until when. Pure look-ups over the state; nothing is changed here.
namespace lastmeter {

// Rules that a case decides by, never null: those it pinned, or the built-in ones of a partition
// that had none (everything goes to the district's fallback post).
const RulesView& PolicyOf(const PartitionState& state, const lastmeter::state::v1::Case& c);
// Roster and calendar in force, never null.
const RulesView& RosterOf(const PartitionState& state);
// Id told when no rules name a fallback post.
inline constexpr char kBuiltInFallback[] = "district-fallback";
const std::string& FallbackStaff(const PartitionState& state);

// The policy that a clock of the case was started by: that of the case's level, or of the one
// before where a more urgent level left the clock as it was. Null where neither knows the promise.
const lastmeter::rules::v1::ClockPolicy* ClockPolicyOf(const PartitionState& state,
                                                       const lastmeter::state::v1::Case& c,
                                                       const lastmeter::state::v1::Clock& clock);
// A hold for that reason lets a clock of this policy stand still.
bool IsPausedBy(const lastmeter::rules::v1::ClockPolicy& clock,
                lastmeter::common::v1::HoldReason reason);
// The pauses of a clock that are over, in order.
std::vector<Pause> PausesOf(const lastmeter::state::v1::Clock& clock);

// One event names at most so many people.
inline constexpr size_t kMostNotices = 32;

// Somebody who may be told.
struct Candidate {
  std::string id;
  // Who is away; empty unless this person stands in.
  std::string stands_in_for;
};

// Makes the notices of one case, numbered on from those it has.
class NoticeMaker {
 public:
  NoticeMaker(const CaseNumber& number, const lastmeter::state::v1::Case& c)
      : prefix_(number.ToString() + "/"), next_(c.notices() + 1) {}
  lastmeter::event::v1::Notice Make(const std::string& staff_id, lastmeter::common::v1::Tier tier,
                                    lastmeter::event::v1::Purpose purpose, Timestamp not_before);
  lastmeter::event::v1::Notice Make(const Candidate& candidate, lastmeter::common::v1::Tier tier,
                                    lastmeter::event::v1::Purpose purpose, Timestamp not_before);

  // Leaves out the numbers of notices made elsewhere.
  void Skip(int notices) { next_ += static_cast<uint32_t>(notices); }

 private:
  std::string prefix_;
  uint32_t next_;
};

// People of a tier that may be told of the case now.
struct Candidates {
  std::vector<Candidate> staff;  // in roster order, nobody twice
  // Why nobody is left; unspecified when somebody is.
  lastmeter::event::v1::PassReason empty_because = lastmeter::event::v1::PASS_REASON_UNSPECIFIED;
};

class LadderPlanner {
 public:
  // All must outlive the planner.
  LadderPlanner(const PartitionState& state, const CaseNumber& number,
                const lastmeter::state::v1::Case& c, Timestamp now)
      : state_(state), number_(number), case_(c), now_(now) {}

  struct Climb {
    // Tiers passed at once, in climbing order.
    std::vector<lastmeter::event::v1::TierPassed> passed;
    // Whose turn it is; empty when nobody is left to ask: the ladder is exhausted.
    std::optional<lastmeter::event::v1::Turn> turn;
    // The turn is the district's fallback post's, because no tier could be asked.
    bool fallback = false;
  };
  // Plans the next turn at `from` or above, within `round`. A round other than the clock's present
  // one starts with nobody asked.
  Climb Plan(lastmeter::common::v1::Promise promise, uint32_t round,
             lastmeter::common::v1::Tier from) const;

  // Notices for whoever is to be reminded at the top of an exhausted ladder.
  std::vector<lastmeter::event::v1::Notice> NoticesAtTop(
      lastmeter::event::v1::Purpose purpose) const;
  // Notices for whoever holds the case.
  std::vector<lastmeter::event::v1::Notice> NoticesToHolder(
      lastmeter::event::v1::Purpose purpose) const;
  // Adds notices for a tier, without those in `notices` already; where nobody is there for the next
  // one above, where nobody is above either for the fallback post.
  void AddTier(lastmeter::common::v1::Tier tier, lastmeter::event::v1::Purpose purpose,
               google::protobuf::RepeatedPtrField<lastmeter::event::v1::Notice>* notices) const;
  // Notices for everybody who was told of the case, in the tier in which each serves its area; but
  // for one person, who knows.
  std::vector<lastmeter::event::v1::Notice> NoticesToTold(lastmeter::event::v1::Purpose purpose,
                                                          const std::string& but_for = {}) const;
  // Notices for the outside authorities that the case's kind names.
  std::vector<lastmeter::event::v1::Notice> NoticesToAuthorities(NoticeMaker* maker) const;

  const lastmeter::rules::v1::Ladder* LadderOf(lastmeter::common::v1::Promise promise) const;
  // How long a tier has in the ladder of a promise; the last rung's time for a tier without one.
  const lastmeter::rules::v1::Duration* TimeOf(lastmeter::common::v1::Promise promise,
                                               lastmeter::common::v1::Tier tier) const;
  // When a turn of that tier, begun at `entered`, ends. Minutes round the clock count from when the
  // tier is told, so that a quiet night does not use them up; working time counts from the entry.
  Deadline LimitOf(lastmeter::common::v1::Promise promise, lastmeter::common::v1::Tier tier,
                   Timestamp entered) const;
  // When a reminder follows.
  Timestamp NextReminder(lastmeter::common::v1::Promise promise) const;
  // Clocks that a case of this level begins with, begun at `start`: all but those that follow
  // something (paperwork, follow-ups, referrals).
  std::vector<lastmeter::event::v1::ClockStart> StartClocks(Timestamp start) const;
  // One clock of the case's level; none where the level does not promise it.
  std::optional<lastmeter::event::v1::ClockStart> StartClock(lastmeter::common::v1::Promise promise,
                                                             Timestamp start) const;

  // The limits of a clock that was started before, with `pauses` left out; those it has where no
  // policy knows it any more.
  lastmeter::event::v1::ClockStart Limits(const lastmeter::state::v1::Clock& clock,
                                          const std::vector<Pause>& pauses) const;
  // The limits of a paused clock that runs again from `from` on.
  lastmeter::event::v1::ClockStart Resume(const lastmeter::state::v1::Clock& clock,
                                          Timestamp from) const;

  // When somebody told at `t` is really told: at once, or for quiet levels when duty begins.
  Timestamp TellAt(Timestamp t) const;
  Timestamp TellAt() const { return TellAt(now_); }
  // The same as a notice has it: 0 for at once.
  Timestamp NotBefore() const;
  Candidates Find(lastmeter::common::v1::Tier tier) const;
  // The person, or whoever stands in now; empty where a person is away and nobody does.
  std::optional<Candidate> Present(const std::string& staff_id) const;

 private:
  lastmeter::event::v1::ClockStart Start(const lastmeter::rules::v1::ClockPolicy& clock,
                                         Timestamp start) const;

  const PartitionState& state_;
  const CaseNumber& number_;
  const lastmeter::state::v1::Case& case_;
  Timestamp now_;
};

}  // namespace lastmeter
