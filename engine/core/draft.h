#pragma once

#include <string>
#include <string_view>

#include "engine/core/decide.h"
#include "engine/core/ladder.h"
#include "engine/core/state.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/event/v1/record.pb.h"

// A decision in the making. Private to engine/core: the processors (open_case, answer_case,
// move_case, fire_timer, install_rules) fill it, Decide completes it.
namespace lastmeter {

class Draft {
 public:
  // The state must outlive the draft.
  Draft(const PartitionState& state, Timestamp now) : state_(state), now_(now) {}

  const PartitionState& state() const { return state_; }
  Timestamp now() const { return now_; }
  bool empty() const { return records_.empty(); }

  // An event of the partition.
  lastmeter::event::v1::Event& AddEvent();

  // An event of the case that the decision is about: completes version, area and cycle, and folds
  // it into `c`, so that what follows in the same decision sees it. `c` is the state's
  // scratch().decided, where ApplyDecided finds what the case has come to.
  void AddCaseEvent(const CaseNumber& number, lastmeter::state::v1::Case& c,
                    lastmeter::event::v1::Event event);

  // Completes causes, parts and the input's bytes.
  Decision Finish(const lastmeter::event::v1::InputCause& cause, const std::string& input) &&;
  Decision Finish(const lastmeter::event::v1::TimerCause& cause) &&;
  Decision FinishEngine() &&;

 private:
  void Number();

  const PartitionState& state_;
  Timestamp now_;
  Decision records_;
};

// The command under decision, with its case where it names one that exists.
struct CommandContext {
  const lastmeter::command::v1::Command& command;
  CaseNumber number;
  lastmeter::state::v1::Case* c = nullptr;
};

void Reject(Draft& draft, const CommandContext& context, lastmeter::event::v1::Rejection reason,
            std::string_view detail);

// ---- Processors, by aggregate.
// Both return when the input was accepted: as it says itself, otherwise when the log took it.
Timestamp DecideReport(Draft& draft, const LogInput& input);
Timestamp DecideCommand(Draft& draft, const LogInput& input);
void DecideTimer(Draft& draft, const TimerInput& input);
void DecidePoisonTimer(Draft& draft, const PoisonTimer& input);
void DecideRecompute(Draft& draft, const RecomputeInput& input);
void DecideInstallRules(Draft& draft, const CommandContext& context);
void DecideAcceptClock(Draft& draft, const CommandContext& context);

void DecideAcknowledge(Draft& draft, const CommandContext& context);
void DecideNote(Draft& draft, const CommandContext& context);
void DecideVerify(Draft& draft, const CommandContext& context);
void DecideRelief(Draft& draft, const CommandContext& context);
void DecidePaperwork(Draft& draft, const CommandContext& context);
void DecideHold(Draft& draft, const CommandContext& context);
void DecideResume(Draft& draft, const CommandContext& context);
void DecideWithdraw(Draft& draft, const CommandContext& context);
void DecideCorrect(Draft& draft, const CommandContext& context);
void DecideRemind(Draft& draft, const CommandContext& context);
void DecideExtend(Draft& draft, const CommandContext& context);
void DecideReassign(Draft& draft, const CommandContext& context);
void DecideAcceptMerge(Draft& draft, const CommandContext& context);
void DecideSettleMerge(Draft& draft, const CommandContext& context);
void DecideMerge(Draft& draft, const CommandContext& context);
void DecidePlanWork(Draft& draft, const CommandContext& context);
void DecideClaimWork(Draft& draft, const CommandContext& context);
void DecideHandBackWork(Draft& draft, const CommandContext& context);
void DecideStartWork(Draft& draft, const CommandContext& context);
void DecideFinishWork(Draft& draft, const CommandContext& context);
void DecideCancelWork(Draft& draft, const CommandContext& context);
void DecideRefer(Draft& draft, const CommandContext& context);
void DecideAnswerReferral(Draft& draft, const CommandContext& context);
void DecideBeginFollowUp(Draft& draft, const CommandContext& context);
void DecideRecordFollowUp(Draft& draft, const CommandContext& context);
void DecidePledge(Draft& draft, const CommandContext& context);
void DecideDeliver(Draft& draft, const CommandContext& context);
void DecideHandOver(Draft& draft, const CommandContext& context);
void DecideCertify(Draft& draft, const CommandContext& context);
void DecideReadBulletin(Draft& draft, const CommandContext& context);
void DecideScreenOut(Draft& draft, const CommandContext& context);
void DecideSetGoal(Draft& draft, const CommandContext& context);
void DecideRecordGoal(Draft& draft, const CommandContext& context);
void DecideClose(Draft& draft, const CommandContext& context);
void DecideReopen(Draft& draft, const CommandContext& context);
void DecideRaise(Draft& draft, const CommandContext& context);
void DecideHandDown(Draft& draft, const CommandContext& context);

// Nothing was written.
bool IsEmpty(const lastmeter::common::v1::PersonalText& text);
// True after a refusal, which a command on a closed case is answered with.
bool RejectIfClosed(Draft& draft, const CommandContext& context);
// True after a refusal, where the command was written against another version of the case.
bool RejectIfStale(Draft& draft, const CommandContext& context, uint32_t case_version);
// True after a refusal, where relief came first and its papers are owed: the case may not
// end. `before`: "closing".
bool RejectIfPapersOwed(Draft& draft, const CommandContext& context, std::string_view before);
// The same, where departments were asked that have not answered: it names them.
bool RejectIfReferralOpen(Draft& draft, const CommandContext& context, std::string_view before);
// The same, where planned work still has turns.
bool RejectIfWorkGoesOn(Draft& draft, const CommandContext& context, std::string_view before);
// The same, where nobody has said what became of a goal.
bool RejectIfGoalOpen(Draft& draft, const CommandContext& context, std::string_view before);
// Papers, referrals or work.
bool RejectIfUnfinished(Draft& draft, const CommandContext& context, std::string_view before);
// The same, where another case is being merged into it, which nothing may end meanwhile.
bool RejectIfMergeUnderWay(Draft& draft, const CommandContext& context, std::string_view before);
// True after a refusal, where the case is followed up: its need is met.
bool RejectIfFollowedUp(Draft& draft, const CommandContext& context);
// When the command was durable at the gateway.
Timestamp AcceptedAt(const Draft& draft, const CommandContext& context);
// Where a promise made now counts from: the command's acceptance, but never later than now.
Timestamp StartOf(const Draft& draft, const CommandContext& context);

// Makes the case more urgent: new limits for its running turns and clocks where these are sooner.
void RaiseLevel(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
                lastmeter::common::v1::Level to, const std::string& by,
                const lastmeter::common::v1::PersonalText* reason);

// Ends the hold that the case is on. `ended` says why, by whom and when; the clocks that run again
// and whoever is to be told are added here.
void EndHold(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
             lastmeter::event::v1::HoldEnded ended);

// Ends following the case up as its begin decided; for any reason but completion a new cycle
// begins.
void EndFollowUp(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
                 lastmeter::event::v1::FollowUpEnd reason, const lastmeter::common::v1::Actor& by,
                 const lastmeter::common::v1::PersonalText* text);

// Opens a closed case again, in a new cycle.
void BeginCycle(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
                const lastmeter::common::v1::Actor& by,
                const lastmeter::common::v1::PersonalText* reason);

// Nobody has said in time what became of a merge that the case accepted.
void FireAcceptedMerge(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
                       const lastmeter::state::v1::AcceptedMerge& merge, const TimerInput& input,
                       bool outage);

// The date of a goal has passed.
void FireGoal(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
              const lastmeter::state::v1::Goal& goal, const TimerInput& input, bool outage);

// The instant of a planned work has come.
void FireWork(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
              const lastmeter::state::v1::Work& work, const TimerInput& input, bool outage);

// Emits the tiers passed by a climb that an input asked for, and the turn that it comes to.
// `from` is the tier that held the case, where one did.
void AddClimb(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
              LadderPlanner::Climb climb,
              lastmeter::common::v1::Tier from = lastmeter::common::v1::TIER_UNSPECIFIED);

// Emits the tiers passed by a climb.
void AddPassed(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
               const std::vector<lastmeter::event::v1::TierPassed>& passed);

// The id under which an input is remembered; empty when it has none that can be read.
std::string InputId(const PartitionState& state, lastmeter::event::v1::InputTopic topic,
                    std::string_view bytes);
std::string ReportInputId(std::string_view report_id);
std::string CommandInputId(std::string_view command_id);

}  // namespace lastmeter
