#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/rules_view.h"

// What the parts of ValidateRules share; included by them only.
namespace lastmeter {

inline constexpr size_t kLongestRulesId = 64;
inline constexpr size_t kLongestRulesName = 128;

// Collects the problems in the order in which they are found.
class RulesProblems {
 public:
  void Add(std::string path, std::string reason) {
    list_.push_back({std::move(path), std::move(reason)});
  }
  // Text must be UTF-8 on one line, and there when it is required.
  void CheckText(const std::string& path, std::string_view text, size_t longest,
                 bool required = true);
  std::vector<RulesProblem> Take() { return std::move(list_); }

 private:
  std::vector<RulesProblem> list_;
};

// "roster[17]"
std::string PathAt(std::string_view list, int index);
// False for unspecified and for numbers that are no tier.
bool IsTier(int tier);
// "village" for TIER_VILLAGE: the word of the rules files.
std::string WordOf(lastmeter::common::v1::Tier tier);

// The rota's periods. Broken ones have no place in the index of RulesView.
void ValidateRota(const lastmeter::rules::v1::Rules& rules, RulesProblems& problems);
// Kinds, levels with their ladders and clocks, and entry rules.
void ValidatePolicy(const lastmeter::rules::v1::Rules& rules, RulesProblems& problems);

}  // namespace lastmeter
