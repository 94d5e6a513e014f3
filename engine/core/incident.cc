#include "engine/core/incident.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/case_applier.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Notices = google::protobuf::RepeatedPtrField<ev::Notice>;

constexpr uint32_t kDigestMinutes = 10;
constexpr size_t kVillageDigits = 12;

// Outside authorities, and what a person did to one case for another person, are told at once.
bool IsDigested(ev::Purpose purpose) {
  switch (purpose) {
    case ev::PURPOSE_ANSWER:
    case ev::PURPOSE_COPY:
    case ev::PURPOSE_REMINDER:
    case ev::PURPOSE_NEAR_DUE:
    case ev::PURPOSE_RED_CARD:
    case ev::PURPOSE_JOINED:
      return true;
    default:
      return false;
  }
}

void Mark(Notices* notices) {
  for (ev::Notice& notice : *notices) notice.set_in_digest(IsDigested(notice.purpose()));
}

void Take(Case* incident, const Notices& notices) {
  for (const ev::Notice& notice : notices) {
    if (!notice.in_digest()) continue;
    auto& all = *incident->mutable_pending();
    auto at = std::lower_bound(
        all.begin(), all.end(), notice.staff_id(),
        [](const auto& pending, const std::string& id) { return pending.staff_id() < id; });
    if (at == all.end() || at->staff_id() != notice.staff_id()) {
      const int index = static_cast<int>(at - all.begin());
      all.Add()->set_staff_id(notice.staff_id());
      for (int i = all.size() - 1; i > index; --i) all.SwapElements(i, i - 1);
      at = all.begin() + index;
    }
    at->set_notices(at->notices() + 1);
    at->set_tier(std::max(at->tier(), notice.tier()));
  }
}

}  // namespace

bool MayDeclareIncident(const PartitionState& state, const std::string& area,
                        cm::Tier reporter_tier) {
  return reporter_tier >= cm::TIER_VILLAGE && area.size() == kVillageDigits &&
         RosterOf(state).KnowsArea(area);
}

std::optional<CaseNumber> IncidentAt(const PartitionState& state, const std::string& area,
                                     bool drill) {
  if (area.size() < kVillageDigits) return std::nullopt;
  return state.OpenIncident(std::string_view(area).substr(0, kVillageDigits), drill);
}

std::optional<CaseNumber> IncidentTaking(const PartitionState& state, const std::string& area,
                                         const std::string& kind, bool drill) {
  const auto number = IncidentAt(state, area, drill);
  if (!number) return std::nullopt;
  const auto incident = state.FindCase(*number);
  LM_CHECK(incident.has_value()) << number->ToString();
  const auto* what = PolicyOf(state, *incident).FindKind(incident->kind());
  const bool takes = what != nullptr && std::find(what->takes().begin(), what->takes().end(),
                                                  kind) != what->takes().end();
  return takes ? number : std::nullopt;
}

void TellJoined(const PartitionState& state, const CaseNumber& incident, const CaseNumber& number,
                const Case& c, cm::Tier enter_at, Timestamp now, Notices* notices) {
  const auto asked = state.FindCase(incident);
  LM_CHECK(asked.has_value()) << incident.ToString();
  // Looked up as if whoever answers for the incident held the case.
  Case held = c;
  held.set_handler_id(asked->handler_id());
  held.set_handler_tier(asked->handler_tier());
  *held.mutable_clocks() = asked->clocks();
  const LadderPlanner planner(state, number, held, now);
  for (ev::Notice& notice : planner.NoticesToHolder(ev::PURPOSE_JOINED)) {
    *notices->Add() = std::move(notice);
  }
  planner.AddTier(enter_at, ev::PURPOSE_JOINED, notices);
  NoticeMaker maker(number, c);
  maker.Skip(notices->size());
  for (ev::Notice& notice : planner.NoticesToAuthorities(&maker)) {
    *notices->Add() = std::move(notice);
  }
}

void LeaveToDigest(const PartitionState& state, const Case& c, ev::Event* event) {
  const std::string& incident = event->has_case_opened() ? event->case_opened().joins() : c.joins();
  if (incident.empty() || !state.IsOpenIncident(*CaseNumber::Parse(incident))) return;
  event->set_incident(incident);
  if (const Notices* notices = NoticesOf(*event)) Mark(const_cast<Notices*>(notices));
  if (const ev::Turn* turn = TurnOf(*event)) Mark(const_cast<ev::Turn*>(turn)->mutable_notices());
}

void TakeForDigest(PartitionState& state, const ev::Event& event, Timestamp log_time) {
  if (event.incident().empty()) return;
  const CaseNumber number = *CaseNumber::Parse(event.incident());
  Case incident;
  LM_CHECK(state.ReadCase(number, &incident)) << event.incident();
  if (event.has_case_opened()) incident.set_joined(incident.joined() + 1);
  if (const Notices* notices = NoticesOf(event)) Take(&incident, *notices);
  if (const ev::Turn* turn = TurnOf(event)) Take(&incident, turn->notices());
  if (!incident.pending().empty() && incident.digest_at_ms() == 0) {
    uint32_t minutes = PolicyOf(state, incident).rules().policy().digest_minutes();
    if (minutes == 0) minutes = kDigestMinutes;
    incident.set_digest_at_ms((log_time + Minutes(minutes)).ms);
  }
  state.PutCase(number, incident);
}

void AddDigest(Draft& draft, const CaseNumber& number, Case& c, int64_t was_due_ms, bool outage) {
  ev::Event event;
  ev::IncidentDigest* digest = event.mutable_incident_digest();
  digest->set_was_due_ms(was_due_ms);
  digest->set_outage(outage);
  digest->set_joined(c.joined());
  const Timestamp not_before = LadderPlanner(draft.state(), number, c, draft.now()).NotBefore();
  NoticeMaker maker(number, c);
  for (const auto& pending : c.pending()) {
    ev::Notice& notice = *digest->add_notices();
    notice = maker.Make(pending.staff_id(), pending.tier(), ev::PURPOSE_DIGEST, not_before);
    notice.set_stands_for(pending.notices());
  }
  draft.AddCaseEvent(number, c, std::move(event));
}

void EndDigests(Draft& draft, const CaseNumber& number, Case& c) {
  if (c.digest_at_ms() != 0) AddDigest(draft, number, c, 0, false);
}

}  // namespace lastmeter
