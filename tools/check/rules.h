#pragma once

#include <span>
#include <string_view>

// Every rule that the judge knows. The names are stable: tests and operators' scripts use them.
// tests/check holds a broken log against each.
namespace lastmeter::rule {

struct Rule {
  std::string_view name;
  std::string_view text;
};

// ---- The log as a whole.
inline constexpr Rule kParse{"parse", "every stored value is a record"};
inline constexpr Rule kUnknownEvent{"event.unknown", "every record holds an event known here"};
inline constexpr Rule kSeq{"seq", "records are numbered from 1 without a gap"};
inline constexpr Rule kChain{"chain", "prev_sha256 is the hash of the stored record before"};
inline constexpr Rule kTime{"time", "log time never falls"};
inline constexpr Rule kEpoch{
    "epoch",
    "the log begins with WriterOpened in epoch 1; each WriterOpened, and nothing else, "
    "raises the epoch by one"};
inline constexpr Rule kWriter{
    "writer",
    "every owner names this partition, and the same partition count and cluster; where the log was "
    "moved it names the cluster before, and another one"};
inline constexpr Rule kDay{"day", "DayRolled names the date of its log time, and dates rise"};
inline constexpr Rule kRules{
    "rules", "RulesInstalled counts from 1; opening and reopening pin the rules in force"};

// ---- Decisions and the inputs that they answer.
inline constexpr Rule kParts{"decision.parts", "a decision's parts are all there, in order"};
inline constexpr Rule kWhole{"decision.whole",
                             "one decision has one cause, one log time and at most one case"};
inline constexpr Rule kCause{"decision.cause",
                             "an event follows only from a cause that may have it"};
inline constexpr Rule kInputBytes{
    "input.bytes", "the first record of a decision on an input carries its bytes; no other does"};
inline constexpr Rule kInputOrder{"input.order",
                                  "each input is decided once, in the order of its topic"};
inline constexpr Rule kInputRepeated{
    "input.repeated",
    "an input id is decided once within 400 days; a second time it is answered "
    "by InputRepeated, which names the first decision"};
inline constexpr Rule kInputMatch{
    "input.match", "the event says what its input says: ids, actor, case, times, action"};

// ---- Cases.
inline constexpr Rule kCaseNumber{
    "case.number",
    "a case number carries the report's routing code, the year of the log time at "
    "UTC+8 and the next counter of both, and belongs to this partition"};
inline constexpr Rule kCaseVersion{
    "case.version", "the version rises by one with each event of the case and with nothing else"};
inline constexpr Rule kCaseUnknown{"case.unknown", "events concern cases that were opened"};
inline constexpr Rule kCaseClosed{"case.closed",
                                  "a closed case is reopened, or what was pledged before still "
                                  "comes; nothing else happens to it"};
inline constexpr Rule kCaseCycle{
    "case.cycle",
    "cycles count from 1, rise by one at reopening of a closed case and nowhere else"};
inline constexpr Rule kCasePromise{
    "case.promise",
    "an open case always has a running clock, and somebody's turn while nobody "
    "has acknowledged it"};
inline constexpr Rule kRestricted{
    "case.restricted", "a case stays restricted; nobody at grid, group or village is told of it"};
inline constexpr Rule kNotices{"notices",
                               "notice ids are the case number and the next counter of the case"};
inline constexpr Rule kAttach{"attach",
                              "a report attaches to the open case of its own household only"};

// ---- The ladder.
inline constexpr Rule kTurnOrder{
    "turn.order", "within a round tiers only rise, each at most once; the fallback post once more"};
inline constexpr Rule kTurnRound{
    "turn.round",
    "rounds of a promise count from 1 in each cycle and rise by one, where a "
    "hand-down or a raise after an answer begins one"};
inline constexpr Rule kTurnTimes{
    "turn.times", "a turn is entered at the log time of its record and is due later"};
inline constexpr Rule kAnswered{"ladder.answered",
                                "a ladder whose promise is kept does not go on before a new round"};
inline constexpr Rule kReason{
    "climb.reason",
    "a climb's reason fits: overdue only with its breach in the same decision, "
    "passed only with a tier passed; a breach begins its ladder"};
inline constexpr Rule kExhausted{"ladder.exhausted",
                                 "a ladder is exhausted once, after the district had its turn"};
inline constexpr Rule kReminder{
    "reminder", "reminders follow exhaustion, count from 1 and set a later next one"};
inline constexpr Rule kAcknowledge{
    "acknowledge",
    "an open case is acknowledged once a round, never by its reporter, and answers "
    "a notice that was given out"};
inline constexpr Rule kHandDown{
    "hand-down",
    "a case is handed to a lower tier, hand-downs count on, and the district is told "
    "of the third and every later one"};
inline constexpr Rule kLevel{"level",
                             "a level only becomes more urgent, and its limits never later"};
inline constexpr Rule kVerify{"verify", "a case is verified with a finding"};
inline constexpr Rule kPaperwork{
    "paperwork",
    "papers are owed for relief before verifying, completed once, and never left at a closing"};
inline constexpr Rule kHold{
    "hold",
    "a hold has a reason and an end, pauses running limits only, which then cannot pass, and ends "
    "once: by a person, by another report, or at its time; what it paused runs again, no sooner "
    "due"};
inline constexpr Rule kWithdraw{"withdraw",
                                "only its reporter takes a report back or puts it right, before "
                                "anybody has acted on the case or "
                                "reported it again"};
inline constexpr Rule kScreenOut{
    "screen-out",
    "a report is screened out at the village or above, of a restricted kind at the district, never "
    "by its reporter, and before anybody has begun to help"};
inline constexpr Rule kExtend{"extend", "a limit that runs is extended once, to a later moment"};
inline constexpr Rule kReassign{"reassign", "a case is reassigned to another area than before"};
inline constexpr Rule kMerge{
    "merge",
    "a case is merged into another one, which is open; one that accepted a merge stays open until "
    "that is settled, once"};
inline constexpr Rule kWork{
    "work",
    "work of a case is counted from 1 and planned ahead; its turns follow one another, and each is "
    "done or missed once, after it began or at its end"};
inline constexpr Rule kWorkClaim{
    "work.claim", "a turn has one person at a time, who alone begins it; a claim lapses once"};
inline constexpr Rule kReferral{
    "referral", "each department is asked once at a time; the clock is their earliest limit"};
inline constexpr Rule kGoal{
    "goal",
    "goals of an acknowledged case are counted from 1, set ahead, told of once when their date has "
    "passed, and recorded once, before the case ends with its need met or is followed up"};
inline constexpr Rule kFollowUp{
    "follow-up",
    "visits are counted and end the case as was decided; trouble or another report begins a new "
    "cycle in the same decision"};
inline constexpr Rule kResource{
    "resource", "what is pledged is counted from 1 and delivered once, under the same project"};
inline constexpr Rule kHandOver{
    "hand-over", "an acknowledged case is handed from whoever has it to somebody else"};
inline constexpr Rule kSchedule{
    "schedule",
    "a scheduled certification has that one promise and nobody's turn, and is certified at no "
    "time before the last"};
inline constexpr Rule kBulletin{
    "bulletin",
    "a bulletin has readers and nobody's turn, is read once in each grid, and ends with the last"};
inline constexpr Rule kIncident{
    "incident",
    "an incident is one village's and one at a time; reports of the kinds that it takes join it "
    "while it is open, ask nobody by themselves, and every event of theirs names it"};
inline constexpr Rule kDigest{
    "digest",
    "what waits for a digest is told in the next one, once, with how much that is; none is owed "
    "when an incident ends"};
inline constexpr Rule kDrill{
    "drill", "every event of an exercise says so, and nothing of a real household joins it"};
inline constexpr Rule kUnfinished{
    "unfinished",
    "no case ends with planned work or an open referral, but for a report taken back"};
inline constexpr Rule kClose{"close", "only an acknowledged case is closed, with an outcome"};

// ---- Clocks and timers.
inline constexpr Rule kClockStart{
    "clock.start", "a clock starts no later than now; near due lies between start and limit"};
inline constexpr Rule kClockOnce{
    "clock.once",
    "near due, breach, relief and verifying come once a cycle, near due before the breach"};
inline constexpr Rule kRedCard{
    "clock.red-card", "a red card follows its breach once, at the moment that the breach named"};
inline constexpr Rule kRecompute{"clock.recompute", "only provisional limits are computed again"};
inline constexpr Rule kEarly{"early", "nothing fires before its instant"};
inline constexpr Rule kTimerPending{
    "timer.pending", "a timer fires at the earliest instant that its case has pending"};
inline constexpr Rule kTimerEvent{
    "timer.event", "what fires is what was due: promise, round and was_due_ms agree"};
inline constexpr Rule kOutage{
    "outage",
    "an event says outage when it is over 60 s late, and only then; inputs_unseen is as "
    "its timer says"};
inline constexpr Rule kTimerMissed{
    "timer.missed", "at the end of a complete log nothing is over 60 s due that has not fired"};

// All of them, in the order above.
std::span<const Rule> AllRules();

}  // namespace lastmeter::rule
