#pragma once

#include <cstdint>
#include <string>

// Who acts in the property tests on a case of grid 430112001001001, and what each may do there by
// the sample roster: told in the test's own words.
namespace lastmeter::rig {

struct Person {
  const char* id;
  // Tier over the case's area, from 1 for the grid to 5 for the district; 0: none.
  int rank;
  // May take turns of planned work.
  bool helps;
};

inline constexpr Person kPeople[] = {
    {"xu-guangming", 1, true},   {"group-leader-1", 2, true}, {"village-head", 3, true},
    {"tan-dan", 4, true},        {"district-desk", 5, true},  {"neighbour-zhou", 0, true},
    {"neighbour-he", 0, true},   {"far-away", 0, false},      {"village-head-2", 0, false},
    {"grid-worker-3", 0, false}, {"stranger", 0, false},
};

inline Person PersonOf(const std::string& id) {
  for (const Person& person : kPeople) {
    if (person.id == id) return person;
  }
  return {"", 0, false};
}

// Whoever has taken the case on decides about it, and every higher tier.
inline bool Decides(const std::string& who, const std::string& handler) {
  if (handler.empty()) return false;
  return who == handler || PersonOf(who).rank > PersonOf(handler).rank;
}

}  // namespace lastmeter::rig
