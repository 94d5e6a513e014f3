#pragma once

#include "absl/status/status.h"

namespace lastmeter {

// What a program of lastmeter ends with; scripts and service managers rely on these.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,
  kExitUsage = 2,
  kExitVerificationFailed = 3,
  kExitUnavailable = 69,
  kExitTryAgain = 75,
  kExitNotAllowed = 77,
  kExitBadConfiguration = 78,
};

// The exit code of an error that ends a program. Usage and configuration errors are told apart by
// who reads flags and files (config.h), not here. kDataLoss is corruption that was found.
inline ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kDataLoss:
      return kExitVerificationFailed;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnavailable;
    case absl::StatusCode::kAborted:
      return kExitTryAgain;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kExitNotAllowed;
    default:
      return kExitFailure;
  }
}

}  // namespace lastmeter
