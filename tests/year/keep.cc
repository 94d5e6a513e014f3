#include "tests/year/keep.h"

#include <filesystem>
#include <utility>

#include "engine/base/status.h"
#include "engine/log/faulty_log.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "tools/ctl/log_copy.h"

namespace lastmeter::year {

absl::Status KeepYear(Engine& engine, const std::string& data_dir) {
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) return absl::UnavailableError(data_dir + ": " + error.message());
  OpenedLog from;
  // What is opened is owned, and the engine keeps its log: a faulty log without faults is a way
  // round.
  from.log = std::make_unique<FaultyLog>(*engine.log(), 1);
  from.extent = [&engine](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    LM_ASSIGN_OR_RETURN(auto reader, engine.log()->OpenReader(tp, {0}));
    reader->AskEnd();
    LM_ASSIGN_OR_RETURN(const LogPosition end, *reader->EndAnswer());
    return LogExtent{{0}, end};
  };
  LM_ASSIGN_OR_RETURN(auto kept, RocksdbLog::Open({.dir = data_dir + "/log",
                                                   .partition_count = Engine::kPartitions,
                                                   .clock = [&engine] { return engine.now(); }}));
  OpenedLog to;
  to.extent = [log = kept.get()](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    return LogExtent{log->Begin(tp), log->End(tp)};
  };
  to.log = std::move(kept);
  for (uint32_t p = 0; p < Engine::kPartitions; ++p) {
    LM_RETURN_IF_ERROR(ctl::CopyPartition(from, to, {p}).status());
  }
  return absl::OkStatus();
}

}  // namespace lastmeter::year
