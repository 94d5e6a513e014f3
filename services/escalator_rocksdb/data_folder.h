#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/runtime/decide_guard.h"
#include "engine/runtime/store.h"

// What an engine keeps on the disk of its machine, whatever log it stands on:
//
//   data folder := store/<partition>/   cached state, rebuilt from the log when it is lost
//                  guard/<partition>    what was being decided when a process ended
namespace lastmeter {

// Makes the folder and those named in it, where they are missing. The folder around it has to be
// there: a mistyped path must not become an empty new house. Errors: kNotFound, kPermissionDenied,
// kResourceExhausted, kUnavailable, each naming the path.
absl::Status MakeDataFolder(const std::string& data_dir, const std::vector<std::string>& inside);

// Both log a warning where what was there had to be begun anew.
absl::StatusOr<std::unique_ptr<Store>> OpenPartitionStore(const std::string& data_dir,
                                                          PartitionId partition);
absl::StatusOr<std::unique_ptr<DecideGuard>> OpenPartitionGuard(const std::string& data_dir,
                                                                PartitionId partition);

}  // namespace lastmeter
