#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tests/year/acts.h"
#include "tests/year/agenda.h"
#include "tests/year/case_book.h"
#include "tests/year/district.h"
#include "tests/year/habits.h"
#include "tests/year/helpers.h"

namespace lastmeter::year {

// Everybody who answers. They know what the event log told them, mean to do something later, and
// look at the case once more when the time has come.
class People {
 public:
  // `district` must outlive this.
  People(const District* district, uint64_t seed);

  // An event that just came to stand in the log; called in the order of the log.
  void Read(const event::v1::Record& record);

  // At midnight: whoever goes on leave tomorrow gives away today what should not wait.
  void BeginDay(Timestamp midnight);

  // When somebody means to do something next; empty when nobody does.
  std::optional<Timestamp> Next() const { return agenda_.Next(); }
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

  // What concerns planned work, referrals, follow-up visits and lists.
  void ReadBeside(const event::v1::Event& event, const KnownCase& c);
  void Opened(const event::v1::CaseOpened& opened, const KnownCase& c);
  void Escalated(const event::v1::Turn& turn, const KnownCase& c);
  void Acknowledged(const event::v1::CaseAcknowledged& acknowledged, const KnownCase& c);
  void Verified(const event::v1::CaseVerified& verified, const KnownCase& c);
  void NearDue(const event::v1::ClockNearDue& near, const KnownCase& c);
  void Closed(const KnownCase& c);
  void Rejected(const event::v1::Event& event);
  // Notices of anything but a turn: to whoever holds the case, or to those who are to answer.
  void Pressed(const google::protobuf::RepeatedPtrField<event::v1::Notice>& notices,
               const Told& told, const KnownCase& c);
  void Answer(const event::v1::Notice& notice, const Told& told, const KnownCase& c);
  // The handler's next step with the case.
  void GoOn(const KnownCase& c, bool pressed);

  // Empty where nothing is left to do.
  std::optional<command::v1::Command> Do(Intent intent);
  // Whoever does it, now; empty where nobody can, or only later.
  std::optional<std::string> Doer(Intent* intent, const KnownCase& c);

  const District* const district_;
  Agenda agenda_;
  Habits habits_;
  Helpers helpers_;
  CaseBook book_;
  // Until when each is busy with what was done last.
  std::map<std::string, Timestamp> busy_until_;
  uint64_t commands_ = 0;
};

}  // namespace lastmeter::year
