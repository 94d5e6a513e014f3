#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/state/v1/state.pb.h"

// Planned visits and services, turn by turn; resources and goals beside them. Pure functions of
// state and events.
namespace lastmeter {

// Null where the case has no such work that goes on.
const lastmeter::state::v1::Work* FindWork(const lastmeter::state::v1::Case& c, uint32_t id);

// Who has a turn, the present one or a later one; empty: nobody.
std::string WorkerOf(const lastmeter::state::v1::Work& work, uint32_t turn);

// The earliest instant at which the present turn has something to do: nobody has it, its claim
// lapses, it ends. INT64_MAX when none.
int64_t NextInstantMs(const lastmeter::state::v1::Work& work);

// Folds an event about work, resources or goals into the case; others change nothing here.
// `log_time`: of the event's record.
void ApplyToWork(lastmeter::state::v1::Case& c, const lastmeter::event::v1::Event& event,
                 Timestamp log_time);

}  // namespace lastmeter
