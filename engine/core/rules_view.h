#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
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
// not rise to the district or has no reminder interval, a kind without a level, a fallback post
// that nobody holds, an area without parent, a calendar without working time.
std::vector<RulesProblem> ValidateRules(const lastmeter::rules::v1::Rules& rules);
// The same as lines of text, "path: reason".
std::vector<std::string> DescribeRulesProblems(const lastmeter::rules::v1::Rules& rules);

// Installed rules, indexed for deciding. Immutable, pure. No look-up allocates; each takes a
// binary search over the areas, the persons or the kinds at most.
//
// Areas in the questions below may be of any tier. A code that the rules do not list counts as the
// nearest listed area that its digits begin with (ResolveArea); one of another district counts as
// an area known by district only, so that no case is without somebody above it.
class RulesView {
 public:
  // The rules must be valid.
  static std::unique_ptr<RulesView> Create(lastmeter::rules::v1::Rules rules);

  RulesView(const RulesView&) = delete;
  RulesView& operator=(const RulesView&) = delete;

  const lastmeter::rules::v1::Rules& rules() const { return rules_; }
  const WorkCalendar& calendar() const { return *calendar_; }

  const lastmeter::rules::v1::Kind* FindKind(std::string_view code) const;
  // Null for a level that does not exist.
  const lastmeter::rules::v1::LevelPolicy* FindLevel(lastmeter::common::v1::Level level) const;
  // Grid where the policy says nothing about the reporter's tier.
  lastmeter::common::v1::Tier EntryTier(lastmeter::common::v1::Tier reporter_tier) const;
  // Null when the level makes no such promise.
  const lastmeter::rules::v1::ClockPolicy* FindClock(lastmeter::common::v1::Level level,
                                                     lastmeter::common::v1::Promise promise) const;

  // Posts of the tier that serve the area, in roster order, on duty or not, without outside
  // authorities. For a tier below the area's own: of a village all grids and groups, of a group its
  // grids, at most kMaxGathered posts; a grid directly under its village, or a group without grids,
  // is served by the village's. For an area known only by town or district the tiers below it are
  // empty and `area_known` is false.
  struct Posts {
    // Lives as long as the view.
    std::span<const lastmeter::rules::v1::Post* const> posts;
    bool area_known = true;
  };
  static constexpr size_t kMaxGathered = 8;
  Posts FindPosts(std::string_view area, lastmeter::common::v1::Tier tier) const;

  // The highest tier at which a person serves the area in the sense of FindPosts, the limit of
  // kMaxGathered apart; unspecified for none.
  lastmeter::common::v1::Tier TierOver(std::string_view staff_id, std::string_view area) const;
  // Holds a post marked as named officer over the area; outside authorities may too.
  bool IsNamedOfficer(std::string_view staff_id, std::string_view area) const;
  bool InRoster(std::string_view staff_id) const;
  // A volunteer, who is part of no tier.
  bool IsVolunteer(std::string_view staff_id) const;
  // The same, for this area.
  bool VolunteersIn(std::string_view staff_id, std::string_view area) const;
  // All posts of a person, in roster order; empty for a stranger.
  std::span<const lastmeter::rules::v1::Post* const> PostsOf(std::string_view staff_id) const;

  // The absence that a person is on that day; null for none.
  const lastmeter::rules::v1::Absence* AbsenceOf(std::string_view staff_id, Date date) const;
  // For whom a person stands in that day, in the order of the rules.
  std::vector<std::string_view> StandsInFor(std::string_view staff_id, Date date) const;
  // The periods that the rota gives a person, in order.
  using Shifts = std::span<const lastmeter::rules::v1::DutyShift* const>;
  Shifts RotaOf(std::string_view staff_id) const;
  // The one in which `t` lies; null for none.
  const lastmeter::rules::v1::DutyShift* ShiftOf(std::string_view staff_id, Timestamp t) const;
  // On duty at that instant, by the post's own duty or by the rota; absences apart.
  bool OnDuty(const lastmeter::rules::v1::Post& post, Timestamp t) const;
  // Holds a post marked as named officer anywhere.
  bool HoldsNamedPost(std::string_view staff_id) const;

  // The code itself, or that of the area which took the place of the listed one it stands for.
  std::string_view CurrentArea(std::string_view code) const;
  // True only for a listed code.
  bool KnowsArea(std::string_view code) const;
  // The listed area that a code stands for: itself, otherwise the village, town or district that
  // its first 12, 9 or 6 digits name. Null when none is listed.
  const lastmeter::rules::v1::Area* ResolveArea(std::string_view code) const;

 private:
  using Post = lastmeter::rules::v1::Post;
  // Indexed by tier; index 0 is unused.
  template <typename T>
  using PerTier = std::array<T, 6>;

  // One area with everything that is asked about it.
  struct Node {
    const lastmeter::rules::v1::Area* area = nullptr;
    // This area and those above it; 0 where there is none (grids without a group).
    PerTier<uint64_t> line{};
    PerTier<std::vector<const Post*>> posts;
    bool has_grids = false;
  };

  // Parallel: each post and the area that it serves.
  struct Person {
    std::vector<const Post*> posts;
    std::vector<const Node*> areas;
  };

  RulesView() = default;
  void IndexPolicy();
  void IndexAreas();
  void IndexRoster();
  void IndexAbsences();
  void IndexRota();
  // Null for a code of another district.
  const Node* Find(std::string_view code) const;
  // The same, of an area that has a successor too.
  const Node* FindListed(std::string_view code) const;
  // The district's for a code of another one.
  const Node& FindOrDistrict(std::string_view code) const;
  // Null for a stranger.
  const Person* FindPerson(std::string_view staff_id) const;
  const Node* FindKey(uint64_t key) const;
  Node* FindKey(uint64_t key);
  // Whether a post of a lower tier, at `below`, is reached from the area.
  static bool Gathers(const Node& area, const Node& below);
  static bool Serves(const Node& area, const Node& post);

  lastmeter::rules::v1::Rules rules_;
  std::optional<WorkCalendar> calendar_;
  std::array<const lastmeter::rules::v1::LevelPolicy*, 5> levels_{};
  PerTier<lastmeter::common::v1::Tier> entry_{};
  absl::btree_map<std::string_view, const lastmeter::rules::v1::Kind*> kinds_;
  absl::btree_map<std::string_view, Person> persons_;
  // By who is away, and by who stands in.
  using Absences = std::vector<const lastmeter::rules::v1::Absence*>;
  absl::btree_map<std::string_view, Absences> absences_;
  absl::btree_map<std::string_view, Absences> stand_ins_;
  // By person, then by begin.
  std::vector<const lastmeter::rules::v1::DutyShift*> rota_;
  // Sorted and parallel: the searched part stays small and close together.
  std::vector<uint64_t> keys_;
  std::vector<Node> nodes_;
  const Node* district_ = nullptr;
};

}  // namespace lastmeter
