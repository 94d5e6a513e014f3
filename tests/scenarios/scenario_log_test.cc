// The scenario files played on logs: what is decided does not depend on where it is kept.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "tests/core/sample_rules.h"
#include "tests/log/contract.h"
#include "tests/paths.h"
#include "tests/scenarios/log_player.h"

namespace lastmeter::scenario {
namespace {

class ScenarioLogTest : public testing::TestWithParam<Implementation> {};

// One file, by the core alone and as a partition on a log.
struct Played {
  std::vector<std::string> failures;
  absl::Status status;
  std::vector<std::string> in_core;
  std::vector<std::string> on_log;
  // A timer is due when the file ends. On a log it fires.
  bool due_left = false;
};

Played PlayBoth(const std::filesystem::path& file, Subject& subject) {
  Played played;
  Player player(SampleRules());
  played.failures = player.Play(ReadScenario(file));
  played.due_left = player.moments().back().due_left;
  std::vector<event::v1::Record> records;
  for (const SealedRecord& sealed : player.records()) records.push_back(sealed.record);
  played.in_core = Comparable(records);
  LogPlayer log_player(&subject.log());
  played.status = log_player.Play(player.moments());
  if (!played.status.ok()) return played;
  auto on_log = log_player.Records();
  played.status = on_log.status();
  if (on_log.ok()) played.on_log = Comparable(*on_log);
  return played;
}

TEST_P(ScenarioLogTest, EveryFileComesToTheSameEventsAsInTheCoreAlone) {
  // Several at a time: most of it is waiting for the log.
  constexpr size_t kAtOnce = 8;
  size_t compared = 0;
  const std::vector<std::filesystem::path> files = ScenarioFiles();
  for (size_t first = 0; first < files.size(); first += kAtOnce) {
    std::vector<std::unique_ptr<Subject>> subjects;
    std::vector<std::future<Played>> all;
    for (size_t i = first; i < std::min(files.size(), first + kAtOnce); ++i) {
      // Of one partition, so that every routing code belongs to it.
      subjects.push_back(GetParam().make());
      ASSERT_EQ(subjects.back()->log().identity().partition_count, 1u);
      all.push_back(std::async(std::launch::async, PlayBoth, files[i], std::ref(*subjects.back())));
    }
    for (size_t i = 0; i < all.size(); ++i) {
      SCOPED_TRACE(files[first + i].filename().string());
      const Played played = all[i].get();
      EXPECT_TRUE(played.failures.empty());
      ASSERT_TRUE(played.status.ok()) << played.status;
      const size_t expected = played.in_core.size();
      for (size_t n = 0; n < std::min(expected, played.on_log.size()); ++n) {
        ASSERT_EQ(played.on_log[n], played.in_core[n]) << "event " << n;
      }
      EXPECT_TRUE(played.on_log.size() == expected ||
                  (played.due_left && played.on_log.size() > expected))
          << played.on_log.size() << " events instead of " << expected;
      compared += expected;
    }
  }
  EXPECT_GT(compared, 200u);
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioLogTest, testing::ValuesIn(Implementations()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lastmeter::scenario
