#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log/log.h"
#include "services/query/query.h"

namespace lastmeter {

// A view of its own for a process on Kafka, in <data_dir>/view, which is begun anew where it
// remembers what the log no longer has. `log` must outlive it.
absl::StatusOr<std::unique_ptr<query::Query>> OpenReadSide(Log* log, const std::string& data_dir,
                                                           std::function<Timestamp()> now);

// What keeps the read side from being up to date.
std::vector<std::string> WhyBehind(const query::Query& query);

}  // namespace lastmeter
