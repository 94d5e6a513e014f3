#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/standalone/demo_agenda.h"
#include "services/standalone/demo_cast.h"
#include "services/standalone/demo_door.h"
#include "services/standalone/demo_ledger.h"

namespace lastmeter::demo {

// One report and what its people will do about it.
struct Plan {
  std::string kind;
  // A grid.
  std::string area;
  // A member of the cast.
  std::string reporter;
  // From the report to the acknowledgement by whoever's turn it then is.
  Millis answer_after;
  // From the acknowledgement.
  Millis relief_after = Minutes(10);
  Millis close_after = Hours(1);
  // Acknowledged and then nothing, until the relief clock has called in somebody else.
  bool forget = false;
};

// The other people of the district on an ordinary day. A plan that no longer fits, because whoever
// watches has acted on the case, is dropped. For the director's thread.
class Trickle {
 public:
  // `rules` and all others must outlive this. The same seed makes the same plans.
  Trickle(const lastmeter::rules::v1::Rules& rules, Agenda* agenda, Door* door, const Cast* cast,
          Ledger* ledger, uint64_t seed);

  // Files the report now; the rest goes to the agenda. Returns the case number.
  absl::StatusOr<std::string> File(const Plan& plan);
  // A plan by chance, for a report at this time of day.
  Plan Invent(Timestamp at);
  // Invents and files one report after the other, about every `every`, until `until`.
  void Begin(Timestamp from, Timestamp until, Millis every);

 private:
  struct Grid {
    std::string area;
    std::string worker;
  };
  absl::Status Answer(const std::string& number, const Plan& plan);
  absl::Status Verify(const std::string& number);
  absl::Status Relieve(const std::string& number, const Plan& plan, bool late);
  absl::Status Close(const std::string& number);
  uint64_t Roll(uint64_t sides) { return random_() % sides; }
  Millis MinutesBetween(int64_t from, int64_t to) {
    return Minutes(from + static_cast<int64_t>(Roll(static_cast<uint64_t>(to - from + 1))));
  }

  Agenda* const agenda_;
  Door* const door_;
  const Cast* const cast_;
  Ledger* const ledger_;
  std::mt19937_64 random_;
  std::vector<Grid> grids_;
  std::vector<lastmeter::rules::v1::Kind> kinds_;
  uint64_t reports_ = 0;
};

}  // namespace lastmeter::demo
