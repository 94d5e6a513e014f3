// Opens cases from reports, attaches repeated ones.
#include <algorithm>
#include <cstdio>

#include "engine/base/check.h"
#include "engine/core/bulletin.h"
#include "engine/core/case_applier.h"
#include "engine/core/certify_case.h"
#include "engine/core/draft.h"
#include "engine/core/incident.h"
#include "engine/core/ladder.h"
#include "lastmeter/report/v1/report.pb.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Report = lastmeter::report::v1::HardshipReport;

constexpr char kUnreadableKind[] = "unreadable-report";
constexpr size_t kMostInputBytes = 512 * 1024;
constexpr size_t kMostKindBytes = 64;
constexpr size_t kMostTwins = 8;
constexpr size_t kMostSubjectBytes = 500;
constexpr Millis kTwinWindow = Hours(72);

bool IsArea(const std::string& code) {
  const size_t n = code.size();
  return (n == 6 || n == 9 || n == 12 || n == 14 || n == 15) && IsDigits(code, n);
}

std::string RoutingCodeOf(const std::string& area) {
  std::string code = area.substr(0, 12);
  code.resize(12, '0');
  return code;
}

bool InThisPartition(const PartitionState& state, const std::string& routing_code) {
  const auto& meta = state.meta();
  return meta.partition_count() == 0 ||
         PartitionFor(routing_code, meta.partition_count()) == meta.partition();
}

bool IsUsable(const PartitionState& state, const Report& r) {
  return !ReportInputId(r.report_id()).empty() && !r.kind().empty() &&
         r.kind().size() <= kMostKindBytes && IsArea(r.area()) &&
         r.routing_code() == RoutingCodeOf(r.area()) && InThisPartition(state, r.routing_code()) &&
         !r.reporter().id().empty() && r.household_ref().size() <= 128 &&
         r.subject().size() <= kMostSubjectBytes;
}

// A routing code of no real place that leads to this partition: the district's six digits, 999 for
// the town, and the first number that the partitioner sends here. Cases without a readable area
// are numbered under it, so that commands that name them find them.
std::string UnreadableCode(const PartitionState& state, const std::string& district) {
  for (int n = 0; n < 1000; ++n) {
    char suffix[16];
    std::snprintf(suffix, sizeof suffix, "999%03d", n);
    std::string code = district + suffix;
    if (InThisPartition(state, code)) return code;
  }
  return district + "999999";
}

std::string DistrictOf(const PartitionState& state) {
  for (const auto& area : RosterOf(state).rules().areas()) {
    if (area.tier() == cm::TIER_DISTRICT) return area.code();
  }
  return "000000";
}

struct Opening {
  std::string routing_code;
  cm::Tier enter_at = cm::TIER_UNSPECIFIED;
  bool restricted = false;
  bool drill = false;
  // Set for a kind that is certified every so many months.
  const lastmeter::rules::v1::Kind* certified = nullptr;
  bool bulletin = false;
  // The open incident that the case joins.
  std::optional<CaseNumber> joins;
  std::string area;
  ev::CaseOpened opened;  // without clocks, turn, notices
};

// The case as opened.
void Emit(Draft& draft, const CaseNumber& number, Opening opening) {
  Case& c = draft.state().scratch().decided;
  c.Clear();
  c.set_area(opening.area);
  c.set_restricted(opening.restricted);
  c.set_drill(opening.drill);
  c.set_cycle(1);
  ev::Event event;
  *event.mutable_case_opened() = std::move(opening.opened);
  draft.AddCaseEvent(number, c, std::move(event));
}

void Open(Draft& draft, Opening opening) {
  const PartitionState& state = draft.state();
  ev::CaseOpened& opened = opening.opened;
  const int64_t code = std::stoll(opening.routing_code);
  const uint32_t year = DateOf(draft.now()) / 10000;
  const CaseNumber number{code, year, state.LastCounter(code, year) + 1};
  if (!opening.drill && opening.certified == nullptr && !opening.bulletin && !opened.incident()) {
    for (const CaseNumber& twin :
         state.RecentCases(code, opened.kind(), draft.now() - kTwinWindow, kMostTwins)) {
      opened.add_possible_twins(twin.ToString());
    }
  }
  opened.set_rules_ordinal(state.meta().rules_ordinal());

  // The case as it will be, for the look-ups; the event then makes it so.
  Case& plan = state.scratch().decided;
  plan.Clear();
  plan.set_area(opening.area);
  plan.set_restricted(opening.restricted);
  plan.set_drill(opening.drill);
  plan.set_kind(opened.kind());
  plan.set_level(opened.level());
  plan.set_reporter_id(opened.reporter().id());
  plan.set_rules_ordinal(opened.rules_ordinal());
  const LadderPlanner planner(state, number, plan, draft.now());
  // A gateway whose clock is ahead of ours must not lengthen a promise.
  const Timestamp start = std::min(Timestamp{opened.accepted_at_ms()}, draft.now());
  if (opening.certified != nullptr) {
    // Nobody's turn: whoever serves the area is reminded when it is near.
    const Timestamp last{std::min(opened.occurred_at_ms(), draft.now().ms)};
    *opened.add_clocks() = NextCertification(*opening.certified, last, draft.now());
    opened.set_scheduled(true);
    return Emit(draft, number, std::move(opening));
  }
  if (opening.bulletin) {
    for (auto& reader : BulletinReaders(state, plan)) {
      auto* unread = plan.add_unread();
      unread->set_grid(reader.grid());
      unread->set_staff_id(reader.staff_id());
      *opened.add_readers() = std::move(reader);
    }
  }
  if (!opened.readers().empty()) {
    // Nobody's turn: each grid says so itself, and what is left climbs as one case.
    *opened.add_clocks() = *planner.StartClock(cm::PROMISE_RESOLVE, start);
    opened.set_bulletin(true);
    TellReaders(planner, number, plan, ev::PURPOSE_BULLETIN, opened.mutable_authorities());
    return Emit(draft, number, std::move(opening));
  }
  for (auto& clock : planner.StartClocks(start)) *opened.add_clocks() = std::move(clock);
  if (opening.joins) {
    // Nobody's turn: the incident's ladder asks for all that joined it.
    opened.set_joins(opening.joins->ToString());
    TellJoined(state, *opening.joins, number, plan, opening.enter_at, draft.now(),
               opened.mutable_authorities());
    return Emit(draft, number, std::move(opening));
  }
  LadderPlanner::Climb climb = planner.Plan(cm::PROMISE_ACKNOWLEDGE, 1, opening.enter_at);
  NoticeMaker maker(number, plan);
  const bool direct = climb.passed.empty() && climb.turn && !climb.fallback;
  if (direct) {
    *opened.mutable_turn() = *std::move(climb.turn);
    // Notices are numbered through: the authorities' follow the turn's.
    maker.Skip(opened.turn().notices_size());
  }
  for (auto& notice : planner.NoticesToAuthorities(&maker)) {
    *opened.add_authorities() = std::move(notice);
  }

  const cm::Tier enter_at = opening.enter_at;
  Emit(draft, number, std::move(opening));
  if (direct) return;

  // Planned again from the case as opened: the notices go on from the authorities'.
  Case& c = state.scratch().decided;
  climb = LadderPlanner(state, number, c, draft.now()).Plan(cm::PROMISE_ACKNOWLEDGE, 1, enter_at);
  AddClimb(draft, number, c, std::move(climb));
}

void OpenUnreadable(Draft& draft, Timestamp accepted) {
  const PartitionState& state = draft.state();
  Opening opening;
  const std::string district = DistrictOf(state);
  opening.routing_code = UnreadableCode(state, district);
  opening.area = district;
  opening.enter_at = cm::TIER_DISTRICT;
  ev::CaseOpened& opened = opening.opened;
  opened.set_kind(kUnreadableKind);
  const auto* kind = RosterOf(state).FindKind(kUnreadableKind);
  opened.set_level(kind == nullptr ? cm::LEVEL_URGENT : kind->level());
  opened.mutable_reporter()->set_id("unknown");
  opened.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
  opened.set_accepted_at_ms(accepted.ms);
  opened.set_occurred_at_ms(accepted.ms);
  opened.set_unreadable(true);
  Open(draft, std::move(opening));
}

void Attach(Draft& draft, const CaseNumber& number, const Report& report, int64_t accepted_at_ms,
            cm::Level level) {
  Case& c = draft.state().scratch().decided;
  LM_CHECK(draft.state().ReadCase(number, &c)) << number.ToString();
  ev::Event event;
  ev::ReportAttached* attached = event.mutable_report_attached();
  attached->set_report_id(report.report_id());
  attached->set_kind(report.kind());
  *attached->mutable_reporter() = report.reporter();
  attached->set_occurred_at_ms(std::min(report.occurred_at_ms(), accepted_at_ms));
  attached->set_accepted_at_ms(accepted_at_ms);
  draft.AddCaseEvent(number, c, std::move(event));
  // Whatever was met before: somebody is in trouble again.
  if (c.follow_ups_left() > 0) {
    EndFollowUp(draft, number, c, ev::FOLLOW_UP_END_REPORTED_AGAIN, report.reporter(), nullptr);
  }
  // Whatever was waited for: somebody needs help now.
  if (c.hold_until_ms() != 0) {
    ev::HoldEnded ended;
    ended.set_reason(ev::HOLD_END_REPORTED_AGAIN);
    ended.set_ended_at_ms(draft.now().ms);
    EndHold(draft, number, c, std::move(ended));
  }
  // A date on a list grows no more urgent.
  if (level < c.level() && !c.scheduled()) RaiseLevel(draft, number, c, level, "", nullptr);
}

}  // namespace

Timestamp DecideReport(Draft& draft, const LogInput& input) {
  const PartitionState& state = draft.state();
  Report& report = state.scratch().report;
  const bool readable =
      input.bytes.size() <= kMostInputBytes && report.ParseFromString(input.bytes);
  const Timestamp accepted = readable && report.accepted_at_ms() > 0
                                 ? Timestamp{report.accepted_at_ms()}
                                 : input.appended_at;
  if (!readable || !IsUsable(state, report)) {
    OpenUnreadable(draft, accepted);
    return accepted;
  }
  if (auto first_seq = state.FindSeen(ReportInputId(report.report_id()))) {
    ev::InputRepeated* repeated = draft.AddEvent().mutable_input_repeated();
    repeated->set_input_id(report.report_id());
    repeated->set_first_seq(*first_seq);
    return accepted;
  }
  // A kind that the policy does not know must not lose a person: it opens as urgent.
  const auto* kind = RosterOf(state).FindKind(report.kind());
  const cm::Level level = kind == nullptr ? cm::LEVEL_URGENT : kind->level();
  const bool restricted = kind != nullptr && kind->restricted();
  const bool scheduled = kind != nullptr && kind->certify_every_months() > 0;
  const Lane lane = scheduled ? Lane::kScheduled : restricted ? Lane::kRestricted : Lane::kOpen;
  // Each report of an exercise is a case of its own: none touches a real household's.
  if (auto number = state.OpenCaseOfHousehold(report.household_ref(), lane);
      number && !report.drill() && (kind == nullptr || (!kind->bulletin() && !kind->incident()))) {
    Attach(draft, *number, report, accepted.ms, level);
    return accepted;
  }
  Opening opening;
  opening.drill = report.drill();
  if (scheduled) opening.certified = kind;
  opening.bulletin = kind != nullptr && kind->bulletin();
  opening.routing_code = report.routing_code();
  // Villages merge and split; reports go on naming the old code for a while.
  opening.area = RosterOf(state).CurrentArea(report.area());
  if (opening.area != report.area()) opening.opened.set_reported_area(report.area());
  bool incident = kind != nullptr && kind->incident();
  if (incident) {
    // Declared twice, it is one.
    if (const auto open = IncidentAt(state, opening.area, report.drill())) {
      Attach(draft, *open, report, accepted.ms, level);
      return accepted;
    }
    incident = MayDeclareIncident(state, opening.area, report.reporter_tier());
  } else if (!restricted && !scheduled && !opening.bulletin) {
    opening.joins = IncidentTaking(state, opening.area, report.kind(), report.drill());
  }
  opening.restricted = restricted;
  opening.enter_at = RosterOf(state).EntryTier(report.reporter_tier());
  if (restricted) opening.enter_at = std::max(opening.enter_at, cm::TIER_TOWN);
  // Whoever declared it: the village answers for what happens there.
  if (incident) opening.enter_at = cm::TIER_VILLAGE;
  ev::CaseOpened& opened = opening.opened;
  opened.set_report_id(report.report_id());
  opened.set_kind(report.kind());
  opened.set_level(level);
  *opened.mutable_reporter() = report.reporter();
  opened.set_reporter_tier(report.reporter_tier());
  opened.set_accepted_at_ms(accepted.ms);
  const int64_t occurred = report.occurred_at_ms() > 0 ? report.occurred_at_ms() : accepted.ms;
  opened.set_occurred_at_ms(std::min(occurred, accepted.ms));
  opened.set_occurred_at_clipped(report.occurred_at_clipped() || occurred > accepted.ms);
  opened.set_incident(incident);
  // An incident is no household's.
  if (!incident) opened.set_household_ref(report.household_ref());
  opened.set_proactive(report.proactive());
  if (opening.bulletin) opened.set_subject(report.subject());
  Open(draft, std::move(opening));
  return accepted;
}

}  // namespace lastmeter
