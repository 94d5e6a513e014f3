#pragma once

#include "engine/base/time.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/state/v1/state.pb.h"

namespace lastmeter {

// Folds one event into its case. The one place that says what an event means for a case: Decide
// uses it for the events that it is about to answer with, Apply for the records of the log.
// Total: an event of the partition changes nothing. `rules_ordinal` is that of the rules in force.
void ApplyToCase(lastmeter::state::v1::Case& c, const lastmeter::event::v1::Event& event,
                 Timestamp log_time, uint32_t rules_ordinal);

// A person acted on the case: what a poisoned timer had stopped runs again.
bool ActedByPerson(const lastmeter::event::v1::Event& event);

// Somebody verified, gave relief, planned work, referred, pledged or set a goal: what was reported
// is a hardship lead.
bool BeginsHelp(const lastmeter::event::v1::Event& event);

// An outcome that closing, or a follow-up, gives a case: not one that a withdrawal, a merge or a
// screening-out has for itself.
bool IsClosingOutcome(lastmeter::common::v1::Outcome outcome);

// Who is told by the event itself, beside a turn that it may have; null for events that tell
// nobody.
const google::protobuf::RepeatedPtrField<lastmeter::event::v1::Notice>* NoticesOf(
    const lastmeter::event::v1::Event& event);

// The turn that the event begins; null for none. Those of LevelRaised only end sooner.
const lastmeter::event::v1::Turn* TurnOf(const lastmeter::event::v1::Event& event);

// The clock of a promise; null when the case has none.
lastmeter::state::v1::Clock* FindClock(lastmeter::state::v1::Case& c,
                                       lastmeter::common::v1::Promise promise);
const lastmeter::state::v1::Clock* FindClock(const lastmeter::state::v1::Case& c,
                                             lastmeter::common::v1::Promise promise);

// Tier that holds the case: who acknowledged, otherwise whose turn it is to.
lastmeter::common::v1::Tier HoldingTier(const lastmeter::state::v1::Case& c);

// The clock stands still: the case is on hold for a reason that pauses it.
bool IsPaused(const lastmeter::state::v1::Clock& clock);

}  // namespace lastmeter
