#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/http.h"

namespace lastmeter::http {

// Finds the route of a path. Immutable, thread-safe.
class Router {
 public:
  // Error: kInvalidArgument for a malformed pattern, a missing handler or a route given twice.
  static absl::StatusOr<Router> Build(std::vector<Route> routes);

  struct Match {
    // Null when no route has this path with this method.
    const Route* route = nullptr;
    std::vector<std::string> captures;
    // Methods that the path has, for Allow; empty when nothing has the path.
    std::string allow;
  };
  // Where two patterns fit, the one with fewer placeholders wins. GET's route serves HEAD too.
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Entry {
    Route route;
    // The pattern cut at its placeholders: literals[0] {} literals[1] {} …
    std::vector<std::string> literals;
  };
  static bool Fits(const Entry& entry, std::string_view path, std::vector<std::string>* captures);

  std::vector<Entry> entries_;
};

}  // namespace lastmeter::http
