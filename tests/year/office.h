#pragma once

#include <string>
#include <vector>

#include "lastmeter/report/v1/report.pb.h"
#include "tests/sim/random.h"
#include "tests/year/district.h"
#include "tests/year/year.h"

namespace lastmeter::year {

// What the district's office sends, which no sentinel saw: in January the list of those who are
// certified to be alive, each quarter a bulletin to every town, one day of exercise, and in the
// flood an incident for each village that the water reaches.
class Office {
 public:
  // Both must outlive this.
  Office(const District* district, const Year* year)
      : district_(district), year_(year), random_(year->options().seed + 7) {}

  // As the gateway accepts it on the n-th day, in order. To be called for each day once, in order.
  std::vector<report::v1::HardshipReport> On(int day);

 private:
  using Reports = std::vector<report::v1::HardshipReport>;
  void AddCertifications(int day, Reports* reports);
  void AddBulletins(int day, Reports* reports);
  void AddExercises(int day, Reports* reports);
  void AddIncidents(int day, Reports* reports);
  // From the desk, of that area.
  report::v1::HardshipReport Make(const std::string& kind, const std::string& area, Timestamp at);
  std::string SomeGrid();

  const District* const district_;
  const Year* const year_;
  Random random_;
  int count_ = 0;
};

}  // namespace lastmeter::year
