// Simulated lives of an installation, each from a seed.
//
//   LASTMETER_SIM_SEEDS=20000 sim_test    so many seeds (default 2000)
//   LASTMETER_SIM_SEED=17 sim_test        this seed alone
//   sim_test --forever                    new seeds until one fails or somebody stops it
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "tests/sim/checks.h"
#include "tests/sim/simulation.h"

namespace lastmeter {
namespace {

std::string program = "sim_test";

// Empty, or everything that was wrong and how to see it again.
std::string RunSeed(uint64_t seed, SimCounts* total) {
  Simulation simulation(seed);
  std::vector<std::string> problems = simulation.Play();
  if (problems.empty()) problems = CheckRun(simulation.result());
  total->Add(simulation.counts());
  if (problems.empty()) return {};
  std::string text = "seed " + std::to_string(seed) + "\n";
  size_t shown = 0;
  for (const std::string& problem : problems) {
    if (++shown > 10) break;
    text += "  " + problem + "\n";
  }
  return text + "to repeat: LASTMETER_SIM_SEED=" + std::to_string(seed) + " " + program;
}

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST(SimulationTest, KeepsEveryPromiseWhateverHappens) {
  SimCounts total;
  uint64_t seeds = FromEnvironment("LASTMETER_SIM_SEEDS", 2000);
  uint64_t first = 1;
  if (uint64_t one = FromEnvironment("LASTMETER_SIM_SEED", 0); one != 0) {
    first = one;
    seeds = 1;
  }
  int failures = 0;
  for (uint64_t seed = first; seed < first + seeds && failures < 3; ++seed) {
    std::string wrong = RunSeed(seed, &total);
    if (wrong.empty()) continue;
    ++failures;
    ADD_FAILURE() << wrong;
  }
  std::printf(
      "%llu seeds: %llu records, %llu openings, %llu crashes, %llu failed appends unknown, "
      "%llu reopened, %llu taken over, %llu power cuts, %llu steps held, %llu timers "
      "(%llu unseen), %llu poisoned\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(total.records),
      static_cast<unsigned long long>(total.openings),
      static_cast<unsigned long long>(total.crashes),
      static_cast<unsigned long long>(total.unknown),
      static_cast<unsigned long long>(total.reopened_after_failure),
      static_cast<unsigned long long>(total.taken_over),
      static_cast<unsigned long long>(total.power_cuts),
      static_cast<unsigned long long>(total.held_steps),
      static_cast<unsigned long long>(total.timers),
      static_cast<unsigned long long>(total.inputs_unseen),
      static_cast<unsigned long long>(total.poisoned_inputs + total.poisoned_timers));
  if (seeds < 500) return;
  // A simulation that no longer tries these proves nothing.
  EXPECT_GT(total.crashes, seeds);
  EXPECT_GT(total.unknown, seeds / 10);
  EXPECT_GT(total.reopened_after_failure, seeds / 10);
  EXPECT_GT(total.taken_over, seeds / 50);
  EXPECT_GT(total.power_cuts, seeds / 10);
  EXPECT_GT(total.wiped, seeds / 10);
  EXPECT_GT(total.poisoned_inputs, seeds / 50);
  EXPECT_GT(total.poisoned_timers, seeds / 200);
  EXPECT_GT(total.held_steps, seeds / 10);
  EXPECT_GT(total.clocks_accepted, seeds / 50);
  EXPECT_GT(total.outages, seeds / 10);
  EXPECT_GT(total.timers, seeds);
  EXPECT_GT(total.inputs_unseen, seeds / 500);
  EXPECT_GT(total.repeated, seeds / 10);
}

int RunForever() {
  SimCounts total;
  uint64_t seed = (uint64_t{std::random_device{}()} << 16) + 1;
  for (uint64_t n = 1;; ++n, ++seed) {
    std::string wrong = RunSeed(seed, &total);
    if (!wrong.empty()) {
      std::printf("%s\n", wrong.c_str());
      return 1;
    }
    if (n % 500 == 0) {
      std::printf("%llu seeds, %llu records\n", static_cast<unsigned long long>(n),
                  static_cast<unsigned long long>(total.records));
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace lastmeter

int main(int argc, char** argv) {
  lastmeter::program = argv[0];
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1 && std::strcmp(argv[1], "--forever") == 0) return lastmeter::RunForever();
  return RUN_ALL_TESTS();
}
