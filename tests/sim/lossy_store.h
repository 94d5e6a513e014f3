#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "engine/runtime/memory_store.h"

namespace lastmeter {

// A store that can lose its last commits, as an unsynced write-ahead log does in a power cut.
class LossyStore : public MemoryStore {
 public:
  absl::Status Commit(std::vector<Change> changes, const StoreMark& mark) override {
    Undo undo{.rows = {}, .mark = MemoryStore::mark()};
    for (const Change& change : changes) undo.rows.push_back({change.key, Find(change.key)});
    undo_.push_back(std::move(undo));
    if (undo_.size() > 16) undo_.pop_front();
    return MemoryStore::Commit(std::move(changes), mark);
  }

  absl::Status Wipe() override {
    undo_.clear();
    return MemoryStore::Wipe();
  }

  void LoseLast(size_t commits) {
    for (; commits > 0 && !undo_.empty(); --commits) {
      Undo undo = std::move(undo_.back());
      undo_.pop_back();
      if (undo.mark.has_value()) {
        (void)MemoryStore::Commit(std::move(undo.rows), *undo.mark);
      } else {
        (void)MemoryStore::Wipe();
      }
    }
  }

 private:
  struct Undo {
    std::vector<Change> rows;
    std::optional<StoreMark> mark;
  };
  std::deque<Undo> undo_;
};

}  // namespace lastmeter
