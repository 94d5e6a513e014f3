#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lastmeter::query {

// Ordered rows that survive the process. Losing them costs a fold of the log and nothing else.
// Reads are thread-safe and may run beside the one writer.
class ViewStore {
 public:
  struct Row {
    std::string key;
    // Empty: the row is deleted.
    std::optional<std::string> value;
  };
  // False ends the scan.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~ViewStore() = default;

  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const = 0;
  // The rows with from <= key < until, in order.
  virtual absl::Status Scan(std::string_view from, std::string_view until,
                            const Visit& visit) const = 0;
  // All or nothing. Not synced: what a power cut takes is folded again.
  virtual absl::Status Write(const std::vector<Row>& rows) = 0;
};

}  // namespace lastmeter::query
