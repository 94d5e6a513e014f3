#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/core/sample_rules.h"
#include "tests/paths.h"
#include "tests/scenarios/play.h"
#include "tools/check/judge.h"

namespace lastmeter::scenario {
namespace {

class ScenarioTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ScenarioTest, HappensAsWritten) {
  Player player(SampleRules());
  for (const std::string& failure : player.Play(ReadScenario(GetParam()))) {
    ADD_FAILURE() << GetParam().filename().string() << " " << failure;
  }
}

// What was decided once is decided again, byte for byte, from the log alone. Here the decisions are
// folded whole, as a running partition does, and in the player record by record, as a restart does.
TEST_P(ScenarioTest, IsDecidedAgainToTheSameBytes) {
  Player player(SampleRules());
  player.Play(ReadScenario(GetParam()));
  Player::Rows rows;
  PartitionState state(&rows);
  const auto& records = player.records();
  for (size_t i = 0; i < records.size();) {
    const auto& first = records[i].record;
    const Timestamp log_time{first.log_time_ms()};
    auto again = Seal(state, Decide(state, InputOf(first), log_time), log_time);
    ASSERT_EQ(again.size(), first.parts()) << first.ShortDebugString();
    for (const auto& sealed : again) {
      ASSERT_EQ(sealed.record.ShortDebugString(), records[i].record.ShortDebugString());
      ASSERT_EQ(sealed.bytes, records[i].bytes);
      ++i;
    }
    ApplyDecided(state, again);
    rows.Take(state.TakeChanges());
  }
  EXPECT_EQ(state.Digest(), player.state().Digest());
}

// The independent judge, which shares nothing with the core, finds every rule kept.
TEST_P(ScenarioTest, IsJudgedClean) {
  Player player(SampleRules());
  player.Play(ReadScenario(GetParam()));
  Judge judge(PartitionId{0});
  int64_t position = 0;
  for (const auto& sealed : player.records()) judge.Take({position++}, sealed.bytes);
  judge.Finish();
  for (const Finding& finding : judge.findings()) ADD_FAILURE() << ToString(finding);
}

// A state loaded from its stored rows is the state that was folded.
TEST_P(ScenarioTest, IsLoadedAsItWasStored) {
  Player player(SampleRules());
  player.Play(ReadScenario(GetParam()));
  PartitionState loaded(&player.rows());
  for (const auto& [key, value] : player.rows().rows) {
    if (key[0] != 's' && key[0] != 'c') {
      ASSERT_TRUE(loaded.LoadRow(key, value));
    }
  }
  EXPECT_EQ(loaded.Digest(), player.state().Digest());
  EXPECT_EQ(loaded.NextTimer(), player.state().NextTimer());
  EXPECT_EQ(loaded.NextRecompute(), player.state().NextRecompute());
}

// golden.txt holds, for each file, the hash of its last record (and by the chain of all) and of the
// state that they fold to. A difference means that Decide or Apply answers otherwise than the
// version that wrote real logs: raise kDeciderVersion, then write the file anew with
// LASTMETER_WRITE_GOLDEN=1.
TEST(GoldenLogTest, IsWhatThisDeciderVersionWrote) {
  std::string lines = "decider version " + std::to_string(kDeciderVersion) + "\n";
  for (const auto& file : ScenarioFiles()) {
    Player player(SampleRules());
    player.Play(ReadScenario(file));
    ASSERT_FALSE(player.records().empty());
    lines += file.stem().string() + " " + std::to_string(player.records().size()) + " " +
             ToHex(AsBytes(player.records().back().sha256)) + " " +
             ToHex(AsBytes(player.state().Digest())) + "\n";
  }
  const std::string golden = test::SourcePath("tests/scenarios/golden.txt");
  if (std::getenv("LASTMETER_WRITE_GOLDEN") != nullptr) std::ofstream(golden) << lines;
  EXPECT_EQ(ReadScenario(golden), lines);
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioTest, testing::ValuesIn(ScenarioFiles()),
                         [](const auto& info) {
                           std::string name = info.param.stem().string();
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !std::isalnum(c); },
                               '_');
                           return name;
                         });

TEST(ScenarioPlayerTest, FindsWhatDoesNotComeAsWritten) {
  const std::string head =
      "date 2026-01-05\nrules -> RulesInstalled\n"
      "09:00 report R1 elder-alone 430112001001 by=hotline -> ";
  EXPECT_TRUE(Player(SampleRules()).Play(head + "CaseOpened level=critical\n").empty());
  EXPECT_FALSE(Player(SampleRules()).Play(head + "CaseOpened level=urgent\n").empty());
  EXPECT_FALSE(Player(SampleRules()).Play(head + "nothing\n").empty());
  EXPECT_FALSE(Player(SampleRules()).Play(head + "CaseOpened; CaseNoted\n").empty());
  EXPECT_FALSE(
      Player(SampleRules())
          .Play(head + "CaseOpened\n10:00 note by=hotline text=x -> rejected NOT_ALLOWED\n")
          .empty());
}

}  // namespace
}  // namespace lastmeter::scenario
