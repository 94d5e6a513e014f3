#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/time.h"
#include "tests/sim/random.h"
#include "tests/year/acts.h"
#include "tests/year/case_book.h"

namespace lastmeter::year {

// What everybody means to do, and when.
class Agenda {
 public:
  explicit Agenda(uint64_t seed) : random_(seed) {}

  // What is meant soon counts from here.
  void SetNow(Timestamp now) { now_ = now; }
  Timestamp now() const { return now_; }

  void Mean(Intent intent);
  // In so many minutes from now, at least and at most. Nothing where `staff` is nobody.
  void MeanSoon(const KnownCase& c, const std::string& staff, Act act, int64_t from_minutes,
                int64_t to_minutes);

  // When somebody means to do something next; empty when nobody does.
  std::optional<Timestamp> Next() const;
  // What is for now or earlier; empty when nothing is left.
  std::optional<Intent> Take();

  bool Chance(uint32_t of_a_thousand) { return random_.Below(1000) < of_a_thousand; }
  Random& random() { return random_; }

 private:
  Random random_;
  Timestamp now_;
  // In the order in which they were meant, where several are for one time.
  std::map<std::pair<Timestamp, uint64_t>, Intent> meant_;
  uint64_t order_ = 0;
};

// Of that case as it is now.
Intent IntentOf(const KnownCase& c, const std::string& staff, Act act, Timestamp at);

}  // namespace lastmeter::year
