#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/log/log.h"
#include "tests/crash/client.h"

// How a house is prepared for being killed, and what is looked for in its log afterwards.
namespace lastmeter::test {

int64_t FromEnvironment(const char* name, int64_t otherwise);

// The shipped rules, with a minute for every tier and between reminders: the shortest there are, so
// that turns end while things die.
void WriteFastRules(const std::string& folder);

// Of the whole district, so that it may answer any case.
inline constexpr char kDesk[] = "district-desk";
// A sentinel and the desk; and somebody who may install rules.
struct Tokens {
  std::string sentinel = "sentinel-token";
  std::string staff = "staff-token";
  std::string operators = "operator-token";
};
void WriteTokens(const std::string& path, const Tokens& tokens);

// What the log says came of the inputs.
struct LogSays {
  // Decisions on an id that were no mere repetition.
  std::map<std::string, int> reports;
  std::map<std::string, int> commands;
  // "case promise round tier" that was entered by a timer.
  std::map<std::string, int> climbs;
  // When a case ended, by its number; nobody opens one again.
  std::map<std::string, int64_t> ended_ms;
  struct Merged {
    std::string from;
    std::string into;
    int64_t at_ms = 0;
  };
  std::vector<Merged> merged;
  // By the acceptance's id: given out, and how it was settled.
  std::map<std::string, int> acceptances;
  std::map<std::string, int> settled;
  // How many of those nobody was heard of.
  uint64_t unheard = 0;
  uint64_t reminders = 0;
  uint64_t ownerships = 0;
  uint64_t repeats = 0;
};

LogSays ReadLog(Log& log);

// Every promise that was kept is an outcome, once; nothing happened twice; and something happened.
void ExpectPromisesKept(const Promises& promises, const LogSays& says);

// "12 merges, 5 refused or unsettled, 1 not heard of"
std::string TextOfMerges(const LogSays& says);

// Waits for the ends of all clients and adds up what they were promised.
Promises FinishAll(std::vector<std::unique_ptr<CrashClient>>& clients);

}  // namespace lastmeter::test
