// lastmeterctl ledger and report, as programs, against a whole server.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "tests/ctl/papers.h"

namespace lastmeter::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Village of 430112107, 乔口镇.
constexpr char kOtherVillage[] = "430112107208";

TEST_F(Papers, TheLedgerHasEachCaseOnALine) {
  Open();
  const std::string fallen = Report("elder-alone");
  Done(Post(kTanDan, Act(fallen, "acknowledge"), nlohmann::json::object()));
  Done(Post(kTanDan, Act(fallen, "close"),
            {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", Version(fallen)}}));
  const std::string jobless = Report("job-loss", kOtherVillage);
  const std::string all = Said(kViewer, {"ledger"});
  EXPECT_THAT(all, StartsWith("\xEF\xBB\xBF\"个案编号\",\"区划代码\",\"镇（街道）\""));
  EXPECT_THAT(all, HasSubstr("\"" + fallen +
                             "\",\"430112001001\",\"高塘岭街道\",\"西塘街社区\","
                             "\"\",\"独居老人突发困难\",\"特急\",\"结案\""));
  EXPECT_THAT(all, HasSubstr("\"困难已解决\""));
  EXPECT_THAT(all, HasSubstr("\"谭丹\",\"tan-dan\""));
  EXPECT_THAT(all, HasSubstr("\"" + jobless +
                             "\",\"430112107208\",\"乔口镇\",\"蓝塘寺村\","
                             "\"\",\"失业\",\"一般\",\"待签收\""));
  EXPECT_THAT(all, HasSubstr("lastmeterctl: 2 cases"));

  EXPECT_THAT(Said(kViewer, {"ledger", "--status", "open"}), Not(HasSubstr(fallen)));
  EXPECT_THAT(Said(kViewer, {"ledger", "--status", "closed"}), Not(HasSubstr(jobless)));
  EXPECT_THAT(Said(kViewer, {"ledger", "--area", "430112107"}), Not(HasSubstr(fallen)));
  EXPECT_THAT(Said(kViewer, {"ledger", "--from", Today(), "--to", Today()}), HasSubstr("2 cases"));
  EXPECT_THAT(Said(kViewer, {"ledger", "--from", Today(Days(1))}), HasSubstr("0 cases"));
  EXPECT_THAT(Said(kViewer, {"ledger", "--to", Today(Millis{-Days(1).ms})}), HasSubstr("0 cases"));
  const std::string english = Said(kViewer, {"ledger", "--lang", "en"});
  EXPECT_THAT(english, HasSubstr("\"case number\",\"area\",\"town\""));
  EXPECT_THAT(english, HasSubstr("\"Job loss\",\"ordinary\",\"reported\""));
}

TEST_F(Papers, TheLedgerDefusesWhatASpreadsheetWouldRun) {
  Open();
  for (const char* ref : {"=1+1", "+cmd|'/C'!A0", "-2", "@SUM(A1)", "H\"1"}) {
    ASSERT_EQ(Post(kHotline, "/v1/reports?wait=20s",
                   {{"kind", "job-loss"}, {"area", kVillage}, {"householdRef", ref}})
                  .status,
              201);
  }
  const std::string all = Said(kViewer, {"ledger"});
  for (const char* cell :
       {"\"'=1+1\"", "\"'+cmd|'/C'!A0\"", "\"'-2\"", "\"'@SUM(A1)\"", "\"H\"\"1\""}) {
    EXPECT_THAT(all, HasSubstr(cell));
  }
}

TEST_F(Papers, TheLedgerGoesOverAllPages) {
  Open();
  for (int i = 0; i < 203; ++i) Report("policy-question");
  EXPECT_THAT(Said(kViewer, {"ledger"}), HasSubstr("203 cases"));
  EXPECT_THAT(Said(kViewer, {"ledger", "--status", "open"}), HasSubstr("203 cases"));
  EXPECT_THAT(Said(kStranger, {"ledger"}), HasSubstr("0 cases"));
}

TEST_F(Papers, RestrictedCasesAreShownToWhomTheServerShowsThemAndStandInNoReport) {
  Open();
  const std::string hidden = Report("domestic-violence");
  const std::string all = Said(kViewer, {"ledger"});
  EXPECT_THAT(all, Not(HasSubstr(hidden)));
  EXPECT_THAT(all, HasSubstr("1 open restricted cases are not shown to this token"));
  EXPECT_THAT(Said(kNamedOfficer, {"ledger"}), HasSubstr(hidden));
  clock_.Advance(Days(1));
  ASSERT_TRUE(IsOverdue(hidden));
  for (const char* token : {kViewer, kNamedOfficer}) {
    const std::string daily = Said(token, {"report", "--daily", Today()});
    EXPECT_THAT(daily, Not(HasSubstr(hidden)));
    EXPECT_THAT(daily, Not(HasSubstr("家庭暴力")));
    EXPECT_THAT(daily, HasSubstr("另有限阅个案 1 件在办"));
  }
}

TEST_F(Papers, ExercisesAreMarkedAndCountNowhere) {
  Open();
  Report("elder-alone");
  const auto drill = [&](const char* kind) {
    return Post(kHotline, "/v1/reports?wait=20s",
                {{"kind", kind}, {"area", kVillage}, {"drill", true}})
        .body.value("caseNumber", "");
  };
  const std::string number = drill("elder-alone");
  drill("domestic-violence");
  // Turns of fifteen minutes: both are late.
  clock_.Advance(Minutes(15) + Seconds(5));
  ASSERT_TRUE(IsOverdue(number));
  const std::string daily = Said(kViewer, {"report", "--daily", Today()});
  EXPECT_THAT(daily, HasSubstr("目前在办 1 件，其中超时 1 件"));
  EXPECT_THAT(daily, HasSubstr("| 合计 | 0 | 1 | 1 |"));
  EXPECT_THAT(daily, HasSubstr("| " + number + "（演练） |"));
  EXPECT_THAT(daily, Not(HasSubstr("限阅个案"))) << "an exercise is no open case";
  const std::string ledger = Said(kViewer, {"ledger"});
  EXPECT_THAT(ledger, HasSubstr("\"限阅\",\"演练\",\"主动发现\""));
  std::istringstream lines(ledger);
  int marked = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"是\"") != std::string::npos) ++marked;
    if (line.find(number) == std::string::npos) continue;
    EXPECT_THAT(line, HasSubstr("\"\",\"是\",\"\""));
  }
  EXPECT_EQ(marked, 1);
  EXPECT_THAT(Said(kViewer, {"ledger", "--lang", "en"}), HasSubstr("\"drill\""));
}

TEST_F(Papers, AnIncidentIsDeclaredVillageByVillageAndTakesWhatIsReportedThere) {
  Open();
  const std::vector<std::string> words = {"incident",  "declare", "--id",
                                          "rain-2026", "--area",  "430112001"};
  const std::string said = Said(kDesk, words);
  EXPECT_THAT(said, HasSubstr("430112001001\t西塘街社区\tincident\t430112001001-"));
  EXPECT_EQ(Said(kDesk, words), said) << "declared twice";
  EXPECT_THAT(Said(kDesk, {"incident", "declare", "--id", "try", "--area", "430112001", "--drill"}),
              HasSubstr("（演练）"));
  const std::string number =
      Get(kDesk, "/v1/cases?incident=true&area=430112001001").body["cases"][0]["number"];
  const std::string joined = Report("elder-alone");
  EXPECT_EQ(Get(kDesk, "/v1/cases/" + joined).body["joins"], number);
  EXPECT_EQ(Get(kDesk, "/v1/cases?joins=" + number).body["cases"].size(), 1u);
  EXPECT_THAT(Said(kDesk, {"incident", "status", "--area", "430112001001"}),
              HasSubstr("nobody answers yet\t1 joined\t1 open\t1 not verified\t0 overdue"));
  // Whoever would have been asked goes there, and is told once for all.
  Done(Post(kGridWorker, Act(joined, "verify"), {{"finding", "FINDING_AS_REPORTED"}}));
  EXPECT_THAT(Said(kDesk, {"incident", "status", "--area", "430112001001"}),
              HasSubstr("1 joined\t1 open\t0 not verified"));
  Done(Post(kTanDan, Act(number, "acknowledge"), nlohmann::json::object()));
  const auto page = Get(kDesk, "/v1/cases/" + number).body;
  Done(Post(kTanDan, Act(number, "close"),
            {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", page["version"]}}));
  const auto ended = Get(kDesk, "/v1/cases/" + number).body;
  EXPECT_EQ(ended["incident"]["joined"], 1) << "the last digest was not sent";
  EXPECT_THAT(Said(kDesk, {"incident", "status", "--area", "430112001001"}),
              Not(HasSubstr(number)));
  const std::string after = Report("elder-alone");
  EXPECT_FALSE(Get(kDesk, "/v1/cases/" + after).body.contains("joins"));
  EXPECT_EQ(Get(kDesk, "/v1/cases?incident=false").problem, "wrong-parameter");
  EXPECT_EQ(Get(kDesk, "/v1/cases?joins=430112").problem, "wrong-parameter");
  const Ended wrong =
      Ctl(kDesk, {"incident", "declare", "--id", "x", "--area", "430112", "--kind", "injury"});
  EXPECT_EQ(wrong.code, 78) << wrong.output;
  const Ended nowhere = Ctl(kDesk, {"incident", "declare", "--id", "x", "--area", "440112"});
  EXPECT_EQ(nowhere.code, 2) << nowhere.output;
}

TEST_F(Papers, AStopOfOursIsNobodysRedCard) {
  Open();
  const std::string number = Report("elder-alone");
  Close();
  clock_.Advance(Hours(20));
  Open();
  ASSERT_TRUE(Eventually([&] {
    // A report wakes the partition, which sleeps by the machine's time.
    Report("policy-question");
    Answer page = Get(kViewer, "/v1/cases/" + number);
    for (const auto& clock : page.body["clocks"]) {
      if (clock["promise"] == "PROMISE_VERIFY") return clock.value("outage", false);
    }
    return false;
  }));
  const std::string daily = Said(kViewer, {"report", "--daily", Today()});
  EXPECT_THAT(daily, HasSubstr("其中超时 0 件、红牌 0 件"));
  EXPECT_THAT(daily, HasSubstr("## 二、红牌个案\n\n无。"));
  EXPECT_THAT(daily, HasSubstr("| 入户核实（系统原因） |"));
}

TEST_F(Papers, TheDailySaysWhatCameInAndWhatIsOverdue) {
  // Midday: what falls due today does so before midnight.
  const int64_t noon = StartOf(DateOf(clock_.Wall())).ms + Hours(12).ms;
  clock_.Advance(Millis{noon - clock_.Wall().ms + Days(1).ms});
  Open();
  const std::string forgotten = Report("elder-alone");
  const std::string jobless = Report("job-loss", kOtherVillage);
  // The first turn ends while somebody sees to it; a day later it is a red card.
  clock_.Advance(Minutes(15) + Seconds(5));
  ASSERT_TRUE(Eventually([&] {
    Wake();
    return Get(kViewer, "/v1/cases/" + forgotten).body["tier"] == "TIER_GROUP";
  }));
  clock_.Advance(Days(1) - Minutes(15));
  ASSERT_TRUE(IsOverdue(forgotten));
  const std::string fresh = Report("injury", kOtherVillage);
  const std::string daily = Said(kViewer, {"report", "--daily", Today()});
  EXPECT_THAT(daily, StartsWith("# 望城区急难救助日报（" + Today() + "）\n"));
  EXPECT_THAT(daily,
              HasSubstr("受理 2 件，其中主动发现 0 件，已办结 0 件；撤回 0 件。目前在办 3 件"));
  EXPECT_THAT(daily, HasSubstr("| 高塘岭街道 | 1 | 1 | 1 | 0 | 1 | 1 | 0 |"));
  EXPECT_THAT(daily, HasSubstr("| 乔口镇 | 1 | 2 | 2 |"));
  EXPECT_THAT(daily, HasSubstr("| 合计 | 2 | 3 | 3 |"));
  const size_t red = daily.find("## 二、红牌个案");
  const size_t yellow = daily.find("## 三、超时个案");
  const size_t due = daily.find("## 四、今日到期");
  ASSERT_NE(due, std::string::npos);
  EXPECT_LT(red, daily.find(forgotten));
  EXPECT_LT(daily.find(forgotten), yellow);
  EXPECT_LT(due, daily.find(fresh));
  EXPECT_THAT(daily.substr(due), HasSubstr("| 意外伤害 | 紧急 | 网格员 |  | 签收 | " + Today()));
  EXPECT_THAT(daily, HasSubstr("## 二、红牌个案\n\n| 个案编号 "));

  const std::string english = Said(kViewer, {"report", "--daily", Today(), "--lang", "en"});
  EXPECT_THAT(english, StartsWith("# Daily report " + Today() + ", 望城区\n"));
  EXPECT_THAT(english, HasSubstr("2 cases came in"));
  // Of another day the open cases are not known any more, and it says so.
  EXPECT_THAT(Said(kViewer, {"report", "--daily", Today(Millis{-Days(1).ms})}),
              HasSubstr("不是当日的"));
  // Who sees one town gets that town.
  EXPECT_THAT(Said(kStranger, {"report", "--daily", Today()}), Not(HasSubstr("高塘岭街道")));
}

TEST_F(Papers, TheMonthlyHasTheFiguresOfTheStatistics) {
  Open();
  const std::string month = Today().substr(0, 7);
  const std::string fallen = Report("elder-alone");
  Report("job-loss", kOtherVillage);
  Done(Post(kTanDan, Act(fallen, "acknowledge"), nlohmann::json::object()));
  Done(Post(kTanDan, Act(fallen, "pledge"),
            {{"kind", "NEED_GOODS"}, {"project", "xinghuo"}, {"valueFen", "120050"}}));
  Done(Post(kTanDan, Act(fallen, "close"),
            {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", Version(fallen)}}));
  const std::string paper = Said(kViewer, {"report", "--month", month});
  EXPECT_THAT(paper, StartsWith("# 望城区急难救助月报（" + month.substr(0, 4) + "年"));
  EXPECT_THAT(paper, HasSubstr("本月受理 2 件，其中主动发现 0 件（占新受理 0.0%）；已办结 1 件"));
  EXPECT_THAT(paper, HasSubstr("| 重新办理率（占受理） | 0.0% | – | – |"));
  EXPECT_THAT(paper, HasSubstr("工作时间只计工作日的办公时段，一个工作日为 7 小时"));
  EXPECT_THAT(paper, HasSubstr("| 乔口镇 | 网格员 | 1 | 0 | 0 | 0 | 1 |")) << "open, by town";
  EXPECT_THAT(paper, HasSubstr("| 困难已解决 | 1 |"));
  EXPECT_THAT(paper, HasSubstr("| 高塘岭街道 | 1 | 0 | 1 |"));
  EXPECT_THAT(paper, HasSubstr("| 乔口镇 | 1 | 0 | 0 |"));
  EXPECT_THAT(paper, HasSubstr("| 签收 | 1 | 自然时间 | 0 分钟 | – | – |"));
  EXPECT_THAT(paper, HasSubstr("|  |  | 工作时间 | 0 分钟 | – | – |"));
  EXPECT_THAT(paper, HasSubstr("## 七、走访、服务与资源"));
  EXPECT_THAT(paper, HasSubstr("| 星火救助 | 1 | 1200.50 | 0 | 0.00 |"));
  EXPECT_THAT(
      Said(kViewer, {"report", "--month", month, "--lang", "en"}),
      HasSubstr("2 cases began, 0 of them found proactively (0.0% of those opened); 1 of them "
                "have ended"));
  EXPECT_THAT(Said(kViewer, {"report", "--month", "2020-02"}),
              HasSubstr("2020-02-01 至 2020-02-29"));
}

TEST_F(Papers, APageToPrintLoadsNothingAndEscapesEverything) {
  for (auto& area : *options_.rules->mutable_areas()) {
    if (area.code() == kVillage) area.set_name("<img src=http://x/>|*甲* & \"乙\"");
  }
  Open();
  const std::string number = Report("elder-alone");
  clock_.Advance(Minutes(15) + Seconds(5));
  ASSERT_TRUE(IsOverdue(number));
  const std::string page = Said(kViewer, {"report", "--daily", Today(), "--html"});
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n<html lang=\"zh\">"));
  EXPECT_THAT(page, HasSubstr("&lt;img src=http://x/&gt;|*甲* &amp; &quot;乙&quot;</td>"));
  // For print and for a phone: what is one word stays one.
  EXPECT_THAT(page, HasSubstr("<meta name=\"viewport\""));
  EXPECT_THAT(page, HasSubstr("<td class=\"w\">" + number + "</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"w\">特急</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n\">1</td>"));
  for (const char* loads : {"<img", "<script", "<link", "src=\"", "href", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(loads)));
  }
  EXPECT_THAT(Said(kViewer, {"report", "--daily", Today()}),
              HasSubstr("| \\<img src=http://x/\\>\\|\\*甲\\* & \"乙\" |"));
}

TEST_F(Papers, AFileIsWrittenWholeOrNotAtAll) {
  Open();
  const std::string folder = dir_ + "/papers";
  fs::create_directory(folder);
  Said(kViewer, {"report", "--daily", Today(), "--html", "--out-dir", folder});
  Said(kViewer, {"report", "--month", "2026-02", "--out-dir", folder});
  Said(kViewer, {"ledger", "--output", folder + "/ledger.csv"});
  EXPECT_TRUE(fs::exists(folder + "/daily-" + Today() + ".html"));
  EXPECT_TRUE(fs::exists(folder + "/monthly-2026-02.md"));
  const auto size = fs::file_size(folder + "/ledger.csv");
  EXPECT_EQ(Ctl("wrong", {"ledger", "--output", folder + "/ledger.csv"}).code, 77);
  EXPECT_EQ(fs::file_size(folder + "/ledger.csv"), size);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 3) << "a draft was left behind";
  EXPECT_EQ(Ctl(kViewer, {"ledger", "--output", dir_ + "/nowhere/ledger.csv"}).code, 78);
}

TEST_F(Papers, SaysWhatItIsRefusedFor) {
  Open();
  const auto expect = [&](int code, const std::string& text, std::vector<std::string> words,
                          const char* token = kViewer) {
    const Ended ended = Ctl(token, std::move(words));
    EXPECT_EQ(ended.code, code) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(text));
  };
  expect(77, "answered 401", {"ledger"}, "wrong");
  expect(77, "answered 401", {"report", "--daily"}, "wrong");
  expect(77, "only reports", {"report", "--month", "2026-02"}, kHotline);
  expect(77, "outside yours", {"ledger", "--area", "430112001"}, kStranger);
  expect(2, "is not a day", {"ledger", "--from", "2026-02-30"});
  expect(2, "lies before --from", {"ledger", "--from", "2026-02-03", "--to", "2026-02-02"});
  expect(2, "--status", {"ledger", "--status", "lost"});
  expect(2, "say which paper", {"report"});
  expect(2, "say which paper", {"report", "--daily", "--month", "2026-02"});
  expect(2, "is not a month", {"report", "--month", "2026-13"});
  expect(2, "is not a day", {"report", "--daily", "tomorrow"});
  expect(2, "lies in the future", {"report", "--daily", Today(Days(1))});
  expect(78, "is not a division code", {"ledger", "--area", "43"});
  for (const char* paper : {"--daily", "--month=2026-02"}) {
    expect(2, "the rules have no area 430112999", {"report", paper, "--area", "430112999"});
  }
  expect(2, "the rules have no area 430112999", {"ledger", "--area", "430112999"});
  const Ended gone = RunProgram({test::ProgramPath("lastmeterctl"), "report", "--daily", "--server",
                                 "http://127.0.0.1:1", "--token", kViewer});
  EXPECT_EQ(gone.code, 69) << gone.output;
}

}  // namespace
}  // namespace lastmeter::test
