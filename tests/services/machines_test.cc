// Holds the drawings of the state machines (engine/MACHINES.md) against what the scenarios do, in
// both directions: every change that happens is drawn, and every arrow happens somewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "services/query/case_fold.h"
#include "services/query/work_fold.h"
#include "tests/core/sample_rules.h"
#include "tests/paths.h"
#include "tests/scenarios/play.h"

namespace lastmeter::query {
namespace {

namespace api = api::v1;
namespace ev = event::v1;

// "ACKNOWLEDGED --> CLOSED: CaseClosed"
using Arrows = std::set<std::string>;
using Machines = std::map<std::string, Arrows>;

std::string Arrow(const std::string& from, const std::string& to, const std::string& event) {
  return from + " --> " + to + ": " + event;
}

// The arrows of each drawing, by the name after "%%".
Machines Drawn() {
  Machines machines;
  std::istringstream lines(scenario::ReadScenario(test::SourcePath("engine/MACHINES.md")));
  const std::regex name("^ *%% (\\w+)$");
  const std::regex arrow("^ *(\\S+) --> (\\S+): (.+)$");
  std::string machine;
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, name)) machine = found[1];
    if (!std::regex_match(line, found, arrow)) continue;
    std::istringstream events(found[3]);
    for (std::string event; events >> event;) {
      if (event.ends_with(",")) event.pop_back();
      EXPECT_TRUE(machines[machine].insert(Arrow(found[1], found[2], event)).second)
          << "drawn twice: " << line;
    }
  }
  return machines;
}

std::string NameOf(const ev::Event& event) {
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(
      event, ev::Event::descriptor()->FindOneofByName("body"));
  return field->message_type()->name();
}

std::string StatusOf(const api::Case& shown) {
  if (shown.status() == api::CASE_STATUS_UNSPECIFIED) return "[*]";
  return api::CaseStatus_Name(shown.status()).substr(std::string("CASE_STATUS_").size());
}

std::map<int, std::string> ClocksOf(const api::Case& shown) {
  std::map<int, std::string> states;
  for (const auto& clock : shown.clocks()) {
    states[clock.promise()] =
        api::ClockState_Name(clock.state()).substr(std::string("CLOCK_STATE_").size());
  }
  return states;
}

// How the present turn of each work stands.
std::map<uint32_t, std::string> TurnsOf(const api::Case& shown) {
  std::map<uint32_t, std::string> states;
  for (const auto& work : shown.works()) {
    states[work.work_id()] =
        api::TurnState_Name(work.state()).substr(std::string("TURN_STATE_").size());
  }
  return states;
}

void Compare(const api::Case& before, const api::Case& now, const std::string& event,
             Machines* machines) {
  if (StatusOf(before) != StatusOf(now)) {
    (*machines)["case"].insert(Arrow(StatusOf(before), StatusOf(now), event));
  }
  if (before.has_hold() != now.has_hold()) {
    const auto word = [](const api::Case& shown) {
      return shown.has_hold() ? "ON_HOLD" : "GOES_ON";
    };
    (*machines)["hold"].insert(Arrow(word(before), word(now), event));
  }
  auto turns = TurnsOf(before);
  for (const auto& [work, state] : TurnsOf(now)) {
    const auto old = turns.find(work);
    const std::string from = old == turns.end() ? "[*]" : old->second;
    if (from != state) (*machines)["turn"].insert(Arrow(from, state, event));
    turns.erase(work);
  }
  for (const auto& [work, state] : turns) {
    (*machines)["turn"].insert(Arrow(state, "[*]", event));
  }
  auto was = ClocksOf(before);
  // A new cycle begins with new clocks.
  if (before.cycle() != now.cycle()) was.clear();
  for (const auto& [promise, state] : ClocksOf(now)) {
    const auto old = was.find(promise);
    const std::string from = old == was.end() ? "[*]" : old->second;
    if (from != state) (*machines)["clock"].insert(Arrow(from, state, event));
  }
}

Machines Seen() {
  Machines machines;
  for (const auto& file : scenario::ScenarioFiles()) {
    scenario::Player player(SampleRules());
    EXPECT_TRUE(player.Play(scenario::ReadScenario(file)).empty()) << file;
    std::map<std::string, view::v1::CaseRow> rows;
    for (const auto& sealed : player.records()) {
      const ev::Event& event = sealed.record.event();
      if (event.case_number().empty() || event.has_command_rejected()) continue;
      auto& row = rows[event.case_number()];
      const api::Case before = row.shown();
      FoldCase(sealed.record, &row);
      FoldWork(sealed.record, &row);
      Compare(before, row.shown(), NameOf(event), &machines);
    }
  }
  return machines;
}

std::string Lines(const Arrows& arrows, const Arrows& without) {
  std::string lines;
  for (const std::string& arrow : arrows) {
    if (!without.contains(arrow)) lines += "\n  " + arrow;
  }
  return lines;
}

TEST(MachinesTest, AreDrawnAsTheyAre) {
  const Machines drawn = Drawn();
  const Machines seen = Seen();
  for (const char* machine : {"case", "hold", "clock", "turn"}) {
    ASSERT_TRUE(drawn.contains(machine)) << machine;
    EXPECT_EQ(Lines(seen.at(machine), drawn.at(machine)), "") << machine << ": not drawn";
    EXPECT_EQ(Lines(drawn.at(machine), seen.at(machine)), "") << machine << ": never happens";
  }
  EXPECT_EQ(drawn.size(), 4u);
}

}  // namespace
}  // namespace lastmeter::query
