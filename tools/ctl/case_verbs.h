#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// What can be done to a case, as the interface's own document describes it, so that a command that
// is added there is known here.
namespace lastmeter::ctl {

// One value of a command, as people write it: field=value.
struct VerbField {
  enum class Form { kText, kNumber, kBigNumber, kYesNo, kTime, kWord };

  // "caseVersion"; within another message "by.amount".
  std::string name{};
  Form form = Form::kText;
  // Several, separated by commas.
  bool many = false;
  bool required = false;
  // Of kWord: names of the interface, "OUTCOME_NEED_MET", and of the enumeration, "Outcome".
  std::vector<std::string> values{};
  std::string enumeration{};
  // What it means; empty where the document does not say.
  std::string about{};
};

struct Verb {
  // "planWork", as in POST /v1/cases/{number}:planWork.
  std::string name{};
  std::string about{};
  // Of the message that is its body: "PlanWorkRequest".
  std::string message{};
  std::vector<VerbField> fields{};

  // Null where it has no such field. Capitals, hyphens and underscores do not matter.
  const VerbField* Find(std::string_view name) const;
};

// In the order of the document, which must be one of lastmeter's.
std::vector<Verb> VerbsOf(std::string_view document);

// Null for none. "plan-work" is planWork.
const Verb* FindVerb(const std::vector<Verb>& verbs, std::string_view word);
// The names that come nearest to a word that is none; all of them where none comes near.
std::vector<std::string> NearestVerbs(const std::vector<Verb>& verbs, std::string_view word);

// The body that these "field=value" make. kInvalidArgument names the word that is wrong or the
// field that is missing; caseVersion may be missing, for it is read from the case.
absl::StatusOr<nlohmann::json> BodyOf(const Verb& verb, const std::vector<std::string>& words);

// "outcome=WORD [caseVersion=NUMBER] [text=TEXT]"
std::string FieldsInShort(const Verb& verb);
// A line for each field with what it means and the words that it takes.
std::string FieldsAtLength(const Verb& verb);

inline constexpr std::string_view kCaseVersion = "caseVersion";

}  // namespace lastmeter::ctl
