#include "tests/year/agenda.h"

namespace lastmeter::year {

namespace cm = common::v1;

void Agenda::Mean(Intent intent) {
  const std::pair key{intent.at, ++order_};
  meant_.emplace(key, std::move(intent));
}

void Agenda::MeanSoon(const KnownCase& c, const std::string& staff, Act act, int64_t from_minutes,
                      int64_t to_minutes) {
  if (staff.empty()) return;
  const Millis wait{random_.Between(Minutes(from_minutes).ms, Minutes(to_minutes).ms)};
  Mean(IntentOf(c, staff, act, now_ + wait));
}

std::optional<Timestamp> Agenda::Next() const {
  if (meant_.empty()) return std::nullopt;
  return meant_.begin()->first.first;
}

std::optional<Intent> Agenda::Take() {
  if (meant_.empty() || meant_.begin()->first.first > now_) return std::nullopt;
  return std::move(meant_.extract(meant_.begin()).mapped());
}

Intent IntentOf(const KnownCase& c, const std::string& staff, Act act, Timestamp at) {
  return {.at = at,
          .staff = staff,
          .role = staff == c.reporter ? c.reporter_role : cm::ROLE_STAFF,
          .number = c.number,
          .cycle = c.cycle,
          .act = act,
          .as_handler = !c.handler.empty() && staff == c.handler};
}

}  // namespace lastmeter::year
