// What a case is promised where level, hold and limit meet. Each test here is a promise of the
// engine's own words that is not kept yet.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/core/machine_rig.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;

// An urgent case that xu-guangming has taken on.
class Household {
 public:
  explicit Household(const rules::v1::Rules& rules)
      : rig_(rules, Timestamp{1'767'574'800'000}, &random_) {
    report::v1::HardshipReport report;
    report.set_kind("sudden-illness");
    report.set_area("430112001001001");
    report.mutable_reporter()->set_id("hotline");
    report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
    number_ = rig_.Report(report).at(0).case_number();
    command::v1::Command command;
    command.mutable_acknowledge();
    Ask(command);
  }

  MachineRig& rig() { return rig_; }
  MachineRig::Case now() const { return rig_.CaseOf(number_); }

  void Ask(const command::v1::Command& command) {
    const event::v1::Event event = Answer(command);
    EXPECT_FALSE(event.has_command_rejected()) << event.ShortDebugString();
  }
  event::v1::Event Answer(command::v1::Command command) {
    command.set_case_number(number_);
    command.mutable_actor()->set_id("xu-guangming");
    command.mutable_actor()->set_role(cm::ROLE_STAFF);
    return rig_.Command(std::move(command)).at(0);
  }

 private:
  Random random_{1};
  MachineRig rig_;
  std::string number_;
};

// Where the more urgent level promises no follow-up visits, the next visit recorded would leave the
// case open with nothing that runs.
TEST(CareLimits, ACaseRaisedWhileFollowedUpKeepsAPromise) {
  rules::v1::Rules rules = RigRules();
  auto* clocks = rules.mutable_policy()->mutable_levels(0)->mutable_clocks();
  ASSERT_EQ(rules.policy().levels(0).level(), cm::LEVEL_CRITICAL);
  clocks->erase(
      std::remove_if(clocks->begin(), clocks->end(),
                     [](const auto& clock) { return clock.promise() == cm::PROMISE_FOLLOW_UP; }),
      clocks->end());
  Household household(rules);
  command::v1::Command command;
  command.mutable_begin_follow_up()->set_outcome(cm::OUTCOME_NEED_MET);
  command.mutable_begin_follow_up()->set_visits(3);
  command.mutable_begin_follow_up()->set_case_version(household.now().version());
  household.Ask(command);
  command.mutable_raise()->set_to_level(cm::LEVEL_CRITICAL);
  command.mutable_raise()->mutable_reason()->set_open("worse");
  EXPECT_EQ(household.Answer(command).command_rejected().reason(),
            event::v1::REJECTION_FOLLOWED_UP);
  command.mutable_record_follow_up()->set_finding(cm::FOLLOW_UP_FINDING_STABLE);
  household.Ask(command);
  EXPECT_EQ(household.rig().wrong(), "");
  EXPECT_TRUE(household.rig().state().NextTimer().has_value());
}

// A hold may be decided behind a limit, before the limit's timer after a stop of the engine.
TEST(CareLimits, AHoldHidesNoLimitThatHasPassed) {
  Household household(RigRules());
  command::v1::Command command;
  command.mutable_refer()->set_to("health-bureau");
  command.mutable_refer()->mutable_reason()->set_open("operation");
  household.Ask(command);
  MachineRig& rig = household.rig();
  const Millis limit{RigLimitMs(cm::LEVEL_URGENT, cm::PROMISE_REFERRAL)};
  rig.PassTo(rig.now() + limit + Hours(1), MachineRig::Timers::kLeft, [](auto&, auto&) {});
  command.mutable_hold()->set_reason(cm::HOLD_REASON_OTHERS);
  command.mutable_hold()->set_until_ms((rig.now() + Days(20)).ms);
  household.Ask(command);
  bool broken = false;
  rig.PassTo(rig.now() + Hours(1), MachineRig::Timers::kPrompt,
             [&](const auto&, const auto& events) {
               for (const auto& event : events) {
                 broken |= event.clock_breached().promise() == cm::PROMISE_REFERRAL;
               }
             });
  EXPECT_TRUE(broken);
}

}  // namespace
}  // namespace lastmeter
