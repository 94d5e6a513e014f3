// ValidateRules: whatever would leave a case without a promise, a deadline or somebody to tell is
// refused before it is installed. RulesView and the deciding core rely on every rule in here.
#include "engine/core/validate_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/utf8.h"
#include "engine/calendar/work_calendar.h"

namespace lastmeter {
namespace {

using common::v1::Tier;
using rules::v1::Area;
using rules::v1::Kind;
using rules::v1::Post;

constexpr uint32_t kMostReopenDays = 3660;
constexpr int kMostAbsences = 4096;

size_t CodeLength(Tier tier) {
  switch (tier) {
    case common::v1::TIER_GRID:
      return 15;
    case common::v1::TIER_GROUP:
      return 14;
    case common::v1::TIER_VILLAGE:
      return 12;
    case common::v1::TIER_TOWN:
      return 9;
    default:
      return 6;
  }
}

class Validator {
 public:
  explicit Validator(const rules::v1::Rules& rules) : rules_(rules), policy_(rules.policy()) {}

  std::vector<RulesProblem> Run() {
    for (const Area& area : rules_.areas()) areas_.emplace(area.code(), &area);
    for (const Post& post : rules_.roster()) persons_.emplace(post.staff_id(), &post);
    problems_.CheckText("version", rules_.version(), kLongestRulesName);
    CheckAreas();
    CheckRoster();
    CheckSuccessors();
    CheckAbsences();
    ValidateRota(rules_, problems_);
    ValidatePolicy(rules_, problems_);
    CheckStaffing();
    CheckCalendar();
    return problems_.Take();
  }

 private:
  void CheckAreas() {
    std::set<std::string_view> seen;
    int districts = 0;
    for (int i = 0; i < rules_.areas_size(); ++i) {
      const Area& area = rules_.areas(i);
      std::string path = PathAt("areas", i);
      problems_.CheckText(path + ".name", area.name(), kLongestRulesName);
      if (!seen.insert(area.code()).second) {
        problems_.Add(path + ".code", "area " + area.code() + " is listed twice");
      }
      if (!IsTier(area.tier())) {
        problems_.Add(path + ".tier", "is missing");
        continue;
      }
      if (area.tier() == common::v1::TIER_DISTRICT && ++districts == 2) {
        problems_.Add(path,
                      "is a second district; the rules of one district are installed together");
      }
      if (!IsDigits(area.code(), CodeLength(area.tier()))) {
        problems_.Add(path + ".code", "the code of a " + WordOf(area.tier()) + " has " +
                                          std::to_string(CodeLength(area.tier())) + " digits");
        continue;
      }
      CheckParent(path + ".parent", area);
    }
    if (districts == 0) problems_.Add("areas", "no district is listed");
  }

  // Every parent is of a higher tier, so no line of parents can run in a circle.
  void CheckParent(const std::string& path, const Area& area) {
    if (area.tier() == common::v1::TIER_DISTRICT) {
      if (!area.parent().empty()) problems_.Add(path, "a district has no parent");
      return;
    }
    auto it = areas_.find(area.parent());
    if (it == areas_.end()) {
      problems_.Add(
          path, area.parent().empty() ? "is missing" : "area " + area.parent() + " is not listed");
      return;
    }
    Tier tier = it->second->tier();
    bool one_up = tier == area.tier() + 1;
    bool grid_of_village = area.tier() == common::v1::TIER_GRID && tier == common::v1::TIER_VILLAGE;
    if (!one_up && !grid_of_village) {
      problems_.Add(path,
                    "the parent of a " + WordOf(area.tier()) + " cannot be a " + WordOf(tier));
      return;
    }
    // A grid's code carries its village's, not its group's suffix.
    size_t shared = std::min<size_t>(area.parent().size(), 12);
    if (area.code().compare(0, shared, area.parent(), 0, shared) != 0) {
      problems_.Add(path, "the code " + area.code() + " does not begin with that of its parent");
    }
  }

  void CheckRoster() {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (int i = 0; i < rules_.roster_size(); ++i) {
      const Post& post = rules_.roster(i);
      std::string path = PathAt("roster", i);
      problems_.CheckText(path + ".staff_id", post.staff_id(), kLongestRulesId);
      problems_.CheckText(path + ".name", post.name(), kLongestRulesName);
      if (!seen.insert({post.staff_id(), post.area()}).second) {
        problems_.Add(path, post.staff_id() + " holds this post twice");
      }
      const Post& first = *persons_.at(post.staff_id());
      if (first.name() != post.name()) {
        problems_.Add(path + ".name", post.staff_id() + " has another name further up");
      }
      if (first.outside_authority() != post.outside_authority()) {
        problems_.Add(path + ".outside_authority",
                      post.staff_id() + " cannot be an outside authority and part of a tier");
      }
      if (first.volunteer() != post.volunteer()) {
        problems_.Add(path + ".volunteer",
                      post.staff_id() + " cannot be a volunteer and part of a tier");
      }
      if (post.volunteer() && (post.outside_authority() || post.named_officer())) {
        problems_.Add(path + ".volunteer", "a volunteer is neither named officer nor authority");
      }
      if (post.duty() < rules::v1::DUTY_ALWAYS || post.duty() > rules::v1::DUTY_ROTA) {
        problems_.Add(path + ".duty", "is missing");
      }
      if (!IsTier(post.tier())) problems_.Add(path + ".tier", "is missing");
      auto area = areas_.find(post.area());
      if (area == areas_.end()) {
        problems_.Add(path + ".area", post.area().empty()
                                          ? "is missing"
                                          : "area " + post.area() + " is not listed");
      } else if (IsTier(post.tier()) && area->second->tier() != post.tier()) {
        problems_.Add(path + ".tier", "area " + post.area() + " is a " +
                                          WordOf(area->second->tier()) + ", not a " +
                                          WordOf(post.tier()));
      }
    }
  }

  void CheckSuccessors() {
    for (int i = 0; i < rules_.areas_size(); ++i) {
      const Area& area = rules_.areas(i);
      const std::string path = PathAt("areas", i) + ".successor";
      if (area.successor().empty()) {
        // Otherwise its cases would climb to where nobody works any more.
        auto parent = areas_.find(area.parent());
        if (parent != areas_.end() && !parent->second->successor().empty()) {
          problems_.Add(path, "is missing: " + area.parent() + " has a successor");
        }
        continue;
      }
      auto successor = areas_.find(area.successor());
      if (successor == areas_.end()) {
        problems_.Add(path, "area " + area.successor() + " is not listed");
      } else if (successor->second->tier() != area.tier()) {
        problems_.Add(path, area.successor() + " is of another tier");
      } else if (!successor->second->successor().empty()) {
        problems_.Add(path, area.successor() + " has a successor itself; name that one");
      }
    }
    for (int i = 0; i < rules_.roster_size(); ++i) {
      auto area = areas_.find(rules_.roster(i).area());
      if (area == areas_.end() || area->second->successor().empty()) continue;
      problems_.Add(PathAt("roster", i) + ".area",
                    rules_.roster(i).area() + " has a successor; move the post there");
    }
  }

  void CheckAbsences() {
    // First: each is held against all before it.
    if (rules_.absences_size() > kMostAbsences) {
      return problems_.Add("absences", "are more than " + std::to_string(kMostAbsences));
    }
    for (int i = 0; i < rules_.absences_size(); ++i) {
      const auto& absence = rules_.absences(i);
      const std::string path = PathAt("absences", i);
      for (const auto& [field, id] : {std::pair{".staff_id", &absence.staff_id()},
                                      std::pair{".stand_in", &absence.stand_in()}}) {
        if (id->empty() && field == std::string_view(".stand_in")) continue;
        auto person = persons_.find(*id);
        if (person == persons_.end()) {
          problems_.Add(path + field, id->empty() ? "is missing" : *id + " is not in the roster");
        } else if (person->second->outside_authority()) {
          problems_.Add(path + field, *id + " is an outside authority");
        } else if (person->second->volunteer()) {
          problems_.Add(path + field, *id + " is a volunteer");
        }
      }
      if (absence.stand_in() == absence.staff_id() && !absence.staff_id().empty()) {
        problems_.Add(path + ".stand_in", "nobody stands in for themselves");
      }
      if (!IsValidDate(absence.from_date())) problems_.Add(path + ".from_date", "is not a date");
      if (!IsValidDate(absence.to_date())) {
        problems_.Add(path + ".to_date", "is not a date");
      } else if (absence.to_date() < absence.from_date()) {
        problems_.Add(path + ".to_date", "lies before the first day");
      }
      for (int j = 0; j < i; ++j) {
        const auto& other = rules_.absences(j);
        if (other.staff_id() != absence.staff_id() || other.to_date() < absence.from_date() ||
            absence.to_date() < other.from_date()) {
          continue;
        }
        problems_.Add(path, absence.staff_id() + " is away twice on the same day");
        break;
      }
    }
  }

  void CheckStaffing() {
    auto any = [&](auto&& wanted) {
      return std::any_of(rules_.roster().begin(), rules_.roster().end(), [&](const Post& post) {
        return !post.outside_authority() && !post.volunteer() && wanted(post);
      });
    };
    if (!any([](const Post& p) { return p.tier() == common::v1::TIER_DISTRICT; })) {
      problems_.Add("roster", "nobody holds a post at the district");
    }
    const std::string& fallback = policy_.fallback_staff_id();
    if (fallback.empty()) {
      problems_.Add("policy.fallback_staff_id", "is missing");
    } else if (!any([&](const Post& p) {
                 return p.staff_id() == fallback && p.tier() == common::v1::TIER_DISTRICT;
               })) {
      problems_.Add("policy.fallback_staff_id", fallback + " holds no post at the district");
    }
    if (policy_.reopen_within_days() > kMostReopenDays) {
      problems_.Add("policy.reopen_within_days", "is more than " + std::to_string(kMostReopenDays));
    }
    // Restricted kinds skip the lower tiers, so these two are the only people who answer them.
    auto kind = std::find_if(policy_.kinds().begin(), policy_.kinds().end(),
                             [](const Kind& k) { return k.restricted(); });
    if (kind == policy_.kinds().end()) return;
    for (Tier tier : {common::v1::TIER_TOWN, common::v1::TIER_DISTRICT}) {
      if (!any([&](const Post& p) { return p.named_officer() && p.tier() == tier; })) {
        problems_.Add("roster", "no named officer at any " + WordOf(tier) + ", but kind " +
                                    kind->code() + " is restricted");
      }
    }
  }

  void CheckCalendar() {
    auto calendar = WorkCalendar::Create(rules_.calendar());
    if (calendar.ok()) return;
    // "days[3].date: 20260230 is not a date"
    std::string message(calendar.status().message());
    size_t colon = message.find(": ");
    if (colon == std::string::npos) {
      problems_.Add("calendar", message);
    } else {
      problems_.Add("calendar." + message.substr(0, colon), message.substr(colon + 2));
    }
  }

  const rules::v1::Rules& rules_;
  const rules::v1::Policy& policy_;
  // The first of each; doubles are found while walking.
  std::map<std::string_view, const Area*> areas_;
  std::map<std::string_view, const Post*> persons_;
  RulesProblems problems_;
};

}  // namespace

std::string PathAt(std::string_view list, int index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

bool IsTier(int tier) { return tier >= common::v1::TIER_GRID && tier <= common::v1::TIER_DISTRICT; }

std::string WordOf(Tier tier) {
  switch (tier) {
    case common::v1::TIER_GRID:
      return "grid";
    case common::v1::TIER_GROUP:
      return "group";
    case common::v1::TIER_VILLAGE:
      return "village";
    case common::v1::TIER_TOWN:
      return "town";
    case common::v1::TIER_DISTRICT:
      return "district";
    default:
      return "no tier";
  }
}

void RulesProblems::CheckText(const std::string& path, std::string_view text, size_t longest,
                              bool required) {
  if (text.empty()) {
    if (required) Add(path, "is missing");
  } else if (!IsUtf8(text)) {
    Add(path, "is not UTF-8");
  } else if (HasControlCharacters(text)) {
    Add(path, "has a control character in it");
  } else if (text.size() > longest) {
    Add(path, "is longer than " + std::to_string(longest) + " bytes");
  }
}

std::vector<RulesProblem> ValidateRules(const rules::v1::Rules& rules) {
  return Validator(rules).Run();
}

std::vector<std::string> DescribeRulesProblems(const lastmeter::rules::v1::Rules& rules) {
  std::vector<std::string> lines;
  for (const RulesProblem& p : ValidateRules(rules)) lines.push_back(p.path + ": " + p.reason);
  return lines;
}

}  // namespace lastmeter
