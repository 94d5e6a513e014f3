// What planned work allows at its limits. Each test here is a promise of ADR 0015, or of the
// command's description, that is not kept yet.
#include <gtest/gtest.h>

#include <string>

#include "tests/core/machine_rig.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

constexpr char kHolder[] = "xu-guangming";

class WorkLimits : public testing::Test {
 protected:
  void SetUp() override {
    report::v1::HardshipReport report;
    report.set_kind("sudden-illness");
    report.set_area("430112001001001");
    report.mutable_reporter()->set_id("hotline");
    report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
    number_ = rig_.Report(report).at(0).case_number();
    command::v1::Command command;
    command.mutable_acknowledge();
    ASSERT_TRUE(Ask(kHolder, command).has_case_acknowledged());
  }

  ev::Event Ask(const std::string& who, command::v1::Command command) {
    command.set_case_number(number_);
    command.mutable_actor()->set_id(who);
    command.mutable_actor()->set_role(cm::ROLE_STAFF);
    return rig_.Command(std::move(command)).at(0);
  }

  ev::Event Plan(uint32_t times, uint32_t every_days, const std::string& assignee) {
    command::v1::Command command;
    auto* plan = command.mutable_plan_work();
    plan->set_kind(cm::WORK_KIND_SERVICE);
    plan->set_service("NEED_MEALS");
    plan->set_from_ms((rig_.now() + Hours(10)).ms);
    plan->set_until_ms((rig_.now() + Hours(11)).ms);
    plan->set_times(times);
    plan->set_every_days(every_days);
    plan->set_assignee(assignee);
    return Ask(kHolder, command);
  }

  ev::Event Claim(const std::string& who, uint32_t turn) {
    command::v1::Command command;
    command.mutable_claim_work()->set_work_id(1);
    command.mutable_claim_work()->set_turn(turn);
    return Ask(who, command);
  }

  ev::Event HandBack(const std::string& who, uint32_t turn) {
    command::v1::Command command;
    command.mutable_hand_back_work()->set_work_id(1);
    command.mutable_hand_back_work()->set_turn(turn);
    command.mutable_hand_back_work()->mutable_reason()->set_open("ill");
    return Ask(who, command);
  }

  Random random_{1};
  MachineRig rig_{RigRules(), Timestamp{1'767'574'800'000}, &random_};
  std::string number_;
};

// Of later turns 64 may be claimed; the one that begins soon is none of them.
TEST_F(WorkLimits, ThePresentTurnIsClaimableHoweverManyLaterOnesAreTaken) {
  ASSERT_TRUE(Plan(70, 1, "").has_work_planned());
  for (uint32_t turn = 2; turn <= 65; ++turn) {
    ASSERT_TRUE(Claim("neighbour-zhou", turn).has_work_claimed()) << turn;
  }
  EXPECT_TRUE(Claim("neighbour-he", 66).has_command_rejected());
  EXPECT_TRUE(Claim("neighbour-he", 1).has_work_claimed());
}

// A turn that its assignee hands back is nobody's, and counts as nobody's claim.
TEST_F(WorkLimits, AHandedBackTurnIsClaimableHoweverManyWereHandedBack) {
  ASSERT_TRUE(Plan(200, 1, "neighbour-zhou").has_work_planned());
  for (uint32_t turn = 2; turn <= 150; ++turn) {
    ASSERT_TRUE(HandBack("neighbour-zhou", turn).has_work_handed_back()) << turn;
  }
  EXPECT_TRUE(Claim("neighbour-he", 2).has_work_claimed());
}

// From now to the end of the last turn, and no interval more.
TEST_F(WorkLimits, TheLastTurnMayEndWithin800Days) {
  EXPECT_TRUE(Plan(2, 400, "").has_work_planned());
}

}  // namespace
}  // namespace lastmeter
