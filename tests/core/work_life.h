#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/core/machine_rig.h"
#include "tests/core/over_turns.h"
#include "tests/core/seeds.h"
#include "tests/core/work_model.h"

namespace lastmeter {

// Two cases from a seed: what people and time do to their planned work at random, against a table
// of its turns.
class WorkLife {
 public:
  WorkLife(uint64_t seed, const rules::v1::Rules& rules, Tried* tried);

  // Empty, or what was wrong.
  std::string Live();

 private:
  // Of a case: what is planned, by number.
  struct Book {
    std::string number;
    std::map<uint32_t, WorkModel> works;
    uint32_t planned = 0;
  };

  void OpenCase();
  event::v1::Event Ask(const Book& book, const std::string& who, command::v1::Command command);
  void NoteOver(const event::v1::Event& event);
  bool Taken(const event::v1::Event& event, event::v1::Event::BodyCase body, bool may,
             const std::string& what);
  void Act();
  std::string AnyBody();
  std::string SomebodyFor(const WorkModel& work);
  uint32_t AnyWork(const Book& book);
  uint32_t AnyTurn(const WorkModel& work);
  uint32_t PresentOrAny(const WorkModel& work);
  void Plan(Book& book);
  void Claim(Book& book, uint32_t id, const std::string& who, uint32_t turn);
  void HandBack(Book& book, uint32_t id, const std::string& who, uint32_t turn);
  void Start(Book& book, uint32_t id, const std::string& who, uint32_t turn);
  void Finish(Book& book, uint32_t id, const std::string& who, uint32_t turn);
  void Cancel(Book& book, uint32_t id, const std::string& who);

  using Notices = google::protobuf::RepeatedPtrField<event::v1::Notice>;
  int64_t TimesTold(const Notices& notices, const std::string& who);
  void CheckEverybodyIsTold(const WorkModel& work, const std::string& who, const Notices& notices);
  void ActOnNothing(Book& book, uint32_t id);
  Timestamp AnyMoment();
  uint32_t AnyOf(const Book& book);
  void LetTimePass();
  void Pass(Timestamp to, MachineRig::Timers timers);

  struct NextWork {
    int64_t at_ms;
    uint32_t id;
    WorkModel::What what;
  };
  std::optional<NextWork> NextOf(const Book& book);
  void Fired(const PartitionState::Timer& timer, const MachineRig::Events& events);

  template <typename Event>
  void CheckWorker(const Book& book, const Event& event);
  void CheckMissed(const Book& book, const event::v1::WorkMissed& missed);

  template <typename Event>
  void FiredWork(Book& book, const PartitionState::Timer& timer, WorkModel::What what,
                 const Event& event);
  void CheckState();
  void EndAll();
  void Close(const Book& book, bool may);

  Random random_;
  Tried& tried_;
  MachineRig rig_;
  std::vector<Book> books_;
  OverTurns over_;
  // The work whose instant has just come.
  uint32_t looked_at_ = 0;
};

}  // namespace lastmeter
