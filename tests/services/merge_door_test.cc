// The door of a merge: three commands enter, one after the other, and the gateway or its log may
// fail between them.
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "engine/runtime/clock_source.h"
#include "tests/services/door.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

constexpr char kThere[] = "430112002001-2026-00001";

// A read side that knows the case to be merged, and says of the one that goes on what a test has
// it say.
class Asked : public NoOutcomes {
 public:
  std::optional<api::v1::Case> FindCase(const Caller&, std::string_view number) const override {
    api::v1::Case found;
    found.set_number(std::string(number));
    return found;
  }
  void WaitFor(InputName input, Millis, Callback callback) override {
    if (input.id == "merge-1") {
      if (!refuses && !merges) return callback(std::nullopt);
      Outcome outcome;
      auto& event = *outcome.events.emplace_back().mutable_event();
      if (merges) {
        event.mutable_case_merged()->set_into(kThere);
      } else {
        event.mutable_command_rejected();
      }
      return callback(std::move(outcome));
    }
    if (!accepts) return callback(std::nullopt);
    if (before_merge) before_merge();
    Outcome outcome;
    outcome.actor = "tan-dan";
    outcome.case_number = kThere;
    auto* accepted = outcome.events.emplace_back().mutable_event()->mutable_merge_accepted();
    accepted->set_open_until_ms(open_until.ms);
    open_until = open_next;
    callback(std::move(outcome));
    if (after_merge) after_merge();
  }

  // Else it does not answer in time, or nobody waits for it any more.
  bool accepts = false;
  // What the case says that it stays open until, and what it says when asked once more.
  Timestamp open_until{0};
  Timestamp open_next{0};
  // What the case that ends answers; neither: nothing in time.
  bool merges = false;
  bool refuses = false;
  std::function<void()> before_merge;
  std::function<void()> after_merge;
};

class MergeDoorTest : public testing::Test {
 protected:
  Answer Merge() {
    return door_.Post(kTanDan, "/v1/cases/430112001001-2026-00001:merge",
                      {{"into", kThere}, {"caseVersion", 2}}, {{"Idempotency-Key", "merge-1"}});
  }
  // How often each entered.
  std::string Entered() {
    std::map<std::string, int> ids;
    int accepted = 0;
    int merged = 0;
    std::string settled;
    std::set<std::string> named;
    for (const auto& command : door_.Commands()) {
      ++ids[command.command_id()];
      accepted += command.has_accept_merge() ? 1 : 0;
      merged += command.has_merge() ? 1 : 0;
      if (!command.has_settle_merge()) continue;
      settled += command.settle_merge().merged() ? ", merged" : ", refused";
      EXPECT_EQ(command.case_number(), kThere);
      named.insert(command.settle_merge().acceptance_id());
    }
    for (const std::string& id : named) {
      if (!ids.contains(id)) settled += " of no question";
    }
    EXPECT_LE(ids.size(), most_ids_) << "a try again has the ids of the first";
    return std::to_string(accepted) + " accept, " + std::to_string(merged) + " merge" + settled;
  }

  // The case that goes on says that it stays open for so long, and for how long when asked again.
  void ExpectAfterAccepting(Millis open_for, Millis open_next, const std::string& entered) {
    asked_.accepts = true;
    asked_.open_until = SystemClock().Wall() + open_for;
    asked_.open_next = SystemClock().Wall() + open_next;
    // A second question and the last word.
    most_ids_ = 4;
    EXPECT_EQ(Merge().status, 202);
    EXPECT_TRUE(Eventually([&] { return Entered() == entered; })) << Entered();
  }

  Asked asked_;
  size_t most_ids_ = 2;
  Door door_{0, {}, &asked_};
};

TEST_F(MergeDoorTest, NothingIsMergedWhereTheQuestionDoesNotEnter) {
  door_.SetFaults({.produce_unavailable_lost = 10'000});
  asked_.accepts = false;
  EXPECT_EQ(Merge().status, 503);
  EXPECT_EQ(Entered(), "0 accept, 0 merge");
}

TEST_F(MergeDoorTest, AGatewayThatIsGoneBetweenTheTwoIsAskedAgainUnderTheSameKey) {
  // The question entered, and nobody was there any more to hear the answer.
  const Answer cut = Merge();
  EXPECT_EQ(cut.status, 503);
  EXPECT_EQ(cut.problem, "merge-undecided");
  EXPECT_EQ(cut.Header("retry-after"), "5");
  EXPECT_TRUE(Eventually([&] { return Entered() == "1 accept, 0 merge"; })) << Entered();
  asked_.accepts = true;
  EXPECT_EQ(Merge().status, 202);
  // The engine answers the second question as a repeat.
  EXPECT_TRUE(Eventually([&] { return Entered() == "2 accept, 1 merge"; })) << Entered();
}

TEST_F(MergeDoorTest, ALogThatIsGoneBetweenTheTwoIsTriedAgainUnderTheSameKey) {
  asked_.accepts = true;
  asked_.before_merge = [this] { door_.SetFaults({.produce_unavailable_lost = 10'000}); };
  asked_.after_merge = [this] { door_.SetFaults({}); };
  const Answer cut = Merge();
  EXPECT_EQ(cut.status, 503);
  EXPECT_TRUE(Eventually([&] { return Entered() == "1 accept, 0 merge"; })) << Entered();
  asked_.before_merge = nullptr;
  EXPECT_EQ(Merge().status, 202);
  EXPECT_TRUE(Eventually([&] { return Entered() == "2 accept, 1 merge"; })) << Entered();
}

TEST_F(MergeDoorTest, TheCaseThatGoesOnHearsWhatBecameOfIt) {
  asked_.merges = true;
  ExpectAfterAccepting(Minutes(2), {}, "1 accept, 1 merge, merged");
}

TEST_F(MergeDoorTest, AndWhatDidNotCome) {
  asked_.refuses = true;
  ExpectAfterAccepting(Minutes(2), {}, "1 accept, 1 merge, refused");
}

TEST_F(MergeDoorTest, NothingIsSaidOfWhatIsNotKnown) {
  ExpectAfterAccepting(Minutes(2), {}, "1 accept, 1 merge");
}

// The gateway went away after the question; its answer is found when the same merge comes again.
TEST_F(MergeDoorTest, AnAnswerOfLongAgoIsAskedForOnceMore) {
  asked_.merges = true;
  ExpectAfterAccepting(Seconds(59), Minutes(2), "2 accept, 1 merge, merged");
}

TEST_F(MergeDoorTest, WhereClocksDifferTooMuchTheCoreHasTheLastWord) {
  asked_.refuses = true;
  ExpectAfterAccepting(Days(-1), Days(-1), "2 accept, 1 merge, refused");
}

}  // namespace
}  // namespace lastmeter::test
