#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/store.h"

namespace lastmeter {

// A store that ends with its process: for tests, and for folding a log once.
class MemoryStore : public Store {
 public:
  std::optional<std::string> Find(std::string_view key) const override;
  std::optional<StoreMark> mark() const override { return mark_; }
  absl::Status Load(const Row& row) override;
  absl::Status Commit(std::vector<Change> changes, const StoreMark& mark) override;
  absl::Status health() const override { return absl::OkStatus(); }
  absl::Status Wipe() override;

 private:
  std::map<std::string, std::string, std::less<>> rows_;
  std::optional<StoreMark> mark_;
};

}  // namespace lastmeter
