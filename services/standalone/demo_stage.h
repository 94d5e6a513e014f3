#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "lastmeter/api/v1/api.pb.h"
#include "services/standalone/demo_board.h"
#include "services/standalone/demo_lines.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {

// Where everything that is told arrives: sentences of the story from the director's thread, events
// of the product from the stream's. Kept for the board, or printed at once, one line each.
// Thread-safe.
class Stage {
 public:
  // `words` must outlive this.
  Stage(const Words* words, bool print);

  void Narrate(std::string sentence);
  void Show(const lastmeter::api::v1::EventView& view);
  // Returns when events have ceased to arrive for a moment, in any case soon: what is told next
  // then stands behind what it follows from.
  void Settle();

  // Fills in what this knows of the board.
  void Fill(BoardModel* model) const;

  struct Figures {
    uint64_t events = 0;
    // Decisions that the engine itself marked as late.
    uint64_t late = 0;
    // Wall time from the making of this to the first climb because nobody answered.
    std::optional<std::chrono::milliseconds> first_climb;
  };
  Figures figures() const;

 private:
  using SteadyClock = std::chrono::steady_clock;

  void Add(Line line);  // With mutex_ held.

  const Words* const words_;
  const bool print_;
  const SteadyClock::time_point began_ = SteadyClock::now();
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Line> lines_;
  std::string story_;
  uint64_t closed_ = 0;
  std::map<std::string, SteadyClock::time_point> moved_;
  Figures figures_;
};

}  // namespace lastmeter::demo
