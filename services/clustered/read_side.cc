#include "services/clustered/read_side.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/escalator_rocksdb/data_folder.h"
#include "services/query_rocksdb/view_rocksdb.h"

namespace lastmeter {

absl::StatusOr<std::unique_ptr<query::Query>> OpenReadSide(Log* log, const std::string& data_dir,
                                                           std::function<Timestamp()> now) {
  if (data_dir.empty()) return absl::InvalidArgumentError("give a folder of its own: --data-dir D");
  LM_RETURN_IF_ERROR(MakeDataFolder(data_dir, {}));
  const std::string view_dir = data_dir + "/view";
  return query::Query::Open(
      {.log = log,
       .open_store = [view_dir](bool anew) { return query::OpenRocksdbView(view_dir, anew); },
       .keeps_records = true,
       .now = std::move(now)});
}

std::vector<std::string> WhyBehind(const query::Query& query) {
  std::vector<std::string> reasons;
  if (const absl::Status health = query.health(); !health.ok()) {
    reasons.push_back(absl::StrCat("the read side does not follow: ", health.message()));
  }
  if (!query.caught_up()) {
    reasons.push_back(
        absl::StrCat("the read side is catching up: ", query.lag(), " records to fold"));
  }
  return reasons;
}

}  // namespace lastmeter
