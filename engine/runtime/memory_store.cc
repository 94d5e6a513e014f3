#include "engine/runtime/memory_store.h"

#include <utility>

#include "engine/base/status.h"

namespace lastmeter {

std::optional<std::string> MemoryStore::Find(std::string_view key) const {
  auto it = rows_.find(key);
  if (it == rows_.end()) return std::nullopt;
  return it->second;
}

absl::Status MemoryStore::Load(const Row& row) {
  for (const auto& [key, value] : rows_) {
    if (key[0] == 's' || key[0] == 'c') continue;
    LM_RETURN_IF_ERROR(row(key, value));
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::Commit(std::vector<Change> changes, const StoreMark& mark) {
  for (Change& change : changes) {
    if (change.value.has_value()) {
      rows_.insert_or_assign(std::move(change.key), *std::move(change.value));
    } else {
      rows_.erase(change.key);
    }
  }
  mark_ = mark;
  return absl::OkStatus();
}

absl::Status MemoryStore::Wipe() {
  rows_.clear();
  mark_.reset();
  return absl::OkStatus();
}

}  // namespace lastmeter
