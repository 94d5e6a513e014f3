#pragma once

#include "engine/base/time.h"
#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"

// When somebody is to be certified again (生存认证). Source: DOMAIN "Certification: every 12 months
// from the last one, reminders from 60 days before".
namespace lastmeter {

// The same day so many months later, the month's last day where it has no such day.
Date AddMonths(Date date, uint32_t months);

// Due at the end of the day on which the kind's months have passed since `last`, but not before a
// week from `now`: what was overdue already when it was taken over, or certified for a day long
// past, leaves time for a visit. Near due from the kind's days before on.
lastmeter::event::v1::ClockStart NextCertification(const lastmeter::rules::v1::Kind& kind,
                                                   Timestamp last, Timestamp now);

// When somebody who was reminded at `now` is reminded again; 0 where the limit comes before.
int64_t NextCertificationReminder(Timestamp now, int64_t due_ms);

}  // namespace lastmeter
