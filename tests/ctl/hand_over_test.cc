// lastmeterctl hand-over and bulletin, as programs, against a whole server.
#include <gmock/gmock.h>

#include "tests/ctl/papers.h"

namespace lastmeter::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class HandOver : public Papers {};

TEST_F(HandOver, ABulletinIsPublishedTownByTownAndOnce) {
  Open();
  const std::vector<std::string> words = {"bulletin",  "publish",  "--id",   "heating-2026",
                                          "--subject", "取暖补贴", "--area", "430112"};
  const std::string said = Said(kDesk, words);
  EXPECT_THAT(said, HasSubstr("published to 16 of 16 places"));
  EXPECT_THAT(said, HasSubstr("430112001\t高塘岭街道\t430112001000-"));
  EXPECT_EQ(Said(kDesk, words), said) << "published twice";
  const std::string status = Said(kDesk, {"bulletin", "status", "--area", "430112001"});
  EXPECT_THAT(status, HasSubstr("取暖补贴"));
  EXPECT_THAT(status, HasSubstr("not yet\t430112001001001\txu-guangming"));
  const std::string number =
      Get(kDesk, "/v1/cases?status=bulletin&area=430112001").body["cases"][0]["number"];
  Done(Post(kGridWorker, Act(number, "readBulletin"), {{"households", 41}}));
  EXPECT_THAT(Said(kDesk, {"bulletin", "status", "--area", "430112001"}),
              Not(HasSubstr("430112001001001")));
  const Ended wrong = Ctl(kDesk, {"bulletin", "publish", "--id", "x", "--subject", "x", "--area",
                                  "430112", "--kind", "injury"});
  EXPECT_EQ(wrong.code, 78) << wrong.output;
  const Ended empty =
      Ctl(kDesk, {"bulletin", "publish", "--id", "x", "--subject", " ", "--area", "430112"});
  EXPECT_EQ(empty.code, 2) << empty.output;
  EXPECT_THAT(empty.output, HasSubstr("--subject is empty"));
  const Ended nowhere =
      Ctl(kDesk, {"bulletin", "publish", "--id", "x", "--subject", "x", "--area", "430112999"});
  EXPECT_EQ(nowhere.code, 2) << nowhere.output;
  EXPECT_THAT(nowhere.output, HasSubstr("the rules have no area 430112999"));
}

TEST_F(HandOver, EverythingThatSomebodyHoldsIsHandedOver) {
  Open();
  std::vector<std::string> mine;
  for (int i = 0; i < 3; ++i) {
    mine.push_back(Report("injury"));
    Done(Post(kTanDan, Act(mine.back(), "acknowledge"), nlohmann::json::object()));
  }
  const std::string another = Report("injury");
  const std::vector<std::string> words = {"hand-over",  "--from",   "tan-dan", "--to",
                                          "mei-heping", "--reason", "on leave"};
  EXPECT_THAT(Said(kTanDan,
                   [&] {
                     auto dry = words;
                     dry.push_back("--dry-run");
                     return dry;
                   }()),
              HasSubstr("tan-dan holds 3 cases"));
  EXPECT_THAT(Said(kTanDan, words), HasSubstr("3 of 3 cases handed over"));
  for (const std::string& number : mine) {
    EXPECT_EQ(Get(kDesk, "/v1/cases/" + number).body["handlerId"], "mei-heping");
  }
  EXPECT_FALSE(Get(kDesk, "/v1/cases/" + another).body.contains("handlerId"));
  EXPECT_THAT(Said(kTanDan, words), HasSubstr("0 of 0 cases handed over")) << "done already";
  const auto expect = [&](int code, const std::string& text, const std::string& from,
                          const std::string& to, const std::string& area = "430112") {
    const Ended ended = Ctl(
        kDesk, {"hand-over", "--from", from, "--to", to, "--reason", "on leave", "--area", area});
    EXPECT_EQ(ended.code, code) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(text));
  };
  expect(2, "the roster knows nobody called 'nobody-here'", "mei-heping", "nobody-here");
  expect(2, "the roster knows nobody called 'nobody-here'", "nobody-here", "mei-heping");
  expect(2, "the rules have no area 430112999", "mei-heping", "tan-dan", "430112999");
  EXPECT_EQ(Get(kDesk, "/v1/cases/" + mine[0]).body["handlerId"], "mei-heping");
  // Of another town.
  expect(1, "0 of 3 cases handed over from mei-heping to yi-guodong, refused: 3", "mei-heping",
         "yi-guodong");
}

TEST_F(HandOver, PlannedTurnsOfWhoeverLeavesAreNamed) {
  Open();
  const std::string number = Report("elder-alone");
  Done(Post(kTanDan, Act(number, "acknowledge"), nlohmann::json::object()));
  const Timestamp from{clock_.Wall().ms + Hours(3).ms};
  Done(Post(kTanDan, Act(number, "planWork"),
            {{"kind", "WORK_KIND_SERVICE"},
             {"service", "NEED_MEALS"},
             {"from", FormatRfc3339(from)},
             {"until", FormatRfc3339(from + Hours(1))},
             {"times", 5},
             {"everyDays", 2}}));
  Done(Post(kTanDan, Act(number, "planWork"),
            {{"kind", "WORK_KIND_VISIT"},
             {"assignee", "tan-dan"},
             {"from", FormatRfc3339(from)},
             {"until", FormatRfc3339(from + Hours(1))}}));
  Done(Post(kTanDan, Act(number, "claimWork"), {{"workId", 1}, {"turn", 3}}));
  const std::string said = Said(
      kTanDan, {"hand-over", "--from", "tan-dan", "--to", "mei-heping", "--reason", "on leave"});
  EXPECT_THAT(said, HasSubstr("1 of 1 cases handed over"));
  EXPECT_THAT(said, HasSubstr("2 planned turns stay with tan-dan"));
  std::string third = FormatRfc3339(from + Days(4));
  third[10] = ' ';
  EXPECT_THAT(said, HasSubstr(number + "\twork 1, service meals\tturn 3\t" + third.substr(0, 16)));
  EXPECT_THAT(said, HasSubstr(number + "\twork 2, visit\tturn 1\t"));
}

}  // namespace
}  // namespace lastmeter::test
