// What the demonstration's board and lines are made of: widths, words, sentences, the picture.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "services/standalone/demo_board.h"
#include "services/standalone/demo_lines.h"
#include "services/standalone/demo_text.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

// 2026-07-28 08:30 at UTC+8.
constexpr Timestamp kMorning{1785198600000};

lastmeter::rules::v1::Rules SampleRules() {
  lastmeter::rules::v1::Rules rules;
  auto* kind = rules.mutable_policy()->add_kinds();
  kind->set_code("elder-alone");
  kind->set_name_zh("独居老人突发困难");
  kind->set_name_en("Old person alone in trouble");
  auto* area = rules.add_areas();
  area->set_code("430112001001");
  area->set_name("西塘街社区");
  auto* post = rules.add_roster();
  post->set_staff_id("tan-dan");
  post->set_name("谭丹");
  return rules;
}

Lang LangWith(const std::map<std::string, std::string>& values) {
  return LangOf([&](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  });
}

api::EventView OpenedView() {
  api::EventView view;
  view.mutable_time()->set_seconds(kMorning.ms / 1000);
  auto& event = *view.mutable_event();
  event.set_case_number("430112001001-2026-00042");
  event.set_area("430112001001");
  auto& opened = *event.mutable_case_opened();
  opened.set_kind("elder-alone");
  opened.set_level(cm::LEVEL_CRITICAL);
  opened.mutable_reporter()->set_id("hotline-12345");
  auto& turn = *opened.mutable_turn();
  turn.set_tier(cm::TIER_GROUP);
  turn.set_due_ms((kMorning + Minutes(15)).ms);
  auto* asked = turn.add_notices();
  asked->set_staff_id("tan-dan");
  asked->set_purpose(ev::PURPOSE_ANSWER);
  auto* copied = turn.add_notices();
  copied->set_staff_id("somebody-else");
  copied->set_purpose(ev::PURPOSE_COPY);
  return view;
}

api::Case OpenCase(int n, cm::Tier tier) {
  api::Case c;
  char number[32];
  std::snprintf(number, sizeof number, "430112001001-2026-%05d", n);
  c.set_number(number);
  c.set_kind("elder-alone");
  c.set_level(cm::LEVEL_CRITICAL);
  c.set_area("430112001001");
  c.set_tier(tier);
  c.set_lamp(api::LAMP_NEAR_DUE);
  auto* clock = c.add_clocks();
  clock->set_promise(cm::PROMISE_ACKNOWLEDGE);
  clock->set_state(api::CLOCK_STATE_RUNNING);
  clock->mutable_turn()->set_tier(tier);
  clock->mutable_turn()->mutable_due_at()->set_seconds(kMorning.ms / 1000 + 750);
  auto* told = c.add_told();
  told->set_staff_id("tan-dan");
  told->set_tier(tier);
  told->set_purpose(ev::PURPOSE_ANSWER);
  return c;
}

std::string Picture(const BoardModel& model, BoardSize size) {
  std::string picture;
  for (const auto& row : DrawBoard(Words(Lang::kZh, SampleRules()), model, size, false)) {
    picture += row + "\n";
  }
  return picture;
}

TEST(DemoText, CountsTwoCellsForChinese) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("望城区"), 6);
  EXPECT_EQ(DisplayWidth("镇（街道）"), 10);
  EXPECT_EQ(DisplayWidth("é"), 1);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);
  EXPECT_EQ(DisplayWidth("\x1b[91m急\x1b[0m"), 2);
  EXPECT_EQ(DisplayWidth("│─▌…"), 4);
}

TEST(DemoText, ClipsBetweenCharactersAndFillsUp) {
  EXPECT_EQ(Clip("望城区", 6), "望城区");
  EXPECT_EQ(Clip("望城区", 5), "望城…");
  EXPECT_EQ(Clip("望城区", 4), "望…");
  EXPECT_EQ(Fit("望城区", 4), "望… ");
  EXPECT_EQ(Fit("a", 3), "a  ");
  EXPECT_EQ(Clip("abc", 0), "");
  for (int cells = 0; cells < 12; ++cells) {
    EXPECT_EQ(DisplayWidth(Fit("望a城b区cd", cells)), cells) << cells;
  }
}

TEST(DemoText, EndsAColourThatItCutsInto) {
  EXPECT_EQ(Clip("\x1b[91mabcdef\x1b[0m", 4), "\x1b[91mabc…\x1b[0m");
}

TEST(DemoText, LetsNobodyMoveTheCursor) {
  EXPECT_EQ(OneLine("a\x1b[2Jb"), "a [2Jb");
  EXPECT_EQ(OneLine("a\r\nb\tc"), "a  b c");
  EXPECT_EQ(OneLine("a\xC2\x9Bz"), "a z");
  EXPECT_EQ(OneLine("望城"), "望城");
}

TEST(DemoWords, TakeTheLanguageOfTheLocale) {
  EXPECT_EQ(LangWith({{"LANG", "zh_CN.UTF-8"}}), Lang::kZh);
  EXPECT_EQ(LangWith({{"LANG", "en_GB.UTF-8"}}), Lang::kEn);
  EXPECT_EQ(LangWith({{"LANG", "zh_CN.UTF-8"}, {"LC_MESSAGES", "en_US"}}), Lang::kEn);
  EXPECT_EQ(LangWith({{"LC_ALL", "zh_CN"}, {"LC_MESSAGES", "en_US"}}), Lang::kZh);
  EXPECT_EQ(LangWith({{"LC_ALL", ""}, {"LANG", "zh_TW"}}), Lang::kZh);
  EXPECT_EQ(LangWith({}), Lang::kEn);
}

TEST(DemoWords, TrustTheTerminalUnlessTheLocaleNamesOtherCharacters) {
  const auto shows = [](const char* lang) {
    return ShowsUtf8([lang](const char* name) -> const char* {
      return std::string_view(name) == "LANG" ? lang : nullptr;
    });
  };
  EXPECT_TRUE(shows("zh_CN.UTF-8"));
  EXPECT_TRUE(shows("C.utf8"));
  EXPECT_TRUE(shows("C"));
  EXPECT_TRUE(shows(nullptr));
  EXPECT_FALSE(shows("zh_CN.GB18030"));
  EXPECT_FALSE(shows("de_DE@euro"));
}

TEST(DemoWords, NamePlacesPeopleAndKindsInBothLanguages) {
  const auto rules = SampleRules();
  const Words zh(Lang::kZh, rules);
  const Words en(Lang::kEn, rules);
  EXPECT_EQ(zh.Place("430112001001003"), "西塘街社区");
  EXPECT_EQ(en.Place("430112001001003"), "Xitangjie");
  EXPECT_EQ(zh.Person("tan-dan"), "谭丹");
  EXPECT_EQ(en.Person("tan-dan"), "Tan Dan");
  EXPECT_EQ(zh.Kind("elder-alone"), "独居老人突发困难");
  EXPECT_EQ(en.Kind("of-another-district"), "of-another-district");
  EXPECT_EQ(zh.Tier(cm::TIER_TOWN), "镇（街道）");
}

TEST(DemoWords, ShortenNumbersAndTimes) {
  EXPECT_EQ(CaseTail("430112001001-2026-00042"), "1001-00042");
  EXPECT_EQ(CaseTail("odd"), "odd");
  EXPECT_EQ(CountdownText(Seconds(750)), "12:30");
  EXPECT_EQ(CountdownText(Minutes(185)), "3h05");
  EXPECT_EQ(CountdownText(Days(4)), "4d");
  EXPECT_EQ(CountdownText(Seconds(-5)), "0:00");
}

TEST(DemoLines, TellAnOpenedCaseInOneSentence) {
  const auto rules = SampleRules();
  const auto zh = EventLine(Words(Lang::kZh, rules), OpenedView());
  ASSERT_TRUE(zh.has_value());
  EXPECT_EQ(zh->text,
            "07-28 08:30  1001-00042  上报 特急·独居老人突发困难，西塘街社区（12345热线）；"
            "轮到组：谭丹，08:45 前；抄告 somebody-else");
  const auto en = EventLine(Words(Lang::kEn, rules), OpenedView());
  ASSERT_TRUE(en.has_value());
  EXPECT_EQ(en->text,
            "07-28 08:30  1001-00042  reported: critical, Old person alone in trouble, Xitangjie "
            "(by hotline 12345); turn of the group: Tan Dan, until 08:45; copied in: "
            "somebody-else");
}

TEST(DemoLines, SayNothingOfHeartbeats) {
  api::EventView view;
  view.mutable_event()->mutable_heartbeat();
  EXPECT_FALSE(EventLine(Words(Lang::kZh, SampleRules()), view).has_value());
}

class DemoBoard : public testing::TestWithParam<BoardSize> {};

TEST_P(DemoBoard, FillsTheWindowExactly) {
  const auto rules = SampleRules();
  const BoardSize size = GetParam();
  BoardModel model;
  model.now = kMorning;
  for (int n = 1; n <= 40; ++n) {
    model.open.push_back(OpenCase(n, static_cast<cm::Tier>(n % 5 + 1)));
  }
  model.story = "宇淑纯老人独居西塘街社区，在家中滑倒，儿子正在住院；邻居、网格员徐光明上报";
  for (int i = 0; i < 30; ++i) model.lines.push_back({Mood::kBad, "很长的一行：" + model.story});
  model.footer = {"one", "two"};
  for (const Lang lang : {Lang::kZh, Lang::kEn}) {
    for (const bool colour : {true, false}) {
      const auto rows = DrawBoard(Words(lang, rules), model, size, colour);
      ASSERT_EQ(rows.size(), static_cast<size_t>(size.rows));
      for (const auto& row : rows) {
        EXPECT_EQ(DisplayWidth(row), size.columns) << row;
        if (!colour) {
          EXPECT_EQ(row.find('\x1b'), std::string::npos) << row;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, DemoBoard,
                         testing::Values(BoardSize{80, 24}, BoardSize{120, 36}, BoardSize{61, 17},
                                         BoardSize{233, 70}, BoardSize{40, 10}, BoardSize{81, 29}));

TEST(DemoBoardCards, ShowNumberCountdownAndWhoIsAsked) {
  BoardModel model;
  model.now = kMorning;
  model.open.push_back(OpenCase(42, cm::TIER_VILLAGE));
  const std::string picture = Picture(model, {80, 24});
  for (const char* part : {"1001-00042", "特急", "12:30 谭丹", "村（社区） 1", "在办 1"}) {
    EXPECT_NE(picture.find(part), std::string::npos) << part << "\n" << picture;
  }
}

TEST(DemoBoardCards, PutWhatIsExhaustedOnTop) {
  BoardModel model;
  model.now = kMorning;
  model.open.push_back(OpenCase(1, cm::TIER_DISTRICT));
  model.open.push_back(OpenCase(2, cm::TIER_DISTRICT));
  auto* turn = model.open[1].mutable_clocks(0)->mutable_turn();
  turn->set_exhausted(true);
  turn->set_reminders(3);
  const std::string picture = Picture(model, {80, 24});
  EXPECT_NE(picture.find("催办3次"), std::string::npos) << picture;
  EXPECT_LT(picture.find("1001-00002"), picture.find("1001-00001")) << picture;
}

TEST(DemoBoardCards, SayHowManyDoNotFit) {
  BoardModel model;
  model.now = kMorning;
  model.footer = {"where it serves", "what to try"};
  for (int n = 1; n <= 9; ++n) model.open.push_back(OpenCase(n, cm::TIER_GRID));
  const std::string picture = Picture(model, {80, 24});
  EXPECT_NE(picture.find("网格员 9"), std::string::npos) << picture;
  EXPECT_NE(picture.find("+6 件"), std::string::npos) << picture;
}

}  // namespace
}  // namespace lastmeter::demo
