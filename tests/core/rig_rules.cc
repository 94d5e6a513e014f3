#include <algorithm>
#include <set>
#include <string>

#include "tests/core/machine_rig.h"
#include "tests/core/sample_rules.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;

// In minutes, by promise and level; 0: not promised.
struct Limit {
  cm::Promise promise;
  uint32_t critical, urgent, ordinary;
};
constexpr Limit kLimits[] = {
    {cm::PROMISE_PAPERWORK, 1000, 2000, 0},
    {cm::PROMISE_REFERRAL, 1440, 4320, 0},
    {cm::PROMISE_FOLLOW_UP, 10'080, 20'160, 43'200},
};

uint32_t LimitOf(const Limit& limit, cm::Level level) {
  return level == cm::LEVEL_CRITICAL   ? limit.critical
         : level == cm::LEVEL_URGENT   ? limit.urgent
         : level == cm::LEVEL_ORDINARY ? limit.ordinary
                                       : 0;
}

void AddPromise(rules::v1::LevelPolicy* level, cm::Promise promise,
                const rules::v1::Duration& within) {
  const auto day = sample::WorkingDays(1);
  sample::AddClock(level, promise, within, {day, day, day, day}, day);
}

void AddVolunteer(rules::v1::Rules* rules, const char* id, const char* area) {
  auto* post = rules->add_roster();
  post->set_staff_id(id);
  post->set_name(id);
  post->set_tier(cm::TIER_VILLAGE);
  post->set_area(area);
  post->set_duty(rules::v1::DUTY_ALWAYS);
  post->set_volunteer(true);
}

void AddCertified(rules::v1::Policy* policy, const std::string& code, uint32_t months,
                  uint32_t remind_days) {
  auto* kind = policy->add_kinds();
  kind->set_code(code);
  kind->set_name_zh(code);
  kind->set_name_en(code);
  kind->set_level(cm::LEVEL_ATTENTION);
  kind->set_certify_every_months(months);
  kind->set_remind_days(remind_days);
}

// Rules are read some thousand times over.
void KeepWhatIsNeeded(rules::v1::Rules* rules) {
  const std::set<std::string> needed{"elder-alone", "sudden-illness",  "injury",
                                     "job-loss",    "policy-question", "unreadable-report"};
  auto* kinds = rules->mutable_policy()->mutable_kinds();
  kinds->erase(std::remove_if(kinds->begin(), kinds->end(),
                              [&](const auto& kind) { return !needed.contains(kind.code()); }),
               kinds->end());
  rules->mutable_calendar()->clear_days();
}

}  // namespace

int64_t RigLimitMs(cm::Level level, cm::Promise promise) {
  for (const Limit& limit : kLimits) {
    if (limit.promise == promise) return Minutes(LimitOf(limit, level)).ms;
  }
  return 0;
}

rules::v1::Rules RigRules() {
  rules::v1::Rules rules = SampleRules();
  KeepWhatIsNeeded(&rules);
  auto* policy = rules.mutable_policy();
  for (auto& level : *policy->mutable_levels()) {
    for (const Limit& limit : kLimits) {
      const uint32_t minutes = LimitOf(limit, level.level());
      if (minutes != 0) AddPromise(&level, limit.promise, sample::Min(minutes));
    }
    if (level.level() == cm::LEVEL_ATTENTION) {
      AddPromise(&level, cm::PROMISE_CERTIFICATION, sample::WorkingDays(30));
    }
    // Reminders at the top of a ladder go on for ever and are not what is tested here.
    *level.mutable_acknowledge()->mutable_remind_every() = sample::WorkingDays(40);
    for (auto& clock : *level.mutable_clocks()) {
      *clock.mutable_overdue()->mutable_remind_every() = sample::WorkingDays(40);
      if (clock.promise() == cm::PROMISE_REFERRAL) clock.add_paused_by(cm::HOLD_REASON_OTHERS);
      if (clock.promise() == cm::PROMISE_FOLLOW_UP) {
        clock.add_paused_by(cm::HOLD_REASON_IN_HOSPITAL);
      }
    }
  }
  policy->set_work_notice_minutes(90);
  AddCertified(policy, "alive-yearly", 12, 0);
  AddCertified(policy, "alive-quarterly", 3, 30);
  AddCertified(policy, "alive-monthly", 1, 5);
  AddVolunteer(&rules, "neighbour-zhou", "430112001001");
  AddVolunteer(&rules, "neighbour-he", "430112001001");
  AddVolunteer(&rules, "far-away", "430112003001");
  return rules;
}

}  // namespace lastmeter
