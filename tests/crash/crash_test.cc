#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>

#include "engine/log_rocksdb/rocksdb_log.h"
#include "tests/crash/aftermath.h"
#include "tests/crash/client.h"
#include "tests/log/temp_folder.h"
#include "tests/paths.h"
#include "tests/process/server_process.h"

// The server is killed at random moments, over and over, under people who report and answer. What
// it promised is then looked for in its log.
namespace lastmeter::test {
namespace {

using Clock = std::chrono::steady_clock;

// Rungs of a minute, the shortest there are, must fall due while the server dies.
constexpr auto kAtLeast = std::chrono::seconds(150);
constexpr int kClients = 4;

TEST(Crash, KeepsEveryPromiseThroughKills) {
  const auto seed = static_cast<uint64_t>(
      FromEnvironment("LASTMETER_CRASH_SEED", static_cast<int64_t>(std::random_device{}())));
  const int64_t kills_wanted = FromEnvironment("LASTMETER_CRASH_KILLS", 100);
  std::cout << "LASTMETER_CRASH_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);

  TempFolder folder;
  const std::string data_dir = folder.path() + "/data";
  const std::string errors = folder.path() + "/stderr";
  const Tokens tokens;
  WriteFastRules(folder.path() + "/rules");
  WriteTokens(folder.path() + "/tokens", tokens);
  const std::vector<std::string> arguments = {"--data-dir",   data_dir,
                                              "--rules",      folder.path() + "/rules",
                                              "--tokens",     folder.path() + "/tokens",
                                              "--rate-limit", "0"};
  Address address;
  std::vector<std::unique_ptr<CrashClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(
        std::make_unique<CrashClient>(CrashClient::Options{.number = i,
                                                           .seed = seed,
                                                           .sentinel_token = tokens.sentinel,
                                                           .staff_token = tokens.staff},
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
    all = FinishAll(clients);
    EXPECT_TRUE(port.has_value());
    server.Terminate();
    EXPECT_EQ(server.code(), 0);
  }
  std::stringstream said;
  said << std::ifstream(errors).rdbuf();
  ASSERT_FALSE(failed) << "the server did not start, or ended by itself; it said:\n"
                       << said.str().substr(said.str().size() > 4000 ? said.str().size() - 4000
                                                                     : 0);
  LogSays says;
  {
    auto log = RocksdbLog::Open({.dir = data_dir + "/log", .read_only = true});
    ASSERT_TRUE(log.ok()) << log.status();
    says = ReadLog(**log);
  }
  ExpectPromisesKept(all, says);

  // Each timer that fell due has fired, and none early: the judge knows when.
  const Ended judged =
      RunProgram({test::ProgramPath("lastmeter-check"), "--data-dir", data_dir, "--to-now"});
  EXPECT_EQ(judged.code, 0) << judged.output;
  const Ended verified =
      RunProgram({test::ProgramPath("lastmeterctl"), "verify", "--data-dir", data_dir});
  EXPECT_EQ(verified.code, 0) << verified.output;

  std::cout << kills << " kills, " << all.reports.size() << " reports and " << all.commands.size()
            << " commands accepted, " << all.repeats << " sent again, " << all.unclear.size()
            << " never answered, " << says.repeats << " seen twice by the log, "
            << says.climbs.size() << " climbs, " << TextOfMerges(says) << ", " << says.reminders
            << " reminders, " << says.ownerships << " ownerships; slowest start " << slowest_ms
            << " ms" << std::endl;
}

}  // namespace
}  // namespace lastmeter::test
