#include "tests/year/district.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/rulesfile/rulesfile.h"
#include "tests/sim/random.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace rl = rules::v1;

// 160 villages with 12 or 13 grids each come to about 2,000.
constexpr int kFewestGrids = 12;
constexpr int kGroups = 4;
constexpr int kVolunteers = 4;

const char* const kFamilies[] = {"陈", "李", "刘", "周", "黄", "彭", "罗", "胡",
                                 "曾", "谭", "杨", "唐", "肖", "蒋", "文", "邓"};
const char* const kGiven[] = {"春兰", "建军", "志明", "秋生", "桂英", "国强", "海燕",
                              "新民", "冬梅", "正华", "美玲", "光辉", "立新", "玉兰",
                              "向阳", "小平", "文斌", "素珍", "长庚"};

std::string Numbered(const std::string& village, const char* format, int n) {
  char digits[16];
  std::snprintf(digits, sizeof digits, format, n);
  return village + digits;
}

std::string InventName(uint64_t n) {
  Random random(n);
  return std::string(random.OneOf(kFamilies)) + random.OneOf(kGiven);
}

uint32_t MonthOf(Date day) { return day / 100; }

}  // namespace

absl::StatusOr<District> District::Load(const std::string& rules_dir, uint64_t seed, Date first,
                                        int days) {
  LM_ASSIGN_OR_RETURN(LoadedRules loaded, LoadRulesDir(rules_dir));
  District district;
  district.rules_ = std::move(loaded.rules);
  LM_ASSIGN_OR_RETURN(district.calendar_, WorkCalendar::Create(district.rules_.calendar()));
  district.ReadNet();
  for (Village& village : district.villages_) district.GrowVillage(&village);
  district.nights_.Arrange(&district.rules_);
  district.PlanLeave(seed, first, days);
  return district;
}

void District::ReadNet() {
  std::map<std::string, size_t, std::less<>> index;
  for (const auto& area : rules_.areas()) {
    if (area.tier() != cm::TIER_VILLAGE) continue;
    index[area.code()] = villages_.size();
    villages_.emplace_back().code = area.code();
  }
  for (const auto& area : rules_.areas()) {
    if (area.tier() != cm::TIER_GRID) continue;
    villages_[index.at(area.code().substr(0, 12))].grids.push_back(area.code());
  }
  for (const auto& post : rules_.roster()) {
    if (post.outside_authority() || post.volunteer()) continue;
    staff_at_[post.area()].push_back(post.staff_id());
    bool& hours = hours_.try_emplace(post.staff_id(), true).first->second;
    hours = hours && post.duty() == rl::DUTY_HOURS;
    if (post.area().size() < 12) continue;
    Village& village = villages_[index.at(post.area().substr(0, 12))];
    village.staff.push_back(post.staff_id());
    if (post.tier() == cm::TIER_VILLAGE) village.heads.push_back(post.staff_id());
    if (post.tier() == cm::TIER_GROUP) village.leaders.push_back(post.staff_id());
  }
}

rl::Post* District::AddPost(cm::Tier tier, const std::string& area, const std::string& staff) {
  rl::Post* post = rules_.add_roster();
  post->set_staff_id(staff);
  post->set_name(InventName(Murmur2(staff)));
  post->set_tier(tier);
  post->set_area(area);
  post->set_duty(rl::DUTY_ALWAYS);
  return post;
}

void District::AddStaff(cm::Tier tier, const std::string& area, const std::string& staff) {
  AddPost(tier, area, staff);
  staff_at_[area].push_back(staff);
  hours_[staff] = false;
}

// Further groups, led by the first grid worker in each, as is common; the further grids are shared
// out among all groups.
void District::GrowVillage(Village* village) {
  const std::string& code = village->code;
  const auto add_area = [&](cm::Tier tier, const std::string& area, const std::string& parent) {
    if (staff_at_.contains(area)) return;
    rl::Area* added = rules_.add_areas();
    added->set_code(area);
    added->set_tier(tier);
    added->set_parent(parent);
    added->set_name("第" + area.substr(12) + (tier == cm::TIER_GROUP ? "组" : "网格"));
  };
  const auto group = [&](int n) { return Numbered(code, "%02d", n); };
  for (int n = 1; n <= kGroups; ++n) add_area(cm::TIER_GROUP, group(n), code);
  // Odd and even villages differ, or every total would be a round number.
  const int wanted = kFewestGrids + (code.back() - '0') % 2;
  for (int n = static_cast<int>(village->grids.size()) + 1; n <= wanted; ++n) {
    const std::string grid = Numbered(code, "%03d", n);
    const std::string parent = group(n % kGroups + 1);
    const std::string worker = "grid-worker-" + grid.substr(6);
    add_area(cm::TIER_GRID, grid, parent);
    village->grids.push_back(grid);
    village->staff.push_back(worker);
    AddStaff(cm::TIER_GRID, grid, worker);
    if (staff_at_.contains(parent)) continue;
    AddStaff(cm::TIER_GROUP, parent, worker);
    village->leaders.push_back(worker);
  }
  for (int n = 1; n <= kVolunteers; ++n) {
    village->volunteers.push_back(std::string(kVolunteerPrefix) +
                                  Numbered(code.substr(6), "-%d", n));
    AddPost(cm::TIER_VILLAGE, code, village->volunteers.back())->set_volunteer(true);
  }
}

std::string District::StandInFor(const std::string& staff, uint64_t draw) const {
  const auto& colleagues = colleagues_.at(staff);
  // Now and then nobody can be found.
  if (colleagues.size() < 2 || draw % 10 == 0) return {};
  const auto at = std::find(colleagues.begin(), colleagues.end(), staff) - colleagues.begin();
  const auto step = 1 + static_cast<int64_t>(draw / 10 % 3);
  const std::string& other = colleagues[static_cast<size_t>(at + step) % colleagues.size()];
  return other == staff ? std::string() : other;
}

// About two spells of leave a year for everybody, and one more around the Spring Festival for many.
// The desks that are always staffed have no leave: several people share each.
void District::PlanLeave(uint64_t seed, Date first, int days) {
  for (const auto& [area, staff] : staff_at_) {
    if (area.size() > 9) continue;
    for (const std::string& one : staff) colleagues_.try_emplace(one, staff);
  }
  for (const Village& village : villages_) {
    for (const std::string& one : village.staff) colleagues_.try_emplace(one, village.staff);
  }
  Random random(seed + 1);
  for (int n = 0; n < days;) {
    const Date begin = DateOf(StartOf(first) + Days(n));
    int length = 1;
    while (MonthOf(DateOf(StartOf(first) + Days(n + length))) == MonthOf(begin)) ++length;
    for (const auto& [staff, hours] : hours_) {
      if (staff.starts_with("district-") || !random.Percent(begin / 100 % 100 == 2 ? 45 : 16)) {
        continue;
      }
      const int64_t from = random.Between(0, length - 1);
      const int64_t to = std::min<int64_t>(length - 1, from + random.Between(1, 8));
      rl::Absence absence;
      absence.set_staff_id(staff);
      absence.set_from_date(DateOf(StartOf(begin) + Days(from)));
      absence.set_to_date(DateOf(StartOf(begin) + Days(to)));
      absence.set_stand_in(StandInFor(staff, random.Next()));
      leave_[MonthOf(begin)][staff] = std::move(absence);
      ++absences_;
    }
    n += length;
  }
}

rl::Rules District::RulesFor(Date day, bool next_year) const {
  rl::Rules rules = rules_;
  const uint32_t month = MonthOf(day);
  rules.set_version("year-" + std::to_string(month) + (next_year ? "-calendar" : ""));
  if (const auto leave = leave_.find(month); leave != leave_.end()) {
    for (const auto& [staff, absence] : leave->second) *rules.add_absences() = absence;
  }
  nights_.AddRota(month * 100 + 1, *calendar_, &rules);
  if (!next_year) return rules;
  const Date end = rules.calendar().known_until();
  rl::DayChange* new_year = rules.mutable_calendar()->add_days();
  new_year->set_date(NextDate(end));
  new_year->set_day_off(true);
  rules.mutable_calendar()->set_known_until(end + 10'000);
  return rules;
}

const std::vector<std::string>& District::StaffAt(const std::string& area) const {
  static const std::vector<std::string> kNobody;
  const auto it = staff_at_.find(area);
  return it == staff_at_.end() ? kNobody : it->second;
}

const District::Village* District::FindVillage(std::string_view code) const {
  for (const Village& village : villages_) {
    if (village.code == code) return &village;
  }
  return nullptr;
}

bool District::KeepsHours(const std::string& staff) const {
  const auto it = hours_.find(staff);
  return it != hours_.end() && it->second;
}

std::optional<std::string> District::Present(const std::string& staff, Date day) const {
  const auto away = [&](const std::string& who) -> const rl::Absence* {
    const auto month = leave_.find(MonthOf(day));
    if (month == leave_.end()) return nullptr;
    const auto it = month->second.find(who);
    if (it == month->second.end()) return nullptr;
    const rl::Absence& absence = it->second;
    return absence.from_date() <= day && day <= absence.to_date() ? &absence : nullptr;
  };
  const rl::Absence* absence = away(staff);
  if (absence == nullptr) return staff;
  if (absence->stand_in().empty() || away(absence->stand_in()) != nullptr) return std::nullopt;
  return absence->stand_in();
}

std::vector<std::string> District::Towns() const {
  std::vector<std::string> towns;
  for (const Village& village : villages_) {
    const std::string town = village.code.substr(0, 9);
    if (std::find(towns.begin(), towns.end(), town) == towns.end()) towns.push_back(town);
  }
  return towns;
}

std::set<std::string> District::LeavingOn(Date day) const {
  std::set<std::string> leaving;
  const auto month = leave_.find(MonthOf(day));
  if (month == leave_.end()) return leaving;
  for (const auto& [staff, absence] : month->second) {
    if (absence.from_date() == day) leaving.insert(staff);
  }
  return leaving;
}

size_t District::volunteers() const { return villages_.size() * kVolunteers; }

size_t District::grids() const {
  size_t n = 0;
  for (const Village& village : villages_) n += village.grids.size();
  return n;
}

}  // namespace lastmeter::year
