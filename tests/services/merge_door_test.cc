// The door of a merge: two commands enter, one after the other, and the gateway or its log may fail
// between them.
#include <nlohmann/json.hpp>
#include <string>

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
  void WaitFor(InputName, Millis, Callback callback) override {
    if (!accepts) return callback(std::nullopt);
    if (before_merge) before_merge();
    Outcome outcome;
    outcome.actor = "tan-dan";
    outcome.case_number = kThere;
    outcome.events.emplace_back().mutable_event()->mutable_merge_accepted();
    callback(std::move(outcome));
    if (after_merge) after_merge();
  }

  // Else it does not answer in time, or nobody waits for it any more.
  bool accepts = false;
  std::function<void()> before_merge;
  std::function<void()> after_merge;
};

class MergeDoorTest : public testing::Test {
 protected:
  Answer Merge() {
    return door_.Post(kTanDan, "/v1/cases/430112001001-2026-00001:merge",
                      {{"into", kThere}, {"caseVersion", 2}}, {{"Idempotency-Key", "merge-1"}});
  }
  // "accept,merge" with how often each entered.
  std::string Entered() {
    std::map<std::string, int> ids;
    int accepted = 0;
    int merged = 0;
    for (const auto& command : door_.Commands()) {
      ++ids[command.command_id()];
      accepted += command.has_accept_merge() ? 1 : 0;
      merged += command.has_merge() ? 1 : 0;
    }
    EXPECT_LE(ids.size(), 2u) << "a try again has the ids of the first";
    return std::to_string(accepted) + " accept, " + std::to_string(merged) + " merge";
  }

  Asked asked_;
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

}  // namespace
}  // namespace lastmeter::test
