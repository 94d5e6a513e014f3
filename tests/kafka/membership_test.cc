// Sharing partitions out through a consumer group, on a real broker.
#include "engine/log_kafka/membership.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <iostream>

#include "tests/kafka/broker.h"
#include "tests/kafka/members.h"
#include "tests/kafka/stranger.h"
#include "tests/log/child_process.h"

namespace lastmeter {
namespace {

using std::chrono::seconds;

constexpr uint32_t kPartitions = 4;

class MembershipTest : public testing::Test {
 protected:
  Membership::Options Member(const std::string& instance) {
    return {.brokers = log_.brokers,
            .topic_prefix = log_.topic_prefix,
            .group = log_.topic_prefix + "group",
            .instance = instance,
            .on_change = [this, instance](const auto& owned) { ledger_.Owns(instance, owned); },
            .on_fatal = [this, instance](const auto& why) { ledger_.Ended(instance, why); }};
  }
  std::unique_ptr<Membership> Join(Membership::Options options) {
    auto member = Membership::Join(std::move(options));
    EXPECT_TRUE(member.ok()) << member.status();
    return member.ok() ? *std::move(member) : nullptr;
  }
  std::unique_ptr<Membership> Join(const std::string& instance) { return Join(Member(instance)); }

  std::unique_ptr<ChildProcess> JoinAsProcess(const std::string& instance, Millis session) {
    return std::make_unique<ChildProcess>(std::vector<std::string>{
        Beside("member_child"), log_.brokers, log_.topic_prefix, log_.topic_prefix + "group",
        instance, std::to_string(session.ms)});
  }

  const KafkaLog::Options log_ = Broker::Get().NewInstallation(kPartitions);
  Ledger ledger_;
};

std::vector<PartitionId> Numbers(std::initializer_list<uint32_t> numbers) {
  std::vector<PartitionId> out;
  for (uint32_t n : numbers) out.push_back({n});
  return out;
}

TEST_F(MembershipTest, ALoneMemberOwnsEverything) {
  auto a = Join("a");
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  const MembershipStatus status = a->status();
  EXPECT_TRUE(status.joined);
  EXPECT_EQ(status.partitions, Numbers({0, 1, 2, 3}));
  EXPECT_EQ(status.rebalances, 1u);
  EXPECT_TRUE(status.last_error.ok()) << status.last_error;
}

TEST_F(MembershipTest, WhoComesGetsAShareThatNobodyElseStillHolds) {
  auto a = Join("a");
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  auto b = Join("b");
  ASSERT_TRUE(ledger_.Comes("b", 2));
  ASSERT_TRUE(ledger_.Comes("a", 2));
  EXPECT_EQ(ledger_.of("a"), Numbers({0, 1}));
  EXPECT_EQ(ledger_.of("b"), Numbers({2, 3}));
  auto c = Join("c");
  ASSERT_TRUE(ledger_.Comes("c", 1));
  ASSERT_TRUE(ledger_.Comes("b", 1));
  EXPECT_EQ(ledger_.overlaps(), std::vector<std::string>{});
}

TEST_F(MembershipTest, TheGroupWaitsUntilWhatIsGivenUpHasBeenLetGo) {
  std::mutex closing;
  Membership::Options slow = Member("a");
  slow.on_change = [&](const std::vector<PartitionId>& owned) {
    // Letting go takes as long as the test holds this.
    std::lock_guard lock(closing);
    ledger_.Owns("a", owned);
  };
  auto a = Join(slow);
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  std::unique_ptr<Membership> b;
  {
    std::lock_guard still_open(closing);
    b = Join("b");
    EXPECT_FALSE(ledger_.Comes("b", 2, seconds(3))) << "a has not let go";
  }
  EXPECT_TRUE(ledger_.Comes("b", 2));
  EXPECT_EQ(ledger_.overlaps(), std::vector<std::string>{});
}

TEST_F(MembershipTest, WhoLeavesHandsOverLongBeforeItsSessionWouldEnd) {
  Membership::Options patient = Member("a");
  patient.session_timeout = Minutes(5);
  auto a = Join(patient);
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  auto b = Join("b");
  ASSERT_TRUE(ledger_.Comes("b", 2));
  ASSERT_TRUE(ledger_.Comes("a", 2));
  const auto began = std::chrono::steady_clock::now();
  a->Leave();
  EXPECT_EQ(ledger_.of("a"), Numbers({}));
  EXPECT_FALSE(a->status().joined);
  ASSERT_TRUE(ledger_.Comes("b", kPartitions));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  std::cout << "from Leave to the other's assignment: " << took.count() << " ms\n";
  EXPECT_EQ(ledger_.overlaps(), std::vector<std::string>{});
  a->Leave();
}

TEST_F(MembershipTest, WhoLeavesInTheMiddleOfJoiningIsNotWaitedFor) {
  Membership::Options patient = Member("b");
  patient.session_timeout = Minutes(5);
  auto a = Join("a");
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  for (int i = 0; i < 5; ++i) {
    auto b = Join(patient);
    b->Leave();
    ASSERT_TRUE(ledger_.Comes("a", kPartitions)) << "round " << i;
  }
  EXPECT_EQ(ledger_.overlaps(), std::vector<std::string>{});
}

TEST_F(MembershipTest, AKilledMembersShareGoesToTheOthersWhenItsSessionEnds) {
  auto a = JoinAsProcess("a", Seconds(2));
  ASSERT_EQ(a->Line(), "owns 0 1 2 3");
  auto b = Join("b");
  ASSERT_TRUE(ledger_.Comes("b", 2));
  a->Kill();
  EXPECT_TRUE(ledger_.Comes("b", kPartitions));
}

TEST_F(MembershipTest, WhoIsBackWithinItsSessionDisturbsNobody) {
  auto a = JoinAsProcess("a", Seconds(60));
  ASSERT_EQ(a->Line(), "owns 0 1 2 3");
  auto b = Join("b");
  ASSERT_EQ(a->Line(), "owns");
  ASSERT_EQ(a->Line(), "owns 0 1");
  ASSERT_TRUE(ledger_.Comes("b", 2));
  const int calls = ledger_.calls("b");
  a->Kill();
  a->Wait();
  a = JoinAsProcess("a", Seconds(60));
  ASSERT_EQ(a->Line(), "owns 0 1");
  EXPECT_EQ(ledger_.calls("b"), calls);
}

TEST_F(MembershipTest, TwoUnderOneNameEndInAClearErrorForTheElder) {
  auto elder = Join("a");
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  Membership::Options second = Member("a");
  second.on_change = [&](const auto& owned) { ledger_.Owns("second", owned); };
  auto younger = Join(second);
  ASSERT_TRUE(ledger_.Ends("a"));
  const absl::Status why = ledger_.end_of("a");
  EXPECT_EQ(why.code(), absl::StatusCode::kAborted) << why;
  EXPECT_NE(std::string(why.message()).find("member a: another process"), std::string::npos) << why;
  EXPECT_EQ(elder->status().fatal, why);
  EXPECT_EQ(ledger_.of("a"), Numbers({}));
  EXPECT_TRUE(ledger_.Comes("second", kPartitions)) << "the younger goes on";
}

TEST_F(MembershipTest, RefusesHalfAPartition) {
  Membership::Options options = Member("a");
  options.properties["topic.metadata.refresh.interval.ms"] = "500";
  auto a = Join(options);
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  Stranger(log_.brokers).AddPartitions(log_.topic_prefix + "lastmeter.hardship.report.v1", 6);
  ASSERT_TRUE(ledger_.Ends("a"));
  const absl::Status why = ledger_.end_of("a");
  EXPECT_EQ(why.code(), absl::StatusCode::kFailedPrecondition) << why;
  EXPECT_NE(std::string(why.message()).find("partitions [0 1 2 3 4 5] of "), std::string::npos)
      << why;
  EXPECT_EQ(ledger_.of("a"), Numbers({}));
}

TEST_F(MembershipTest, RefusesPropertiesThatSharingOutRestsOn) {
  Membership::Options options = Member("a");
  options.properties["session.timeout.ms"] = "1";
  EXPECT_EQ(Membership::Join(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = Member("");
  EXPECT_EQ(Membership::Join(options).status().code(), absl::StatusCode::kInvalidArgument);
}

// Last, since it takes the broker away.
TEST_F(MembershipTest, RecoversFromABrokerThatWasGone) {
  Membership::Options options = Member("a");
  options.session_timeout = Seconds(2);
  auto a = Join(options);
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  Broker::Get().Kill();
  ASSERT_TRUE(ledger_.Comes("a", 0)) << "a member that cannot be heard owns nothing";
  EXPECT_FALSE(a->status().joined);
  EXPECT_FALSE(a->status().last_error.ok());
  Broker::Get().Restart();
  ASSERT_TRUE(ledger_.Comes("a", kPartitions));
  EXPECT_TRUE(a->status().joined);
  EXPECT_TRUE(a->status().last_error.ok()) << a->status().last_error;
}

}  // namespace
}  // namespace lastmeter
