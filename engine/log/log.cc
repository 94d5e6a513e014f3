#include "engine/log/log.h"

namespace lastmeter {

std::string_view TopicName(Topic topic) {
  switch (topic) {
    case Topic::kReport:
      return "lastmeter.hardship.report.v1";
    case Topic::kCommand:
      return "lastmeter.case.command.v1";
    case Topic::kEvent:
      return "lastmeter.case.event.v1";
    case Topic::kDeadLetter:
      return "lastmeter.dead-letter.v1";
  }
  return "unknown";
}

std::string ToString(TopicPartition tp) {
  return std::string(TopicName(tp.topic)) + "/" + std::to_string(tp.partition.value);
}

}  // namespace lastmeter
