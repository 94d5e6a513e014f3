#include "engine/rulesfile/rulesfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "engine/core/rules_view.h"
#include "tests/core/sample_rules.h"
#include "tests/paths.h"

namespace lastmeter {
namespace {

using testing::HasSubstr;

const std::string kShipped = test::SourcePath("deploy/rules");

std::string Slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A small sound folder whose files a test may change before it is loaded.
class RulesFileTest : public testing::Test {
 protected:
  RulesFileTest() {
    files_["policy.yaml"] =
        "version: v1\n"
        "fallback_staff_id: desk\n"
        "entry: {outsider: grid}\n"
        "calendar:\n"
        "  duty: ['08:30-12:00']\n"
        "  known_until: 2026-12-31\n"
        "levels:\n"
        "  - level: urgent\n"
        "    acknowledge:\n"
        "      rungs:\n"
        "        - {tier: grid, answer_within: 15m}\n"
        "      remind_every: 4h duty\n"
        "    clocks:\n"
        "      - promise: resolve\n"
        "        within: 10wd\n"
        "kinds:\n"
        "  - {code: injury, zh: 意外伤害, level: urgent}\n";
    files_["areas.csv"] =
        "code,tier,parent,name\n"
        "430112,district,,望城区\n"
        "430112001,town,430112,高塘岭街道\n";
    files_["roster.csv"] =
        "staff_id,name,tier,area,duty,named_officer,outside_authority\n"
        "desk,值班台,district,430112,always,,\n";
    files_["calendar.csv"] = "date,day_off,name\n2026-01-01,yes,元旦\n2026-01-04,no,元旦\n";
    dir_ = std::filesystem::path(testing::TempDir()) /
           ("rules-" + std::to_string(getpid()) + "-" +
            testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  ~RulesFileTest() override { std::filesystem::remove_all(dir_); }

  absl::StatusOr<LoadedRules> Load() {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    for (const auto& [name, text] : files_) {
      std::ofstream(dir_ / name, std::ios::binary) << text;
    }
    return LoadRulesDir(dir_.string());
  }

  // What a clerk reads; "loaded" when there is nothing to complain of.
  std::string Complaint() {
    auto loaded = Load();
    if (loaded.ok()) return "loaded";
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(loaded.status().message());
  }

  // The complaint after one change, which is undone.
  std::string ComplaintAfter(const std::string& file, const std::string& from,
                             const std::string& to) {
    std::string before = files_[file];
    size_t at = before.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    files_[file] = std::string(before).replace(at, from.size(), to);
    std::string complaint = Complaint();
    files_[file] = before;
    return complaint;
  }

  std::map<std::string, std::string> files_;
  std::filesystem::path dir_;
};

TEST_F(RulesFileTest, LoadsASoundFolder) {
  auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto& rules = loaded->rules;
  EXPECT_EQ(rules.version(), "v1");
  EXPECT_EQ(rules.areas(1).name(), "高塘岭街道");
  EXPECT_EQ(rules.roster(0).duty(), rules::v1::DUTY_ALWAYS);
  EXPECT_FALSE(rules.roster(0).named_officer());
  EXPECT_EQ(rules.calendar().days(1).date(), 20260104u);
  EXPECT_FALSE(rules.calendar().days(1).day_off());
  EXPECT_EQ(rules.calendar().duty(0).from_minute(), 510u);
  EXPECT_EQ(rules.calendar().known_until(), 20261231u);
  EXPECT_EQ(rules.policy().entry(0).reporter_tier(), common::v1::TIER_UNSPECIFIED);
}

TEST_F(RulesFileTest, ReadsEveryFormOfDuration) {
  auto read = [&](const std::string& text) -> std::string {
    std::string before = files_["policy.yaml"];
    size_t at = before.find("15m");
    files_["policy.yaml"] = std::string(before).replace(at, 3, text);
    auto loaded = Load();
    files_["policy.yaml"] = before;
    if (!loaded.ok()) return std::string(loaded.status().message());
    const auto& time = loaded->rules.policy().levels(0).acknowledge().rungs(0).answer_within();
    return std::to_string(time.amount()) + " " + std::to_string(time.unit());
  };
  EXPECT_EQ(read("15m"), "15 1");
  EXPECT_EQ(read("4h"), "240 1");
  EXPECT_EQ(read("3d"), "4320 1");
  EXPECT_EQ(read("4h duty"), "240 2");
  EXPECT_EQ(read("30m duty"), "30 2");
  EXPECT_EQ(read("10wd"), "10 3");
  for (auto* bad : {"15", "m", "1.5h", "-4h", "4 h", "3d duty", "1wd duty", "99999999999m",
                    "4294967295d", "1w"}) {
    EXPECT_EQ(read(bad), "policy.yaml:11: '" + std::string(bad) +
                             "' is not a duration such as 15m, 4h, 3d, 4h duty or 1wd");
  }
}

TEST_F(RulesFileTest, NamesTheLineOfEachFaultInThePolicy) {
  const std::string p = "policy.yaml";
  EXPECT_EQ(ComplaintAfter(p, "fallback_staff_id", "fallback"),
            "policy.yaml:2: unknown key 'fallback'");
  EXPECT_EQ(ComplaintAfter(p, "remind_every", "remind_evry"),
            "policy.yaml:12: unknown key 'remind_evry'");
  EXPECT_EQ(ComplaintAfter(p, "fallback_staff_id", "version"),
            "policy.yaml:2: key 'version' stands twice");
  EXPECT_EQ(ComplaintAfter(p, "level: urgent", "level: severe"),
            "policy.yaml:8: 'severe' is not critical, urgent, ordinary or attention");
  EXPECT_EQ(ComplaintAfter(p, "tier: grid", "tier: street"),
            "policy.yaml:11: 'street' is not grid, group, village, town or district");
  EXPECT_EQ(ComplaintAfter(p, "promise: resolve", "promise: acknowledge"),
            "policy.yaml:14: 'acknowledge' is not verify, first-relief, paperwork, resolve, "
            "follow-up, referral or certification");
  EXPECT_EQ(ComplaintAfter(p, "zh: 意外伤害", "restricted: maybe"),
            "policy.yaml:17: 'maybe' is not yes or no");
  EXPECT_EQ(ComplaintAfter(p, "08:30-12:00", "08:30-25:00"),
            "policy.yaml:5: '08:30-25:00' is not a period such as 08:30-12:00");
  EXPECT_EQ(ComplaintAfter(p, "2026-12-31", "31.12.2026"),
            "policy.yaml:6: '31.12.2026' is not a date such as 2026-12-31");
  EXPECT_EQ(ComplaintAfter(p, "outsider: grid", "citizen: grid"),
            "policy.yaml:3: unknown key 'citizen'");
  EXPECT_EQ(ComplaintAfter(p, "version: v1", "version: [v1]"),
            "policy.yaml:1: expected a word or text");
  EXPECT_EQ(ComplaintAfter(p, "      rungs:\n        - ", "      rungs:\n        "),
            "policy.yaml:11: expected a list");
  EXPECT_EQ(ComplaintAfter(p, "['08:30-12:00']", "08:30"), "policy.yaml:5: expected a list");
  EXPECT_EQ(ComplaintAfter(p, "{outsider: grid}", "grid"),
            "policy.yaml:3: expected keys with values");
}

TEST_F(RulesFileTest, NamesTheLineOfAYamlSyntaxError) {
  EXPECT_THAT(ComplaintAfter("policy.yaml", "{outsider: grid}", "{outsider: grid"),
              testing::StartsWith("policy.yaml:"));
  EXPECT_THAT(ComplaintAfter("policy.yaml", "level: urgent\n    ack", "level: urgent\n\tack"),
              testing::StartsWith("policy.yaml:"));
  files_["policy.yaml"] = "";
  EXPECT_EQ(Complaint(), "policy.yaml:1: is empty");
  files_["policy.yaml"] = "version: a\n---\nversion: b\n";
  EXPECT_THAT(Complaint(), HasSubstr("has a second document"));
}

TEST_F(RulesFileTest, SurvivesDeeplyNestedYaml) {
  files_["policy.yaml"] = std::string(100'000, '[');
  EXPECT_THAT(Complaint(), testing::StartsWith("policy.yaml:"));
}

TEST_F(RulesFileTest, NamesTheLineOfEachFaultInATable) {
  EXPECT_EQ(ComplaintAfter("areas.csv", "430112001,town", "430112001,street"),
            "areas.csv:3: 'street' is not grid, group, village, town or district");
  EXPECT_EQ(ComplaintAfter("areas.csv", "430112001,town", "4.30112E+08,town"),
            "areas.csv:3: '4.30112E+08' is no code; format the column as text before saving the "
            "table");
  EXPECT_EQ(ComplaintAfter("areas.csv", ",高塘岭街道", ""), "areas.csv:3: has 3 fields, not 4");
  EXPECT_EQ(ComplaintAfter("areas.csv", "高塘岭街道", "高塘岭街道,x"),
            "areas.csv:3: has 5 fields, not 4");
  EXPECT_EQ(ComplaintAfter("areas.csv", "code,tier,parent,name", "code,tier,name,note"),
            "areas.csv:1: column 'parent' is missing\nareas.csv:1: unknown column 'note'");
  EXPECT_EQ(ComplaintAfter("areas.csv", "code,tier", "name,tier"),
            "areas.csv:1: column 'code' is missing\nareas.csv:1: column 'name' stands twice");
  EXPECT_EQ(ComplaintAfter("roster.csv", "always", "often"),
            "roster.csv:2: 'often' is not always, hours, nights or rota");
  EXPECT_EQ(ComplaintAfter("roster.csv", "always,", "always,ja"),
            "roster.csv:2: 'ja' is not yes or no");
  EXPECT_EQ(ComplaintAfter("calendar.csv", "2026-01-04", "4/1/2026"),
            "calendar.csv:3: '4/1/2026' is not a date such as 2026-12-31");
  EXPECT_EQ(ComplaintAfter("calendar.csv", "no,元旦", ",元旦"),
            "calendar.csv:3: '' is not yes or no");
  EXPECT_EQ(ComplaintAfter("roster.csv", "desk,值班台", "desk,\"值班台"),
            "roster.csv:2: a quote is opened and never closed");
  EXPECT_EQ(ComplaintAfter("roster.csv", "值班台", "\"值班\"台"),
            "roster.csv:2: text follows a quoted field");
  EXPECT_EQ(ComplaintAfter("roster.csv", "值班台", "值\"班台"),
            "roster.csv:2: a quote stands in the middle of a field");
  files_["areas.csv"] = "";
  EXPECT_EQ(Complaint(), "areas.csv:1: the row that names the columns is missing");
}

TEST_F(RulesFileTest, RefusesTextThatIsNotUtf8) {
  const std::string gbk = "\xcd\xfb\xb3\xc7\xc7\xf8";  // 望城区 as GBK
  EXPECT_EQ(ComplaintAfter("areas.csv", "望城区", gbk),
            "areas.csv:2: is not UTF-8; save the table as \"CSV UTF-8\"");
  EXPECT_EQ(ComplaintAfter("policy.yaml", "意外伤害", gbk), "policy.yaml:17: is not UTF-8");
}

TEST_F(RulesFileTest, LoadsTablesAsSpreadsheetsSaveThem) {
  auto plain = Load();
  ASSERT_TRUE(plain.ok());
  files_["areas.csv"] =
      "\xef\xbb\xbf\"code\",\"tier\",\"parent\",\"name\"\r\n"
      "430112,district,,望城区,,\r\n"
      ",,,\r\n"
      "\"430112001\", town ,430112, \"高塘岭街道\" \r\n\r\n";
  files_["roster.csv"] =
      "\xef\xbb\xbfname,staff_id,duty,area,tier\r\n值班台,desk,always,430112,district";
  auto saved = Load();
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(saved->rules.SerializeAsString(), plain->rules.SerializeAsString());
  EXPECT_EQ(saved->LineOf("areas[1].code"), "areas.csv:4");
}

TEST_F(RulesFileTest, KeepsCommasQuotesAndLineEndsInsideQuotedFields) {
  files_["areas.csv"] =
      "code,tier,parent,name\n"
      "430112,district,,\"望城区, \"\"新\n城\"\"\"\n"
      "430112001,town,430112,高塘岭街道\n";
  auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->rules.areas(0).name(), "望城区, \"新\n城\"");
  EXPECT_EQ(loaded->LineOf("areas[1]"), "areas.csv:4");
}

TEST_F(RulesFileTest, CollectsTheFaultsOfAllFiles) {
  files_["policy.yaml"] += "colour: red\nflavour: sweet\n";
  files_["areas.csv"] += "1,x,,\n";
  files_["calendar.csv"] += "y,z,\n";
  files_.erase("roster.csv");
  std::string complaint = Complaint();
  EXPECT_THAT(complaint, HasSubstr("policy.yaml:18: unknown key 'colour'\n"));
  EXPECT_THAT(complaint, HasSubstr("policy.yaml:19: unknown key 'flavour'\n"));
  EXPECT_THAT(complaint, HasSubstr("areas.csv:4: 'x' is not"));
  EXPECT_THAT(complaint, HasSubstr("roster.csv: cannot be read: No such file"));
  EXPECT_THAT(complaint, HasSubstr("calendar.csv:4: 'y' is not a date"));
  EXPECT_THAT(complaint, HasSubstr("calendar.csv:4: 'z' is not yes or no"));
}

TEST_F(RulesFileTest, KeepsAtMostFiftyFaults) {
  for (int i = 0; i < 80; ++i) files_["calendar.csv"] += "x,yes,\n";
  std::string complaint = Complaint();
  EXPECT_EQ(std::count(complaint.begin(), complaint.end(), '\n'), 50);
  EXPECT_THAT(complaint, testing::EndsWith("\nand 30 more"));
}

TEST_F(RulesFileTest, AFolderThatDoesNotExistIsNotFound) {
  EXPECT_EQ(LoadRulesDir("/nonexistent/rules").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RulesFileTest, FindsTheLineOfAProblemOrOfWhatIsAroundIt) {
  auto loaded = Load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->LineOf("version"), "policy.yaml:1");
  EXPECT_EQ(loaded->LineOf("policy.fallback_staff_id"), "policy.yaml:2");
  EXPECT_EQ(loaded->LineOf("policy.levels"), "policy.yaml:7");
  EXPECT_EQ(loaded->LineOf("policy.levels[0].acknowledge.rungs[0].answer_within"),
            "policy.yaml:11");
  EXPECT_EQ(loaded->LineOf("policy.levels[0].acknowledge.remind_every"), "policy.yaml:12");
  EXPECT_EQ(loaded->LineOf("policy.levels[0].clocks[0].overdue.rungs"), "policy.yaml:14");
  EXPECT_EQ(loaded->LineOf("policy.kinds[0].name_en"), "policy.yaml:17");
  EXPECT_EQ(loaded->LineOf("roster[0].area"), "roster.csv:2");
  EXPECT_EQ(loaded->LineOf("roster"), "roster.csv:1");
  EXPECT_EQ(loaded->LineOf("calendar.days[1].date"), "calendar.csv:3");
  EXPECT_EQ(loaded->LineOf("calendar.duty[0]"), "policy.yaml:5");
  EXPECT_EQ(loaded->LineOf("calendar.known_until"), "policy.yaml:6");
  EXPECT_EQ(loaded->LineOf("nowhere"), "policy.yaml:1");
}

TEST_F(RulesFileTest, ReadsWhoIsAwayAndWhatTookAPlace) {
  files_["areas.csv"] =
      "code,tier,parent,name,successor\n"
      "430112,district,,望城区,\n"
      "430112001,town,430112,高塘岭街道,430112003\n"
      "430112003,town,430112,丁字湾街道,\n";
  files_["absences.csv"] =
      "staff_id,from,to,stand_in\ndesk,2026-10-01,2026-10-08,deputy\ndesk,2026-12-01,2026-12-01,\n";
  auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->rules.areas(1).successor(), "430112003");
  ASSERT_EQ(loaded->rules.absences_size(), 2);
  EXPECT_EQ(loaded->rules.absences(0).from_date(), 20261001u);
  EXPECT_EQ(loaded->rules.absences(0).to_date(), 20261008u);
  EXPECT_EQ(loaded->rules.absences(0).stand_in(), "deputy");
  EXPECT_EQ(loaded->LineOf("absences[1].stand_in"), "absences.csv:3");
  EXPECT_EQ(ComplaintAfter("absences.csv", "2026-10-08", "8 October"),
            "absences.csv:2: '8 October' is not a date such as 2026-12-31");
}

TEST_F(RulesFileTest, ReadsHolds) {
  files_["policy.yaml"] += "hold_at_most_days: 14\nwithdraw_within_minutes: 5\n";
  const std::string within = "        within: 10wd\n";
  auto& policy = files_["policy.yaml"];
  policy.insert(policy.find(within) + within.size(),
                "        paused_by: [household-away, documents]\n        statutory: no\n");
  auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->rules.policy().hold_at_most_days(), 14u);
  EXPECT_EQ(loaded->rules.policy().withdraw_within_minutes(), 5u);
  const auto& clock = loaded->rules.policy().levels(0).clocks(0);
  ASSERT_EQ(clock.paused_by_size(), 2);
  EXPECT_EQ(clock.paused_by(1), common::v1::HOLD_REASON_DOCUMENTS);
  EXPECT_FALSE(clock.statutory());
  EXPECT_THAT(ComplaintAfter("policy.yaml", "documents", "rain"),
              testing::HasSubstr("'rain' is not household-away, in-hospital, documents or others"));
}

// The shipped rules, through the same door as an operator's.
class ShippedRulesTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = LoadRulesDir(kShipped);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    rules_ = std::move(*loaded).rules;
  }
  rules::v1::Rules rules_;
};

TEST_F(ShippedRulesTest, AreValid) {
  auto loaded = LoadRulesDir(kShipped);
  for (const auto& problem : ValidateRules(rules_)) {
    ADD_FAILURE() << loaded->LineOf(problem.path) << ": " << problem.path << " " << problem.reason;
  }
}

TEST_F(ShippedRulesTest, GiveTheSameBytesEachTime) {
  EXPECT_EQ(LoadRulesDir(kShipped)->rules.SerializeAsString(), rules_.SerializeAsString());
}

// They travel in one request and one record.
TEST_F(ShippedRulesTest, FitIntoOneRequest) { EXPECT_LT(rules_.ByteSizeLong(), 256u << 10); }

// The core's tests decide by the same policy as the district does.
TEST_F(ShippedRulesTest, HaveTheSamplesPolicy) {
  auto sample = SampleRules().policy();
  auto shipped = rules_.policy();
  sample.clear_fallback_staff_id();
  shipped.clear_fallback_staff_id();
  sample.set_reopen_within_days(180);
  // The samples are what scenarios of old are written by; what was promised later is not in them.
  for (auto& level : *shipped.mutable_levels()) {
    auto* clocks = level.mutable_clocks();
    clocks->erase(std::remove_if(clocks->begin(), clocks->end(),
                                 [](const auto& clock) {
                                   return clock.promise() == common::v1::PROMISE_VERIFY ||
                                          clock.promise() == common::v1::PROMISE_PAPERWORK ||
                                          clock.promise() == common::v1::PROMISE_REFERRAL ||
                                          clock.promise() == common::v1::PROMISE_FOLLOW_UP ||
                                          clock.promise() == common::v1::PROMISE_CERTIFICATION;
                                 }),
                  clocks->end());
    for (auto& clock : *clocks) {
      clock.clear_paused_by();
      clock.clear_statutory();
    }
  }
  shipped.clear_hold_at_most_days();
  shipped.clear_withdraw_within_minutes();
  shipped.clear_work_notice_minutes();
  shipped.clear_digest_minutes();
  auto* kinds = shipped.mutable_kinds();
  kinds->erase(std::remove_if(kinds->begin(), kinds->end(),
                              [](const auto& kind) {
                                return kind.certify_every_months() > 0 || kind.bulletin() ||
                                       kind.incident();
                              }),
               kinds->end());
  EXPECT_EQ(shipped.DebugString(), sample.DebugString());
}

// Small quick relief is the ministries' limit.
TEST_F(ShippedRulesTest, LetNothingPauseFirstRelief) {
  for (const auto& level : rules_.policy().levels()) {
    for (const auto& clock : level.clocks()) {
      const bool relief = clock.promise() == common::v1::PROMISE_FIRST_RELIEF;
      EXPECT_EQ(clock.statutory(), relief);
      // Nor does a hold stop another department, or a year.
      const bool others = clock.promise() == common::v1::PROMISE_REFERRAL ||
                          clock.promise() == common::v1::PROMISE_CERTIFICATION;
      EXPECT_EQ(clock.paused_by().empty(), relief || others);
    }
  }
}

TEST_F(ShippedRulesTest, PromiseToVerifyAtHomeAndThePapersOfReliefFirst) {
  using namespace common::v1;
  const auto view = RulesView::Create(rules_);
  const auto within = [&](Level level, Promise promise) -> std::string {
    const auto* clock = view->FindClock(level, promise);
    return clock == nullptr ? "" : clock->within().ShortDebugString();
  };
  EXPECT_EQ(within(LEVEL_CRITICAL, PROMISE_VERIFY), "amount: 120 unit: DURATION_UNIT_MINUTES");
  EXPECT_EQ(within(LEVEL_URGENT, PROMISE_VERIFY), "amount: 1440 unit: DURATION_UNIT_MINUTES");
  EXPECT_EQ(within(LEVEL_ORDINARY, PROMISE_VERIFY), "amount: 3 unit: DURATION_UNIT_WORKING_DAYS");
  EXPECT_EQ(within(LEVEL_ATTENTION, PROMISE_VERIFY), "");
  for (Level level : {LEVEL_CRITICAL, LEVEL_URGENT, LEVEL_ORDINARY}) {
    EXPECT_EQ(within(level, PROMISE_PAPERWORK), "amount: 5 unit: DURATION_UNIT_WORKING_DAYS");
  }
}

TEST_F(ShippedRulesTest, CoverEveryTownAndVillageOfWangchengByDayAndNight) {
  auto view = RulesView::Create(rules_);
  std::map<int, int> count;
  for (const auto& area : rules_.areas()) {
    ++count[area.tier()];
    for (int tier = area.tier(); tier <= common::v1::TIER_DISTRICT; ++tier) {
      auto posts = view->FindPosts(area.code(), static_cast<common::v1::Tier>(tier)).posts;
      EXPECT_TRUE(std::any_of(
          posts.begin(), posts.end(),
          [](const rules::v1::Post* post) { return post->duty() == rules::v1::DUTY_ALWAYS; }))
          << area.code() << " tier " << tier;
    }
    if (area.tier() == common::v1::TIER_TOWN) {
      auto posts = view->FindPosts(area.code(), common::v1::TIER_TOWN).posts;
      EXPECT_TRUE(std::any_of(posts.begin(), posts.end(), [](const rules::v1::Post* post) {
        return post->named_officer();
      })) << area.code();
    }
  }
  EXPECT_EQ(count[common::v1::TIER_DISTRICT], 1);
  EXPECT_EQ(count[common::v1::TIER_TOWN], 16);
  EXPECT_EQ(count[common::v1::TIER_VILLAGE], 160);
  EXPECT_EQ(count[common::v1::TIER_GROUP], 320);
  EXPECT_EQ(count[common::v1::TIER_GRID], 480);
}

TEST_F(ShippedRulesTest, KnowThePeopleOfTheStory) {
  auto view = RulesView::Create(rules_);
  EXPECT_EQ(view->TierOver("xu-guangming", "430112001001001"), common::v1::TIER_GRID);
  EXPECT_EQ(view->TierOver("tan-dan", "430112001001001"), common::v1::TIER_TOWN);
  EXPECT_EQ(view->PostsOf("tan-dan").size(), 2u);
  EXPECT_EQ(view->PostsOf("xu-guangming")[0]->name(), "徐光明");
  EXPECT_TRUE(view->KnowsArea("430112107208"));
  EXPECT_TRUE(view->KnowsArea("430112103001"));
}

// An operator who breaks a line of the shipped files is led to that line.
TEST_F(RulesFileTest, LeadsFromAValidationProblemToTheLine) {
  for (auto* name : {"policy.yaml", "areas.csv", "roster.csv", "calendar.csv"}) {
    files_[name] = Slurp(std::filesystem::path(kShipped) / name);
  }
  std::string& roster = files_["roster.csv"];
  std::string wrong = "xu-guangming,徐光明,grid,430112001001001";
  size_t at = roster.find(wrong);
  ASSERT_NE(at, std::string::npos);
  auto line = 1 + std::count(roster.begin(), roster.begin() + static_cast<ptrdiff_t>(at), '\n');
  roster.replace(at, wrong.size(), "xu-guangming,徐光明,grid,430112001001009");
  auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  auto problems = ValidateRules(loaded->rules);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].reason, "area 430112001001009 is not listed");
  EXPECT_EQ(loaded->LineOf(problems[0].path), "roster.csv:" + std::to_string(line));
}

}  // namespace
}  // namespace lastmeter
