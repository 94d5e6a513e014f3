// ValidateRules: whatever would leave a case without a promise, a deadline or somebody to tell is
// refused before it is installed. RulesView and the deciding core rely on every rule in here.
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
#include "engine/core/rules_view.h"

namespace lastmeter {
namespace {

using common::v1::Tier;
using rules::v1::Area;
using rules::v1::ClockPolicy;
using rules::v1::Duration;
using rules::v1::Kind;
using rules::v1::Ladder;
using rules::v1::LevelPolicy;
using rules::v1::Post;
using rules::v1::Rung;

// Longer limits are slips of the pen; ten years also keep every deadline a writable date.
constexpr uint32_t kMostMinutes = 10 * 366 * 1440;
constexpr uint32_t kMostWorkingDays = 2500;
constexpr uint32_t kMostReopenDays = 3660;
constexpr size_t kLongestId = 64;
constexpr size_t kLongestName = 128;

std::string At(std::string_view list, int index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

bool IsTier(int tier) { return tier >= common::v1::TIER_GRID && tier <= common::v1::TIER_DISTRICT; }

// "village" for TIER_VILLAGE: the word of the rules files.
std::string Word(Tier tier) {
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

std::string Word(common::v1::Level level) {
  switch (level) {
    case common::v1::LEVEL_CRITICAL:
      return "critical";
    case common::v1::LEVEL_URGENT:
      return "urgent";
    case common::v1::LEVEL_ORDINARY:
      return "ordinary";
    case common::v1::LEVEL_ATTENTION:
      return "attention";
    default:
      return "no level";
  }
}

bool IsLevel(int level) {
  return level >= common::v1::LEVEL_CRITICAL && level <= common::v1::LEVEL_ATTENTION;
}

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
    IndexDocuments();
    CheckText("version", rules_.version(), kLongestName);
    CheckAreas();
    CheckRoster();
    CheckKinds();
    CheckLevels();
    CheckEntry();
    CheckStaffing();
    CheckCalendar();
    return std::move(problems_);
  }

 private:
  void Add(std::string path, std::string reason) {
    problems_.push_back({std::move(path), std::move(reason)});
  }

  void CheckText(const std::string& path, std::string_view text, size_t longest,
                 bool required = true) {
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

  void IndexDocuments() {
    for (const Area& area : rules_.areas()) areas_.emplace(area.code(), &area);
    for (const Post& post : rules_.roster()) persons_.emplace(post.staff_id(), &post);
  }

  // ---- areas ----

  void CheckAreas() {
    std::set<std::string_view> seen;
    int districts = 0;
    for (int i = 0; i < rules_.areas_size(); ++i) {
      const Area& area = rules_.areas(i);
      std::string path = At("areas", i);
      CheckText(path + ".name", area.name(), kLongestName);
      if (!seen.insert(area.code()).second) {
        Add(path + ".code", "area " + area.code() + " is listed twice");
      }
      if (!IsTier(area.tier())) {
        Add(path + ".tier", "is missing");
        continue;
      }
      if (area.tier() == common::v1::TIER_DISTRICT && ++districts == 2) {
        Add(path, "is a second district; the rules of one district are installed together");
      }
      if (!IsDigits(area.code(), CodeLength(area.tier()))) {
        Add(path + ".code", "the code of a " + Word(area.tier()) + " has " +
                                std::to_string(CodeLength(area.tier())) + " digits");
        continue;
      }
      CheckParent(path + ".parent", area);
    }
    if (districts == 0) Add("areas", "no district is listed");
  }

  // Every parent is of a higher tier, so no line of parents can run in a circle.
  void CheckParent(const std::string& path, const Area& area) {
    if (area.tier() == common::v1::TIER_DISTRICT) {
      if (!area.parent().empty()) Add(path, "a district has no parent");
      return;
    }
    auto it = areas_.find(area.parent());
    if (it == areas_.end()) {
      Add(path, area.parent().empty() ? "is missing" : "area " + area.parent() + " is not listed");
      return;
    }
    Tier tier = it->second->tier();
    bool one_up = tier == area.tier() + 1;
    bool grid_of_village = area.tier() == common::v1::TIER_GRID && tier == common::v1::TIER_VILLAGE;
    if (!one_up && !grid_of_village) {
      Add(path, "the parent of a " + Word(area.tier()) + " cannot be a " + Word(tier));
      return;
    }
    // A grid's code carries its village's, not its group's suffix.
    size_t shared = std::min<size_t>(area.parent().size(), 12);
    if (area.code().compare(0, shared, area.parent(), 0, shared) != 0) {
      Add(path, "the code " + area.code() + " does not begin with that of its parent");
    }
  }

  // ---- roster ----

  void CheckRoster() {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (int i = 0; i < rules_.roster_size(); ++i) {
      const Post& post = rules_.roster(i);
      std::string path = At("roster", i);
      CheckText(path + ".staff_id", post.staff_id(), kLongestId);
      CheckText(path + ".name", post.name(), kLongestName);
      if (!seen.insert({post.staff_id(), post.area()}).second) {
        Add(path, post.staff_id() + " holds this post twice");
      }
      const Post& first = *persons_.at(post.staff_id());
      if (first.name() != post.name()) {
        Add(path + ".name", post.staff_id() + " has another name further up");
      }
      if (first.outside_authority() != post.outside_authority()) {
        Add(path + ".outside_authority",
            post.staff_id() + " cannot be an outside authority and part of a tier");
      }
      if (post.duty() != rules::v1::DUTY_ALWAYS && post.duty() != rules::v1::DUTY_HOURS) {
        Add(path + ".duty", "is missing");
      }
      if (!IsTier(post.tier())) Add(path + ".tier", "is missing");
      auto area = areas_.find(post.area());
      if (area == areas_.end()) {
        Add(path + ".area",
            post.area().empty() ? "is missing" : "area " + post.area() + " is not listed");
      } else if (IsTier(post.tier()) && area->second->tier() != post.tier()) {
        Add(path + ".tier", "area " + post.area() + " is a " + Word(area->second->tier()) +
                                ", not a " + Word(post.tier()));
      }
    }
  }

  void CheckStaffing() {
    auto any = [&](auto&& wanted) {
      return std::any_of(rules_.roster().begin(), rules_.roster().end(), [&](const Post& post) {
        return !post.outside_authority() && wanted(post);
      });
    };
    if (!any([](const Post& p) { return p.tier() == common::v1::TIER_DISTRICT; })) {
      Add("roster", "nobody holds a post at the district");
    }
    const std::string& fallback = policy_.fallback_staff_id();
    if (fallback.empty()) {
      Add("policy.fallback_staff_id", "is missing");
    } else if (!any([&](const Post& p) {
                 return p.staff_id() == fallback && p.tier() == common::v1::TIER_DISTRICT;
               })) {
      Add("policy.fallback_staff_id", fallback + " holds no post at the district");
    }
    if (policy_.reopen_within_days() > kMostReopenDays) {
      Add("policy.reopen_within_days", "is more than " + std::to_string(kMostReopenDays));
    }
    // Restricted kinds skip the lower tiers, so these two are the only people who answer them.
    auto kind = std::find_if(policy_.kinds().begin(), policy_.kinds().end(),
                             [](const Kind& k) { return k.restricted(); });
    if (kind == policy_.kinds().end()) return;
    for (Tier tier : {common::v1::TIER_TOWN, common::v1::TIER_DISTRICT}) {
      if (!any([&](const Post& p) { return p.named_officer() && p.tier() == tier; })) {
        Add("roster", "no named officer at any " + Word(tier) + ", but kind " + kind->code() +
                          " is restricted");
      }
    }
  }

  // ---- policy ----

  void CheckKinds() {
    if (policy_.kinds().empty()) Add("policy.kinds", "no kind is listed");
    std::set<std::string_view> seen;
    for (int i = 0; i < policy_.kinds_size(); ++i) {
      const Kind& kind = policy_.kinds(i);
      std::string path = At("policy.kinds", i);
      CheckKindCode(path + ".code", kind.code());
      if (!seen.insert(kind.code()).second) {
        Add(path + ".code", "kind " + kind.code() + " is listed twice");
      }
      CheckText(path + ".name_zh", kind.name_zh(), kLongestName);
      CheckText(path + ".name_en", kind.name_en(), kLongestName, /*required=*/false);
      if (!IsLevel(kind.level())) Add(path + ".level", "is missing");
      CheckOutsideAuthorities(path + ".outside_authorities", kind);
    }
  }

  void CheckKindCode(const std::string& path, std::string_view code) {
    bool well_formed = !code.empty() && code.front() != '-' && code.back() != '-' &&
                       std::all_of(code.begin(), code.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
    if (code.empty()) {
      Add(path, "is missing");
    } else if (!well_formed) {
      Add(path, "may only have lower-case letters, digits and hyphens between them");
    } else if (code.size() > kLongestId) {
      Add(path, "is longer than " + std::to_string(kLongestId) + " bytes");
    }
  }

  void CheckOutsideAuthorities(const std::string& list, const Kind& kind) {
    std::set<std::string_view> seen;
    for (int i = 0; i < kind.outside_authorities_size(); ++i) {
      const std::string& id = kind.outside_authorities(i);
      auto it = persons_.find(id);
      if (it == persons_.end()) {
        Add(At(list, i), id + " is not in the roster");
      } else if (!it->second->outside_authority()) {
        Add(At(list, i), id + " is not marked as an outside authority in the roster");
      }
      if (!seen.insert(id).second) Add(At(list, i), id + " is listed twice");
    }
  }

  void CheckLevels() {
    std::set<int> seen;
    for (int i = 0; i < policy_.levels_size(); ++i) {
      const LevelPolicy& level = policy_.levels(i);
      std::string path = At("policy.levels", i);
      if (!IsLevel(level.level())) {
        Add(path + ".level", "is missing");
      } else if (!seen.insert(level.level()).second) {
        Add(path + ".level", "level " + Word(level.level()) + " is listed twice");
      }
      CheckLadder(path + ".acknowledge", level.acknowledge());
      CheckAllTiers(path + ".acknowledge.rungs", level.acknowledge());
      CheckClocks(path + ".clocks", level);
    }
    for (int level = common::v1::LEVEL_CRITICAL; level <= common::v1::LEVEL_ATTENTION; ++level) {
      if (!seen.contains(level)) {
        Add("policy.levels",
            "level " + Word(static_cast<common::v1::Level>(level)) + " is not listed");
      }
    }
  }

  void CheckAllTiers(const std::string& path, const Ladder& ladder) {
    for (int tier = common::v1::TIER_GRID; tier < common::v1::TIER_DISTRICT; ++tier) {
      if (std::none_of(ladder.rungs().begin(), ladder.rungs().end(),
                       [&](const Rung& rung) { return rung.tier() == tier; })) {
        Add(path, "tier " + Word(static_cast<Tier>(tier)) + " has no rung");
      }
    }
  }

  // A ladder that stops below the district would leave a case there with nobody above to call in.
  void CheckLadder(const std::string& path, const Ladder& ladder) {
    int below = common::v1::TIER_UNSPECIFIED;
    for (int i = 0; i < ladder.rungs_size(); ++i) {
      const Rung& rung = ladder.rungs(i);
      std::string at = At(path + ".rungs", i);
      CheckDuration(at + ".answer_within", rung.answer_within());
      CheckCopiedIn(at + ".copied_in", rung);
      if (!IsTier(rung.tier())) {
        Add(at + ".tier", "is missing");
        continue;
      }
      if (rung.tier() <= below) {
        Add(at + ".tier", Word(rung.tier()) + " is not above the rung before it");
      }
      below = std::max<int>(below, rung.tier());
    }
    if (below != common::v1::TIER_DISTRICT) {
      Add(path + ".rungs", "does not rise to the district");
    }
    CheckDuration(path + ".remind_every", ladder.remind_every());
  }

  void CheckCopiedIn(const std::string& list, const Rung& rung) {
    std::set<int> seen;
    for (int i = 0; i < rung.copied_in_size(); ++i) {
      Tier tier = rung.copied_in(i);
      if (!IsTier(tier)) {
        Add(At(list, i), "is not a tier");
      } else if (tier == rung.tier()) {
        Add(At(list, i), Word(tier) + " is already asked to answer on this rung");
      } else if (!seen.insert(tier).second) {
        Add(At(list, i), Word(tier) + " is listed twice");
      }
    }
  }

  void CheckClocks(const std::string& list, const LevelPolicy& level) {
    std::set<int> seen;
    for (int i = 0; i < level.clocks_size(); ++i) {
      const ClockPolicy& clock = level.clocks(i);
      std::string path = At(list, i);
      if (clock.promise() == common::v1::PROMISE_ACKNOWLEDGE) {
        Add(path + ".promise", "acknowledgement has its own ladder and no clock beside it");
      } else if (clock.promise() != common::v1::PROMISE_FIRST_RELIEF &&
                 clock.promise() != common::v1::PROMISE_RESOLVE) {
        Add(path + ".promise", "is missing");
      } else if (!seen.insert(clock.promise()).second) {
        Add(path + ".promise", "the same promise is listed twice");
      }
      CheckDuration(path + ".within", clock.within());
      CheckLadder(path + ".overdue", clock.overdue());
    }
    if (!seen.contains(common::v1::PROMISE_RESOLVE)) {
      Add(list, "the clock for closing the case (resolve) is missing");
    }
  }

  void CheckDuration(const std::string& path, const Duration& duration) {
    uint32_t most = kMostMinutes;
    switch (duration.unit()) {
      case rules::v1::DURATION_UNIT_MINUTES:
      case rules::v1::DURATION_UNIT_DUTY_MINUTES:
        break;
      case rules::v1::DURATION_UNIT_WORKING_DAYS:
        most = kMostWorkingDays;
        break;
      default:
        Add(path, duration.amount() == 0 ? "is missing" : "has no unit");
        return;
    }
    if (duration.amount() == 0) Add(path, "must be at least 1");
    if (duration.amount() > most) Add(path, "is longer than ten years");
  }

  void CheckEntry() {
    std::set<int> seen;
    for (int i = 0; i < policy_.entry_size(); ++i) {
      const auto& rule = policy_.entry(i);
      std::string path = At("policy.entry", i);
      if (rule.reporter_tier() != common::v1::TIER_UNSPECIFIED && !IsTier(rule.reporter_tier())) {
        Add(path + ".reporter_tier", "is not a tier");
      } else if (!seen.insert(rule.reporter_tier()).second) {
        Add(path + ".reporter_tier", "has a rule already");
      }
      if (!IsTier(rule.enter_at())) Add(path + ".enter_at", "is missing");
    }
  }

  // ---- calendar ----

  void CheckCalendar() {
    auto calendar = WorkCalendar::Create(rules_.calendar());
    if (calendar.ok()) return;
    // "days[3].date: 20260230 is not a date"
    std::string message(calendar.status().message());
    size_t colon = message.find(": ");
    if (colon == std::string::npos) {
      Add("calendar", message);
    } else {
      Add("calendar." + message.substr(0, colon), message.substr(colon + 2));
    }
  }

  const rules::v1::Rules& rules_;
  const rules::v1::Policy& policy_;
  // The first of each; doubles are found while walking.
  std::map<std::string_view, const Area*> areas_;
  std::map<std::string_view, const Post*> persons_;
  std::vector<RulesProblem> problems_;
};

}  // namespace

std::vector<RulesProblem> ValidateRules(const rules::v1::Rules& rules) {
  return Validator(rules).Run();
}

}  // namespace lastmeter
