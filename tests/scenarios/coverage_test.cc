// What the scenarios must have in them, whatever else they tell.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "lastmeter/command/v1/command.pb.h"
#include "tests/core/sample_rules.h"
#include "tests/scenarios/play.h"

namespace lastmeter::scenario {
namespace {

namespace cd = lastmeter::command::v1;
namespace ev = lastmeter::event::v1;

const google::protobuf::OneofDescriptor& Actions() {
  return *cd::Command::descriptor()->FindOneofByName("action");
}

// "acknowledge", of the command that a record answers; empty where there is none.
std::string ActionOf(const ev::Record& record) {
  if (record.input_cause().topic() != ev::INPUT_TOPIC_COMMAND) return {};
  cd::Command command;
  if (!command.ParseFromString(record.input())) return {};
  const auto* field = command.GetReflection()->GetOneofFieldDescriptor(command, &Actions());
  return field == nullptr ? std::string() : field->name();
}

struct Met {
  // Reasons, and by which commands: "ALREADY_CLOSED acknowledge".
  std::set<std::string> reasons;
  std::set<std::string> refusals;
  // Commands that were answered as repeated.
  std::set<std::string> repeated;
  // Commands that came to something on a schedule or a bulletin.
  std::set<std::string> on_schedules;
  std::set<std::string> on_bulletins;
};

void Meet(const ev::Record& record, const std::set<std::string>& scheduled,
          const std::set<std::string>& bulletins, Met* met) {
  const ev::Event& event = record.event();
  const std::string action = ActionOf(record);
  if (event.has_command_rejected()) {
    const std::string reason =
        ev::Rejection_Name(event.command_rejected().reason()).substr(sizeof("REJECTION_") - 1);
    met->reasons.insert(reason);
    met->refusals.insert(reason + " " + action);
  } else if (event.has_input_repeated()) {
    met->repeated.insert(action);
  } else if (!action.empty()) {
    if (scheduled.contains(event.case_number())) met->on_schedules.insert(action);
    if (bulletins.contains(event.case_number())) met->on_bulletins.insert(action);
  }
}

const Met& InAllFiles() {
  static const Met* const all = [] {
    Met* met = new Met;
    for (const auto& file : ScenarioFiles()) {
      Player player(SampleRules());
      player.Play(ReadScenario(file));
      std::set<std::string> scheduled;
      std::set<std::string> bulletins;
      for (const auto& sealed : player.records()) {
        const ev::Event& event = sealed.record.event();
        if (event.case_opened().scheduled()) scheduled.insert(event.case_number());
        if (event.case_opened().bulletin()) bulletins.insert(event.case_number());
        Meet(sealed.record, scheduled, bulletins, met);
      }
    }
    return met;
  }();
  return *all;
}

// Every command about a case for which `met` does not hold.
template <typename Predicate>
std::string CommandsWithout(const Predicate& met) {
  std::string without;
  for (int i = 0; i < Actions().field_count(); ++i) {
    const std::string& name = Actions().field(i)->name();
    if (name == "install_rules" || name == "accept_clock") continue;
    if (!met(name)) without += " " + name;
  }
  return without;
}

bool Refused(const std::string& reason, const std::string& action) {
  return InAllFiles().refusals.contains(reason + " " + action);
}

TEST(ScenarioCoverageTest, HasEveryReasonForARefusal) {
  // Named by the messages, and given by nothing: what is too large or of another partition opens
  // as unreadable, for a person must not be lost.
  const std::set<std::string> given_by_nothing = {"TOO_LARGE", "WRONG_PARTITION"};
  std::string without;
  const auto& reasons = *ev::Rejection_descriptor();
  for (int i = 0; i < reasons.value_count(); ++i) {
    const std::string name = reasons.value(i)->name().substr(sizeof("REJECTION_") - 1);
    if (name == "UNSPECIFIED" || given_by_nothing.contains(name)) continue;
    if (!InAllFiles().reasons.contains(name)) without += " " + name;
  }
  EXPECT_EQ(without, "");
  for (const std::string& name : given_by_nothing) {
    EXPECT_FALSE(InAllFiles().reasons.contains(name)) << name;
  }
}

TEST(ScenarioCoverageTest, HasEveryCommandTwiceUnderOneId) {
  EXPECT_EQ(CommandsWithout([](const auto& name) { return InAllFiles().repeated.contains(name); }),
            "");
}

TEST(ScenarioCoverageTest, HasEveryCommandOnAClosedCase) {
  EXPECT_EQ(CommandsWithout([](const auto& name) {
              return Refused("ALREADY_CLOSED", name) || name == "reopen" || name == "deliver";
            }),
            "");
}

TEST(ScenarioCoverageTest, HasEveryCommandOnAScheduleAndOnABulletin) {
  EXPECT_EQ(CommandsWithout([](const auto& name) {
              return Refused("SCHEDULED", name) || InAllFiles().on_schedules.contains(name);
            }),
            "");
  EXPECT_EQ(CommandsWithout([](const auto& name) {
              return Refused("BULLETIN", name) || InAllFiles().on_bulletins.contains(name);
            }),
            "");
}

}  // namespace
}  // namespace lastmeter::scenario
