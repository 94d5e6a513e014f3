#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "lastmeter/view/v1/view.pb.h"
#include "services/common/outcomes.h"

// The read side's rows, by a prefix byte per kind of key:
//
//   'm'                                   schema, cluster id and partition count, as text
//   'p' partition                         view.v1.PartitionRow
//   'c' case                              view.v1.CaseRow
//   'h' case position:be64                where a record of the case stands; empty
//   'e' partition position:be64           the record itself, as stored; only where they are kept
//   'r' partition id   'k' partition id   view.v1.InputRow of a report, of a command
//   'R' partition                         view.v1.RulesRow
//   'i' index                             empty
//   index := 'A' area 0 case              all cases but certifications and bulletins, so 'L' and
//   'T'
//          | 'T' tier area 0 case         open cases by tier
//          | 'S' status area 0 case       by status
//          | 'L' level area 0 case        by level
//          | 'X' area 0 case              open restricted cases
//          | 'W' area 0 case              open cases with planned work that goes on
//          | 'D' date:be32 case           cases by the days on which their cycles began, or on
//          which
//                                         something was done that statistics count by itself
//          | 'N' area 0 case              open incidents
//          | 'J' incident case            cases that joined it; incident as a case
//          | 'O' overdue_at:be64 case     open cases by when they are overdue
//   partition := be32     tier, status, level := one byte
//   case := code:be64 year:be32 counter:be32
namespace lastmeter::query {

// Big-endian, so that keys stand in the order of their numbers.
void AppendBe(std::string* out, uint64_t value, int bytes);
uint64_t ReadBe64(std::string_view bytes);

std::string PartitionKey(char prefix, PartitionId partition);
std::string InputKey(const InputName& input);
std::string RecordKey(PartitionId partition, LogPosition position);

// First key after all that begin with the prefix.
std::string After(std::string prefix);

// ---- Indexes
std::string IndexPrefix(char name);
std::string IndexPrefix(char name, int value);
// Of the cases that joined an incident.
std::string JoinedPrefix(const CaseNumber& incident);
std::string DayKey(Date date);
// The day in a key of that index.
Date DayOfIndex(std::string_view key);
// The case at the end of an index key.
std::optional<CaseNumber> CaseOfIndex(std::string_view key);
// All index keys of a case, in a fixed order.
std::vector<std::string> IndexKeys(const CaseNumber& number,
                                   const lastmeter::view::v1::CaseRow& row);

}  // namespace lastmeter::query
