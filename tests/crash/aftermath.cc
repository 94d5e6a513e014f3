#include "tests/crash/aftermath.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/common/tokens.h"
#include "tests/paths.h"

namespace lastmeter::test {
namespace {

void TakeMerge(const event::v1::Record& record, LogSays* says) {
  const auto& event = record.event();
  if (event.has_case_closed() || event.has_case_merged()) {
    EXPECT_TRUE(says->ended_ms.emplace(event.case_number(), record.log_time_ms()).second);
  }
  if (event.has_case_merged()) {
    says->merged.push_back({event.case_number(), event.case_merged().into(), record.log_time_ms()});
  }
  if (event.has_merge_accepted()) ++says->acceptances[event.merge_accepted().acceptance_id()];
  if (event.has_merge_settled()) {
    ++says->settled[event.merge_settled().acceptance_id()];
    if (event.merge_settled().end() == event::v1::MERGE_END_UNHEARD) ++says->unheard;
  }
}

void Take(const event::v1::Record& record, LogSays* says) {
  const auto& event = record.event();
  if (event.has_writer_opened()) ++says->ownerships;
  if (event.has_case_reminded()) ++says->reminders;
  if (event.has_case_escalated() && record.has_timer_cause()) {
    const auto& turn = event.case_escalated().turn();
    ++says->climbs[event.case_number() + " " + std::to_string(event.cycle()) + " " +
                   Promise_Name(turn.promise()) + " " + std::to_string(turn.round()) + " " +
                   Tier_Name(turn.tier())];
  }
  TakeMerge(record, says);
  if (!record.has_input_cause() || record.part() != 0) return;
  if (event.has_input_repeated()) {
    ++says->repeats;
    return;
  }
  if (record.input_cause().topic() == event::v1::INPUT_TOPIC_REPORT) {
    report::v1::HardshipReport report;
    ASSERT_TRUE(report.ParseFromString(record.input()));
    ++says->reports[report.report_id()];
  } else {
    command::v1::Command command;
    ASSERT_TRUE(command.ParseFromString(record.input()));
    // Into every partition under one id.
    if (command.has_install_rules()) return;
    ++says->commands[command.command_id()];
  }
}

// Every id that was promised has one outcome; one that was not promised has at most one.
void ExpectOneOutcomeEach(const std::set<std::string>& promised,
                          const std::map<std::string, int>& outcomes) {
  for (const std::string& id : promised) {
    const auto found = outcomes.find(id);
    ASSERT_NE(found, outcomes.end()) << id << " was accepted and is lost";
  }
  for (const auto& [id, count] : outcomes) EXPECT_EQ(count, 1) << id;
}

}  // namespace

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

void WriteFastRules(const std::string& folder) {
  std::filesystem::copy(test::SourcePath("deploy/rules"), folder,
                        std::filesystem::copy_options::recursive);
  std::ifstream in(folder + "/policy.yaml");
  std::stringstream text;
  text << in.rdbuf();
  std::string policy = std::regex_replace(text.str(), std::regex("answer_within: *[0-9]+[a-z]+"),
                                          "answer_within: 1m");
  policy =
      std::regex_replace(policy, std::regex("remind_every: *[0-9]+[a-z]+"), "remind_every: 1m");
  std::filesystem::remove(folder + "/policy.yaml");
  std::ofstream(folder + "/policy.yaml") << policy;
}

void WriteTokens(const std::string& path, const Tokens& tokens) {
  std::ofstream(path) << HashToken(tokens.sentinel) << " hotline sentinel 430112\n"
                      << HashToken(tokens.staff) << " " << kDesk << " staff 430112 district\n"
                      << HashToken(tokens.operators) << " operator operator 430112\n";
  ::chmod(path.c_str(), 0600);
}

LogSays ReadLog(Log& log) {
  LogSays says;
  for (uint32_t p = 0; p < log.identity().partition_count; ++p) {
    auto reader = log.OpenReader({Topic::kEvent, {p}}, {0});
    EXPECT_TRUE(reader.ok()) << reader.status();
    while (reader.ok()) {
      auto entries = (*reader)->Read(4096, 8 << 20);
      EXPECT_TRUE(entries.ok()) << entries.status();
      if (!entries.ok() || entries->empty()) break;
      for (const LogEntry& entry : *entries) {
        event::v1::Record record;
        EXPECT_TRUE(record.ParseFromString(entry.value));
        Take(record, &says);
      }
    }
  }
  return says;
}

void ExpectPromisesKept(const Promises& promises, const LogSays& says) {
  EXPECT_THAT(promises.complaints, testing::IsEmpty());
  ExpectOneOutcomeEach(promises.reports, says.reports);
  ExpectOneOutcomeEach(promises.commands, says.commands);
  for (const auto& [climb, count] : says.climbs) EXPECT_EQ(count, 1) << climb;
  for (const auto& merge : says.merged) {
    const auto end = says.ended_ms.find(merge.into);
    EXPECT_TRUE(end == says.ended_ms.end() || end->second >= merge.at_ms)
        << merge.from << " ended into " << merge.into << ", which was closed";
  }
  for (const auto& [id, count] : says.acceptances) EXPECT_EQ(count, 1) << id;
  for (const auto& [id, count] : says.settled) {
    EXPECT_EQ(count, 1) << id;
    EXPECT_TRUE(says.acceptances.contains(id)) << id;
  }
  // Otherwise nothing was tried.
  EXPECT_GT(says.merged.size(), 3u);
  EXPECT_GT(says.settled.size(), 3u);
  EXPECT_GT(promises.reports.size(), 200u);
  EXPECT_GT(promises.commands.size(), 20u);
  EXPECT_GT(says.climbs.size(), 20u);
}

std::string TextOfMerges(const LogSays& says) {
  return std::to_string(says.merged.size()) + " merges, " +
         std::to_string(says.acceptances.size() - says.merged.size()) + " refused or unsettled, " +
         std::to_string(says.unheard) + " not heard of";
}

Promises FinishAll(std::vector<std::unique_ptr<CrashClient>>& clients) {
  Promises all;
  for (auto& client : clients) {
    const Promises& one = client->Finish();
    all.reports.insert(one.reports.begin(), one.reports.end());
    all.commands.insert(one.commands.begin(), one.commands.end());
    all.unclear.insert(one.unclear.begin(), one.unclear.end());
    all.complaints.insert(all.complaints.end(), one.complaints.begin(), one.complaints.end());
    all.repeats += one.repeats;
  }
  return all;
}

}  // namespace lastmeter::test
