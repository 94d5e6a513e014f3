// Which rights are needed, and which of others endanger the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/log_kafka/rights.h"

namespace lastmeter {
namespace {

using ::testing::HasSubstr;

const KafkaPrincipals kWho = {.gateway = "User:gw",
                              .escalator = "User:esc",
                              .query = "User:query",
                              .subscriber = "User:statistics"};
constexpr char kEvents[] = "p.lastmeter.case.event.v1";

std::vector<TopicFinding> Compare(const std::vector<Right>& given) {
  return CompareRights(given, RightsFor(kWho, "p.", "esc"), kWho,
                       {.brokers = "b:1", .topic_prefix = "p."}, "esc");
}

TEST(Rights, OnlyTheEscalatorMayWriteEventsAndUseItsTransactions) {
  size_t writers = 0;
  for (const Right& right : RightsFor(kWho, "p.", "esc")) {
    if (right.operation != "Write") continue;
    if (right.name == kEvents || right.on == RightOn::kTransactionalId) {
      EXPECT_EQ(right.principal, "User:esc");
      ++writers;
    }
  }
  EXPECT_EQ(writers, 2u);
  EXPECT_TRUE(RightsFor({}, "p.", "esc").empty()) << "nobody is named, so nobody gets anything";
}

TEST(Rights, WhatIsNeededAndNothingMoreIsClean) {
  EXPECT_TRUE(Compare(RightsFor(kWho, "p.", "esc")).empty());
}

TEST(Rights, NamesTheRightThatIsMissingAndItsCommand) {
  auto given = RightsFor(kWho, "p.", "esc");
  std::erase_if(given, [](const Right& right) {
    return right.principal == "User:gw" && right.operation == "Write" &&
           right.name == "p.lastmeter.hardship.report.v1";
  });
  const auto findings = Compare(given);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].is, "User:gw lacks Write");
  EXPECT_EQ(findings[0].mend,
            "kafka-acls.sh --bootstrap-server b:1 --add --allow-principal 'User:gw' --operation "
            "Write --topic 'p.lastmeter.hardship.report.v1'");
}

TEST(Rights, FindsStrangersWhoMayWriteTheLogHoweverTheyGotThere) {
  const std::vector<Right> dangerous = {
      {"User:gw", RightOn::kTopic, kEvents, false, "Write"},
      {"User:gw", RightOn::kTopic, kEvents, false, "All"},
      {"User:gw", RightOn::kTopic, kEvents, false, "Delete"},
      {"User:gw", RightOn::kTopic, "p.", true, "Write"},
      {"User:gw", RightOn::kTopic, "*", false, "AlterConfigs"},
      {"User:*", RightOn::kTopic, kEvents, false, "Write"},
      {"User:gw", RightOn::kTransactionalId, "esc-3", false, "Write"},
      {"User:gw", RightOn::kTransactionalId, "es", true, "Write"},
      {"User:gw", RightOn::kTransactionalId, "*", false, "All"},
  };
  for (const Right& right : dangerous) {
    auto given = RightsFor(kWho, "p.", "esc");
    given.push_back(right);
    const auto findings = Compare(given);
    ASSERT_EQ(findings.size(), 1u) << right.operation << " " << right.name;
    EXPECT_THAT(findings[0].is, HasSubstr(right.principal + " has " + right.operation));
  }
  for (const Right& harmless :
       {Right{"User:gw", RightOn::kTopic, "other.", true, "Write"},
        Right{"User:gw", RightOn::kTopic, kEvents, false, "Read"},
        Right{"User:gw", RightOn::kTransactionalId, "payroll-", true, "Write"}}) {
    auto given = RightsFor(kWho, "p.", "esc");
    given.push_back(harmless);
    EXPECT_TRUE(Compare(given).empty()) << harmless.name;
  }
}

}  // namespace
}  // namespace lastmeter
