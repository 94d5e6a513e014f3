#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

// Seeds of the property tests over the core.
//
//   LASTMETER_PROPERTY_SEEDS=50000 core_properties_test    so many for each property
//   LASTMETER_PROPERTY_SEED=17 core_properties_test        this seed alone
namespace lastmeter {

// What was tried, by name: a property that no longer tries something proves nothing about it.
using Tried = std::map<std::string, uint64_t>;

// One life from a seed. Empty, or what was wrong.
using Life = std::function<std::string(uint64_t seed, Tried* tried)>;

// Lives the seeds from 1 to `seeds`, or those that the environment asks for, and fails the present
// test with everything needed to see a failure again. Stops at the third. Returns what was tried,
// empty where the environment asked for one seed.
Tried LiveSeeds(uint64_t seeds, const Life& life);

// Fails the present test where a name was tried less often than said.
void ExpectTried(const Tried& tried, const std::map<std::string, uint64_t>& at_least);

}  // namespace lastmeter
