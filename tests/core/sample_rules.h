#pragma once

#include <initializer_list>
#include <string>

#include "lastmeter/rules/v1/rules.pb.h"

// A small valid district for tests: levels exactly as the default policy, and few enough people to
// know them by heart.
//
//   430112 district      district-desk (always), district-officer (hours),
//   |                    district-named (always, named officer), fallback-post (always)
//   |                    outside: police-duty, womens-federation (always)
//   +- 430112001 town    tan-dan (always), town-officer (hours), town-named (always, named officer)
//   |  +- 430112001001   tan-dan (always), village-head (always), village-deputy (hours)
//   |  |  +- ...00101    group-leader-1 (always)
//   |  |  |  +- 430112001001001   xu-guangming (always)
//   |  |  +- ...00102    group-leader-2 (always)
//   |  |  |  +- 430112001001002   group-leader-2 (always): one person, two tiers
//   |  |  +- 430112001001003      grid-worker-3 (always): a grid directly under its village
//   |  +- 430112001002   village-head-2 (hours); no groups, no grids
//   |  +- 430112001003   nobody
//   +- 430112003 town    nobody
//      +- 430112003001   nobody
//
// Duty hours 08:30-12:00 and 13:30-17:00; the changes of 2026's notice; known until 2026-12-31.
namespace lastmeter {

namespace sample {

using common::v1::Level;
using common::v1::Tier;
using rules::v1::Duration;

inline Duration Of(uint32_t amount, rules::v1::DurationUnit unit) {
  Duration duration;
  duration.set_amount(amount);
  duration.set_unit(unit);
  return duration;
}
inline Duration Min(uint32_t n) { return Of(n, rules::v1::DURATION_UNIT_MINUTES); }
inline Duration Hours(uint32_t n) { return Min(n * 60); }
inline Duration DutyHours(uint32_t n) { return Of(n * 60, rules::v1::DURATION_UNIT_DUTY_MINUTES); }
inline Duration WorkingDays(uint32_t n) { return Of(n, rules::v1::DURATION_UNIT_WORKING_DAYS); }

// Times to answer of grid, group, village and town; the district has the town's. The last
// argument is the reminder's interval.
inline rules::v1::Ladder* FillLadder(rules::v1::Ladder* ladder, common::v1::Tier lowest,
                                     const std::initializer_list<Duration>& times,
                                     const Duration& remind_every) {
  int tier = lowest;
  for (const Duration& time : times) {
    auto* rung = ladder->add_rungs();
    rung->set_tier(static_cast<Tier>(tier++));
    *rung->mutable_answer_within() = time;
  }
  *ladder->mutable_remind_every() = remind_every;
  return ladder;
}

inline void AddClock(rules::v1::LevelPolicy* level, common::v1::Promise promise,
                     const Duration& within, const std::initializer_list<Duration>& overdue,
                     const Duration& remind_every) {
  auto* clock = level->add_clocks();
  clock->set_promise(promise);
  *clock->mutable_within() = within;
  FillLadder(clock->mutable_overdue(), common::v1::TIER_GROUP, overdue, remind_every);
}

inline void AddLevels(rules::v1::Policy* policy) {
  const Duration day = WorkingDays(1);
  auto* critical = policy->add_levels();
  critical->set_level(common::v1::LEVEL_CRITICAL);
  FillLadder(critical->mutable_acknowledge(), common::v1::TIER_GRID,
             {Min(15), Min(15), Min(30), Min(30), Min(30)}, Min(15));
  // Village and town are told at once beside the tier whose turn it is.
  auto* ladder = critical->mutable_acknowledge();
  for (int i : {0, 1}) {
    ladder->mutable_rungs(i)->add_copied_in(common::v1::TIER_VILLAGE);
    ladder->mutable_rungs(i)->add_copied_in(common::v1::TIER_TOWN);
  }
  ladder->mutable_rungs(2)->add_copied_in(common::v1::TIER_TOWN);
  AddClock(critical, common::v1::PROMISE_FIRST_RELIEF, Hours(24),
           {Hours(2), Hours(2), Hours(4), Hours(4)}, Hours(24));
  AddClock(critical, common::v1::PROMISE_RESOLVE, WorkingDays(10), {day, day, day, day}, day);

  auto* urgent = policy->add_levels();
  urgent->set_level(common::v1::LEVEL_URGENT);
  FillLadder(urgent->mutable_acknowledge(), common::v1::TIER_GRID,
             {Hours(1), Hours(1), Hours(2), Hours(4), Hours(4)}, Hours(1));
  AddClock(urgent, common::v1::PROMISE_FIRST_RELIEF, Hours(72),
           {Hours(2), Hours(2), Hours(4), Hours(4)}, Hours(24));
  AddClock(urgent, common::v1::PROMISE_RESOLVE, WorkingDays(10), {day, day, day, day}, day);

  auto* ordinary = policy->add_levels();
  ordinary->set_level(common::v1::LEVEL_ORDINARY);
  FillLadder(ordinary->mutable_acknowledge(), common::v1::TIER_GRID,
             {DutyHours(4), DutyHours(4), day, day, day}, day);
  AddClock(ordinary, common::v1::PROMISE_RESOLVE, WorkingDays(10), {day, day, day, day}, day);
  ordinary->set_quiet_outside_duty(true);

  auto* attention = policy->add_levels();
  attention->set_level(common::v1::LEVEL_ATTENTION);
  FillLadder(attention->mutable_acknowledge(), common::v1::TIER_GRID,
             {day, day, WorkingDays(2), WorkingDays(2), WorkingDays(2)}, day);
  AddClock(attention, common::v1::PROMISE_RESOLVE, WorkingDays(5), {day, day, day, day}, day);
  attention->set_quiet_outside_duty(true);
}

inline void AddKinds(rules::v1::Policy* policy) {
  auto add = [&](const char* code, const char* zh, const char* en, Level level) {
    auto* kind = policy->add_kinds();
    kind->set_code(code);
    kind->set_name_zh(zh);
    kind->set_name_en(en);
    kind->set_level(level);
    return kind;
  };
  using namespace common::v1;
  add("fire-disaster", "火灾、自然灾害", "Fire or disaster", LEVEL_CRITICAL);
  add("elder-alone", "独居老人突发困难", "Old person alone in trouble", LEVEL_CRITICAL);
  add("nobody-to-care", "无人照料", "Nobody to care", LEVEL_CRITICAL);
  for (auto* kind : {add("child-in-danger", "儿童受侵害", "Child in danger", LEVEL_CRITICAL),
                     add("domestic-violence", "家庭暴力", "Domestic violence", LEVEL_CRITICAL)}) {
    kind->set_restricted(true);
    kind->add_outside_authorities("police-duty");
    kind->add_outside_authorities("womens-federation");
  }
  add("sudden-illness", "突发疾病", "Sudden illness", LEVEL_URGENT);
  add("injury", "意外伤害", "Injury", LEVEL_URGENT);
  add("traffic-accident", "交通事故", "Traffic accident", LEVEL_URGENT);
  add("stranded", "流浪乞讨、临时遇困", "Stranded person", LEVEL_URGENT);
  add("unreadable-report", "无法识别的上报", "Unreadable report", LEVEL_URGENT);
  add("job-loss", "失业", "Job loss", LEVEL_ORDINARY);
  add("medical-costs", "医疗费用", "Medical costs", LEVEL_ORDINARY);
  add("education-costs", "教育费用", "Education costs", LEVEL_ORDINARY);
  add("disability-care", "残疾照护", "Disability care", LEVEL_ORDINARY);
  add("unsafe-house", "危房", "Unsafe house", LEVEL_ORDINARY);
  add("policy-question", "政策咨询", "Policy question", LEVEL_ATTENTION);
  add("certification-help", "协助生存认证", "Help with survival certification", LEVEL_ATTENTION);
  add("follow-up", "回访", "Follow-up", LEVEL_ATTENTION);
}

inline void AddAreas(rules::v1::Rules* rules) {
  auto add = [&](Tier tier, const char* code, const char* parent, const char* name) {
    auto* area = rules->add_areas();
    area->set_tier(tier);
    area->set_code(code);
    area->set_parent(parent);
    area->set_name(name);
  };
  using namespace common::v1;
  add(TIER_DISTRICT, "430112", "", "望城区");
  add(TIER_TOWN, "430112001", "430112", "高塘岭街道");
  add(TIER_TOWN, "430112003", "430112", "丁字湾街道");
  add(TIER_VILLAGE, "430112001001", "430112001", "西塘街社区");
  add(TIER_VILLAGE, "430112001002", "430112001", "高塘岭社区");
  add(TIER_VILLAGE, "430112001003", "430112001", "雷锋路社区");
  add(TIER_VILLAGE, "430112003001", "430112003", "丁字镇社区");
  add(TIER_GROUP, "43011200100101", "430112001001", "西塘街社区一组");
  add(TIER_GROUP, "43011200100102", "430112001001", "西塘街社区二组");
  add(TIER_GRID, "430112001001001", "43011200100101", "西塘街社区第一网格");
  add(TIER_GRID, "430112001001002", "43011200100102", "西塘街社区第二网格");
  add(TIER_GRID, "430112001001003", "430112001001", "西塘街社区第三网格");
}

inline void AddRoster(rules::v1::Rules* rules) {
  auto add = [&](const char* id, const char* name, Tier tier, const char* area,
                 rules::v1::Duty duty) {
    auto* post = rules->add_roster();
    post->set_staff_id(id);
    post->set_name(name);
    post->set_tier(tier);
    post->set_area(area);
    post->set_duty(duty);
    return post;
  };
  using namespace common::v1;
  using rules::v1::DUTY_ALWAYS;
  using rules::v1::DUTY_HOURS;
  add("district-desk", "区值班台", TIER_DISTRICT, "430112", DUTY_ALWAYS);
  add("district-officer", "区专员", TIER_DISTRICT, "430112", DUTY_HOURS);
  add("district-named", "区指定专员", TIER_DISTRICT, "430112", DUTY_ALWAYS)
      ->set_named_officer(true);
  add("fallback-post", "区兜底岗", TIER_DISTRICT, "430112", DUTY_ALWAYS);
  add("police-duty", "公安值班", TIER_DISTRICT, "430112", DUTY_ALWAYS)->set_outside_authority(true);
  add("womens-federation", "妇联", TIER_DISTRICT, "430112", DUTY_ALWAYS)
      ->set_outside_authority(true);
  add("tan-dan", "谭丹", TIER_TOWN, "430112001", DUTY_ALWAYS);
  add("town-officer", "镇干部", TIER_TOWN, "430112001", DUTY_HOURS);
  add("town-named", "镇指定专员", TIER_TOWN, "430112001", DUTY_ALWAYS)->set_named_officer(true);
  add("tan-dan", "谭丹", TIER_VILLAGE, "430112001001", DUTY_ALWAYS);
  add("village-head", "村主任", TIER_VILLAGE, "430112001001", DUTY_ALWAYS);
  add("village-deputy", "村副主任", TIER_VILLAGE, "430112001001", DUTY_HOURS);
  add("village-head-2", "村主任乙", TIER_VILLAGE, "430112001002", DUTY_HOURS);
  add("group-leader-1", "组长甲", TIER_GROUP, "43011200100101", DUTY_ALWAYS);
  add("group-leader-2", "组长乙", TIER_GROUP, "43011200100102", DUTY_ALWAYS);
  add("xu-guangming", "徐光明", TIER_GRID, "430112001001001", DUTY_ALWAYS);
  add("group-leader-2", "组长乙", TIER_GRID, "430112001001002", DUTY_ALWAYS);
  add("grid-worker-3", "网格员丙", TIER_GRID, "430112001001003", DUTY_ALWAYS);
}

inline void AddCalendar(rules::v1::Calendar* calendar) {
  auto period = [&](uint32_t from, uint32_t to) {
    auto* duty = calendar->add_duty();
    duty->set_from_minute(from);
    duty->set_to_minute(to);
  };
  period(8 * 60 + 30, 12 * 60);
  period(13 * 60 + 30, 17 * 60);
  auto range = [&](uint32_t first, uint32_t last, bool day_off) {
    for (uint32_t date = first; date <= last; ++date) {
      auto* day = calendar->add_days();
      day->set_date(date);
      day->set_day_off(day_off);
    }
  };
  range(20260101, 20260103, true);
  range(20260104, 20260104, false);
  range(20260214, 20260214, false);
  range(20260215, 20260223, true);
  range(20260228, 20260228, false);
  range(20260404, 20260406, true);
  range(20260501, 20260505, true);
  range(20260509, 20260509, false);
  range(20260619, 20260621, true);
  range(20260920, 20260920, false);
  range(20260925, 20260927, true);
  range(20261001, 20261007, true);
  range(20261010, 20261010, false);
  calendar->set_known_until(20261231);
}

}  // namespace sample

inline rules::v1::Rules SampleRules() {
  using namespace common::v1;
  rules::v1::Rules rules;
  rules.set_version("sample-2026-1");
  auto* policy = rules.mutable_policy();
  sample::AddKinds(policy);
  sample::AddLevels(policy);
  auto entry = [&](Tier reporter, Tier enter_at) {
    auto* rule = policy->add_entry();
    rule->set_reporter_tier(reporter);
    rule->set_enter_at(enter_at);
  };
  entry(TIER_UNSPECIFIED, TIER_GRID);
  entry(TIER_GRID, TIER_GROUP);
  entry(TIER_GROUP, TIER_VILLAGE);
  entry(TIER_VILLAGE, TIER_TOWN);
  entry(TIER_TOWN, TIER_DISTRICT);
  policy->set_fallback_staff_id("fallback-post");
  sample::AddAreas(&rules);
  sample::AddRoster(&rules);
  sample::AddCalendar(rules.mutable_calendar());
  return rules;
}

}  // namespace lastmeter
