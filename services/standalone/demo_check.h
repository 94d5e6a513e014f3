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

struct Verdict {
  int exit_code = 0;
  // What the judge said.
  std::string output;
};

// Runs the program `lastmeter-check` of the same folder over the stopped server's data. Error:
// kNotFound when it is not there, kUnavailable when it cannot be started.
absl::StatusOr<Verdict> RunJudge(const std::string& program_dir, const std::string& data_dir);

}  // namespace lastmeter::demo
