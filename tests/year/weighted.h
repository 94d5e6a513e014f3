#pragma once

#include <cstdint>

#include "tests/sim/random.h"

namespace lastmeter::year {

// One of a table whose rows have a `weight`, as often as their weights say.
template <typename Row, size_t N>
const Row& DrawFrom(const Row (&rows)[N], Random* random) {
  int64_t all = 0;
  for (const Row& row : rows) all += row.weight;
  int64_t at = random->Between(0, all - 1);
  for (const Row& row : rows) {
    if (at < row.weight) return row;
    at -= row.weight;
  }
  return rows[N - 1];
}

}  // namespace lastmeter::year
