#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/calendar/work_calendar.h"
#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter {

// One fault of a rules document.
struct RulesProblem {
  // Where: "policy.levels[1].acknowledge.rungs[0].answer_within", "roster[17].area" …; the index
  // counts from 0 in document order. rulesfile turns it into file and line.
  std::string path;
  std::string reason;
};

// Everything that is wrong with the rules; empty when they may be installed. Refused among others:
// a level without all its clocks (an open case could stand without a promise), a ladder that does
// not rise or has no reminder interval, a kind without a level, a fallback post that nobody holds,
// an area without parent, a calendar without working time.
std::vector<RulesProblem> ValidateRules(const lastmeter::rules::v1::Rules& rules);

// Installed rules, indexed for deciding. Immutable, pure.
class RulesView {
 public:
  // The rules must be valid.
  static std::unique_ptr<RulesView> Create(lastmeter::rules::v1::Rules rules);

  const lastmeter::rules::v1::Rules& rules() const { return rules_; }
  const WorkCalendar& calendar() const { return *calendar_; }

  const lastmeter::rules::v1::Kind* FindKind(std::string_view code) const;
  const lastmeter::rules::v1::LevelPolicy* FindLevel(lastmeter::common::v1::Level level) const;
  lastmeter::common::v1::Tier EntryTier(lastmeter::common::v1::Tier reporter_tier) const;
  const lastmeter::rules::v1::ClockPolicy* FindClock(lastmeter::common::v1::Level level,
                                                     lastmeter::common::v1::Promise promise) const;

  // Posts of the tier that serve the area, in roster order. An area at or above village level whose
  // tier lies below it reaches at most the village's own grids and groups; for an area known only
  // by town or district the tiers below it are empty and `area_known` is false.
  struct Posts {
    std::vector<const lastmeter::rules::v1::Post*> posts;
    bool area_known = true;
  };
  Posts FindPosts(std::string_view area, lastmeter::common::v1::Tier tier) const;

  // The highest tier that a person holds over the area; unspecified for none.
  lastmeter::common::v1::Tier TierOver(std::string_view staff_id, std::string_view area) const;
  bool IsNamedOfficer(std::string_view staff_id, std::string_view area) const;
  bool InRoster(std::string_view staff_id) const;
  bool KnowsArea(std::string_view code) const;

 private:
  RulesView() = default;
  using PostKey = std::pair<std::string, int>;
  lastmeter::rules::v1::Rules rules_;
  std::optional<WorkCalendar> calendar_;
  std::map<std::string, const lastmeter::rules::v1::Kind*, std::less<>> kinds_;
  std::map<std::string, const lastmeter::rules::v1::Area*, std::less<>> areas_;
  std::map<std::string, std::vector<const lastmeter::rules::v1::Post*>, std::less<>> by_staff_;
  // (area, tier) → posts, with a village's grids and groups gathered under the village.
  std::map<PostKey, std::vector<const lastmeter::rules::v1::Post*>> by_area_;
};

}  // namespace lastmeter
