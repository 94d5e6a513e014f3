#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/standalone/demo_door.h"
#include "services/standalone/demo_ledger.h"

namespace lastmeter::demo {

// Holds the product to what the demonstration promises, through its own door: each report has one
// outcome; the first story's case is closed with its need met, the second one's has gone through
// all five tiers in order and reminds; the forgotten one climbed by its relief clock; the
// restricted one was only counted. Returns the promises that broke, in English, one sentence each.
// Error: kUnavailable when the door cannot be used.
absl::StatusOr<std::vector<std::string>> CheckPromises(Door& door, const Ledger& ledger);

}  // namespace lastmeter::demo
