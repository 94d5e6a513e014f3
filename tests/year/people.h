#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tests/sim/random.h"
#include "tests/year/acts.h"
#include "tests/year/case_book.h"
#include "tests/year/district.h"
#include "tests/year/habits.h"

namespace lastmeter::year {

// Everybody who answers. They know what the event log told them, mean to do something later, and
// look at the case once more when the time has come.
class People {
 public:
  // `district` must outlive this.
  People(const District* district, uint64_t seed);

  // An event that just came to stand in the log; called in the order of the log.
  void Read(const event::v1::Record& record);

  // When somebody means to do something next; empty when nobody does.
  std::optional<Timestamp> Next() const;
  // The commands for which it is time by then, complete.
  std::vector<command::v1::Command> ActUntil(Timestamp now);

 private:
  // What somebody is told, and by which promise's ladder.
  struct Told {
    common::v1::Promise promise = common::v1::PROMISE_ACKNOWLEDGE;
    // Unix ms; 0 where no limit is named.
    int64_t due_ms = 0;
    bool pressed = false;
  };

  void Opened(const event::v1::CaseOpened& opened, const KnownCase& c);
  void Escalated(const event::v1::Turn& turn, const KnownCase& c);
  void Acknowledged(const event::v1::CaseAcknowledged& acknowledged, const KnownCase& c);
  void Verified(const event::v1::CaseVerified& verified, const KnownCase& c);
  void Closed(const KnownCase& c);
  void Rejected(const event::v1::Event& event);
  // Notices of anything but a turn: to whoever holds the case, or to those who are to answer.
  void Pressed(const google::protobuf::RepeatedPtrField<event::v1::Notice>& notices,
               common::v1::Promise promise, const KnownCase& c);
  void Answer(const event::v1::Notice& notice, const Told& told, const KnownCase& c);
  // The handler's next step with the case.
  void GoOn(const KnownCase& c, bool pressed);
  Act NextStep(const KnownCase& c, int64_t* due_ms) const;

  void Mean(Intent intent);
  void MeanSoon(const KnownCase& c, const std::string& staff, Act act, int64_t from_minutes,
                int64_t to_minutes);
  // Empty where nothing is left to do.
  std::optional<command::v1::Command> Do(Intent intent);
  bool Chance(uint32_t of_a_thousand) { return random_.Below(1000) < of_a_thousand; }

  const District* const district_;
  Random random_;
  Habits habits_;
  CaseBook book_;
  Timestamp now_;
  // In the order in which they were meant, where several are for one time.
  std::map<std::pair<Timestamp, uint64_t>, Intent> meant_;
  // Until when each is busy with what was done last.
  std::map<std::string, Timestamp> busy_until_;
  uint64_t order_ = 0;
  uint64_t commands_ = 0;
};

}  // namespace lastmeter::year
