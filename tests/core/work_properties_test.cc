// Planned work under random orders of what people do and of time.
#include <gtest/gtest.h>

#include <string>

#include "tests/core/work_life.h"

namespace lastmeter {
namespace {

std::string Live(uint64_t seed, Tried* tried) {
  static const rules::v1::Rules& rules = *new rules::v1::Rules(RigRules());
  return WorkLife(seed, rules, tried).Live();
}

TEST(WorkProperties, ATurnHasOnePersonIsToldOfOnceAndEndsOnce) {
  const Tried tried = LiveSeeds(800, Live);
  ExpectTried(tried, {{"cancel", 1500},
                      {"claim", 1000},
                      {"claim lapsed", 1200},
                      {"claim of the present turn", 400},
                      {"claim of a turn that is over refused", 20},
                      {"claim refused", 1800},
                      {"close refused", 900},
                      {"finish", 700},
                      {"finish after all", 600},
                      {"hand back", 500},
                      {"hand back of a turn that had begun", 8},
                      {"missed", 4000},
                      {"start", 350},
                      {"told that nobody has a turn", 2500},
                      {"work that is over refused", 250}});
}

}  // namespace
}  // namespace lastmeter
