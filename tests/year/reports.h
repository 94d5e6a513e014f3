#pragma once

#include <deque>
#include <string>
#include <vector>

#include "lastmeter/report/v1/report.pb.h"
#include "tests/sim/random.h"
#include "tests/year/district.h"
#include "tests/year/year.h"

namespace lastmeter::year {

// The flood reaches this village.
bool IsWet(const std::string& village);

// What is reported, where, by whom and of which household: the sentinels' side of the year.
class Reports {
 public:
  // `district` must outlive this.
  Reports(const District* district, uint64_t seed);

  // A report as the gateway accepts it at that moment. Complete but for nothing.
  report::v1::HardshipReport Make(const Year::Moment& moment);

 private:
  struct Place {
    std::string grid;
    std::string household;  // empty: not known
  };
  Place SomePlace(const Year::Moment& moment);
  void SetReporter(const Place& place, bool flood, report::v1::HardshipReport* report);

  const District* const district_;
  Random random_;
  // Villages of the towns that the flood reaches; the first is hit worst.
  std::vector<const District::Village*> wet_;
  // Households reported lately: some are reported again while their case is open.
  std::deque<Place> lately_;
  int count_ = 0;
};

}  // namespace lastmeter::year
