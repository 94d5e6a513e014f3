#pragma once

#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "lastmeter/event/v1/record.pb.h"

// How records are shown to people and to other programs.
namespace lastmeter::ctl {

// "CaseOpened"; empty for an event without a body.
std::string EventName(const lastmeter::event::v1::Event& event);
// Empty when there is such an event; otherwise what to say to whoever asked for it.
std::string UnknownEvent(std::string_view name);

// "CaseOpened 430112001001-2026-00001 v1 fields…", the event's part of a record's line.
std::string EventLine(const lastmeter::event::v1::Event& event);

// One line without line end: seq, log time, epoch, cause, event, case, fields. Free texts, which
// may name somebody, are left out.
std::string RecordLine(const lastmeter::event::v1::Record& record);

// One JSON object: protobuf's mapping with position, hashes in hexadecimal and, beside the bytes of
// the input, what they say. Shows everything that the log holds, free texts included.
std::string RecordJson(PartitionId partition, LogPosition position, std::string_view bytes,
                       const lastmeter::event::v1::Record& record);

// "village" for TIER_VILLAGE of a message's enum field, "near-due" for PURPOSE_NEAR_DUE.
std::string EnumWord(std::string_view enum_name, std::string_view value_name);

}  // namespace lastmeter::ctl
