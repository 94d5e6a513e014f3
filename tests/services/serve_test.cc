// `lastmeter serve` as a program: exit codes, the ready line, and how it ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/paths.h"

namespace lastmeter::test {
namespace {

class Process {
 public:
  // Starts `lastmeter serve` with these arguments; both outputs are read here.
  explicit Process(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {test::ProgramPath("lastmeter"), "serve"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0) abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], 1);
      dup2(out[1], 2);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    out_ = out[0];
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
  }
  Process(const Process&) = delete;

  // Reads until the text came; false when the program ended before.
  bool ReadUntil(const std::string& text) {
    char buffer[4096];
    while (output_.find(text) == std::string::npos) {
      const ssize_t n = read(out_, buffer, sizeof(buffer));
      if (n <= 0) return false;
      output_.append(buffer, static_cast<size_t>(n));
    }
    return true;
  }
  void Signal(int signal) const { kill(pid_, signal); }
  // Its exit code, once it has ended by itself; -1 for another end.
  int Wait() {
    ReadUntil(std::string(1, '\0'));  // To the end of its output.
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& output() const { return output_; }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string output_;
};

class Serve : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "lastmeter-serve-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::vector<std::string> Arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"--data-dir", dir_ + "/data", "--listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::string dir_;
};

TEST_F(Serve, SaysReadyAndDrainsOnSigterm) {
  Process server(Arguments());
  ASSERT_TRUE(server.ReadUntil("ready http://127.0.0.1:")) << server.output();
  EXPECT_NE(server.output().find("without --tokens"), std::string::npos);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0) << server.output();
}

TEST_F(Serve, ASecondServerOnTheFolderHasToTryAgain) {
  Process first(Arguments());
  ASSERT_TRUE(first.ReadUntil("ready ")) << first.output();
  Process second(Arguments());
  EXPECT_EQ(second.Wait(), 75);
  EXPECT_NE(second.output().find("uses the log"), std::string::npos) << second.output();
}

TEST_F(Serve, ATakenAddressIsUnavailable) {
  Process first(Arguments());
  ASSERT_TRUE(first.ReadUntil("ready http://")) << first.output();
  ASSERT_TRUE(first.ReadUntil("\n"));
  const size_t at = first.output().find("ready http://") + 13;
  const std::string address = first.output().substr(at, first.output().find('\n', at) - at);
  Process second({"--data-dir", dir_ + "/other", "--listen", address});
  EXPECT_EQ(second.Wait(), 69) << second.output();
}

TEST_F(Serve, WrongFlagsAreUsage) {
  EXPECT_EQ(Process({"--no-such-flag"}).Wait(), 2);
  EXPECT_EQ(Process(std::vector<std::string>{}).Wait(), 2);
  EXPECT_EQ(Process({"--data-dir", dir_ + "/data", "--listen", "nowhere"}).Wait(), 2);
}

TEST_F(Serve, WrongFilesAreConfiguration) {
  EXPECT_EQ(Process(Arguments({"--rules", dir_ + "/none"})).Wait(), 78);
  EXPECT_EQ(Process(Arguments({"--tokens", dir_ + "/none"})).Wait(), 78);
  EXPECT_EQ(Process(Arguments({"--partitions", "0"})).Wait(), 78);
}

TEST_F(Serve, TheNumberOfPartitionsIsFixed) {
  {
    Process server(Arguments());
    ASSERT_TRUE(server.ReadUntil("ready ")) << server.output();
    server.Signal(SIGTERM);
    ASSERT_EQ(server.Wait(), 0);
  }
  Process other(Arguments({"--partitions", "8"}));
  EXPECT_EQ(other.Wait(), 78);
  EXPECT_NE(other.output().find("partitions"), std::string::npos) << other.output();
}

TEST_F(Serve, AMistypedFolderIsNotMade) {
  Process server({"--data-dir", dir_ + "/no/such/place", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(server.Wait(), 77);
  EXPECT_NE(server.output().find("does not exist"), std::string::npos) << server.output();
}

}  // namespace
}  // namespace lastmeter::test
