#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "lastmeter/api/v1/api.pb.h"

namespace lastmeter::ctl {

class Session;

// Which cases of those that the caller may see.
struct CaseQuery {
  // Division code; empty: the caller's own area.
  std::string area{};
  // "closed" or another status of the interface; empty: all.
  std::string status{};
  // Open incidents only.
  bool incident = false;
  // Cases that joined the incident of this number; empty: all.
  std::string joins{};
};

// Hands over the cases page by page, in the order of area and number. The number of open restricted
// cases that the caller may not read. Errors as Session::Get.
absl::StatusOr<uint32_t> ForEachCase(
    Session& session, const CaseQuery& query,
    const std::function<void(const lastmeter::api::v1::Case&)>& take);

// The same for every open case, each once, also when one moves on while they are read.
absl::StatusOr<uint32_t> ForEachOpenCase(
    Session& session, const std::string& area,
    const std::function<void(const lastmeter::api::v1::Case&)>& take);

}  // namespace lastmeter::ctl
