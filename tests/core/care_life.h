#pragma once

#include <string>

#include "tests/core/care_model.h"
#include "tests/core/machine_rig.h"
#include "tests/core/seeds.h"

namespace lastmeter {

// One case from a seed: what people and time do to it at random, against CareModel.
class CareLife {
 public:
  CareLife(uint64_t seed, const rules::v1::Rules& rules, Tried* tried);
  // Empty, or what was wrong.
  std::string Live();

 private:
  using Command = command::v1::Command;
  using Events = MachineRig::Events;
  using Body = event::v1::Event::BodyCase;

  void Open();
  void Act();
  void ActOnCase(uint64_t roll);
  void ActBeside(uint64_t roll);
  void PassTime();
  void Pass(Timestamp to, MachineRig::Timers timers);
  Timestamp AnyMoment();
  void Fired(const PartitionState::Timer& timer, const Events& events);
  void Happen(CareModel::What what, const PartitionState::Timer& timer);
  void CheckState();
  void CheckPromise(common::v1::Promise promise, const PromiseModel& model,
                    const MachineRig::Case& c);

  void Acknowledge();
  void Verify();
  void Relieve();
  void CompletePapers();
  void Hold();
  void Resume();
  void HandDown();
  void HandOver();
  void Raise();
  void Withdraw();
  void Merge();
  void Close();
  void Reopen();
  void ReportAgain();
  void Refer();
  void AnswerReferral();
  void BeginFollowUp();
  void RecordFollowUp();
  void Pledge();
  void Deliver();
  void Plan();
  void CancelWork();

  // Decides the command of that person; `accepted_ms` is when the gateway took it.
  Events Ask(const std::string& who, Command command);
  // Whether it was taken, which must be as the model says.
  bool Taken(const Events& events, Body body, bool may, const std::string& what);
  void ExpectEvents(const Events& events, Body body, int64_t times, const std::string& what);
  // A visit or a report found trouble: the case begins again, once.
  void ExpectNewCycle(const Events& events, const std::string& what);
  uint32_t AnyVersion();
  // Where a promise made by the command just asked counts from.
  int64_t StartMs() const;
  std::string Worker();
  std::string Decider();

  Random random_;
  Tried& tried_;
  MachineRig rig_;
  CareModel model_;
  std::string number_;
  std::string twin_;
  int64_t reported_ms_ = 0;
  int64_t accepted_ms_ = 0;
  bool reported_again_ = false;
  bool handed_down_ = false;
  // Seldom: so many pledges that no more are taken.
  bool generous_ = false;
};

}  // namespace lastmeter
