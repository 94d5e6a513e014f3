// Incidents, the cases that join them, and digests: the part of CaseBook that judges them.
#include <algorithm>

#include "tools/check/case_book.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

constexpr size_t kVillageDigits = 12;
constexpr int64_t kUsualMinutes = 10;

bool Waits(ev::Purpose purpose) {
  return purpose == ev::PURPOSE_ANSWER || purpose == ev::PURPOSE_COPY ||
         purpose == ev::PURPOSE_REMINDER || purpose == ev::PURPOSE_NEAR_DUE ||
         purpose == ev::PURPOSE_RED_CARD || purpose == ev::PURPOSE_JOINED;
}

}  // namespace

void CaseBook::TakeRules(uint32_t ordinal, const lastmeter::rules::v1::Rules& rules) {
  IncidentRules& known = incident_rules_[ordinal];
  known.digest_minutes = rules.policy().digest_minutes();
  if (known.digest_minutes == 0) known.digest_minutes = kUsualMinutes;
  for (const auto& kind : rules.policy().kinds()) {
    if (!kind.incident()) continue;
    known.takes[kind.code()].insert(kind.takes().begin(), kind.takes().end());
  }
}

const CaseBook::IncidentRules& CaseBook::RulesOf(const IncidentRecord& incident) {
  const auto it = incident_rules_.find(incident.rules_ordinal);
  if (it != incident_rules_.end()) return it->second;
  // Rules that were never installed are said elsewhere.
  return incident_rules_.empty() ? incident_rules_[0] : incident_rules_.rbegin()->second;
}

bool CaseBook::Gathers(const CaseNumber& incident) const {
  const auto it = cases_.find(incident);
  return it != cases_.end() && it->second.incident && !it->second.closed && !it->second.quarantined;
}

std::optional<CaseNumber> CaseBook::IncidentTaking(std::string_view area, bool drill,
                                                   const std::string& kind) {
  if (area.size() < kVillageDigits) return std::nullopt;
  // The one with the lowest number counts, whatever it takes.
  for (const auto& [number, incident] : incidents_) {
    if (incident.village != area.substr(0, kVillageDigits) || incident.drill != drill) continue;
    if (!Gathers(number)) continue;
    const IncidentRules& rules = RulesOf(incident);
    const auto takes = rules.takes.find(incident.kind);
    const bool fits = takes != rules.takes.end() && takes->second.contains(kind);
    return fits ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

void CaseBook::TakeIncident(const At& at) {
  const auto& e = at.event.case_opened();
  const auto complain = [&](const std::string& what) {
    sink_.Report(rule::kIncident, at.name() + ": " + what);
  };
  const bool ordinary = !e.scheduled() && !e.bulletin() && !at.event.restricted() && !e.incident();
  const auto joins = ordinary ? IncidentTaking(at.event.area(), at.event.drill(), e.kind())
                              : std::optional<CaseNumber>();
  if (!e.joins().empty()) at.c.joins = Read(e.joins());
  if (joins != at.c.joins) {
    complain(joins ? "does not join " + joins->ToString() + ", which takes its kind"
                   : "joins " + e.joins() + ", which does not take it");
  }
  if (at.c.joins && e.has_turn()) complain("joins an incident and asks somebody by itself");
  if (!e.incident()) return;
  if (at.event.area().size() != kVillageDigits || e.reporter_tier() < cm::TIER_VILLAGE) {
    complain("an incident of no village, or declared below the village");
  }
  for (const auto& [number, other] : incidents_) {
    if (other.village == at.event.area() && other.drill == at.event.drill() && Gathers(number)) {
      complain("a second incident of the village beside " + number.ToString());
    }
  }
  at.c.incident = true;
  IncidentRecord& incident = incidents_[at.number];
  incident.village = at.event.area();
  incident.drill = at.event.drill();
  incident.kind = e.kind();
  incident.rules_ordinal = e.rules_ordinal();
}

void CaseBook::CheckIncident(const At& at) {
  const bool gathered = at.c.joins && Gathers(*at.c.joins);
  const std::string named = gathered ? at.c.joins->ToString() : std::string();
  sink_.Require(at.event.incident() == named, rule::kIncident, [&] {
    return at.name() + ": left to the digests of '" + at.event.incident() + "', not of '" + named +
           "'";
  });
  if (gathered && at.event.has_case_opened()) ++incidents_[*at.c.joins].joined;
}

void CaseBook::TakeForDigest(const At& at, const ev::Notice& notice) {
  const bool gathered = at.c.joins && Gathers(*at.c.joins);
  sink_.Require(notice.in_digest() == (gathered && Waits(notice.purpose())), rule::kDigest, [&] {
    return notice.notice_id() + (notice.in_digest() ? " waits for a digest, and must not"
                                                    : " does not wait for a digest");
  });
  sink_.Require((notice.stands_for() > 0) == (notice.purpose() == ev::PURPOSE_DIGEST),
                rule::kDigest, [&] { return notice.notice_id() + " stands for others, or none"; });
  if (!gathered || !notice.in_digest()) return;
  IncidentRecord& incident = incidents_[*at.c.joins];
  PendingRecord& pending = incident.pending[notice.staff_id()];
  ++pending.notices;
  pending.tier = std::max<int>(pending.tier, notice.tier());
  CaseRecord& c = cases_[*at.c.joins];
  if (c.digest_at_ms == 0) {
    c.digest_at_ms = at.now() + RulesOf(incident).digest_minutes * 60'000;
  }
}

void CaseBook::TakeDigest(const At& at) {
  const auto& e = at.event.incident_digest();
  IncidentRecord& incident = incidents_[at.number];
  CheckLateness(at, e.outage(), false, false);
  if (e.was_due_ms() != 0) {
    CheckFired(at, e.was_due_ms(), at.c.digest_at_ms);
  } else {
    at.decision.incident_must_end = true;
  }
  bool same = at.c.incident && e.joined() == incident.joined &&
              static_cast<size_t>(e.notices_size()) == incident.pending.size();
  auto pending = incident.pending.begin();
  for (int i = 0; same && i < e.notices_size(); ++i, ++pending) {
    const auto& notice = e.notices(i);
    same = notice.staff_id() == pending->first && notice.stands_for() == pending->second.notices &&
           notice.tier() == pending->second.tier && notice.purpose() == ev::PURPOSE_DIGEST;
  }
  sink_.Require(same, rule::kDigest, [&] {
    return at.name() + ": tells otherwise of what was left to it since the digest before";
  });
  incident.pending.clear();
  at.c.digest_at_ms = 0;
  TakeNotices(at, e.notices());
}

}  // namespace lastmeter
