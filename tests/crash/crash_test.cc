#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <regex>
#include <sstream>

#include "engine/log_rocksdb/rocksdb_log.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/common/tokens.h"
#include "tests/crash/client.h"
#include "tests/log/temp_folder.h"
#include "tests/process/server_process.h"

// The server is killed at random moments, over and over, under people who report and answer. What
// it promised is then looked for in its log.
namespace lastmeter::test {
namespace {

using Clock = std::chrono::steady_clock;

// Rungs of a minute, the shortest there are, must fall due while the server dies.
constexpr auto kAtLeast = std::chrono::seconds(150);
constexpr int kClients = 4;
// Of the whole district, so that it may answer any case.
constexpr char kDesk[] = "district-desk";

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// The shipped rules, with a minute for every tier and between reminders.
void WriteFastRules(const std::string& folder) {
  std::filesystem::copy(LASTMETER_SOURCE_DIR "/deploy/rules", folder,
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

void WriteTokens(const std::string& path, const std::string& sentinel, const std::string& staff) {
  std::ofstream(path) << HashToken(sentinel) << " hotline sentinel 430112\n"
                      << HashToken(staff) << " " << kDesk << " staff 430112 district\n";
  ::chmod(path.c_str(), 0600);
}

// What the log says came of the inputs.
struct LogSays {
  // Decisions on an id that were no mere repetition.
  std::map<std::string, int> reports;
  std::map<std::string, int> commands;
  // "case promise round tier" that was entered by a timer.
  std::map<std::string, int> climbs;
  uint64_t reminders = 0;
  uint64_t ownerships = 0;
  uint64_t repeats = 0;
};

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

LogSays ReadLog(const std::string& data_dir) {
  LogSays says;
  auto log = RocksdbLog::Open({.dir = data_dir + "/log", .read_only = true});
  EXPECT_TRUE(log.ok()) << log.status();
  if (!log.ok()) return says;
  for (uint32_t p = 0; p < (*log)->identity().partition_count; ++p) {
    auto reader = (*log)->OpenReader({Topic::kEvent, {p}}, {0});
    EXPECT_TRUE(reader.ok()) << reader.status();
    while (true) {
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

// Every id that was promised has one outcome; one that was not promised has at most one.
void ExpectOneOutcomeEach(const std::set<std::string>& promised,
                          const std::map<std::string, int>& outcomes) {
  for (const std::string& id : promised) {
    const auto found = outcomes.find(id);
    ASSERT_NE(found, outcomes.end()) << id << " was accepted and is lost";
  }
  for (const auto& [id, count] : outcomes) EXPECT_EQ(count, 1) << id;
}

TEST(Crash, KeepsEveryPromiseThroughKills) {
  const auto seed = static_cast<uint64_t>(
      FromEnvironment("LASTMETER_CRASH_SEED", static_cast<int64_t>(std::random_device{}())));
  const int64_t kills_wanted = FromEnvironment("LASTMETER_CRASH_KILLS", 100);
  std::cout << "LASTMETER_CRASH_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);

  TempFolder folder;
  const std::string data_dir = folder.path() + "/data";
  const std::string errors = folder.path() + "/stderr";
  const std::string sentinel = "sentinel-token";
  const std::string staff = "staff-token";
  WriteFastRules(folder.path() + "/rules");
  WriteTokens(folder.path() + "/tokens", sentinel, staff);
  const std::vector<std::string> arguments = {"--data-dir",   data_dir,
                                              "--rules",      folder.path() + "/rules",
                                              "--tokens",     folder.path() + "/tokens",
                                              "--rate-limit", "0"};
  Address address;
  std::vector<std::unique_ptr<CrashClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<CrashClient>(
        CrashClient::Options{
            .number = i, .seed = seed, .sentinel_token = sentinel, .staff_token = staff},
        &address));
  }

  const auto started = Clock::now();
  int64_t kills = 0;
  int64_t slowest_ms = 0;
  bool failed = false;
  while (!failed && (kills < kills_wanted || Clock::now() - started < kAtLeast)) {
    ServerProcess server(arguments, errors);
    if (random() % 5 == 0) {
      // While it opens, or recovers from the kill before.
      if (server.WaitEnd(static_cast<int>(random() % 400))) failed = true;
    } else {
      const auto began = Clock::now();
      const auto port = server.WaitReady(30'000);
      if (!port) {
        failed = true;
        break;
      }
      slowest_ms = std::max<int64_t>(
          slowest_ms,
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count());
      address.Set(*port);
      // Mostly soon, sometimes after a while.
      const int most = random() % 4 == 0 ? 4000 : 1200;
      if (server.WaitEnd(static_cast<int>(random() % most))) failed = true;
    }
    address.Set(0);
    server.Kill();
    ++kills;
  }

  Promises all;
  {
    ServerProcess server(arguments, errors);
    const auto port = server.WaitReady(30'000);
    address.Set(port.value_or(0));
    // Time for what is still unclear to be asked again.
    EXPECT_FALSE(server.WaitEnd(2000));
    address.End();
    for (auto& client : clients) {
      const Promises& one = client->Finish();
      all.reports.insert(one.reports.begin(), one.reports.end());
      all.commands.insert(one.commands.begin(), one.commands.end());
      all.unclear.insert(one.unclear.begin(), one.unclear.end());
      all.complaints.insert(all.complaints.end(), one.complaints.begin(), one.complaints.end());
      all.repeats += one.repeats;
    }
    EXPECT_TRUE(port.has_value());
    server.Terminate();
    EXPECT_EQ(server.code(), 0);
  }
  std::stringstream said;
  said << std::ifstream(errors).rdbuf();
  ASSERT_FALSE(failed) << "the server did not start, or ended by itself; it said:\n"
                       << said.str().substr(said.str().size() > 4000 ? said.str().size() - 4000
                                                                     : 0);
  EXPECT_THAT(all.complaints, testing::IsEmpty());

  const LogSays says = ReadLog(data_dir);
  ExpectOneOutcomeEach(all.reports, says.reports);
  ExpectOneOutcomeEach(all.commands, says.commands);
  for (const auto& [climb, count] : says.climbs) EXPECT_EQ(count, 1) << climb;
  // Otherwise nothing was tried.
  EXPECT_GT(all.reports.size(), 200u);
  EXPECT_GT(all.commands.size(), 20u);
  EXPECT_GT(says.climbs.size(), 20u);

  // Each timer that fell due has fired, and none early: the judge knows when.
  const Ended judged =
      RunProgram({LASTMETER_BIN_DIR "/lastmeter-check", "--data-dir", data_dir, "--to-now"});
  EXPECT_EQ(judged.code, 0) << judged.output;
  const Ended verified =
      RunProgram({LASTMETER_BIN_DIR "/lastmeterctl", "verify", "--data-dir", data_dir});
  EXPECT_EQ(verified.code, 0) << verified.output;

  std::cout << kills << " kills, " << all.reports.size() << " reports and " << all.commands.size()
            << " commands accepted, " << all.repeats << " sent again, " << all.unclear.size()
            << " never answered, " << says.repeats << " seen twice by the log, "
            << says.climbs.size() << " climbs, " << says.reminders << " reminders, "
            << says.ownerships << " ownerships; slowest start " << slowest_ms << " ms" << std::endl;
}

}  // namespace
}  // namespace lastmeter::test
