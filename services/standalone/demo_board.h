#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/standalone/demo_lines.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {

// What the board shows at one moment.
struct BoardModel {
  Timestamp now;
  int64_t speed = 1;
  bool hurrying = false;
  std::vector<lastmeter::api::v1::Case> open;
  // Case numbers that moved up a moment ago.
  std::set<std::string> moved;
  uint64_t closed = 0;
  uint32_t restricted = 0;
  // The latest sentence of the story.
  std::string story;
  // Newest last.
  std::vector<Line> lines;
  // Shown beneath everything, as many as fit.
  std::vector<std::string> footer;
};

struct BoardSize {
  int columns = 80;
  int rows = 24;
};

// The picture, row by row: exactly size.rows rows of exactly size.columns cells, in colour or
// without. Five tiers as columns, one card a case, the most pressing on top. Pure. Too small a
// terminal gets one row that says so.
std::vector<std::string> DrawBoard(const Words& words, const BoardModel& model, BoardSize size,
                                   bool colour);

}  // namespace lastmeter::demo
