#include "tests/core/seeds.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace lastmeter {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

std::string HowToRepeat(uint64_t seed) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return "to repeat: LASTMETER_PROPERTY_SEED=" + std::to_string(seed) +
         " core_properties_test --gtest_also_run_disabled_tests --gtest_filter=" +
         test->test_suite_name() + "." + test->name();
}

// The engine's own checks abort: whoever reads that must learn the seed, too. Prepared before each
// life, because nothing may be allocated while the process ends.
std::string last_words;

void SayLastWords(int) {
  const ssize_t written = write(STDERR_FILENO, last_words.data(), last_words.size());
  static_cast<void>(written);
  // Returning from the handler ends the process as the abort was to.
}

}  // namespace

Tried LiveSeeds(uint64_t seeds, const Life& life) {
  const uint64_t one = FromEnvironment("LASTMETER_PROPERTY_SEED", 0);
  const uint64_t first = one == 0 ? 1 : one;
  const uint64_t many = one == 0 ? FromEnvironment("LASTMETER_PROPERTY_SEEDS", seeds) : 1;
  Tried tried;
  int failures = 0;
  const auto before = std::signal(SIGABRT, SayLastWords);
  for (uint64_t seed = first; seed < first + many && failures < 3; ++seed) {
    last_words = "seed " + std::to_string(seed) + " aborted\n" + HowToRepeat(seed) + "\n";
    const std::string wrong = life(seed, &tried);
    if (wrong.empty()) continue;
    ++failures;
    ADD_FAILURE() << "seed " << seed << ": " << wrong << "\n" << HowToRepeat(seed);
  }
  std::signal(SIGABRT, before);
  // Fewer seeds than usual need not try everything.
  if (many < seeds || failures > 0) tried.clear();
  return tried;
}

void ExpectTried(const Tried& tried, const std::map<std::string, uint64_t>& at_least) {
  if (tried.empty()) return;
  for (const auto& [name, least] : at_least) {
    const auto it = tried.find(name);
    const uint64_t times = it == tried.end() ? 0 : it->second;
    EXPECT_GE(times, least) << "too seldom tried: " << name;
  }
}

}  // namespace lastmeter
