#pragma once

#include "lastmeter/command/v1/command.pb.h"
#include "tests/core/rig_people.h"
#include "tests/sim/random.h"

namespace lastmeter {

// Something that a plan may not be, or just may.
inline void Spoil(Random& random, Timestamp now, command::v1::PlanWork* plan) {
  switch (random.Below(7)) {
    case 0:
      return plan->set_from_ms(now.ms + random.Between(-1, 1));
    case 1:
      return plan->set_until_ms(plan->from_ms() + random.Between(-1, 1));
    case 2:
      return plan->set_until_ms(plan->from_ms() + Days(7).ms + random.Between(-1, 1));
    case 3:
      return plan->set_service(plan->service().empty() ? "NEED_MEALS" : "");
    case 4:
      return plan->clear_assignee();
    case 5:
      return plan->set_every_days(0);
    default:
      return plan->set_kind(common::v1::WORK_KIND_UNSPECIFIED);
  }
}

// Mostly one that can be done.
inline command::v1::PlanWork AnyPlan(Random& random, Timestamp now) {
  command::v1::PlanWork plan;
  const bool visit = random.Percent(40);
  plan.set_kind(visit ? common::v1::WORK_KIND_VISIT : common::v1::WORK_KIND_SERVICE);
  if (!visit) plan.set_service("NEED_MEALS");
  if (visit || random.Percent(35)) plan.set_assignee(random.OneOf(rig::kPeople).id);
  plan.set_from_ms((now + Minutes(random.Between(1, 600))).ms);
  plan.set_until_ms(plan.from_ms() + Minutes(random.Between(2, 300)).ms);
  if (random.Percent(60)) {
    plan.set_times(static_cast<uint32_t>(random.Between(1, 8)));
    plan.set_every_days(static_cast<uint32_t>(random.Between(1, 3)));
  }
  if (random.Percent(15)) Spoil(random, now, &plan);
  return plan;
}

}  // namespace lastmeter
