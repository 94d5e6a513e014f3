#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log/log.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "services/common/tokens.h"
#include "services/query/record_source.h"
#include "services/query/view.h"

namespace lastmeter::query {

// Next position to read in each partition; "12.0.7.3" as text.
using PositionVector = std::vector<LogPosition>;
std::string ToText(const PositionVector& positions);
// "0" stands for the beginning. Empty when it is not the text of so many partitions.
std::optional<PositionVector> ParsePositions(std::string_view text, uint32_t partitions);

// The name of the event's body: "CaseEscalated".
std::string TypeName(const lastmeter::event::v1::Event& event);
bool IsTypeName(std::string_view name);

// A record as it is shown to the caller. The input that it carries is never part of it.
lastmeter::api::v1::EventView ShowRecord(PartitionId partition,
                                         const lastmeter::event::v1::Record& record,
                                         const Caller& caller);

// Which events somebody wants and may see.
struct EventFilter {
  Caller caller;
  // Names of types; empty: all.
  std::vector<std::string> types;
  // Empty: all.
  std::string area;
};
bool Passes(const EventFilter& filter, const lastmeter::event::v1::Event& event, const View& view);

// Reads the event logs of all partitions merged by log time, and never further than the view was
// folded, so that whoever sees an event finds the case as new as that. Used by one thread at a
// time.
class EventCursor {
 public:
  // Errors: kOutOfRange when the records no longer go back so far.
  static absl::StatusOr<EventCursor> Open(const RecordSource& records, PositionVector from);

  struct Item {
    PartitionId partition;
    lastmeter::event::v1::Record record;
  };
  // The next record below `folded`; empty when there is none for now.
  absl::StatusOr<std::optional<Item>> Next(const PositionVector& folded);

  // Where it stands: behind the last item handed out.
  const PositionVector& at() const { return at_; }

 private:
  struct Source {
    std::unique_ptr<RecordReader> reader;
    struct Head {
      LogPosition position;
      lastmeter::event::v1::Record record;
    };
    std::deque<Head> ahead;
  };
  std::vector<Source> sources_;
  PositionVector at_;
};

}  // namespace lastmeter::query
