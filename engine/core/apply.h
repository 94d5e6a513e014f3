#pragma once

#include <span>

#include "engine/base/hash.h"
#include "engine/core/codec.h"
#include "engine/core/state.h"
#include "lastmeter/event/v1/record.pb.h"

namespace lastmeter {

// Folds one record into the state. Total: makes no choices, consults nothing but its arguments.
// A record that does not follow the state (gap in seq, unknown event) is a fault of the log and is
// found before, by CheckFollows; here it ends the process.
void Apply(PartitionState& state, const lastmeter::event::v1::Record& record,
           const Sha256Digest& stored_sha256);

// Folds the decision that was the last to be made on this very state: comes to the same as Apply on
// each of its records, but takes the case as Decide left it instead of reading it and folding every
// event into it again.
void ApplyDecided(PartitionState& state, std::span<const SealedRecord> decision);

}  // namespace lastmeter
