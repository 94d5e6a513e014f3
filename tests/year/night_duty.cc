#include "tests/year/night_duty.h"

#include <algorithm>
#include <map>

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace rl = rules::v1;

// What the shipped calendar calls a working day, the midday break included.
constexpr Millis kOpens = Minutes(8 * 60 + 30);
constexpr Millis kCloses = Hours(17);

void Add(const std::string& staff, Timestamp from, Timestamp to, rl::Rules* rules) {
  rl::DutyShift* shift = rules->add_rota();
  shift->set_staff_id(staff);
  shift->set_from_ms(from.ms);
  shift->set_to_ms(to.ms);
}

}  // namespace

void NightDuty::Arrange(rl::Rules* rules) {
  std::map<std::string, std::vector<rl::Post*>> posts;
  for (rl::Post& post : *rules->mutable_roster()) {
    if (post.tier() == cm::TIER_TOWN && !post.outside_authority() && !post.volunteer()) {
      posts[post.area()].push_back(&post);
    }
  }
  int n = 0;
  for (auto& [town, staff] : posts) {
    const int kind = n++ % 3;
    if (kind == 0) {
      const auto one = std::find_if(staff.begin(), staff.end(), [](const rl::Post* post) {
        return post->duty() == rl::DUTY_ALWAYS && !post->named_officer();
      });
      if (one != staff.end()) (*one)->set_duty(rl::DUTY_NIGHTS);
    } else if (kind == 1) {
      auto& people = towns_.emplace_back();
      for (rl::Post* post : staff) {
        if (post->duty() == rl::DUTY_ALWAYS) post->set_duty(rl::DUTY_ROTA);
        people.push_back(post->staff_id());
      }
    }
  }
}

void NightDuty::AddRota(Date first_of_month, const WorkCalendar& calendar, rl::Rules* rules) const {
  size_t shift = 0;
  for (const auto& people : towns_) {
    const auto next = [&] { return people[shift++ % people.size()]; };
    const Timestamp begin = StartOf(first_of_month);
    std::string night = next();
    Add(night, begin, begin + kOpens, rules);
    for (Date date = first_of_month; date / 100 == first_of_month / 100; date = NextDate(date)) {
      const Timestamp midnight = StartOf(date);
      if (calendar.IsWorkingDay(date)) {
        // Whoever had the night sleeps.
        for (const std::string& one : people) {
          if (one != night) Add(one, midnight + kOpens, midnight + kCloses, rules);
        }
      } else {
        Add(next(), midnight + kOpens, midnight + kCloses, rules);
      }
      night = next();
      const bool last = NextDate(date) / 100 != date / 100;
      Add(night, midnight + kCloses, StartOf(NextDate(date)) + (last ? Millis{} : kOpens), rules);
    }
  }
}

}  // namespace lastmeter::year
