#include "engine/runtime/decide_guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lastmeter {
namespace {

DecideId Input(int64_t position) { return {.topic = 1, .position = position}; }

class FileDecideGuardTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "guard-" + std::to_string(getpid()) + "-" +
            testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::unique_ptr<FileDecideGuard> Open() { return *FileDecideGuard::Open(path_); }

  // Ends a process while it decides `id`, after it decided another one.
  void DieWhileDeciding(const DecideId& id) {
    pid_t pid = fork();
    if (pid == 0) {
      auto guard = Open();
      guard->Enter(Input(1000));
      guard->Leave();
      guard->Enter(id);
      _exit(9);
    }
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(WEXITSTATUS(status), 9);
  }

  std::string path_;
};

TEST_F(FileDecideGuardTest, CountsEndsOfTheProcess) {
  EXPECT_EQ(Open()->Attempts(Input(5)), 0u);
  DieWhileDeciding(Input(5));
  EXPECT_EQ(Open()->Attempts(Input(5)), 1u);
  DieWhileDeciding(Input(5));
  EXPECT_EQ(Open()->Attempts(Input(5)), 2u);
  EXPECT_EQ(Open()->Attempts(Input(5)), 2u) << "looking counts nothing";
  EXPECT_EQ(Open()->Attempts(Input(6)), 0u);
  EXPECT_EQ(Open()->Attempts(Input(1000)), 0u);
}

TEST_F(FileDecideGuardTest, RemembersSeveralAtATime) {
  for (int round = 0; round < 2; ++round) {
    for (int64_t position : {3, 8}) DieWhileDeciding(Input(position));
  }
  EXPECT_EQ(Open()->Attempts(Input(3)), 2u);
  EXPECT_EQ(Open()->Attempts(Input(8)), 2u);
}

TEST_F(FileDecideGuardTest, TellsTimersOfOneCaseApart) {
  CaseNumber number{430112001001, 2026, 1};
  DieWhileDeciding(DecideId::Of(TimerInput{number, {5}}));
  EXPECT_EQ(Open()->Attempts(DecideId::Of(TimerInput{number, {5}})), 1u);
  EXPECT_EQ(Open()->Attempts(DecideId::Of(TimerInput{number, {6}})), 0u);
}

TEST_F(FileDecideGuardTest, BeginsAFileOfAnotherFormAnew) {
  std::ofstream(path_) << std::string(9000, 'x');
  EXPECT_EQ(Open()->Attempts(Input(5)), 0u);
  DieWhileDeciding(Input(5));
  EXPECT_EQ(Open()->Attempts(Input(5)), 1u);
}

TEST_F(FileDecideGuardTest, SaysWhichFileCannotBeOpened) {
  auto guard = FileDecideGuard::Open(path_ + "/not/there");
  ASSERT_FALSE(guard.ok());
  EXPECT_NE(guard.status().message().find("guard-"), absl::string_view::npos);
}

}  // namespace
}  // namespace lastmeter
