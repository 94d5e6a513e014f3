#include "services/common/cloud_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <random>
#include <set>

#include "engine/base/time.h"

namespace lastmeter {
namespace {

namespace ev = lastmeter::event::v1;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kNumber[] = "430112001001-2026-00042";

ev::Record Escalated(bool restricted) {
  ev::Record record;
  record.set_seq(42);
  record.set_prev_sha256("\x01\x23\x45\x67\x89\xab\xcd\xef" + std::string(24, '\xff'));
  record.set_log_time_ms(ParseRfc3339("2026-01-31T09:15:00.007+08:00")->ms);
  record.set_epoch(3);
  record.mutable_timer_cause()->set_case_number(kNumber);
  record.set_parts(1);
  ev::Event& event = *record.mutable_event();
  event.set_case_number(kNumber);
  event.set_case_version(7);
  event.set_area("430112001001");
  event.set_restricted(restricted);
  event.mutable_case_escalated()->mutable_turn()->add_notices()->set_staff_id("tan-dan");
  return record;
}

std::map<std::string, std::string> ByName(const EventHeaders& headers) {
  return {headers.begin(), headers.end()};
}

// Both ways to get them, which must agree.
std::map<std::string, std::string> HeadersOf(const ev::Record& record) {
  const EventHeaders headers = CloudEventHeaders(record);
  EXPECT_EQ(headers, CloudEventHeaders(record.SerializeAsString()));
  EXPECT_EQ(ByName(headers).size(), headers.size()) << "a header twice";
  return ByName(headers);
}

const std::map<std::string, std::string> kNothingKnown = {{"content-type", "application/protobuf"}};

TEST(CloudEvents, NamesAnEventOfACase) {
  EXPECT_THAT(HeadersOf(Escalated(false)),
              ElementsAre(Pair("ce_id", "42-0123456789abcdef"),                                  //
                          Pair("ce_lmarea", "430112001001"),                                     //
                          Pair("ce_lmrestricted", "false"),                                      //
                          Pair("ce_lmseq", "42"),                                                //
                          Pair("ce_source", "/lastmeter/cases"), Pair("ce_specversion", "1.0"),  //
                          Pair("ce_subject", kNumber), Pair("ce_time", "2026-01-31T01:15:00.007Z"),
                          Pair("ce_type", "lastmeter.event.v1.CaseEscalated"),
                          Pair("content-type", "application/protobuf")));
}

TEST(CloudEvents, ARestrictedCaseShowsNeitherVillageNorNumberNorKind) {
  ev::Record record = Escalated(true);
  auto* opened = record.mutable_event()->mutable_case_opened();
  opened->set_kind("domestic-violence");
  opened->set_report_id("hotline-4711");
  opened->mutable_reporter()->set_id("wang-hotline");
  record.set_input("domestic-violence at 430112001001");
  const auto headers = HeadersOf(record);
  EXPECT_EQ(headers.at("ce_lmrestricted"), "true");
  EXPECT_EQ(headers.at("ce_lmarea"), "430112");
  EXPECT_FALSE(headers.contains("ce_subject"));
  for (const auto& [name, value] : headers) {
    for (const char* secret :
         {"430112001", "00042", "domestic", "violence", "hotline", "tan-dan"}) {
      EXPECT_EQ(value.find(secret), std::string::npos) << name << ": " << value;
    }
  }
}

TEST(CloudEvents, ARefusalConcerningARestrictedCaseIsNoWayRound) {
  ev::Record record = Escalated(true);
  record.mutable_event()->mutable_command_rejected()->set_command_id("c1");
  EXPECT_FALSE(HeadersOf(record).contains("ce_subject"));
}

TEST(CloudEvents, AnEventOfThePartitionHasNoSubject) {
  ev::Record record;
  record.set_seq(2);
  record.set_prev_sha256(std::string(32, 'x'));
  record.mutable_event()->mutable_heartbeat();
  const auto headers = HeadersOf(record);
  EXPECT_EQ(headers.at("ce_type"), "lastmeter.event.v1.Heartbeat");
  EXPECT_EQ(headers.at("ce_time"), "1970-01-01T00:00:00.000Z");
  for (const char* name : {"ce_subject", "ce_lmarea", "ce_lmrestricted"}) {
    EXPECT_FALSE(headers.contains(name)) << name;
  }
}

TEST(CloudEvents, TheFirstRecordsOfAllPartitionsAndLogsHaveIdsOfTheirOwn) {
  std::set<std::string> ids;
  for (const char* cluster : {"", "a", "b"}) {
    for (uint32_t partition = 0; partition < 4; ++partition) {
      ev::Record record;
      record.set_seq(1);
      record.set_prev_sha256(std::string(32, '\0'));
      auto* opened = record.mutable_event()->mutable_writer_opened();
      opened->set_cluster_id(cluster);
      opened->set_partition(partition);
      ids.insert(HeadersOf(record).at("ce_id"));
    }
  }
  EXPECT_EQ(ids.size(), 12u);
}

TEST(CloudEvents, KnowsEveryTypeByItsFullName) {
  const auto* bodies = ev::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < bodies->field_count(); ++i) {
    ev::Record record = Escalated(false);
    ev::Event* event = record.mutable_event();
    event->GetReflection()->MutableMessage(event, bodies->field(i));
    EXPECT_EQ(HeadersOf(record).at("ce_type"), bodies->field(i)->message_type()->full_name());
  }
}

TEST(CloudEvents, TimesOfAllYearsAreThoseThatTheCalendarHas) {
  ev::Record record = Escalated(false);
  for (const char* time :
       {"1970-01-01T00:00:00.000Z", "2000-02-29T23:59:59.999Z", "2026-12-31T23:59:59.000Z",
        "2028-03-01T00:00:00.001Z", "2100-02-28T12:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
    record.set_log_time_ms(ParseRfc3339(time)->ms);
    EXPECT_EQ(HeadersOf(record).at("ce_time"), time);
  }
  for (const int64_t outside : {int64_t{-1}, INT64_MIN, INT64_MAX}) {
    record.set_log_time_ms(outside);
    EXPECT_FALSE(HeadersOf(record).contains("ce_time"));
  }
}

TEST(CloudEvents, TextsThatAreNoCodesStandInNoHeader) {
  ev::Record record = Escalated(false);
  record.mutable_event()->set_case_number("430112001001-2026-00042\r\nce_source: elsewhere");
  EXPECT_FALSE(HeadersOf(record).contains("ce_subject"));
  record = Escalated(false);
  record.mutable_event()->set_area("Lantang village");
  EXPECT_FALSE(HeadersOf(record).contains("ce_lmarea"));
}

TEST(CloudEvents, BytesOfAStrangerGetAContentTypeAndNothingElse) {
  for (const std::string& bytes :
       {std::string(), std::string("\0", 1), std::string("not a record at all"),
        std::string(11, '\xff'), std::string("\x0a\xff\xff\xff\xff\x0f", 6), std::string("{}")}) {
    EXPECT_EQ(ByName(CloudEventHeaders(bytes)), kNothingKnown);
  }
  // A record of a type that this version does not know, one without event, and one with two.
  ev::Record record = Escalated(false);
  record.mutable_event()->clear_body();
  std::string unknown = record.event().SerializeAsString() + std::string("\xea\x06\x00", 3);
  record.clear_event();
  EXPECT_EQ(HeadersOf(record), kNothingKnown);
  const std::string head = record.SerializeAsString();
  const auto with = [](const std::string& event) {
    return std::string("\x5a") + static_cast<char>(event.size()) + event;
  };
  EXPECT_EQ(ByName(CloudEventHeaders(head + with(unknown))), kNothingKnown);
  const std::string good = Escalated(true).event().SerializeAsString();
  EXPECT_GT(CloudEventHeaders(head + with(good)).size(), 1u);
  EXPECT_EQ(ByName(CloudEventHeaders(head + with(good) + with(unknown))), kNothingKnown);
}

TEST(CloudEvents, NoBytesMakeItCrashOrShowWhatIsNoHeader) {
  const std::string good = Escalated(false).SerializeAsString();
  std::mt19937 random(20260131);
  for (size_t cut = 0; cut < good.size(); ++cut) CloudEventHeaders(good.substr(0, cut));
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    for (const auto& [name, value] : CloudEventHeaders(bytes)) {
      EXPECT_TRUE(std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return std::isprint(c) != 0;
      })) << name;
    }
  }
}

}  // namespace
}  // namespace lastmeter
