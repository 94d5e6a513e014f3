// lastmeterctl case do, as a program, against a whole server.
#include <gmock/gmock.h>

#include "tests/ctl/ctl_house.h"

namespace lastmeter::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class CaseDo : public CtlHouse {
 protected:
  std::vector<std::string> Words(const std::string& number, std::vector<std::string> words) {
    words.insert(words.begin(), {"case", "do", number});
    return words;
  }
  // Done, and what came of it stands on a line.
  void Does(const char* token, const std::string& number, std::vector<std::string> words,
            const std::string& event) {
    EXPECT_THAT(Said(token, Words(number, std::move(words))), HasSubstr(event));
  }
  void Refuses(const char* token, const std::string& number, int code, const std::string& text,
               std::vector<std::string> words) {
    const Ended ended = Ctl(token, Words(number, std::move(words)));
    EXPECT_EQ(ended.code, code) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(text));
  }
  // The server's time so much later, as people write it: at UTC+8, to the minute.
  std::string Local(Millis later) { return FormatRfc3339(clock_.Wall() + later).substr(0, 16); }
  nlohmann::json Case(const std::string& number) { return Get(kDesk, "/v1/cases/" + number).body; }
};

TEST_F(CaseDo, DoesWhateverTheInterfaceLetsPeopleDo) {
  Open();
  const std::string number = Report("injury");
  Does(kTanDan, number, {"acknowledge"}, "CaseAcknowledged " + number + " v2 by=tan-dan tier=town");
  Does(kTanDan, number, {"note", "text=门没锁"}, "CaseNoted " + number + " v3 by=tan-dan");
  EXPECT_THAT(Said(kTanDan, Words(number, {"note", "text=门没锁"})), Not(HasSubstr("门没锁")))
      << "free texts stand in no line";
  Does(kTanDan, number, {"verify", "finding=as_reported"}, "CaseVerified " + number);
  Does(kTanDan, number, {"relief", "kinds=cash,meals"}, "kinds=NEED_CASH,NEED_MEALS");
  Does(kTanDan, number, {"hold", "reason=in-hospital", "until=" + Local(Hours(30))},
       "reason=in-hospital until=" + Local(Hours(30)).substr(0, 10) + " " +
           Local(Hours(30)).substr(11));
  Does(kTanDan, number, {"resume"}, "HoldEnded " + number);
  Does(kDesk, number,
       {"extend", "promise=resolve", "by.amount=2", "by.unit=working-days", "reason=诊所"},
       "ClockExtended " + number);
  Does(kTanDan, number,
       {"plan-work", "kind=service", "service=meals", "from=" + Local(Hours(3)),
        "until=" + Local(Hours(4)), "times=2", "everyDays=1"},
       "WorkPlanned " + number);
  Does(kTanDan, number, {"claimWork", "workId=1", "turn=1"}, "WorkClaimed " + number);
  Does(kTanDan, number, {"cancelWork", "workId=1", "reason=搬走"}, "WorkCancelled " + number);
  Does(kTanDan, number, {"pledge", "kind=goods", "project=xinghuo", "valueFen=120000"},
       "value_fen=120000");
  // The version is the one of the case just before.
  const std::string closed = Said(kTanDan, Words(number, {"close", "outcome=need_met"}));
  EXPECT_THAT(closed, HasSubstr("CaseClosed " + number));
  EXPECT_THAT(closed, HasSubstr("lastmeterctl: " + number + " is closed, version "));
  EXPECT_EQ(Case(number)["outcome"], "OUTCOME_NEED_MET");
}

TEST_F(CaseDo, SaysWhyTheServerRefused) {
  options_.allow_unsealed = false;
  Open();
  const std::string number = Report("injury");
  Refuses(kStranger, number, 1, "refused: other-area: this case lies outside your area",
          {"acknowledge"});
  Refuses(kViewer, number, 1, "refused: role-not-allowed: only staff", {"acknowledge"});
  Refuses(kTanDan, number, 1, "refused: not-on-hold: the case is not on hold", {"resume"});
  Refuses(kTanDan, number, 1, "refused: not-acknowledged", {"close", "outcome=need_met"});
  // Exactly one of two, as only the server knows.
  Refuses(kTanDan, number, 1, "refused: missing-field: 'toTier' is required",
          {"raise", "reason=x"});
  Refuses(kTanDan, number, 1, "refused: personal-data-refused: 'text' may name somebody",
          {"note", "text=x"});
  Refuses("wrong", number, 77, "answered 401", {"acknowledge"});
  Refuses(kTanDan, "430112001001-2026-99999", 1, "refused: unknown-case",
          {"close", "outcome=need_met"});
  EXPECT_EQ(Case(number)["version"], 1);
}

TEST_F(CaseDo, RefusesAVersionThatIsOld) {
  Open();
  const std::string number = Report("injury");
  Does(kTanDan, number, {"acknowledge"}, "CaseAcknowledged");
  Does(kTanDan, number, {"verify", "finding=worse"}, "CaseVerified");
  Refuses(kTanDan, number, 1, "refused: stale-version: the case is at version 3",
          {"close", "outcome=need_met", "caseVersion=2"});
  Does(kTanDan, number, {"close", "outcome=need_met", "caseVersion=3"}, "CaseClosed");
}

TEST_F(CaseDo, DoesNothingTwiceUnderOneId) {
  Open();
  const std::string number = Report("injury");
  const std::vector<std::string> words = Words(number, {"acknowledge", "--id", "desk-1"});
  const std::string said = Said(kTanDan, words);
  EXPECT_THAT(said, HasSubstr("CaseAcknowledged " + number + " v2"));
  EXPECT_EQ(Said(kTanDan, words), said);
  EXPECT_EQ(Case(number)["version"], 2);
  Refuses(kTanDan, number, 1, "refused: key-reused", {"verify", "finding=worse", "--id", "desk-1"});
  // Without one each call is another.
  Refuses(kDesk, number, 1, "refused: already-acknowledged", {"acknowledge"});
}

TEST_F(CaseDo, NamesTheIdWhereNobodyKnowsWhatCameOfIt) {
  const Ended gone = RunProgram({ProgramPath("lastmeterctl"), "case", "do",
                                 "430112001001-2026-00001", "acknowledge", "--id", "desk-2",
                                 "--server", "http://127.0.0.1:1", "--token", kTanDan});
  EXPECT_EQ(gone.code, 69) << gone.output;
  EXPECT_THAT(gone.output, HasSubstr("call it once more with --id desk-2"));
  const Ended made = RunProgram(
      {ProgramPath("lastmeterctl"), "case", "do", "430112001001-2026-00001", "close",
       "outcome=need_met", "caseVersion=4", "--server", "http://127.0.0.1:1", "--token", kTanDan});
  EXPECT_EQ(made.code, 69) << made.output;
  EXPECT_THAT(made.output, testing::ContainsRegex("--id ctl-[0-9a-f]+ caseVersion=4"));
}

TEST_F(CaseDo, ShowsTheWholeAnswerOrDoesNotWaitForOne) {
  Open();
  const std::string number = Report("injury");
  const auto answer =
      nlohmann::json::parse(Said(kTanDan, Words(number, {"acknowledge", "--json"})));
  EXPECT_EQ(answer["events"][0]["type"], "CaseAcknowledged");
  EXPECT_EQ(answer["case"]["handlerId"], "tan-dan");
  EXPECT_THAT(Said(kTanDan, Words(number, {"verify", "finding=worse", "--wait", "0"})),
              HasSubstr("accepted, not decided yet"));
  EXPECT_TRUE(Eventually([&] { return Case(number).value("verified", false); }));
}

TEST_F(CaseDo, NamesVerbsAndFieldsWithoutAServer) {
  const auto run = [](std::vector<std::string> words) {
    words.insert(words.begin(), {ProgramPath("lastmeterctl"), "case", "do"});
    return RunProgram(words);
  };
  const std::string number = "430112001001-2026-00001";
  const Ended help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, HasSubstr("handDown toTier=WORD [caseVersion=NUMBER] reason=TEXT"));
  for (const auto& words : {std::vector<std::string>{number, "hold", "--help"},
                            std::vector<std::string>{"hold", "--help"}}) {
    const Ended one = run(words);
    EXPECT_EQ(one.code, 0);
    EXPECT_THAT(one.output, HasSubstr("household-away, in-hospital"));
  }
  const Ended typo = run({number, "acknowlege"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.output, HasSubstr("there is no verb 'acknowlege'; there is acknowledge"));
  const Ended unknown = run({number, "close", "colour=red"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.output, HasSubstr("close has no field 'colour'"));
  EXPECT_THAT(unknown.output, HasSubstr("need-met, partly-met"));
  const Ended missing = run({number, "close"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.output, HasSubstr("close needs outcome=WORD"));
  EXPECT_EQ(run({number}).code, 2);
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"12", "acknowledge"}).code, 2);
  EXPECT_EQ(run({number, "acknowledge", "--wait", "31"}).code, 2);
  // No server is named.
  EXPECT_EQ(run({number, "acknowledge"}).code, 78);
}

}  // namespace
}  // namespace lastmeter::test
