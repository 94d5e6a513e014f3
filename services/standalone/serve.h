#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace lastmeter {

// Flags of `lastmeter serve`.
struct ServeFlags {
  std::string data_dir;
  std::string listen = "127.0.0.1:8480";
  std::string tokens;
  std::string rules;
  std::string witness;
  std::string instance = "standalone";
  uint32_t partitions = 4;
  double rate_limit = 2000;
  bool allow_unsealed = false;
};

// Adds the subcommand. `flags` must outlive the parsing.
CLI::App* AddServe(CLI::App& app, ServeFlags* flags);

// Serves until SIGTERM or SIGINT, then drains within 10 s. Returns the exit code; what went wrong
// and what to do about it is on standard error.
int RunServe(const ServeFlags& flags);

}  // namespace lastmeter
