// The program lastmeter-check, on logs in a folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "engine/log_rocksdb/rocksdb_log.h"
#include "tests/check/story.h"
#include "tests/paths.h"
#include "tools/check/rules.h"

namespace lastmeter {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string out;
};

class CheckProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "lastmeter-check-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Standard output and error together.
  static Outcome Run(const std::string& arguments, const std::string& program = "lastmeter-check") {
    Outcome outcome;
    const std::string command = test::ProgramPath(program) + " " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return outcome;
    char buffer[4096];
    while (size_t n = fread(buffer, 1, sizeof buffer, pipe)) outcome.out.append(buffer, n);
    const int status = pclose(pipe);
    if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
    return outcome;
  }
  Outcome Check(const std::string& more = "") {
    return Run("--data-dir " + folder_.string() + " " + more);
  }

  void Write(const std::vector<std::string>& stored) {
    fs::create_directories(folder_);
    auto log = RocksdbLog::Open({.dir = (folder_ / "log").string(), .partition_count = 1});
    ASSERT_TRUE(log.ok()) << log.status();
    std::mutex mutex;
    std::condition_variable woken;
    bool awake = false;
    auto registration = (*log)->OnActivity(PartitionId{0}, [&] {
      std::lock_guard lock(mutex);
      awake = true;
      woken.notify_all();
    });
    auto writer = (*log)->OpenWriter(PartitionId{0}, "test");
    ASSERT_TRUE(writer.ok()) << writer.status();
    std::vector<Outgoing> batch;
    for (const auto& bytes : stored) batch.push_back({"", bytes});
    (*writer)->Start(std::move(batch));
    std::optional<AppendOutcome> appended;
    std::unique_lock lock(mutex);
    while (!(appended = (*writer)->Poll())) {
      ASSERT_TRUE(woken.wait_for(lock, std::chrono::seconds(30), [&] { return awake; }));
      awake = false;
    }
    ASSERT_EQ(appended->kind, AppendOutcome::Kind::kCommitted) << appended->status;
  }

  fs::path folder_;
};

TEST_F(CheckProgramTest, SaysCleanOfAGoodLog) {
  Story story;
  Write(story.log.Seal());
  const Outcome outcome = Check("--to-now --deep");
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out,
              HasSubstr("Clean: " + std::to_string(story.log.records().size()) + " records"));
  EXPECT_EQ(Check("--quiet").out, "");
}

TEST_F(CheckProgramTest, Exits3AndTellsTheFindings) {
  Story story;
  story.log[story.late].mutable_event()->mutable_case_escalated()->set_outage(false);
  Write(story.log.Seal());
  const Outcome outcome = Check("--quiet");
  EXPECT_EQ(outcome.code, 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("outage: " + Story::kSecond));
  EXPECT_THAT(outcome.out, HasSubstr("1 findings"));
}

TEST_F(CheckProgramTest, DecidingAgainEndsWithAVerdictOnRulesThatCouldNeverBeInstalled) {
  Story story;
  Write(story.log.Seal());
  const Outcome outcome = Run("verify --data-dir " + folder_.string(), "lastmeterctl");
  EXPECT_EQ(outcome.code, 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("partition 0, position 1: no engine of this version can"));
}

TEST_F(CheckProgramTest, CapsWhatItTellsAndCountsTheRest) {
  Story story;
  for (auto& record : story.log.records()) record.set_prev_sha256(std::string(32, 'x'));
  Write(story.log.Seal());
  const Outcome outcome = Check("--max-findings 2");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out,
              HasSubstr("… and " + std::to_string(story.log.records().size() - 2) + " more"));
}

TEST_F(CheckProgramTest, WritesJson) {
  Story story;
  for (const size_t at : {story.resumed, story.held, story.acknowledged_anew}) story.log.Erase(at);
  Write(story.log.Seal());
  const Outcome outcome = Check("--json");
  EXPECT_EQ(outcome.code, 3);
  const auto document = nlohmann::json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(document.is_object()) << outcome.out;
  EXPECT_EQ(document["clean"], false);
  EXPECT_EQ(document["findings"][0]["rule"], "close");
  EXPECT_EQ(document["partitions"][0]["opened"], 11);
  EXPECT_EQ(document["partitions"][0]["readToEnd"], true);
}

TEST_F(CheckProgramTest, Exits3WhenStoredBytesAreDamaged) {
  Story story;
  Write(story.log.Seal());
  // A byte in the middle of every large enough file of the store.
  size_t changed = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "log")) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".log" && extension != ".sst") continue;
    const auto size = static_cast<std::streamoff>(entry.file_size());
    if (size < 2000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(size / 2);
    const int byte = file.get();
    file.seekp(size / 2);
    file.put(static_cast<char>(byte ^ 0x20));
    ++changed;
  }
  ASSERT_GT(changed, 0u);
  const Outcome outcome = Check("--deep");
  EXPECT_EQ(outcome.code, 3) << outcome.out;
}

TEST_F(CheckProgramTest, Exits78WhereThereIsNoLog) {
  EXPECT_EQ(Check().code, 78) << Check().out;
  EXPECT_FALSE(fs::exists(folder_ / "log")) << "a look must not make a log";
}

TEST_F(CheckProgramTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Run("").code, 2);
  EXPECT_EQ(Run("--no-such-option").code, 2);
  Write(Story().log.Seal());
  const Outcome outcome = Check("--partition 7");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("no partition 7"));
}

TEST_F(CheckProgramTest, ExplainsItselfAndItsRules) {
  const Outcome help = Run("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Exit codes"));
  const Outcome rules = Run("--list-rules");
  EXPECT_EQ(rules.code, 0);
  for (const rule::Rule& one : rule::AllRules()) {
    EXPECT_THAT(rules.out, HasSubstr(std::string(one.name)));
  }
}

}  // namespace
}  // namespace lastmeter
