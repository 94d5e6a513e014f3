// What the core decides in the scenario files, the judge finds nothing wrong with. The two share no
// code, so where they differ one of them has a rule wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/core/sample_rules.h"
#include "tests/paths.h"
#include "tests/scenarios/play.h"
#include "tools/check/judge.h"

namespace lastmeter {
namespace {

TEST(JudgedScenariosTest, EveryScenarioIsClean) {
  const auto files = scenario::ScenarioFiles();
  ASSERT_FALSE(files.empty());
  uint64_t cases = 0;
  for (const auto& file : files) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    scenario::Player player(SampleRules());
    player.Play(text.str());
    Judge judge(PartitionId{player.state().meta().partition()});
    for (const auto& sealed : player.records()) {
      judge.Take({static_cast<int64_t>(sealed.record.seq())}, sealed.bytes);
    }
    judge.Finish();
    cases += judge.counts().opened;
    for (const Finding& finding : judge.findings()) {
      ADD_FAILURE() << file.filename().string() << ": " << ToString(finding);
    }
  }
  EXPECT_GT(cases, files.size() / 2) << "the scenarios were hardly played";
}

}  // namespace
}  // namespace lastmeter
