#include "services/gateway/backlog.h"

#include <gtest/gtest.h>

#include <map>

namespace lastmeter::gateway {
namespace {

// A read side that knows what was decided, and nothing else.
class Decided : public Outcomes {
 public:
  std::optional<KnownInput> FindInput(const InputName&) const override { return std::nullopt; }
  void WaitFor(InputName, Millis, Callback callback) override { callback(std::nullopt); }
  std::optional<lastmeter::api::v1::Case> FindCase(const Caller&, std::string_view) const override {
    return std::nullopt;
  }
  std::optional<lastmeter::rules::v1::Kind> FindKind(PartitionId, std::string_view) const override {
    return std::nullopt;
  }
  bool ShowsTurn(const Caller&, std::string_view, TurnName) const override { return false; }
  LogPosition UndecidedFrom(InputLog log) const override {
    return log.is_report ? reports : commands;
  }

  LogPosition reports{};
  LogPosition commands{};
};

constexpr TopicPartition kReports{Topic::kReport, PartitionId{0}};
constexpr TopicPartition kCommands{Topic::kCommand, PartitionId{0}};

class BacklogTest : public testing::Test {
 protected:
  Millis now_{1'000'000};
  Decided decided_;
  Backlog backlog_{&decided_, [this] { return now_; }};
};

TEST_F(BacklogTest, IsNothingBeforeAnythingWasLetIn) { EXPECT_EQ(backlog_.OldestAge(), Millis{0}); }

TEST_F(BacklogTest, AgesUntilTheReadSideShowsTheDecision) {
  backlog_.Appended(kReports, {7});
  now_ = now_ + Seconds(31);
  EXPECT_EQ(backlog_.OldestAge(), Seconds(31));
  decided_.reports = {7};
  EXPECT_EQ(backlog_.OldestAge(), Seconds(31)) << "the one at position 7 is still to be decided";
  decided_.reports = {8};
  EXPECT_EQ(backlog_.OldestAge(), Millis{0});
}

TEST_F(BacklogTest, IsTheOldestOfAllLogs) {
  backlog_.Appended(kReports, {7});
  now_ = now_ + Seconds(10);
  backlog_.Appended(kCommands, {3});
  now_ = now_ + Seconds(10);
  EXPECT_EQ(backlog_.OldestAge(), Seconds(20));
  decided_.reports = {8};
  EXPECT_EQ(backlog_.OldestAge(), Seconds(10));
}

TEST_F(BacklogTest, CallsASampleDecidedWhenTheLastOfItIs) {
  backlog_.Appended(kReports, {7});
  now_ = now_ + Millis{50};
  backlog_.Appended(kReports, {9});
  // Answers of several appends arrive in any order.
  backlog_.Appended(kReports, {8});
  now_ = now_ + Seconds(1);
  decided_.reports = {9};
  EXPECT_GT(backlog_.OldestAge(), Millis{0});
  decided_.reports = {10};
  EXPECT_EQ(backlog_.OldestAge(), Millis{0});
}

TEST_F(BacklogTest, KeepsLittleWhileNothingIsDecided) {
  for (int i = 0; i < 100'000; ++i) {
    backlog_.Appended(kReports, {i});
    now_ = now_ + Millis{100};
  }
  EXPECT_EQ(backlog_.OldestAge(), Millis{100} + Millis{99'999 * 100}) << "the oldest is kept";
}

}  // namespace
}  // namespace lastmeter::gateway
