// rota.csv, beside the shipped rules as a clerk would write it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/rules_view.h"
#include "engine/rulesfile/rulesfile.h"
#include "tests/paths.h"

namespace lastmeter {
namespace {

class RotaFileTest : public testing::Test {
 protected:
  RotaFileTest()
      : dir_(std::filesystem::path(testing::TempDir()) / ("rota-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    for (auto* name : {"policy.yaml", "areas.csv", "roster.csv", "calendar.csv"}) {
      std::filesystem::copy_file(std::filesystem::path(test::SourcePath("deploy/rules")) / name,
                                 dir_ / name);
    }
  }
  ~RotaFileTest() override { std::filesystem::remove_all(dir_); }

  absl::StatusOr<LoadedRules> Load(const std::string& rows) {
    std::ofstream(dir_ / "rota.csv", std::ios::binary) << "staff_id,from,to\n" << rows;
    return LoadRulesDir(dir_.string());
  }
  // What a clerk reads; "loaded" when there is nothing to complain of.
  std::string Complaint(const std::string& rows) {
    auto loaded = Load(rows);
    if (!loaded.ok()) return std::string(loaded.status().message());
    const auto problems = ValidateRules(loaded->rules);
    if (problems.empty()) return "loaded";
    return loaded->LineOf(problems[0].path) + ": " + problems[0].reason;
  }

  std::filesystem::path dir_;
};

TEST_F(RotaFileTest, MayBeMissing) {
  const auto loaded = LoadRulesDir(dir_.string());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(loaded->rules.rota().empty());
}

TEST_F(RotaFileTest, ReadsPeriodsAtUtc8) {
  const auto loaded = Load(
      "tan-dan,2026-10-01 17:30,2026-10-02 08:30\n"
      "tan-dan,2026-10-03T00:00,2026-10-03 24:00\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->rules.rota_size(), 2);
  EXPECT_EQ(loaded->rules.rota(0).staff_id(), "tan-dan");
  EXPECT_EQ(FormatLocal({loaded->rules.rota(0).from_ms()}), "2026-10-01 17:30:00.000");
  EXPECT_EQ(FormatLocal({loaded->rules.rota(0).to_ms()}), "2026-10-02 08:30:00.000");
  EXPECT_EQ(FormatLocal({loaded->rules.rota(1).to_ms()}), "2026-10-04 00:00:00.000");
  EXPECT_EQ(loaded->LineOf("rota[1].to_ms"), "rota.csv:3");
  EXPECT_TRUE(ValidateRules(loaded->rules).empty());
}

TEST_F(RotaFileTest, NamesTheLineOfWhatIsNoMoment) {
  for (const std::string wrong :
       {"2026-10-01", "2026/10/1 17:30", "2026-10-01 24:01", "2026-10-01 17:60", "2026-02-30 17:30",
        "2026-10-01_17:30", "2026-10-01 7:30", "tonight", ""}) {
    EXPECT_EQ(Complaint("tan-dan," + wrong + ",2026-10-02 08:30\n"),
              "rota.csv:2: '" + wrong + "' is not a moment such as 2026-10-01 17:30");
  }
}

TEST_F(RotaFileTest, LeadsFromAProblemToTheLine) {
  EXPECT_EQ(Complaint("tan-dan,2026-10-01 17:30,2026-10-02 08:30\n"
                      "nobody,2026-10-01 17:30,2026-10-02 08:30\n"),
            "rota.csv:3: nobody is not in the roster");
  EXPECT_EQ(Complaint("tan-dan,2026-10-01 17:30,2026-10-01 08:30\n"),
            "rota.csv:2: is not later than the begin of the period");
  EXPECT_EQ(Complaint("tan-dan,2026-10-01 17:30,2026-10-02 08:30\n"
                      "tan-dan,2026-10-02 08:00,2026-10-02 12:00\n"),
            "rota.csv:3: tan-dan is on duty twice at 2026-10-02 08:00:00.000");
}

TEST_F(RotaFileTest, ReadsTheDutyWords) {
  std::ofstream(dir_ / "roster.csv", std::ios::app)
      << "night-watch,夜班,district,430112,nights,,,\nlist-watch,值班,district,430112,rota,,,\n";
  EXPECT_EQ(Complaint(""), "loaded");
  const auto loaded = Load("");
  const auto& roster = loaded->rules.roster();
  EXPECT_EQ(roster[roster.size() - 2].duty(), rules::v1::DUTY_NIGHTS);
  EXPECT_EQ(roster[roster.size() - 1].duty(), rules::v1::DUTY_ROTA);
  std::ofstream(dir_ / "roster.csv", std::ios::app) << "a,A,district,430112,sometimes,,,\n";
  EXPECT_THAT(Complaint(""), testing::EndsWith("'sometimes' is not always, hours, nights or rota"));
}

}  // namespace
}  // namespace lastmeter
