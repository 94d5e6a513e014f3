#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Adapters around Abseil's status types, whose string_view is not std::string_view on every
// platform that we build on.
namespace lastmeter {

inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

// The same status with "context: " before its message. Keeps OK as it is.
inline absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message += ": ";
  message.append(status.message().data(), status.message().size());
  return absl::Status(status.code(), message);
}

inline absl::Status MakeStatus(absl::StatusCode code, std::string_view message) {
  return absl::Status(code, ToAbsl(message));
}

}  // namespace lastmeter

#define LM_CONCAT_INNER(a, b) a##b
#define LM_CONCAT(a, b) LM_CONCAT_INNER(a, b)

// Returns from the function with the status of `expr` unless it is OK.
#define LM_RETURN_IF_ERROR(expr)                                            \
  do {                                                                      \
    if (absl::Status lm_status = (expr); !lm_status.ok()) return lm_status; \
  } while (false)

// LM_ASSIGN_OR_RETURN(auto x, F()): the value of a StatusOr, or a return with its status.
#define LM_ASSIGN_OR_RETURN(lhs, expr) \
  LM_ASSIGN_OR_RETURN_INNER(LM_CONCAT(lm_or_, __LINE__), lhs, expr)
#define LM_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return tmp.status();             \
  lhs = *std::move(tmp)
