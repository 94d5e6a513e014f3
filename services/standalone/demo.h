#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace lastmeter {

// Flags of `lastmeter demo`.
struct DemoFlags {
  // Folder of rules; empty: the shipped ones.
  std::string rules;
  // Empty: a temporary folder.
  std::string data_dir;
  // Brokers of Kafka: the story is then played by one process for each service, on topics that are
  // there and empty. Empty: everything in this process, on the embedded log.
  std::string brokers;
  std::string topic_prefix;
  // "zh" or "en"; empty: by the locale.
  std::string lang;
  // Log time at which the story begins, RFC 3339.
  std::string start = "2025-07-28T08:30:00+08:00";
  // Log time runs so many times as fast as the wall.
  int64_t speed = 300;
  uint64_t seed = 1;
  uint16_t port = 8480;
  bool once = false;
  bool no_color = false;
};

// Adds the subcommand. `flags` must outlive the parsing.
CLI::App* AddDemo(CLI::App& app, DemoFlags* flags);

// Plays the stories on a server of its own and serves until SIGINT or SIGTERM; with `once` until
// the story is over and judged. Returns the exit code; what went wrong is on standard error.
int RunDemo(const DemoFlags& flags);

}  // namespace lastmeter
