#pragma once

#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "lastmeter/rules/v1/rules.pb.h"

namespace lastmeter::query {

// What each partition's rules in force say of the kinds of reports. Thread-safe.
class Kinds {
 public:
  void Install(PartitionId partition, const lastmeter::rules::v1::Rules& rules);

  // Empty for a kind that the rules do not list, and while no rules are installed.
  std::optional<lastmeter::rules::v1::Kind> Find(PartitionId partition,
                                                 std::string_view code) const;

 private:
  using ByCode = std::map<std::string, lastmeter::rules::v1::Kind, std::less<>>;

  mutable std::shared_mutex mutex_;
  std::map<PartitionId, ByCode> kinds_;
};

}  // namespace lastmeter::query
