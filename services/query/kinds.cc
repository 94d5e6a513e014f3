#include "services/query/kinds.h"

#include <mutex>
#include <utility>

namespace lastmeter::query {

using lastmeter::rules::v1::Kind;

void Kinds::Install(PartitionId partition, const lastmeter::rules::v1::Rules& rules) {
  ByCode kinds;
  for (const Kind& kind : rules.policy().kinds()) kinds.emplace(kind.code(), kind);
  std::unique_lock lock(mutex_);
  kinds_.insert_or_assign(partition, std::move(kinds));
}

std::optional<Kind> Kinds::Find(PartitionId partition, std::string_view code) const {
  std::shared_lock lock(mutex_);
  const auto installed = kinds_.find(partition);
  if (installed == kinds_.end()) return std::nullopt;
  const auto kind = installed->second.find(code);
  if (kind == installed->second.end()) return std::nullopt;
  return kind->second;
}

}  // namespace lastmeter::query
