#pragma once

#include <optional>

#include "engine/core/draft.h"
#include "engine/core/state.h"

// Incidents (汛情、大面积停电): one event that hits many households of a village at once. Each
// household has a case of its own; they are asked about together, on the ladder of the incident,
// and each person is told of all of them at once. Source: ADR 0024. Private to engine/core.
namespace lastmeter {

// The area may have an incident, and whoever reports at that tier may say so.
bool MayDeclareIncident(const PartitionState& state, const std::string& area,
                        lastmeter::common::v1::Tier reporter_tier);
// The open incident of the area's village; empty for none.
std::optional<CaseNumber> IncidentAt(const PartitionState& state, const std::string& area,
                                     bool drill);
// The same, where a report of this kind joins it.
std::optional<CaseNumber> IncidentTaking(const PartitionState& state, const std::string& area,
                                         const std::string& kind, bool drill);

// Notices for whoever answers for the incident, and for the tier that would have been asked first
// about a case that joins it. `c`: that case as it will be.
void TellJoined(const PartitionState& state, const CaseNumber& incident, const CaseNumber& number,
                const lastmeter::state::v1::Case& c, lastmeter::common::v1::Tier enter_at,
                Timestamp now,
                google::protobuf::RepeatedPtrField<lastmeter::event::v1::Notice>* notices);

// Marks what the digests of the case's incident will tell of, while that is open.
void LeaveToDigest(const PartitionState& state, const lastmeter::state::v1::Case& c,
                   lastmeter::event::v1::Event* event);
// For Apply: what such an event leaves to its incident.
void TakeForDigest(PartitionState& state, const lastmeter::event::v1::Event& event,
                   Timestamp log_time);

// A digest is due, since `was_due_ms`; 0: it is not by its time.
void AddDigest(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c,
               int64_t was_due_ms, bool outage);
// The incident is about to end: what is pending is told now.
void EndDigests(Draft& draft, const CaseNumber& number, lastmeter::state::v1::Case& c);

}  // namespace lastmeter
