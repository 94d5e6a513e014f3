#include "services/common/config.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <map>

#include "services/common/exit_codes.h"

namespace lastmeter {
namespace {

using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    app_.add_option("-p,--port", port_)->check(CLI::Range(0, 65535));
    app_.add_option("--data-dir", data_dir_);
    app_.add_flag("--allow-unsealed", unsealed_);
    app_.add_option("--brokers", brokers_);
    CLI::App* serve = app_.add_subcommand("serve");
    serve->add_option("--threads", threads_);
  }
  ~ConfigTest() override { unlink(path_.c_str()); }

  void File(const std::string& text) { std::ofstream(path_) << text; }

  std::optional<int> Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const auto result =
        ParseSettings(app_,
                      {.program = "program",
                       .environment =
                           [this](const char* name) {
                             const auto found = environment_.find(name);
                             return found == environment_.end() ? nullptr : found->second.c_str();
                           }},
                      static_cast<int>(arguments.size()), arguments.data());
    output_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return result;
  }

  const std::string path_ = testing::TempDir() + "/config." + std::to_string(getpid());
  std::map<std::string, std::string> environment_;
  std::string output_;
  std::string error_;
  CLI::App app_;
  int port_ = 1;
  std::string data_dir_ = "default";
  bool unsealed_ = false;
  std::vector<std::string> brokers_;
  int threads_ = 1;
};

TEST_F(ConfigTest, PrefersFlagsToEnvironmentToFileToDefaults) {
  File("port = 2\ndata-dir = /file  # a comment\nbrokers = a:1, b:2\n\n# another\n");
  environment_["LASTMETER_PORT"] = "3";
  EXPECT_EQ(Parse({"--config", path_.c_str()}), std::nullopt) << error_;
  EXPECT_EQ(port_, 3);
  EXPECT_EQ(data_dir_, "/file");
  EXPECT_THAT(brokers_, testing::ElementsAre("a:1", "b:2"));
  EXPECT_FALSE(unsealed_);
}

TEST_F(ConfigTest, LetsAFlagBeatTheEnvironment) {
  environment_["LASTMETER_PORT"] = "3";
  EXPECT_EQ(Parse({"--port", "4"}), std::nullopt) << error_;
  EXPECT_EQ(port_, 4);
  EXPECT_EQ(data_dir_, "default");
}

TEST_F(ConfigTest, ReadsFlagsWithoutAValue) {
  File("allow-unsealed = yes\n");
  environment_["LASTMETER_CONFIG"] = path_;
  EXPECT_EQ(Parse({}), std::nullopt) << error_;
  EXPECT_TRUE(unsealed_);
}

TEST_F(ConfigTest, LetsTheEnvironmentTurnAFlagOff) {
  File("allow-unsealed = yes\n");
  environment_["LASTMETER_ALLOW_UNSEALED"] = "false";
  EXPECT_EQ(Parse({"--config", path_.c_str()}), std::nullopt) << error_;
  EXPECT_FALSE(unsealed_);
}

TEST_F(ConfigTest, FillsOptionsOfTheSubcommandThatWasCalled) {
  File("threads = 7\n");
  EXPECT_EQ(Parse({"--config", path_.c_str()}), std::nullopt) << error_;
  EXPECT_EQ(threads_, 1);
  app_.clear();
  EXPECT_EQ(FillSettings(app_, path_, [](const char*) { return nullptr; }), absl::OkStatus());
}

TEST_F(ConfigTest, FillsTheCalledSubcommand) {
  environment_["LASTMETER_THREADS"] = "7";
  EXPECT_EQ(Parse({"serve"}), std::nullopt) << error_;
  EXPECT_EQ(threads_, 7);
}

TEST_F(ConfigTest, NamesFileAndLineOfAMistake) {
  const std::map<std::string, std::string> mistakes = {
      {"port = 2\nprot = 3\n", ":2: unknown key 'prot'"},
      {"\nport 2\n", ":2: expected 'key = value'"},
      {"port = 2\nport = 3\n", ":2: 'port' already stands on line 1"},
      {"port = many\n", ":1: "},
      {"port = 70000\n", ":1: "},
      {"allow-unsealed = perhaps\n", ":1: expected true or false"}};
  for (const auto& [text, expected] : mistakes) {
    File(text);
    const absl::Status status = FillSettings(app_, path_, [](const char*) { return nullptr; });
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + expected));
    app_.clear();
  }
}

TEST_F(ConfigTest, EndsWithTheCodeOfTheMistake) {
  environment_["LASTMETER_PORT"] = "many";
  EXPECT_EQ(Parse({}), kExitBadConfiguration);
  EXPECT_THAT(error_, HasSubstr("LASTMETER_PORT"));
}

TEST_F(ConfigTest, EndsWithUsageForAWrongCommandLine) {
  EXPECT_EQ(Parse({"--prot", "3"}), kExitUsage);
  EXPECT_THAT(error_, HasSubstr("--prot"));
}

TEST_F(ConfigTest, EndsWith78WithoutTheFile) {
  EXPECT_EQ(Parse({"--config", "/nonexistent/file"}), kExitBadConfiguration);
  EXPECT_THAT(error_, HasSubstr("/nonexistent/file"));
}

TEST_F(ConfigTest, PrintsHelp) {
  EXPECT_EQ(Parse({"--help"}), kExitOk);
  EXPECT_THAT(output_, HasSubstr("--data-dir"));
}

TEST_F(ConfigTest, PrintsItsVersion) {
  EXPECT_EQ(Parse({"--version"}), kExitOk);
  EXPECT_THAT(output_, HasSubstr("program " + std::string(Version())));
}

TEST(ExitCodeTest, FollowsTheStatus) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), 69);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("")), 75);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), 77);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("")), 3);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), 1);
}

}  // namespace
}  // namespace lastmeter
