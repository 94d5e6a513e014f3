#pragma once

#include <memory>
#include <string>

#include "services/query/view_store.h"

namespace lastmeter::query {

// Opens the view's rows in a RocksDB under `dir`; makes it when there is none. `wipe` begins anew.
// Errors: kUnavailable when another process has it open, kPermissionDenied, kDataLoss.
absl::StatusOr<std::unique_ptr<ViewStore>> OpenRocksdbView(const std::string& dir, bool wipe);

}  // namespace lastmeter::query
