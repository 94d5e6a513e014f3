#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter::ctl {

class Session;

enum class Lang { kZh, kEn };

// The words of papers that people read. Names of places and kinds come from the rules and are in
// Chinese where the rules know no other; what the rules do not know is shown by its code.
class Names {
 public:
  Names(Lang lang, const lastmeter::rules::v1::Rules& rules);

  Lang lang() const { return lang_; }
  std::string Pick(std::string_view zh, std::string_view en) const {
    return std::string(lang_ == Lang::kZh ? zh : en);
  }

  std::string Tier(lastmeter::common::v1::Tier tier) const;
  std::string Level(lastmeter::common::v1::Level level) const;
  std::string Promise(lastmeter::common::v1::Promise promise) const;
  std::string Outcome(lastmeter::common::v1::Outcome outcome) const;
  std::string Status(lastmeter::api::v1::CaseStatus status) const;
  std::string Kind(const std::string& code) const;
  // The narrowest known area that the code names or lies in, without those above it.
  std::string Place(std::string_view code) const;
  // The town of a code; empty for one that names a district only.
  std::string Town(std::string_view code) const;

  // Whoever the roster calls so; the id where it does not know it, nothing for nobody.
  std::string Person(const std::string& staff_id) const;
  // A project that resources are linked under.
  std::string Project(const std::string& code) const;
  // "（演练）" behind what an exercise is called, nothing behind anything else.
  std::string Mark(const lastmeter::api::v1::Case& one) const {
    return one.drill() ? Pick("（演练）", " (drill)") : std::string();
  }

  // Codes of all towns, in the order of the rules.
  const std::vector<std::string>& towns() const { return towns_; }

 private:
  const Lang lang_;
  std::map<std::string, std::string, std::less<>> kinds_;
  std::map<std::string, std::string, std::less<>> places_;
  std::map<std::string, std::string, std::less<>> people_;
  std::vector<std::string> towns_;
};

// The rules in force, for their names; empty rules where none are installed yet. Errors as
// Session::Get.
absl::StatusOr<lastmeter::rules::v1::Rules> RulesOf(Session& session);

// kInvalidArgument, naming it, for a code that the rules do not list. What is no code at all is
// left to the server's own words.
absl::Status CheckArea(const lastmeter::rules::v1::Rules& rules, const std::string& area);

// "zh" or "en", as --lang was given.
Lang LangOf(std::string_view word);

}  // namespace lastmeter::ctl
