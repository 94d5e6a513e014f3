#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "tests/sim/random.h"

namespace lastmeter {

// The core of one partition under a property test: decides, seals and applies at times that the
// test names, and keeps what would be stored. Finds by itself what is wrong with any machine:
//
//   - deciding again does not come to the same bytes, at once or in a replay
//   - the same id twice is not one command, or a refusal changes a case
//   - a case is closed over open work or an unanswered referral
//   - an open case has neither a promise that runs nor a hold with an end
//   - a notice's id is given out twice, or timers fire without end
class MachineRig {
 public:
  using Event = event::v1::Event;
  using Events = std::vector<Event>;
  using Case = PartitionState::Case;

  // Installs the rules at `start`, in a partition of as many. `random` must outlive the rig.
  MachineRig(const rules::v1::Rules& rules, Timestamp start, Random* random,
             PartitionId partition = {0}, uint32_t partitions = 1);

  Timestamp now() const { return now_; }
  const PartitionState& state() const { return *state_; }
  // As the state has it.
  Case CaseOf(const std::string& number) const;

  // Rules of the same content are installed once more.
  void InstallRules(rules::v1::Rules rules);
  // Completes id, routing code and accept time where they are missing, and decides.
  Events Report(report::v1::HardshipReport report);
  // Completes id and accept time where they are missing, and decides.
  Events Command(command::v1::Command command);
  // One of the commands before comes a second time.
  void RepeatOne();

  // What happens to timers that fall due while time passes: each fires on its own time, all fire
  // at the end, or they wait while other inputs are decided.
  enum class Timers { kPrompt, kLate, kLeft };
  using OnFired = std::function<void(const PartitionState::Timer&, const Events&)>;
  void PassTo(Timestamp to, Timers timers, const OnFired& on_fired);

  // Decides the whole log again on an empty state, record by record, and compares bytes, states
  // and rows.
  void Replay();

  // Only the first is kept, with what had been done before.
  void Wrong(const std::string& what);
  bool failed() const { return !wrong_.empty(); }
  const std::string& wrong() const { return wrong_; }

 private:
  class Rows : public Archive {
   public:
    std::optional<std::string> Find(std::string_view key) const override;
    void Take(std::vector<Change> changes);
    std::map<std::string, std::string, std::less<>> rows;
  };

  std::vector<SealedRecord> DecideIt(const Input& input);
  Events Run(const Input& input);
  Events Submit(event::v1::InputTopic topic, const std::string& id, const std::string& bytes);
  void CheckRepeated(const std::string& id, const Events& events, uint64_t first_seq);
  void CheckEvents(const Events& events);
  void CheckCase(const std::string& number);
  void CheckOpenedAgain(const Rows& rows);

  Random& random_;
  Rows rows_;
  std::unique_ptr<PartitionState> state_;
  Timestamp now_;
  std::vector<std::string> log_;
  struct Sent {
    uint64_t first_seq;
    Timestamp at;
  };
  std::map<std::string, Sent> sent_;
  std::vector<std::pair<std::string, std::string>> commands_;  // id, bytes
  std::set<std::string> notices_;
  std::string wrong_;
  uint64_t reports_ = 0;
  int64_t next_report_ = 0;
  int64_t next_command_ = 0;
};

// The sample district with two volunteers in the case's village and one elsewhere, and with
// referrals, follow-ups, papers and certification promised. Limits of these promises are minutes
// round the clock, so that a test can add them up by hand.
rules::v1::Rules RigRules();
// How long the promise is at a level, in ms; 0: it is not made there.
int64_t RigLimitMs(common::v1::Level level, common::v1::Promise promise);

}  // namespace lastmeter
