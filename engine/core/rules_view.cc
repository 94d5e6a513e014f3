#include "engine/core/rules_view.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/ids.h"

namespace lastmeter {
namespace {

using common::v1::Level;
using common::v1::Promise;
using common::v1::Tier;
using rules::v1::Area;
using rules::v1::DutyShift;
using rules::v1::Post;

// A division code as a number with a 1 before it, so that codes of different lengths differ.
// 0 for what is not a code.
uint64_t KeyOf(std::string_view code) {
  if (code.empty() || code.size() > 15 || !IsDigits(code, code.size())) return 0;
  uint64_t key = 1;
  for (char c : code) key = key * 10 + static_cast<uint64_t>(c - '0');
  return key;
}

bool IsTier(int tier) { return tier >= common::v1::TIER_GRID && tier <= common::v1::TIER_DISTRICT; }

}  // namespace

std::unique_ptr<RulesView> RulesView::Create(rules::v1::Rules rules) {
  std::unique_ptr<RulesView> view(new RulesView);
  view->rules_ = std::move(rules);
  auto calendar = WorkCalendar::Create(view->rules_.calendar());
  LM_CHECK(calendar.ok()) << calendar.status().ToString();
  view->calendar_ = *std::move(calendar);
  view->IndexPolicy();
  view->IndexAreas();
  view->IndexRoster();
  view->IndexAbsences();
  view->IndexRota();
  return view;
}

void RulesView::IndexPolicy() {
  for (const auto& kind : rules_.policy().kinds()) kinds_.emplace(kind.code(), &kind);
  for (const auto& level : rules_.policy().levels()) {
    levels_.at(static_cast<size_t>(level.level())) = &level;
  }
  entry_.fill(common::v1::TIER_GRID);
  for (const auto& rule : rules_.policy().entry()) {
    entry_.at(static_cast<size_t>(rule.reporter_tier())) = rule.enter_at();
  }
}

void RulesView::IndexAreas() {
  std::vector<std::pair<uint64_t, const Area*>> sorted;
  for (const Area& area : rules_.areas()) sorted.emplace_back(KeyOf(area.code()), &area);
  std::sort(sorted.begin(), sorted.end());
  keys_.reserve(sorted.size());
  nodes_.resize(sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) {
    keys_.push_back(sorted[i].first);
    nodes_[i].area = sorted[i].second;
  }
  for (Node& node : nodes_) {
    for (const Area* area = node.area; area != nullptr;) {
      uint64_t key = KeyOf(area->code());
      node.line.at(static_cast<size_t>(area->tier())) = key;
      Node* own = FindKey(key);
      if (node.area->tier() == common::v1::TIER_GRID) own->has_grids = true;
      const Node* parent = FindKey(KeyOf(area->parent()));
      area = parent == nullptr ? nullptr : parent->area;
    }
    if (node.area->tier() == common::v1::TIER_DISTRICT) district_ = &node;
  }
  LM_CHECK(district_ != nullptr) << "rules without a district";
}

void RulesView::IndexAbsences() {
  for (const auto& absence : rules_.absences()) {
    absences_[absence.staff_id()].push_back(&absence);
    if (!absence.stand_in().empty()) stand_ins_[absence.stand_in()].push_back(&absence);
  }
}

void RulesView::IndexRota() {
  rota_.reserve(static_cast<size_t>(rules_.rota_size()));
  for (const DutyShift& shift : rules_.rota()) rota_.push_back(&shift);
  std::sort(rota_.begin(), rota_.end(), [](const DutyShift* a, const DutyShift* b) {
    return std::tuple(std::string_view(a->staff_id()), a->from_ms()) <
           std::tuple(std::string_view(b->staff_id()), b->from_ms());
  });
}

void RulesView::IndexRoster() {
  // Posts at each area itself, and a village's grids and groups under the village, in roster order.
  absl::btree_map<uint64_t, std::vector<const Post*>> at_area;
  absl::btree_map<uint64_t, std::vector<const Post*>> in_village;
  for (const Post& post : rules_.roster()) {
    const Node* node = FindKey(KeyOf(post.area()));
    LM_CHECK(node != nullptr) << "a post at an area that the rules do not list";
    Person& person = persons_[post.staff_id()];
    person.posts.push_back(&post);
    person.areas.push_back(node);
    if (post.outside_authority() || post.volunteer()) continue;
    at_area[KeyOf(post.area())].push_back(&post);
    if (post.tier() < common::v1::TIER_VILLAGE) {
      in_village[node->line[common::v1::TIER_VILLAGE]].push_back(&post);
    }
  }
  for (Node& node : nodes_) {
    for (int tier = common::v1::TIER_GRID; tier <= common::v1::TIER_DISTRICT; ++tier) {
      uint64_t key = node.line.at(static_cast<size_t>(tier));
      if (auto it = at_area.find(key); key != 0 && it != at_area.end()) {
        node.posts.at(static_cast<size_t>(tier)) = it->second;
      }
    }
    auto village = in_village.find(node.line[common::v1::TIER_VILLAGE]);
    if (village == in_village.end()) continue;
    for (const Post* post : village->second) {
      auto& gathered = node.posts.at(static_cast<size_t>(post->tier()));
      if (gathered.size() < kMaxGathered && Gathers(node, *FindKey(KeyOf(post->area())))) {
        gathered.push_back(post);
      }
    }
  }
}

bool RulesView::Gathers(const Node& area, const Node& below) {
  Tier tier = below.area->tier();
  // Only where the area's own line has no area of that tier.
  if (tier >= common::v1::TIER_VILLAGE || area.line.at(static_cast<size_t>(tier)) != 0)
    return false;
  uint64_t village = area.line[common::v1::TIER_VILLAGE];
  if (village == 0 || below.line[common::v1::TIER_VILLAGE] != village) return false;
  uint64_t group = area.line[common::v1::TIER_GROUP];
  return group == 0 || !area.has_grids || below.line[common::v1::TIER_GROUP] == group;
}

bool RulesView::Serves(const Node& area, const Node& post) {
  auto tier = static_cast<size_t>(post.area->tier());
  return area.line.at(tier) == post.line.at(tier) || Gathers(area, post);
}

const RulesView::Node* RulesView::FindKey(uint64_t key) const {
  auto it = std::lower_bound(keys_.begin(), keys_.end(), key);
  if (key == 0 || it == keys_.end() || *it != key) return nullptr;
  return &nodes_[static_cast<size_t>(it - keys_.begin())];
}

RulesView::Node* RulesView::FindKey(uint64_t key) {
  return const_cast<Node*>(std::as_const(*this).FindKey(key));
}

const RulesView::Node* RulesView::Find(std::string_view code) const {
  const Node* node = FindListed(code);
  if (node == nullptr || node->area->successor().empty()) return node;
  return FindKey(KeyOf(node->area->successor()));
}

const RulesView::Node* RulesView::FindListed(std::string_view code) const {
  uint64_t key = KeyOf(code);
  if (key == 0) return nullptr;
  if (const Node* node = FindKey(key)) return node;
  for (size_t digits : {12, 9, 6}) {
    if (code.size() <= digits) continue;
    if (const Node* node = FindKey(KeyOf(code.substr(0, digits)))) return node;
  }
  return nullptr;
}

const RulesView::Node& RulesView::FindOrDistrict(std::string_view code) const {
  const Node* node = Find(code);
  return node == nullptr ? *district_ : *node;
}

const rules::v1::Kind* RulesView::FindKind(std::string_view code) const {
  auto it = kinds_.find(code);
  return it == kinds_.end() ? nullptr : it->second;
}

const rules::v1::LevelPolicy* RulesView::FindLevel(Level level) const {
  if (level < 0 || static_cast<size_t>(level) >= levels_.size()) return nullptr;
  return levels_[static_cast<size_t>(level)];
}

Tier RulesView::EntryTier(Tier reporter_tier) const {
  return IsTier(reporter_tier) ? entry_[static_cast<size_t>(reporter_tier)] : entry_[0];
}

const rules::v1::ClockPolicy* RulesView::FindClock(Level level, Promise promise) const {
  const rules::v1::LevelPolicy* policy = FindLevel(level);
  if (policy == nullptr) return nullptr;
  for (const auto& clock : policy->clocks()) {
    if (clock.promise() == promise) return &clock;
  }
  return nullptr;
}

RulesView::Posts RulesView::FindPosts(std::string_view area, Tier tier) const {
  if (!IsTier(tier)) return {};
  const Node* node = Find(area);
  bool known = node != nullptr;
  if (!known) node = district_;
  if (node->area->tier() > common::v1::TIER_VILLAGE && tier < node->area->tier()) known = false;
  return {node->posts[static_cast<size_t>(tier)], known};
}

const RulesView::Person* RulesView::FindPerson(std::string_view staff_id) const {
  auto it = persons_.find(staff_id);
  return it == persons_.end() ? nullptr : &it->second;
}

Tier RulesView::TierOver(std::string_view staff_id, std::string_view area) const {
  Tier highest = common::v1::TIER_UNSPECIFIED;
  const Person* person = FindPerson(staff_id);
  if (person == nullptr) return highest;
  const Node& node = FindOrDistrict(area);
  for (size_t i = 0; i < person->posts.size(); ++i) {
    const Post& post = *person->posts[i];
    if (post.outside_authority() || post.volunteer() || post.tier() <= highest) continue;
    if (Serves(node, *person->areas[i])) highest = post.tier();
  }
  return highest;
}

bool RulesView::IsNamedOfficer(std::string_view staff_id, std::string_view area) const {
  const Person* person = FindPerson(staff_id);
  if (person == nullptr) return false;
  const Node& node = FindOrDistrict(area);
  for (size_t i = 0; i < person->posts.size(); ++i) {
    if (person->posts[i]->named_officer() && Serves(node, *person->areas[i])) return true;
  }
  return false;
}

bool RulesView::IsVolunteer(std::string_view staff_id) const {
  const auto posts = PostsOf(staff_id);
  return !posts.empty() && posts[0]->volunteer();
}

bool RulesView::VolunteersIn(std::string_view staff_id, std::string_view area) const {
  const Person* person = FindPerson(staff_id);
  if (person == nullptr) return false;
  const Node& node = FindOrDistrict(area);
  for (size_t i = 0; i < person->posts.size(); ++i) {
    if (person->posts[i]->volunteer() && Serves(node, *person->areas[i])) return true;
  }
  return false;
}

bool RulesView::InRoster(std::string_view staff_id) const {
  return FindPerson(staff_id) != nullptr;
}

std::span<const Post* const> RulesView::PostsOf(std::string_view staff_id) const {
  const Person* person = FindPerson(staff_id);
  if (person == nullptr) return {};
  return person->posts;
}

std::string_view RulesView::CurrentArea(std::string_view code) const {
  const Node* node = FindListed(code);
  if (node == nullptr || node->area->successor().empty()) return code;
  return node->area->successor();
}

const rules::v1::Absence* RulesView::AbsenceOf(std::string_view staff_id, Date date) const {
  auto it = absences_.find(staff_id);
  if (it == absences_.end()) return nullptr;
  for (const auto* absence : it->second) {
    if (absence->from_date() <= date && date <= absence->to_date()) return absence;
  }
  return nullptr;
}

std::vector<std::string_view> RulesView::StandsInFor(std::string_view staff_id, Date date) const {
  std::vector<std::string_view> away;
  auto it = stand_ins_.find(staff_id);
  if (it == stand_ins_.end() || AbsenceOf(staff_id, date) != nullptr) return away;
  for (const auto* absence : it->second) {
    if (absence->from_date() <= date && date <= absence->to_date()) {
      away.push_back(absence->staff_id());
    }
  }
  return away;
}

RulesView::Shifts RulesView::RotaOf(std::string_view staff_id) const {
  const auto first = std::lower_bound(
      rota_.begin(), rota_.end(), staff_id,
      [](const DutyShift* shift, std::string_view id) { return shift->staff_id() < id; });
  const auto end = std::upper_bound(
      first, rota_.end(), staff_id,
      [](std::string_view id, const DutyShift* shift) { return id < shift->staff_id(); });
  return {first, end};
}

const DutyShift* RulesView::ShiftOf(std::string_view staff_id, Timestamp t) const {
  const Shifts shifts = RotaOf(staff_id);
  // They do not overlap, so that only the last one to begin can go on.
  const auto after =
      std::upper_bound(shifts.begin(), shifts.end(), t.ms,
                       [](int64_t ms, const DutyShift* shift) { return ms < shift->from_ms(); });
  if (after == shifts.begin()) return nullptr;
  const DutyShift* last = *std::prev(after);
  return t.ms < last->to_ms() ? last : nullptr;
}

bool RulesView::OnDuty(const Post& post, Timestamp t) const {
  switch (post.duty()) {
    case rules::v1::DUTY_ALWAYS:
      return true;
    case rules::v1::DUTY_HOURS:
      if (calendar_->OnDuty(t)) return true;
      break;
    case rules::v1::DUTY_NIGHTS:
      if (!calendar_->OnDuty(t)) return true;
      break;
    default:
      break;
  }
  return !rota_.empty() && ShiftOf(post.staff_id(), t) != nullptr;
}

bool RulesView::HoldsNamedPost(std::string_view staff_id) const {
  const auto posts = PostsOf(staff_id);
  return std::any_of(posts.begin(), posts.end(),
                     [](const Post* post) { return post->named_officer(); });
}

bool RulesView::KnowsArea(std::string_view code) const { return FindKey(KeyOf(code)) != nullptr; }

const Area* RulesView::ResolveArea(std::string_view code) const {
  const Node* node = Find(code);
  return node == nullptr ? nullptr : node->area;
}

}  // namespace lastmeter
