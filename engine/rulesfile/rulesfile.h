#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter {

// Rules as they stand in a folder that a clerk edits, and where each of them stands.
struct LoadedRules {
  lastmeter::rules::v1::Rules rules;

  // "roster.csv:17" for a path as in RulesProblem, for example "roster[15].area": the line of the
  // field, or of the nearest thing around it when the field itself is missing. Lines count from 1.
  std::string LineOf(std::string_view path) const;

  // path → "file:line"; filled by LoadRulesDir.
  std::map<std::string, std::string, std::less<>> lines;
};

// Reads policy.yaml, areas.csv, roster.csv and calendar.csv of the folder, and absences.csv and
// rota.csv where they are; deploy/rules/README.md describes them. The same files give the same
// message byte for byte. Checks only what stands between files and message; whether the rules make
// sense is ValidateRules' question.
//
// Errors: kNotFound when the folder does not exist; otherwise kInvalidArgument, whose message has
// one line "file:line: reason" for each fault found in any of the files, at most 50 of them.
absl::StatusOr<LoadedRules> LoadRulesDir(const std::string& dir);

}  // namespace lastmeter
