// The rota of ValidateRules: who is on duty when.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/core/validate_rules.h"

namespace lastmeter {
namespace {

using rules::v1::DutyShift;
using rules::v1::Post;

// A district's nights of half a year; more would not fit into one record beside the net.
constexpr int kMostShifts = 16'384;
constexpr Millis kLongestShift = Days(31);
// 2200-01-01: what lies beyond is a slip, and no time that can be printed.
constexpr Timestamp kLatest{7'258'089'600'000};

void CheckTimes(const std::string& path, const DutyShift& shift, RulesProblems& problems) {
  if (shift.from_ms() <= 0 || shift.from_ms() > kLatest.ms) {
    return problems.Add(path + ".from_ms", shift.from_ms() == 0 ? "is missing" : "is no such time");
  }
  if (shift.to_ms() == 0) return problems.Add(path + ".to_ms", "is missing");
  if (shift.to_ms() <= shift.from_ms()) {
    return problems.Add(path + ".to_ms", "is not later than the begin of the period");
  }
  if (Millis{shift.to_ms() - shift.from_ms()} > kLongestShift) {
    problems.Add(path + ".to_ms", "is more than 31 days after the begin of the period");
  }
}

}  // namespace

void ValidateRota(const rules::v1::Rules& rules, RulesProblems& problems) {
  if (rules.rota_size() > kMostShifts) {
    return problems.Add("rota", "has more than " + std::to_string(kMostShifts) + " periods");
  }
  std::map<std::string_view, const Post*> persons;
  for (const Post& post : rules.roster()) persons.emplace(post.staff_id(), &post);
  std::map<std::string_view, std::vector<int>> periods;
  for (int i = 0; i < rules.rota_size(); ++i) {
    const DutyShift& shift = rules.rota(i);
    const std::string path = PathAt("rota", i);
    const std::string& id = shift.staff_id();
    const auto person = persons.find(id);
    if (person == persons.end()) {
      problems.Add(path + ".staff_id", id.empty() ? "is missing" : id + " is not in the roster");
    } else if (person->second->outside_authority()) {
      problems.Add(path + ".staff_id", id + " is an outside authority");
    } else if (person->second->volunteer()) {
      problems.Add(path + ".staff_id", id + " is a volunteer");
    }
    CheckTimes(path, shift, problems);
    periods[id].push_back(i);
  }
  for (auto& [id, list] : periods) {
    std::sort(list.begin(), list.end(), [&](int a, int b) {
      return std::pair(rules.rota(a).from_ms(), a) < std::pair(rules.rota(b).from_ms(), b);
    });
    for (size_t n = 1; n < list.size(); ++n) {
      const DutyShift& before = rules.rota(list[n - 1]);
      const DutyShift& shift = rules.rota(list[n]);
      if (shift.from_ms() >= before.to_ms()) continue;
      // Named where the later of the two lines stands.
      problems.Add(PathAt("rota", std::max(list[n - 1], list[n])),
                   std::string(id) + " is on duty twice at " + FormatLocal({shift.from_ms()}));
    }
  }
}

}  // namespace lastmeter
