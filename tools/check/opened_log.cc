#include "tools/check/opened_log.h"

#include "engine/base/status.h"
#include "lastmeter/event/v1/record.pb.h"

namespace lastmeter {

std::string OpenedLog::Where(TopicPartition tp) const { return topic_prefix + ToString(tp); }

std::string OpenedLog::Where(TopicPartition tp, LogPosition position) const {
  return Where(tp) + " " + position_word + " " + std::to_string(position.value);
}

absl::StatusOr<std::unique_ptr<LogReader>> OpenAtFirstRecord(const OpenedLog& opened,
                                                             PartitionId partition) {
  const TopicPartition tp{Topic::kEvent, partition};
  LM_ASSIGN_OR_RETURN(const LogExtent extent, opened.extent(tp));
  if (extent.begin.value == 0) return opened.log->OpenReader(tp, extent.begin);
  std::string text = "the beginning of " + opened.Where(tp) + " is gone: it begins at " +
                     opened.position_word + " " + std::to_string(extent.begin.value);
  if (extent.begin < extent.end) {
    LM_ASSIGN_OR_RETURN(auto reader, opened.log->OpenReader(tp, extent.begin));
    LM_ASSIGN_OR_RETURN(const auto entries, reader->Read(1, 1));
    lastmeter::event::v1::Record first;
    // Only what never was a record of the log, such as a transaction that was given up, can lie
    // before the record that says it is the first. What cannot be read is for the judge to say.
    if (!entries.empty() && (!first.ParseFromString(entries[0].value) || first.seq() <= 1)) {
      return opened.log->OpenReader(tp, extent.begin);
    }
    if (!entries.empty()) text += " with record seq " + std::to_string(first.seq());
  }
  text +=
      ". What stood before has expired or was deleted, and a log of record can only be judged "
      "from its first record on: use a copy that still has it, and let the topic keep everything";
  return MakeStatus(absl::StatusCode::kOutOfRange, text);
}

}  // namespace lastmeter
