#include "tests/year/duty_check.h"

#include <algorithm>
#include <map>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "tests/year/verify.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace ev = event::v1;
namespace rl = rules::v1;

class DutyChecker {
 public:
  explicit DutyChecker(std::vector<std::string>* problems) : problems_(problems) {}

  void Take(const ev::Record& record) {
    const ev::Event& event = record.event();
    if (event.has_rules_installed()) {
      command::v1::Command command;
      command.ParseFromString(record.input());
      rules_ = command.install_rules().rules();
    } else if (event.has_level_raised()) {
      levels_[event.case_number()] = event.level_raised().to();
    } else if (event.has_case_opened()) {
      levels_[event.case_number()] = event.case_opened().level();
      Told(record, event.case_opened().turn());
    } else if (event.has_case_escalated()) {
      Told(record, event.case_escalated().turn());
    } else if (event.has_tier_passed() && event.tier_passed().tier() == cm::TIER_TOWN &&
               event.tier_passed().reason() == ev::PASS_REASON_NOBODY_ON_DUTY) {
      Passed(record);
    }
  }

  DutySeen seen;

 private:
  bool OffHours(Timestamp t) const {
    const Date date = DateOf(t);
    bool working = WeekdayOf(date) < 5;
    for (const auto& day : rules_.calendar().days()) {
      if (day.date() == date) working = !day.day_off();
    }
    if (!working) return true;
    const int64_t minute = (t - StartOf(date)).ms / Minutes(1).ms;
    return std::none_of(rules_.calendar().duty().begin(), rules_.calendar().duty().end(),
                        [&](const auto& period) {
                          return period.from_minute() <= minute && minute < period.to_minute();
                        });
  }
  bool InRota(const std::string& staff, Timestamp t) const {
    return std::any_of(rules_.rota().begin(), rules_.rota().end(), [&](const auto& shift) {
      return shift.staff_id() == staff && shift.from_ms() <= t.ms && t.ms < shift.to_ms();
    });
  }
  bool OnDuty(const rl::Post& post, Timestamp t) const {
    return post.duty() == rl::DUTY_ALWAYS || (post.duty() == rl::DUTY_HOURS && !OffHours(t)) ||
           (post.duty() == rl::DUTY_NIGHTS && OffHours(t)) || InRota(post.staff_id(), t);
  }
  const rl::Absence* Away(const std::string& staff, Timestamp t) const {
    for (const auto& absence : rules_.absences()) {
      if (absence.staff_id() == staff && absence.from_date() <= DateOf(t) &&
          DateOf(t) <= absence.to_date()) {
        return &absence;
      }
    }
    return nullptr;
  }
  bool Named(const std::string& staff) const {
    return std::any_of(rules_.roster().begin(), rules_.roster().end(), [&](const rl::Post& post) {
      return post.staff_id() == staff && post.named_officer();
    });
  }
  bool IsQuiet(cm::Level level) const {
    return std::any_of(
        rules_.policy().levels().begin(), rules_.policy().levels().end(),
        [&](const auto& policy) { return policy.level() == level && policy.quiet_outside_duty(); });
  }
  // Somebody acts in this place.
  bool Covered(const rl::Post& post, Timestamp t, bool restricted) const {
    const rl::Absence* away = Away(post.staff_id(), t);
    if (away == nullptr) return true;
    return !away->stand_in().empty() && Away(away->stand_in(), t) == nullptr &&
           (!restricted || Named(away->stand_in()));
  }
  const rl::Post* PostOf(const std::string& staff, const std::string& town) const {
    for (const rl::Post& post : rules_.roster()) {
      if (post.staff_id() == staff && post.area() == town) return &post;
    }
    return nullptr;
  }

  void Told(const ev::Record& record, const ev::Turn& turn) {
    for (const auto& notice : turn.notices()) {
      if (notice.tier() != cm::TIER_TOWN) continue;
      const Timestamp at{notice.not_before_ms() == 0 ? record.log_time_ms()
                                                     : notice.not_before_ms()};
      const std::string& staff =
          notice.stands_in_for().empty() ? notice.staff_id() : notice.stands_in_for();
      const rl::Post* post = PostOf(staff, record.event().area().substr(0, 9));
      if (post == nullptr || !OnDuty(*post, at)) {
        problems_->push_back(notice.notice_id() + " went to " + staff +
                             ", who was not on duty at " + FormatLocal(at));
        continue;
      }
      if (post->duty() == rl::DUTY_NIGHTS) ++seen.by_nights;
      if (InRota(staff, at)) ++seen.by_rota;
    }
  }

  void Passed(const ev::Record& record) {
    ++seen.passed;
    Timestamp at{record.log_time_ms()};
    // What can wait is asked of whoever is there when duty begins.
    if (IsQuiet(levels_[record.event().case_number()])) {
      while (OffHours(at)) at = at + Minutes(1) - Millis{at.ms % Minutes(1).ms};
    }
    for (const rl::Post& post : rules_.roster()) {
      if (post.area() != record.event().area().substr(0, 9) || post.volunteer() ||
          (record.event().restricted() && !post.named_officer()) || !OnDuty(post, at) ||
          !Covered(post, at, record.event().restricted())) {
        continue;
      }
      problems_->push_back(record.event().case_number() + " passed the town at " + FormatLocal(at) +
                           " though " + post.staff_id() + " was on duty");
    }
  }

  std::vector<std::string>* problems_;
  // In force in the partition that is read.
  rl::Rules rules_;
  std::map<std::string, cm::Level> levels_;
};

}  // namespace

DutySeen CheckTownDuty(Engine& engine, std::vector<std::string>* problems) {
  DutyChecker checker(problems);
  ForEachRecord(engine, [&](const ev::Record& record) { checker.Take(record); });
  return checker.seen;
}

}  // namespace lastmeter::year
