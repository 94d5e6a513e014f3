#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/state/v1/state.pb.h"

// Departments that were asked and have not answered. Each has a limit of its own; the case's clock
// for PROMISE_REFERRAL stands for the earliest of them. Pure functions of state and events.
namespace lastmeter {

// Null where the department is not asked now.
const lastmeter::state::v1::Referral* FindReferral(const lastmeter::state::v1::Case& c,
                                                   std::string_view to);

// The one whose limit comes first, of several at once the one asked first; null where nobody who is
// asked has a limit. `but_for`: a department to leave out.
const lastmeter::state::v1::Referral* EarliestReferral(const lastmeter::state::v1::Case& c,
                                                       std::string_view but_for = {});

// "a, b"
std::string NamesOfReferrals(const lastmeter::state::v1::Case& c);

// The limit that a department's own clock has from now on; empty where it keeps the one that it
// has.
using NewLimit = std::function<std::optional<lastmeter::event::v1::ClockStart>(
    const lastmeter::state::v1::Clock&)>;

// Adds the limits that move, and returns the earliest of all, which is the case's clock. At least
// one department has a limit.
lastmeter::event::v1::ClockStart MoveReferrals(
    const lastmeter::state::v1::Case& c, const NewLimit& limit,
    google::protobuf::RepeatedPtrField<lastmeter::event::v1::ReferralLimit>* limits);

// The limit of a department's own clock as it is.
lastmeter::event::v1::ClockStart OwnLimit(const lastmeter::state::v1::Clock& own);

// Folds an event into the case's referrals, its clocks left as they are; before the event is folded
// into them. `log_time`: of the event's record.
void ApplyToReferrals(lastmeter::state::v1::Case& c, const lastmeter::event::v1::Event& event,
                      Timestamp log_time);

}  // namespace lastmeter
