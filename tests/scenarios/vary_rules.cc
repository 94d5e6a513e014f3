#include "tests/scenarios/vary_rules.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include "engine/base/time.h"

namespace lastmeter::scenario {
namespace {

namespace cm = lastmeter::common::v1;
namespace rl = lastmeter::rules::v1;

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// The calendar's days after `until` are not published yet.
void EndCalendar(uint32_t until, rl::Rules* rules) {
  rules->mutable_calendar()->set_known_until(until);
  auto* days = rules->mutable_calendar()->mutable_days();
  days->erase(std::remove_if(days->begin(), days->end(),
                             [&](const auto& day) { return day.date() > until; }),
              days->end());
}

void Leave(const std::vector<std::string>& staff, rl::Rules* rules) {
  const std::set<std::string> gone(staff.begin(), staff.end());
  auto* roster = rules->mutable_roster();
  roster->erase(std::remove_if(roster->begin(), roster->end(),
                               [&](const auto& post) { return gone.contains(post.staff_id()); }),
                roster->end());
}

void SetDuty(const std::vector<std::string>& staff, rl::Duty duty, rl::Rules* rules) {
  const std::set<std::string> some(staff.begin(), staff.end());
  for (auto& post : *rules->mutable_roster()) {
    if (some.contains(post.staff_id())) post.set_duty(duty);
  }
}

// "20260105T2000" at UTC+8.
int64_t MomentOf(const std::string& text) {
  const auto minutes = std::stoul(text.substr(9, 2)) * 60 + std::stoul(text.substr(11, 2));
  const Timestamp day = StartOf(static_cast<Date>(std::stoul(text.substr(0, 8))));
  return (day + Minutes(static_cast<int64_t>(minutes))).ms;
}

// who:begin:end of a period of the rota.
bool Shift(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  if (parts.size() != 3 || parts[1].size() != 13 || parts[2].size() != 13) return false;
  rl::DutyShift* shift = rules->add_rota();
  shift->set_staff_id(parts[0]);
  shift->set_from_ms(MomentOf(parts[1]));
  shift->set_to_ms(MomentOf(parts[2]));
  return true;
}

rl::LevelPolicy* FindLevel(const std::string& word, rl::Rules* rules) {
  cm::Level level = cm::LEVEL_UNSPECIFIED;
  cm::Level_Parse("LEVEL_" + Upper(word), &level);
  for (auto& policy : *rules->mutable_policy()->mutable_levels()) {
    if (policy.level() == level) return &policy;
  }
  return nullptr;
}

// level:tier:minutes of the acknowledgement ladder.
bool Limit(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  rl::LevelPolicy* level = parts.size() == 3 ? FindLevel(parts[0], rules) : nullptr;
  if (level == nullptr) return false;
  for (auto& rung : *level->mutable_acknowledge()->mutable_rungs()) {
    if (cm::Tier_Name(rung.tier()) != "TIER_" + Upper(parts[1])) continue;
    rung.mutable_answer_within()->set_unit(rl::DURATION_UNIT_MINUTES);
    rung.mutable_answer_within()->set_amount(static_cast<uint32_t>(std::stoul(parts[2])));
    return true;
  }
  return false;
}

// Nothing promises that a case of this level is ever closed.
bool DropResolve(const std::string& word, rl::Rules* rules) {
  rl::LevelPolicy* level = FindLevel(word, rules);
  if (level == nullptr) return false;
  auto* clocks = level->mutable_clocks();
  clocks->erase(
      std::remove_if(clocks->begin(), clocks->end(),
                     [](const auto& clock) { return clock.promise() == cm::PROMISE_RESOLVE; }),
      clocks->end());
  return true;
}

// level:promise:amount:unit, with the overdue ladder of closing: one more thing is promised.
bool Promise(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  rl::LevelPolicy* level = parts.size() == 4 ? FindLevel(parts[0], rules) : nullptr;
  cm::Promise promise = cm::PROMISE_UNSPECIFIED;
  if (level == nullptr || !cm::Promise_Parse("PROMISE_" + Upper(parts[1]), &promise)) return false;
  rl::ClockPolicy clock = level->clocks(level->clocks_size() - 1);
  clock.set_promise(promise);
  clock.mutable_within()->set_amount(static_cast<uint32_t>(std::stoul(parts[2])));
  rl::DurationUnit unit = rl::DURATION_UNIT_UNSPECIFIED;
  if (!rl::DurationUnit_Parse("DURATION_UNIT_" + Upper(parts[3]), &unit)) return false;
  clock.mutable_within()->set_unit(unit);
  *level->add_clocks() = std::move(clock);
  return true;
}

// level:promise:reason: a hold for that reason stops the clock.
bool Stops(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  rl::LevelPolicy* level = parts.size() == 3 ? FindLevel(parts[0], rules) : nullptr;
  cm::HoldReason reason = cm::HOLD_REASON_UNSPECIFIED;
  if (level == nullptr || !cm::HoldReason_Parse("HOLD_REASON_" + Upper(parts[2]), &reason)) {
    return false;
  }
  for (auto& clock : *level->mutable_clocks()) {
    if (cm::Promise_Name(clock.promise()) != "PROMISE_" + Upper(parts[1])) continue;
    clock.add_paused_by(reason);
    return true;
  }
  return false;
}

// level:promise: the law sets it.
bool SetByLaw(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  rl::LevelPolicy* level = parts.size() == 2 ? FindLevel(parts[0], rules) : nullptr;
  if (level == nullptr) return false;
  for (auto& clock : *level->mutable_clocks()) {
    if (cm::Promise_Name(clock.promise()) == "PROMISE_" + Upper(parts[1]))
      clock.set_statutory(true);
  }
  return true;
}

// who:first-day:last-day[:stand-in], days as yyyymmdd.
bool Away(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  if (parts.size() != 3 && parts.size() != 4) return false;
  rl::Absence* absence = rules->add_absences();
  absence->set_staff_id(parts[0]);
  absence->set_from_date(static_cast<uint32_t>(std::stoul(parts[1])));
  absence->set_to_date(static_cast<uint32_t>(std::stoul(parts[2])));
  if (parts.size() == 4) absence->set_stand_in(parts[3]);
  return true;
}

// code:level:months: a kind that is certified every so many months.
bool Certified(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  cm::Level level = cm::LEVEL_UNSPECIFIED;
  if (parts.size() != 3 || !cm::Level_Parse("LEVEL_" + Upper(parts[1]), &level)) return false;
  rl::Kind* kind = rules->mutable_policy()->add_kinds();
  kind->set_code(parts[0]);
  kind->set_name_zh(parts[0]);
  kind->set_level(level);
  kind->set_certify_every_months(static_cast<uint32_t>(std::stoul(parts[2])));
  return true;
}

// code:level: a kind that is made known grid by grid.
bool Bulletin(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  cm::Level level = cm::LEVEL_UNSPECIFIED;
  if (parts.size() != 2 || !cm::Level_Parse("LEVEL_" + Upper(parts[1]), &level)) return false;
  rl::Kind* kind = rules->mutable_policy()->add_kinds();
  kind->set_code(parts[0]);
  kind->set_name_zh(parts[0]);
  kind->set_level(level);
  kind->set_bulletin(true);
  return true;
}

// code:level:kind+kind: an incident that takes those kinds.
bool Incident(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  cm::Level level = cm::LEVEL_UNSPECIFIED;
  if (parts.size() != 3 || !cm::Level_Parse("LEVEL_" + Upper(parts[1]), &level)) return false;
  rl::Kind* kind = rules->mutable_policy()->add_kinds();
  kind->set_code(parts[0]);
  kind->set_name_zh(parts[0]);
  kind->set_level(level);
  kind->set_incident(true);
  for (const std::string& taken : Split(parts[2], '+')) kind->add_takes(taken);
  return true;
}

// who:area: a volunteer there.
bool Volunteer(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  if (parts.size() != 2) return false;
  for (const auto& area : rules->areas()) {
    if (area.code() != parts[1]) continue;
    rl::Post* post = rules->add_roster();
    post->set_staff_id(parts[0]);
    post->set_name(parts[0]);
    post->set_tier(area.tier());
    post->set_area(parts[1]);
    post->set_duty(rl::DUTY_ALWAYS);
    post->set_volunteer(true);
    return true;
  }
  return false;
}

// code:successor.
bool Replaced(const std::string& text, rl::Rules* rules) {
  const auto parts = Split(text, ':');
  if (parts.size() != 2) return false;
  for (auto& area : *rules->mutable_areas()) {
    if (area.code() != parts[0]) continue;
    area.set_successor(parts[1]);
    // Whoever had a post there has none now.
    auto* roster = rules->mutable_roster();
    roster->erase(std::remove_if(roster->begin(), roster->end(),
                                 [&](const auto& post) { return post.area() == parts[0]; }),
                  roster->end());
    return true;
  }
  return false;
}

}  // namespace

std::string VaryRules(const std::map<std::string, std::string>& options, rl::Rules* rules) {
  for (const auto& [name, value] : options) {
    bool good = true;
    if (name == "calendar-until") {
      EndCalendar(static_cast<uint32_t>(std::stoul(value)), rules);
      rules->set_version(rules->version() + "-until-" + value);
      continue;
    }
    if (name == "without") {
      Leave(Split(value, ','), rules);
    } else if (name == "hours") {
      SetDuty(Split(value, ','), rl::DUTY_HOURS, rules);
    } else if (name == "nights") {
      SetDuty(Split(value, ','), rl::DUTY_NIGHTS, rules);
    } else if (name == "by-rota") {
      SetDuty(Split(value, ','), rl::DUTY_ROTA, rules);
    } else if (name == "rota") {
      for (const std::string& one : Split(value, ',')) good = good && Shift(one, rules);
    } else if (name == "limit") {
      for (const std::string& one : Split(value, ',')) good = good && Limit(one, rules);
    } else if (name == "promise") {
      for (const std::string& one : Split(value, ',')) good = good && Promise(one, rules);
    } else if (name == "away") {
      for (const std::string& one : Split(value, ',')) good = good && Away(one, rules);
    } else if (name == "bulletin") {
      good = Bulletin(value, rules);
    } else if (name == "incident") {
      good = Incident(value, rules);
    } else if (name == "certified") {
      for (const std::string& one : Split(value, ',')) good = good && Certified(one, rules);
    } else if (name == "volunteer") {
      for (const std::string& one : Split(value, ',')) good = good && Volunteer(one, rules);
    } else if (name == "replaced") {
      for (const std::string& one : Split(value, ',')) good = good && Replaced(one, rules);
    } else if (name == "stops") {
      for (const std::string& one : Split(value, ',')) good = good && Stops(one, rules);
    } else if (name == "set-by-law") {
      good = SetByLaw(value, rules);
    } else if (name == "unresolved") {
      good = DropResolve(value, rules);
    } else {
      good = false;
    }
    if (!good) return "no such rules: " + name + "=" + value;
    rules->set_version(rules->version() + "-" + name);
  }
  return {};
}

}  // namespace lastmeter::scenario
