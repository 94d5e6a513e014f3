#include "engine/runtime/follower.h"

#include <utility>

#include "engine/base/status.h"

namespace lastmeter {
namespace {

constexpr size_t kBytesAtOnce = 4 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<Follower>> Follower::Open(Log* log, PartitionId partition,
                                                         From from) {
  LM_ASSIGN_OR_RETURN(auto reader, log->OpenReader({Topic::kEvent, partition},
                                                   LogPosition{from.position.value + 1}));
  return std::unique_ptr<Follower>(new Follower(partition, std::move(reader), from));
}

absl::Status Follower::CheckChain(const event::v1::Record& record) const {
  auto fail = [](std::string_view what) { return MakeStatus(absl::StatusCode::kDataLoss, what); };
  if (record.seq() != at_.seq + 1) {
    return fail("follows record " + std::to_string(at_.seq) + "; the log has a gap");
  }
  if (record.prev_sha256() != AsBytes(at_.sha256)) {
    return fail("its chain does not fit the record before; one of them was changed");
  }
  if (record.epoch() < at_.epoch) return fail("its epoch falls");
  if (record.log_time_ms() < at_.log_time.ms) return fail("its log time falls");
  return absl::OkStatus();
}

absl::Status Follower::TakeOne(const LogEntry& entry, const Take& take) {
  const auto where = [&] {
    return ToString({Topic::kEvent, partition_}) + ", position " +
           std::to_string(entry.position.value);
  };
  auto read = record_reader_.Read(entry.value);
  if (!read.ok()) return Annotate(read.status(), where());
  const event::v1::Record& record = **read;
  if (absl::Status s = CheckChain(record); !s.ok()) {
    return Annotate(s, where() + ", record " + std::to_string(record.seq()));
  }
  Sha256Digest sha256 = Sha256(entry.value);
  LM_RETURN_IF_ERROR(take({.position = entry.position,
                           .appended_at = entry.appended_at,
                           .record = record,
                           .bytes = entry.value,
                           .sha256 = sha256}));
  at_ = {.position = entry.position,
         .seq = record.seq(),
         .sha256 = sha256,
         .epoch = record.epoch(),
         .log_time = {record.log_time_ms()}};
  return absl::OkStatus();
}

absl::StatusOr<size_t> Follower::Poll(size_t most, const Take& take) {
  LM_ASSIGN_OR_RETURN(auto entries, reader_->Read(most, kBytesAtOnce));
  for (const LogEntry& entry : entries) LM_RETURN_IF_ERROR(TakeOne(entry, take));
  return entries.size();
}

}  // namespace lastmeter
