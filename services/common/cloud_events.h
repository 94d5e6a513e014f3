#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lastmeter/event/v1/record.pb.h"

// The attributes of CloudEvents 1.0 in Kafka's binary mode, for records of the log of record.
// Everything is derived from the record alone, so whoever holds the value can check its headers.
//
//   content-type     application/protobuf: the value is a lastmeter.event.v1.Record
//   ce_specversion   1.0
//   ce_id            "<seq>-<16 hex digits of the hash of the record before>"; the first record of
//                    a partition, which has none before, has digits of the log and partition that
//                    it opens. Unique among all partitions and installations; the same for ever
//   ce_source        /lastmeter/cases
//   ce_type          lastmeter.event.v1.CaseEscalated: the full name of the event's message
//   ce_time          when it was decided, RFC 3339 in UTC
//   ce_subject       number of the case; not for restricted cases and events of the partition
//   ce_lmseq         number of the record in its partition, from 1 without gaps
//   ce_lmarea        responsible area of the case; its district only for restricted cases
//   ce_lmrestricted  true or false; for events of cases
//
// What may stand here and what may not: engine/adr/0007.
namespace lastmeter {

using EventHeaders = std::vector<std::pair<std::string, std::string>>;

// Of a record as it is stored. Bytes that are no record of a known type get a content-type and
// nothing else. Does not read the event's body, and so costs less than parsing. Thread-safe.
EventHeaders CloudEventHeaders(std::string_view record_bytes);

// The same of a record that was parsed already.
EventHeaders CloudEventHeaders(const lastmeter::event::v1::Record& record);

}  // namespace lastmeter
