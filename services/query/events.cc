#include "services/query/events.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "services/query/case_fold.h"
#include "services/query/visibility.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

constexpr size_t kReadAhead = 64;
constexpr size_t kReadAheadBytes = 256 * 1024;

}  // namespace

std::string ToText(const PositionVector& positions) {
  std::string text;
  for (const LogPosition& p : positions) absl::StrAppend(&text, text.empty() ? "" : ".", p.value);
  return text;
}

std::optional<PositionVector> ParsePositions(std::string_view text, uint32_t partitions) {
  if (text == "0") return PositionVector(partitions, LogPosition{0});
  PositionVector positions;
  for (absl::string_view part : absl::StrSplit(ToAbsl(text), '.')) {
    uint64_t value = 0;
    if (part.empty() || part.size() > 18 || !IsDigits(ToStd(part), part.size()) ||
        !absl::SimpleAtoi(part, &value)) {
      return std::nullopt;
    }
    positions.push_back({static_cast<int64_t>(value)});
  }
  if (positions.size() != partitions) return std::nullopt;
  return positions;
}

std::string TypeName(const ev::Event& event) {
  const auto* body = event.GetReflection()->GetOneofFieldDescriptor(
      event, ev::Event::descriptor()->FindOneofByName("body"));
  return body == nullptr ? "Unknown" : body->message_type()->name();
}

bool IsTypeName(std::string_view name) {
  const auto* body = ev::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    if (body->field(i)->message_type()->name() == name) return true;
  }
  return false;
}

api::EventView ShowRecord(PartitionId partition, const ev::Record& record, const Caller& caller) {
  api::EventView view;
  view.set_partition(partition.value);
  view.set_seq(record.seq());
  *view.mutable_time() = ToProtoTime(record.log_time_ms());
  view.set_type(TypeName(record.event()));
  *view.mutable_event() = record.event();
  HideTexts(caller, view.mutable_event());
  return view;
}

bool Passes(const EventFilter& filter, const ev::Event& event, const View& view) {
  if (!filter.types.empty() &&
      std::find(filter.types.begin(), filter.types.end(), TypeName(event)) == filter.types.end()) {
    return false;
  }
  // Events of a partition concern those who run the installation.
  const auto number = CaseNumber::Parse(event.case_number());
  if (!number || event.area().empty()) {
    return filter.caller.role == cm::ROLE_OPERATOR && filter.area.empty();
  }
  if (!filter.area.empty() && !InArea(event.area(), filter.area)) return false;
  if (!event.restricted() && InArea(event.area(), filter.caller.area)) return true;
  const auto row = view.FindCase(*number);
  return row.ok() && *row && MaySee(filter.caller, **row);
}

absl::StatusOr<EventCursor> EventCursor::Open(const RecordSource& records, PositionVector from) {
  EventCursor cursor;
  for (uint32_t p = 0; p < from.size(); ++p) {
    LM_ASSIGN_OR_RETURN(auto reader, records.Open(PartitionId{p}, from[p]));
    cursor.sources_.push_back({std::move(reader), {}});
  }
  cursor.at_ = std::move(from);
  return cursor;
}

absl::StatusOr<std::optional<EventCursor::Item>> EventCursor::Next(const PositionVector& folded) {
  std::optional<size_t> first;
  for (size_t p = 0; p < sources_.size(); ++p) {
    Source& source = sources_[p];
    if (source.ahead.empty() && at_[p] < folded[p]) {
      LM_ASSIGN_OR_RETURN(const auto stored, source.reader->Read(kReadAhead, kReadAheadBytes));
      for (const StoredRecord& one : stored) {
        Source::Head head{one.position, {}};
        if (!head.record.ParseFromString(one.bytes)) {
          return absl::DataLossError("a record of the event log cannot be read");
        }
        source.ahead.push_back(std::move(head));
      }
    }
    if (source.ahead.empty() || source.ahead.front().position >= folded[p]) continue;
    if (!first || source.ahead.front().record.log_time_ms() <
                      sources_[*first].ahead.front().record.log_time_ms()) {
      first = p;
    }
  }
  if (!first) return std::optional<Item>();
  Source::Head head = std::move(sources_[*first].ahead.front());
  sources_[*first].ahead.pop_front();
  at_[*first] = LogPosition{head.position.value + 1};
  return std::optional<Item>(
      Item{PartitionId{static_cast<uint32_t>(*first)}, std::move(head.record)});
}

}  // namespace lastmeter::query
