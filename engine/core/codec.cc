#include "engine/core/codec.h"

#include <algorithm>

#include "engine/base/status.h"

namespace lastmeter {

namespace ev = lastmeter::event::v1;

std::vector<SealedRecord> Seal(const PartitionState& state, Decision decision, Timestamp log_time) {
  std::vector<SealedRecord> sealed;
  sealed.reserve(decision.size());
  uint64_t seq = state.meta().seq();
  std::string prev = state.meta().last_sha256();
  prev.resize(sizeof(Sha256Digest), '\0');
  const int64_t time_ms = std::max(log_time.ms, state.meta().log_time_ms());
  for (auto& record : decision) {
    record.set_seq(++seq);
    record.set_prev_sha256(std::move(prev));
    record.set_log_time_ms(time_ms);
    record.set_epoch(state.meta().epoch() + (record.event().has_writer_opened() ? 1 : 0));
    SealedRecord& out = sealed.emplace_back();
    out.bytes = record.SerializeAsString();
    out.sha256 = Sha256(out.bytes);
    out.record = std::move(record);
    prev = std::string(AsBytes(out.sha256));
  }
  return sealed;
}

std::string EventKey(const ev::Record& record) {
  return record.event().case_number().substr(0, 12);
}

namespace {

absl::Status ParseInto(std::string_view bytes, ev::Record& record) {
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the stored bytes are not a record");
  }
  if (record.event().body_case() == ev::Event::BODY_NOT_SET) {
    return MakeStatus(absl::StatusCode::kDataLoss,
                      "record " + std::to_string(record.seq()) +
                          " holds an event that this version does not know; upgrade first");
  }
  return absl::OkStatus();
}

// Enough for any record but those that install rules.
constexpr size_t kBlockBytes = 16 * 1024;

google::protobuf::ArenaOptions StartingWith(char* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = kBlockBytes;
  return options;
}

}  // namespace

absl::StatusOr<ev::Record> ParseRecord(std::string_view bytes) {
  ev::Record record;
  LM_RETURN_IF_ERROR(ParseInto(bytes, record));
  return record;
}

RecordReader::RecordReader()
    : block_(std::make_unique<char[]>(kBlockBytes)), arena_(StartingWith(block_.get())) {}

absl::StatusOr<const ev::Record*> RecordReader::Read(std::string_view bytes) {
  arena_.Reset();
  auto* record = google::protobuf::Arena::CreateMessage<ev::Record>(&arena_);
  LM_RETURN_IF_ERROR(ParseInto(bytes, *record));
  return record;
}

absl::Status CheckFollows(const PartitionState& state, const ev::Record& record) {
  const auto& meta = state.meta();
  const auto fail = [&](const std::string& what) {
    return MakeStatus(absl::StatusCode::kDataLoss,
                      "record " + std::to_string(record.seq()) + ": " + what);
  };
  if (record.seq() != meta.seq() + 1) {
    return fail("follows record " + std::to_string(meta.seq()) + "; the log has a gap");
  }
  std::string prev = meta.last_sha256();
  prev.resize(sizeof(Sha256Digest), '\0');
  if (record.prev_sha256() != prev) {
    return fail("its chain does not fit the record before; one of them was changed");
  }
  if (record.log_time_ms() < meta.log_time_ms()) return fail("log time runs backwards");
  const uint64_t epoch = meta.epoch() + (record.event().has_writer_opened() ? 1 : 0);
  if (record.epoch() != epoch) {
    return fail("epoch " + std::to_string(record.epoch()) + " where " + std::to_string(epoch) +
                " is due");
  }
  if (record.parts() == 0 || record.part() >= record.parts() ||
      (record.part() == 0) != (meta.parts_missing() == 0) ||
      (record.part() > 0 && record.parts() - record.part() != meta.parts_missing())) {
    return fail("the parts of a decision do not fit together");
  }
  return absl::OkStatus();
}

}  // namespace lastmeter
