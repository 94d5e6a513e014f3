// lastmeterctl topics on a cluster of one broker without an authorizer.
#include "engine/log_kafka/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kafka/broker.h"
#include "tests/paths.h"
#include "tests/process/server_process.h"

namespace lastmeter {
namespace {

using test::Ended;
using test::RunProgram;
using ::testing::HasSubstr;

const std::string kCtl = test::ProgramPath("lastmeterctl");

std::vector<std::string> On(const KafkaLog::Options& place, std::vector<std::string> words) {
  words.insert(words.end(), {"--brokers", place.brokers, "--topic-prefix", place.topic_prefix});
  return words;
}

class TopicsTest : public testing::Test {
 protected:
  // Topics of this test alone.
  Ended Topics(const std::string& verb, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {kCtl, "topics", verb, "--single-broker"};
    words.insert(words.end(), more.begin(), more.end());
    return RunProgram(On({.brokers = Broker::Get().addresses(), .topic_prefix = prefix_}, words));
  }
  const std::string prefix_ =
      std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".";
};

TEST_F(TopicsTest, WhatIsCreatedPassesTheCheck) {
  const Ended made = Topics("create", {"--partitions", "2"});
  EXPECT_EQ(made.code, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr(prefix_ + "lastmeter.case.event.v1: created"));
  const Ended checked = Topics("check");
  EXPECT_EQ(checked.code, 0) << checked.output;
  const Ended again = Topics("create", {"--partitions", "2"});
  EXPECT_EQ(again.code, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("lastmeter.case.event.v1: was there already"));
  const auto log = KafkaLog::Open({.brokers = Broker::Get().addresses(), .topic_prefix = prefix_});
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->identity().partition_count, 2u);
}

TEST_F(TopicsTest, SaysWhatDiffersAndWhy) {
  EXPECT_THAT(Topics("check").output, HasSubstr("topic is missing"));
  ASSERT_TRUE(CreateKafkaTopics({.brokers = Broker::Get().addresses(),
                                 .topic_prefix = prefix_,
                                 .partitions = 1,
                                 .replication = 1,
                                 .min_insync_replicas = 1,
                                 .max_message_bytes = 1000})
                  .ok());
  const Ended small = Topics("check", {"--partitions", "2"});
  EXPECT_EQ(small.code, 3);
  EXPECT_THAT(small.output, HasSubstr("max.message.bytes is 1000, should be 4194304"));
  EXPECT_THAT(small.output, HasSubstr("--add-config max.message.bytes=4194304"));
  EXPECT_THAT(small.output, HasSubstr("partitions is 1, should be 2"));
  // Against a cluster's wish, the one broker is too few.
  const Ended cluster = RunProgram(On(
      {.brokers = Broker::Get().addresses(), .topic_prefix = prefix_}, {kCtl, "topics", "check"}));
  EXPECT_EQ(cluster.code, 3);
  EXPECT_THAT(cluster.output, HasSubstr("replication is 1, should be 3"));
  EXPECT_THAT(cluster.output, HasSubstr("min.insync.replicas is 1, should be 2"));
  const Ended refused =
      RunProgram(On({.brokers = Broker::Get().addresses(), .topic_prefix = prefix_ + "x."},
                    {kCtl, "topics", "create"}));
  EXPECT_EQ(refused.code, 78) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("--single-broker"));
}

TEST_F(TopicsTest, PrintsTheRightsWhereTheClusterHasNoAuthorizer) {
  const Ended made = Topics("create", {"--acls", "--escalator", "User:esc"});
  EXPECT_EQ(made.code, 78) << made.output;
  EXPECT_THAT(made.output, HasSubstr("no authorizer"));
  EXPECT_THAT(made.output, HasSubstr("--add --allow-principal 'User:esc' --operation Write --topic "
                                     "'" +
                                     prefix_ + "lastmeter.case.event.v1'"));
  EXPECT_THAT(made.output, HasSubstr("--transactional-id '" + prefix_ +
                                     "lastmeter-escalator-' --resource-pattern-type prefixed"));
  const Ended checked = Topics("check", {"--acls", "--escalator", "User:esc"});
  EXPECT_EQ(checked.code, 3);
  EXPECT_THAT(checked.output, HasSubstr("authorizer is none"));
}

}  // namespace
}  // namespace lastmeter
