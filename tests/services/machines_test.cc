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

// What a case has several of, by what tells them apart, and how each stands.
using States = std::map<std::string, std::string>;

States ClocksOf(const api::Case& shown) {
  States states;
  for (const auto& clock : shown.clocks()) {
    states[common::v1::Promise_Name(clock.promise())] =
        api::ClockState_Name(clock.state()).substr(std::string("CLOCK_STATE_").size());
  }
  return states;
}

// How the present turn of each work stands.
States TurnsOf(const api::Case& shown) {
  States states;
  for (const auto& work : shown.works()) {
    states[std::to_string(work.work_id())] =
        api::TurnState_Name(work.state()).substr(std::string("TURN_STATE_").size());
  }
  return states;
}

States ReferralsOf(const api::Case& shown) {
  States states;
  for (const auto& referral : shown.referrals()) {
    states[referral.to() + " " + referral.at().ShortDebugString()] =
        referral.has_answered_at() ? common::v1::ReferralAnswer_Name(referral.answer())
                                         .substr(std::string("REFERRAL_ANSWER_").size())
                                   : "ASKED";
  }
  return states;
}

States ResourcesOf(const api::Case& shown) {
  States states;
  for (const auto& resource : shown.resources()) {
    states[std::to_string(resource.resource_id())] =
        resource.has_delivered_at() ? "DELIVERED" : "PLEDGED";
  }
  return states;
}

// One that is settled stands there no more.
States MergesOf(const api::Case& shown) {
  States states;
  for (const auto& merge : shown.merging()) states[merge.acceptance_id()] = "AWAITED";
  return states;
}

// The grids of a bulletin; one in which it is known stands there no more.
States ReadersOf(const api::Case& shown) {
  States states;
  for (const auto& unread : shown.bulletin().unread()) states[unread.grid()] = "UNREAD";
  return states;
}

void Compare(States before, const States& now, const std::string& event, Arrows* arrows) {
  for (const auto& [which, state] : now) {
    const auto old = before.find(which);
    const std::string from = old == before.end() ? "[*]" : old->second;
    if (from != state) arrows->insert(Arrow(from, state, event));
    before.erase(which);
  }
  for (const auto& [which, state] : before) arrows->insert(Arrow(state, "[*]", event));
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
  Compare(TurnsOf(before), TurnsOf(now), event, &(*machines)["turn"]);
  // A new cycle begins with new clocks.
  const bool same_cycle = before.cycle() == now.cycle();
  Compare(same_cycle ? ClocksOf(before) : States(), ClocksOf(now), event, &(*machines)["clock"]);
  Compare(ReferralsOf(before), ReferralsOf(now), event, &(*machines)["referral"]);
  Compare(MergesOf(before), MergesOf(now), event, &(*machines)["merge"]);
  Compare(ResourcesOf(before), ResourcesOf(now), event, &(*machines)["resource"]);
  Compare(ReadersOf(before), ReadersOf(now), event, &(*machines)["reader"]);
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
  for (const char* machine :
       {"case", "hold", "clock", "turn", "referral", "resource", "reader", "merge"}) {
    ASSERT_TRUE(drawn.contains(machine)) << machine;
    EXPECT_EQ(Lines(seen.at(machine), drawn.at(machine)), "") << machine << ": not drawn";
    EXPECT_EQ(Lines(drawn.at(machine), seen.at(machine)), "") << machine << ": never happens";
  }
  EXPECT_EQ(drawn.size(), 8u);
}

}  // namespace
}  // namespace lastmeter::query
