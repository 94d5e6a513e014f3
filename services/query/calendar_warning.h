#pragma once

#include <string>

#include "engine/base/time.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter::query {

// What an operator is told once the working calendar in force ends soon, or has ended: from
// 1 November on for one that ends with the year. The State Council's notice for a year appears in
// the November before. Empty while there is time.
std::string CalendarWarning(const lastmeter::rules::v1::Calendar& calendar, Timestamp now);

}  // namespace lastmeter::query
