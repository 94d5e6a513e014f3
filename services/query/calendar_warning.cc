#include "services/query/calendar_warning.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::query {
namespace {

// From 1 November to 31 December.
constexpr Millis kWarnBefore = Days(60);

}  // namespace

std::string CalendarWarning(const lastmeter::rules::v1::Calendar& calendar, Timestamp now) {
  const Timestamp last = StartOf(calendar.known_until());
  if (last - StartOf(DateOf(now)) > kWarnBefore) return {};
  return absl::StrCat("the working calendar ", last < StartOf(DateOf(now)) ? "ended" : "ends",
                      " on ", FormatRfc3339(last).substr(0, 10),
                      "; limits beyond it are provisional until a newer one is installed");
}

}  // namespace lastmeter::query
