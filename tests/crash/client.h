#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

// People who report and answer while the server dies under them, and who remember every word that
// they were given.
namespace lastmeter::test {

// Where the server listens at the moment. Thread-safe.
class Address {
 public:
  // 0: nowhere.
  void Set(uint16_t port);
  // Waits until there is one. 0 once all is over.
  uint16_t Wait();
  void End();
  bool ended();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint16_t port_ = 0;
  bool ended_ = false;
};

struct Promises {
  // Ids that were answered with 2xx: durable, whatever comes.
  std::set<std::string> reports;
  std::set<std::string> commands;
  // Ids whose answer never came before the end.
  std::set<std::string> unclear;
  // Answers that nobody should get.
  std::vector<std::string> complaints;
  uint64_t repeats = 0;
};

// One connection on a thread of its own, until the address ends.
class CrashClient {
 public:
  struct Options {
    int number = 0;
    uint64_t seed = 0;
    std::string sentinel_token;
    std::string staff_token;
  };
  CrashClient(Options options, Address* address);
  // Ends the address, where a test has failed on its way, and waits.
  ~CrashClient();
  // Waits for its end.
  const Promises& Finish();

 private:
  void Run();
  void Report();
  void Command();
  void Merge();
  std::string NewKey(const char* what);
  // Sends, and again under the same key, until an answer is clear. Empty when the end came first.
  // `refused`: where the id goes after a refusal; null: nowhere.
  std::string SendUntilClear(const std::string& target, const std::string& key,
                             const std::string& token, const std::string& body,
                             std::set<std::string>* promised, std::set<std::string>* refused);

  const Options options_;
  Address* const address_;
  std::mt19937_64 random_;
  uint16_t port_ = 0;
  uint64_t sent_ = 0;
  std::vector<std::string> cases_;
  Promises promises_;
  std::thread thread_;
};

}  // namespace lastmeter::test
