#pragma once

#include <string>
#include <vector>

#include "lastmeter/event/v1/event.pb.h"
#include "tests/year/agenda.h"
#include "tests/year/case_book.h"
#include "tests/year/district.h"

namespace lastmeter::year {

// What is arranged beside the help itself, and those who take turns in it: grid workers, the
// village, volunteers. Most come, some hand a turn back, some forget it, some forget to say that it
// is over.
class Helpers {
 public:
  // Both must outlive this.
  Helpers(const District* district, Agenda* agenda) : district_(district), agenda_(agenda) {}

  // Whoever holds a case that was verified arranges what else it needs.
  void Arrange(const KnownCase& c);
  // An event of that case, which has been taken in.
  void Read(const event::v1::Event& event, const KnownCase& c);

 private:
  struct Turn {
    const KnownCase& c;
    uint32_t item;
    uint32_t nth;
  };

  void Planned(uint32_t item, const KnownCase& c);
  // The turn that became the present one, where it has somebody from the beginning.
  void Opened(uint32_t item, const KnownCase& c);
  // Somebody has the turn.
  void Taken(const Turn& turn, const std::string& worker);
  void Started(const Turn& turn, const std::string& worker);
  void Missed(const event::v1::WorkMissed& missed, const KnownCase& c);
  // Somebody else near by takes the turn within so many minutes.
  void AskAround(const Turn& turn, Act act, int64_t within_minutes);
  void Mean(const Turn& turn, const std::string& staff, Act act, Timestamp at);
  // Empty where nobody can be asked.
  std::string SomeNeighbour(const KnownCase& c);

  const District* const district_;
  Agenda* const agenda_;
};

}  // namespace lastmeter::year
