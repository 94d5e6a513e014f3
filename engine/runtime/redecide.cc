#include "engine/runtime/redecide.h"

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "engine/base/status.h"
#include "engine/core/apply.h"
#include "engine/core/decide.h"

namespace lastmeter {
namespace {

std::string ToJson(const event::v1::Record& record) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  auto status = google::protobuf::util::MessageToJsonString(record, &json, options);
  return status.ok() ? json : "(cannot be shown)";
}

}  // namespace

Redecider::Redecider(Store* scratch) : store_(scratch), state_(scratch) {}

absl::Status Redecider::Redecide(const event::v1::Record& first) {
  if (first.event().has_writer_opened()) {
    comparable_ = first.event().writer_opened().decider_version() == kDeciderVersion;
  }
  expected_.clear();
  met_ = 0;
  ++decisions_;
  if (!comparable_) return absl::OkStatus();
  Timestamp log_time{first.log_time_ms()};
  expected_ = Seal(state_, Decide(state_, InputOf(first), log_time), log_time);
  return absl::OkStatus();
}

absl::Status Redecider::Compare(const event::v1::Record& record, std::string_view bytes) {
  if (!comparable_) {
    ++not_compared_;
    return absl::OkStatus();
  }
  if (met_ < expected_.size() && expected_[met_].bytes == bytes) {
    ++met_;
    return absl::OkStatus();
  }
  std::string text = "record " + std::to_string(record.seq()) +
                     " is not what its input comes to.\n  stored:  " + ToJson(record) +
                     "\n  decided: ";
  text += met_ < expected_.size() ? ToJson(expected_[met_].record) : "(nothing)";
  return MakeStatus(absl::StatusCode::kDataLoss, text);
}

absl::Status Redecider::Take(LogPosition position, std::string_view bytes) {
  LM_ASSIGN_OR_RETURN(auto record, ParseRecord(bytes));
  LM_RETURN_IF_ERROR(CheckFollows(state_, record));
  if (record.part() == 0) LM_RETURN_IF_ERROR(Redecide(record));
  LM_RETURN_IF_ERROR(Compare(record, bytes));
  Sha256Digest sha256 = Sha256(bytes);
  Apply(state_, record, sha256);
  ++records_;
  if (state_.meta().parts_missing() > 0) return absl::OkStatus();
  if (comparable_ && met_ != expected_.size()) {
    return MakeStatus(absl::StatusCode::kDataLoss,
                      "the decision that ends with record " + std::to_string(record.seq()) +
                          " lacks one: " + ToJson(expected_[met_].record));
  }
  return store_->Commit(state_.TakeChanges(),
                        {.position = position, .seq = {record.seq()}, .sha256 = sha256});
}

absl::Status Redecider::Finish() const {
  if (state_.meta().parts_missing() == 0) return absl::OkStatus();
  return absl::DataLossError("the last decision lacks " +
                             std::to_string(state_.meta().parts_missing()) + " records");
}

}  // namespace lastmeter
