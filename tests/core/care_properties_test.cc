// Referrals, follow-ups, resources and holds under random orders of what people do and of time.
#include <gtest/gtest.h>

#include "tests/core/care_life.h"

namespace lastmeter {
namespace {

TEST(CareProperties, WhatIsPromisedIsKeptOrBrokenOnceAndNoCaseEndsOverIt) {
  const rules::v1::Rules rules = RigRules();
  const Tried tried = LiveSeeds(
      800, [&](uint64_t seed, Tried* tried) { return CareLife(seed, rules, tried).Live(); });
  ExpectTried(tried, {{"answer after the limit", 100},
                      {"begin follow-up", 500},
                      {"close", 300},
                      {"close while work is planned", 80},
                      {"deliver", 300},
                      {"deliver again", 60},
                      {"deliver after the end", 20},
                      {"follow-up broken", 80},
                      {"follow-up near", 150},
                      {"follow-up stands still", 10},
                      {"followed up to the end", 40},
                      {"hold ends", 400},
                      {"merge", 50},
                      {"new cycle by a report", 100},
                      {"new cycle by a visit", 150},
                      {"pledge beyond the most", 3},
                      {"raise while followed up refused", 8},
                      {"referral broken", 150},
                      {"referral near", 200},
                      {"referral stands still", 30},
                      {"reopen", 400},
                      {"withdraw while work is planned refused", 40}});
}

}  // namespace
}  // namespace lastmeter
