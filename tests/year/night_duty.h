#pragma once

#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/calendar/work_calendar.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter::year {

// How the towns keep their nights (值班). A third of them leave them to one post (`nights`), a
// third let everybody take turns by a rota, and a third have somebody who never sleeps.
class NightDuty {
 public:
  // Changes the duties of the towns' posts.
  void Arrange(rules::v1::Rules* rules);
  // The rota of that month, from its first midnight to its last.
  void AddRota(Date first_of_month, const WorkCalendar& calendar, rules::v1::Rules* rules) const;

 private:
  // The people of each town that has a rota, in roster order.
  std::vector<std::vector<std::string>> towns_;
};

}  // namespace lastmeter::year
