#include "engine/core/ladder.h"

#include <algorithm>

#include "engine/core/case_applier.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
namespace rl = lastmeter::rules::v1;

void SetDuration(rl::Duration* d, uint32_t amount) {
  d->set_amount(amount);
  d->set_unit(rl::DURATION_UNIT_MINUTES);
}

// Rules of a partition into which none were installed yet: one tier, the district's fallback post.
std::unique_ptr<RulesView> MakeBuiltInRules() {
  rl::Rules rules;
  rules.set_version("built-in");
  rules.mutable_policy()->set_fallback_staff_id(kBuiltInFallback);
  for (cm::Level level :
       {cm::LEVEL_CRITICAL, cm::LEVEL_URGENT, cm::LEVEL_ORDINARY, cm::LEVEL_ATTENTION}) {
    rl::LevelPolicy* policy = rules.mutable_policy()->add_levels();
    policy->set_level(level);
    rl::Rung* rung = policy->mutable_acknowledge()->add_rungs();
    rung->set_tier(cm::TIER_DISTRICT);
    SetDuration(rung->mutable_answer_within(), 30);
    SetDuration(policy->mutable_acknowledge()->mutable_remind_every(), 30);
    rl::ClockPolicy* resolve = policy->add_clocks();
    resolve->set_promise(cm::PROMISE_RESOLVE);
    SetDuration(resolve->mutable_within(), 10 * 24 * 60);
    rung = resolve->mutable_overdue()->add_rungs();
    rung->set_tier(cm::TIER_DISTRICT);
    SetDuration(rung->mutable_answer_within(), 24 * 60);
    SetDuration(resolve->mutable_overdue()->mutable_remind_every(), 24 * 60);
  }
  rl::Area* district = rules.add_areas();
  district->set_code("000000");
  district->set_tier(cm::TIER_DISTRICT);
  rl::Post* post = rules.add_roster();
  post->set_staff_id(kBuiltInFallback);
  post->set_tier(cm::TIER_DISTRICT);
  post->set_area(district->code());
  post->set_duty(rl::DUTY_ALWAYS);
  rl::DutyPeriod* duty = rules.mutable_calendar()->add_duty();
  duty->set_from_minute(8 * 60 + 30);
  duty->set_to_minute(17 * 60 + 30);
  rules.mutable_calendar()->set_known_until(99991231);
  return RulesView::Create(std::move(rules));
}

const RulesView& BuiltInRules() {
  static const RulesView& rules = *MakeBuiltInRules().release();
  return rules;
}

// Promised only once something has happened: relief before anybody verified, a need that is met, a
// referral; or by another kind of case, certification.
bool IsLater(cm::Promise promise) {
  return promise == cm::PROMISE_PAPERWORK || promise == cm::PROMISE_FOLLOW_UP ||
         promise == cm::PROMISE_REFERRAL || promise == cm::PROMISE_CERTIFICATION;
}

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& sorted,
              const std::string& id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

bool Contains(const std::vector<Candidate>& staff, const std::string& id) {
  return std::any_of(staff.begin(), staff.end(),
                     [&](const Candidate& one) { return one.id == id; });
}

}  // namespace

const RulesView& PolicyOf(const PartitionState& state, const lastmeter::state::v1::Case& c) {
  const RulesView* rules = state.rules(c.rules_ordinal());
  return rules == nullptr ? BuiltInRules() : *rules;
}

const RulesView& RosterOf(const PartitionState& state) {
  const RulesView* rules = state.rules();
  return rules == nullptr ? BuiltInRules() : *rules;
}

const rl::ClockPolicy* ClockPolicyOf(const PartitionState& state,
                                     const lastmeter::state::v1::Case& c,
                                     const lastmeter::state::v1::Clock& clock) {
  const cm::Level level = clock.level() == cm::LEVEL_UNSPECIFIED ? c.level() : clock.level();
  return PolicyOf(state, c).FindClock(level, clock.promise());
}

bool IsPausedBy(const rl::ClockPolicy& clock, cm::HoldReason reason) {
  return std::find(clock.paused_by().begin(), clock.paused_by().end(), reason) !=
         clock.paused_by().end();
}

std::vector<Pause> PausesOf(const lastmeter::state::v1::Clock& clock) {
  std::vector<Pause> pauses;
  for (const auto& pause : clock.pauses()) {
    if (pause.to_ms() != 0) pauses.push_back({{pause.from_ms()}, {pause.to_ms()}});
  }
  return pauses;
}

const std::string& FallbackStaff(const PartitionState& state) {
  return RosterOf(state).rules().policy().fallback_staff_id();
}

ev::Notice NoticeMaker::Make(const Candidate& candidate, cm::Tier tier, ev::Purpose purpose,
                             Timestamp not_before) {
  ev::Notice notice = Make(candidate.id, tier, purpose, not_before);
  notice.set_stands_in_for(candidate.stands_in_for);
  return notice;
}

ev::Notice NoticeMaker::Make(const std::string& staff_id, cm::Tier tier, ev::Purpose purpose,
                             Timestamp not_before) {
  ev::Notice notice;
  std::string& id = *notice.mutable_notice_id();
  id = prefix_;
  id += std::to_string(next_++);
  notice.set_staff_id(staff_id);
  notice.set_tier(tier);
  notice.set_purpose(purpose);
  notice.set_not_before_ms(not_before.ms);
  return notice;
}

const rl::Ladder* LadderPlanner::LadderOf(cm::Promise promise) const {
  const RulesView& policy = PolicyOf(state_, case_);
  if (promise == cm::PROMISE_ACKNOWLEDGE) return &policy.FindLevel(case_.level())->acknowledge();
  const rl::ClockPolicy* clock = policy.FindClock(case_.level(), promise);
  // A clock that an earlier level brought along and this one does not know climbs as the
  // resolving clock does.
  if (clock == nullptr) clock = policy.FindClock(case_.level(), cm::PROMISE_RESOLVE);
  return &clock->overdue();
}

const rl::Duration* LadderPlanner::TimeOf(cm::Promise promise, cm::Tier tier) const {
  const rl::Ladder* ladder = LadderOf(promise);
  for (const auto& rung : ladder->rungs()) {
    if (rung.tier() == tier) return &rung.answer_within();
  }
  return &ladder->rungs(ladder->rungs_size() - 1).answer_within();
}

Timestamp LadderPlanner::NextReminder(cm::Promise promise) const {
  return RosterOf(state_).calendar().After(now_, LadderOf(promise)->remind_every()).due;
}

Deadline LadderPlanner::LimitOf(cm::Promise promise, cm::Tier tier, Timestamp entered) const {
  const rl::Duration& time = *TimeOf(promise, tier);
  const bool round_the_clock = time.unit() == rl::DURATION_UNIT_MINUTES;
  return RosterOf(state_).calendar().After(round_the_clock ? TellAt(entered) : entered, time);
}

Timestamp LadderPlanner::TellAt(Timestamp t) const {
  if (!PolicyOf(state_, case_).FindLevel(case_.level())->quiet_outside_duty()) return t;
  return RosterOf(state_).calendar().NextDuty(t);
}

Timestamp LadderPlanner::NotBefore() const {
  const Timestamp tell_at = TellAt();
  return tell_at == now_ ? Timestamp{0} : tell_at;
}

Candidates LadderPlanner::Find(cm::Tier tier) const {
  Candidates found;
  const RulesView& roster = RosterOf(state_);
  const auto& reachable = roster.FindPosts(case_.area(), tier);
  const Timestamp tell_at = TellAt();
  bool somebody = false;
  for (const rl::Post* post : reachable.posts) {
    if (post->outside_authority()) continue;
    if (!roster.OnDuty(*post, tell_at)) continue;
    if (case_.restricted() && !post->named_officer()) continue;
    auto present = Present(post->staff_id());
    if (!present) continue;
    somebody = true;
    if (present->id == case_.reporter_id() || Contains(found.staff, present->id)) continue;
    if (found.staff.size() < kMostNotices) found.staff.push_back(*std::move(present));
  }
  if (found.staff.empty()) {
    found.empty_because = somebody               ? ev::PASS_REASON_SAME_PEOPLE
                          : reachable.area_known ? ev::PASS_REASON_NOBODY_ON_DUTY
                                                 : ev::PASS_REASON_AREA_UNKNOWN;
  }
  return found;
}

LadderPlanner::Climb LadderPlanner::Plan(cm::Promise promise, uint32_t round, cm::Tier from) const {
  Climb climb;
  const auto* clock = FindClock(case_, promise);
  const bool same_round = clock != nullptr && clock->round() == round;
  const auto asked_before = [&](const std::string& id) {
    return same_round && Contains(clock->asked(), id);
  };
  const Timestamp not_before = NotBefore();
  NoticeMaker maker(number_, case_);
  const auto begin = [&](cm::Tier tier, const std::vector<Candidate>& staff) {
    ev::Turn turn;
    turn.set_promise(promise);
    turn.set_round(round);
    turn.set_tier(tier);
    turn.set_entered_at_ms(now_.ms);
    const Deadline limit = LimitOf(promise, tier, now_);
    turn.set_due_ms(limit.due.ms);
    turn.set_provisional(limit.provisional);
    for (const Candidate& one : staff) {
      *turn.add_notices() = maker.Make(one, tier, ev::PURPOSE_ANSWER, not_before);
    }
    return turn;
  };

  for (const auto& rung : LadderOf(promise)->rungs()) {
    if (rung.tier() < from) continue;
    if (case_.restricted() && rung.tier() < cm::TIER_TOWN) continue;
    Candidates candidates = Find(rung.tier());
    std::vector<Candidate> staff;
    for (const Candidate& one : candidates.staff) {
      if (!asked_before(one.id)) staff.push_back(one);
    }
    if (staff.empty()) {
      ev::TierPassed& passed = climb.passed.emplace_back();
      passed.set_promise(promise);
      passed.set_round(round);
      passed.set_tier(rung.tier());
      passed.set_reason(candidates.staff.empty() ? candidates.empty_because
                                                 : ev::PASS_REASON_SAME_PEOPLE);
      continue;
    }
    climb.turn = begin(rung.tier(), staff);
    std::vector<Candidate> told = std::move(staff);
    for (int tier : rung.copied_in()) {
      if (case_.restricted() && tier < cm::TIER_TOWN) continue;
      for (const Candidate& one : Find(static_cast<cm::Tier>(tier)).staff) {
        if (Contains(told, one.id) || told.size() >= kMostNotices) continue;
        *climb.turn->add_notices() =
            maker.Make(one, static_cast<cm::Tier>(tier), ev::PURPOSE_COPY, not_before);
        told.push_back(one);
      }
    }
    return climb;
  }

  const std::string& fallback = FallbackStaff(state_);
  if (!asked_before(fallback)) {
    climb.turn = begin(cm::TIER_DISTRICT, {Candidate{fallback, {}}});
    climb.fallback = true;
  }
  return climb;
}

std::optional<Candidate> LadderPlanner::Present(const std::string& staff_id) const {
  const RulesView& roster = RosterOf(state_);
  // Asked for everybody at every rung, and most days nobody is away.
  if (roster.rules().absences().empty()) return Candidate{staff_id, {}};
  const Date date = DateOf(TellAt());
  const rl::Absence* absence = roster.AbsenceOf(staff_id, date);
  if (absence == nullptr) return Candidate{staff_id, {}};
  // Whoever stands in may be away too; nobody stands in for a stand-in.
  const std::string& stand_in = absence->stand_in();
  if (stand_in.empty() || roster.AbsenceOf(stand_in, date) != nullptr) return std::nullopt;
  if (case_.restricted() && !roster.HoldsNamedPost(stand_in)) return std::nullopt;
  return Candidate{stand_in, staff_id};
}

std::vector<ev::Notice> LadderPlanner::NoticesAtTop(ev::Purpose purpose) const {
  Candidates top = Find(cm::TIER_DISTRICT);
  if (top.staff.empty()) top.staff.push_back({FallbackStaff(state_), {}});
  NoticeMaker maker(number_, case_);
  const Timestamp not_before = NotBefore();
  std::vector<ev::Notice> notices;
  for (const Candidate& one : top.staff) {
    notices.push_back(maker.Make(one, cm::TIER_DISTRICT, purpose, not_before));
  }
  return notices;
}

void LadderPlanner::AddTier(cm::Tier tier, ev::Purpose purpose,
                            google::protobuf::RepeatedPtrField<ev::Notice>* notices) const {
  std::vector<Candidate> staff = Find(tier).staff;
  while (staff.empty() && tier < cm::TIER_DISTRICT) {
    tier = static_cast<cm::Tier>(tier + 1);
    staff = Find(tier).staff;
  }
  if (staff.empty()) staff.push_back({FallbackStaff(state_), {}});
  NoticeMaker maker(number_, case_);
  maker.Skip(notices->size());
  for (const Candidate& one : staff) {
    const bool told = std::any_of(notices->begin(), notices->end(), [&](const ev::Notice& notice) {
      return notice.staff_id() == one.id;
    });
    if (!told) *notices->Add() = maker.Make(one, tier, purpose, NotBefore());
  }
}

std::vector<ev::Notice> LadderPlanner::NoticesToHolder(ev::Purpose purpose) const {
  std::vector<std::string> staff;
  if (!case_.handler_id().empty()) {
    staff.push_back(case_.handler_id());
  } else if (const auto* clock = FindClock(case_, cm::PROMISE_ACKNOWLEDGE)) {
    staff.assign(clock->asked().begin(), clock->asked().end());
  }
  // Whoever has left the roster since is told no more.
  const RulesView& roster = RosterOf(state_);
  std::erase_if(staff, [&](const std::string& id) {
    return id != FallbackStaff(state_) && !roster.InRoster(id);
  });
  if (staff.empty()) return NoticesAtTop(purpose);
  if (staff.size() > kMostNotices) staff.resize(kMostNotices);
  NoticeMaker maker(number_, case_);
  const Timestamp not_before = NotBefore();
  std::vector<ev::Notice> notices;
  for (const std::string& id : staff) {
    // Whoever holds the case keeps it while away; whoever stands in is told instead.
    notices.push_back(maker.Make(Present(id).value_or(Candidate{id, {}}), HoldingTier(case_),
                                 purpose, not_before));
  }
  return notices;
}

std::vector<ev::Notice> LadderPlanner::NoticesToTold(ev::Purpose purpose,
                                                     const std::string& but_for) const {
  const RulesView& roster = RosterOf(state_);
  NoticeMaker maker(number_, case_);
  const Timestamp not_before = NotBefore();
  std::vector<ev::Notice> notices;
  for (const std::string& id : case_.told()) {
    if (notices.size() == kMostNotices) break;
    // Whoever has left the roster since is told no more.
    if (id == but_for || (id != FallbackStaff(state_) && !roster.InRoster(id))) continue;
    notices.push_back(maker.Make(id, roster.TierOver(id, case_.area()), purpose, not_before));
  }
  return notices;
}

std::vector<ev::Notice> LadderPlanner::NoticesToAuthorities(NoticeMaker* maker) const {
  std::vector<ev::Notice> notices;
  const rl::Kind* kind = PolicyOf(state_, case_).FindKind(case_.kind());
  if (kind == nullptr) return notices;
  for (const std::string& id : kind->outside_authorities()) {
    notices.push_back(maker->Make(id, cm::TIER_UNSPECIFIED, ev::PURPOSE_OUTSIDE_AUTHORITY, {0}));
  }
  return notices;
}

ev::ClockStart LadderPlanner::Start(const rl::ClockPolicy& clock, Timestamp start) const {
  const WorkCalendar& calendar = RosterOf(state_).calendar();
  ev::ClockStart s;
  s.set_promise(clock.promise());
  s.set_started_at_ms(start.ms);
  const Deadline near = calendar.NearDue(start, clock.within());
  const Deadline due = calendar.After(start, clock.within());
  s.set_near_due_ms(near.due.ms);
  s.set_due_ms(due.due.ms);
  s.set_provisional(due.provisional);
  // What stands still for the case's hold does so from its begin.
  s.set_paused(case_.hold_until_ms() != 0 && IsPausedBy(clock, case_.hold_reason()));
  return s;
}

ev::ClockStart LadderPlanner::Limits(const lastmeter::state::v1::Clock& clock,
                                     const std::vector<Pause>& pauses) const {
  ev::ClockStart s;
  s.set_promise(clock.promise());
  s.set_started_at_ms(clock.started_at_ms());
  s.set_near_due_ms(clock.near_due_ms());
  s.set_due_ms(clock.due_ms());
  s.set_provisional(clock.provisional());
  const rl::ClockPolicy* policy = ClockPolicyOf(state_, case_, clock);
  if (policy == nullptr) return s;
  const WorkCalendar& calendar = RosterOf(state_).calendar();
  const Timestamp start{clock.started_at_ms()};
  if (!clock.near_due_fired()) {
    s.set_near_due_ms(calendar.NearDue(start, policy->within(), pauses).due.ms);
  }
  Deadline due = calendar.After(start, policy->within(), pauses);
  if (clock.has_extension()) {
    const bool provisional = due.provisional;
    due = calendar.After(due.due, clock.extension(), pauses);
    due.provisional = due.provisional || provisional;
  }
  s.set_due_ms(due.due.ms);
  s.set_provisional(due.provisional);
  return s;
}

ev::ClockStart LadderPlanner::Resume(const lastmeter::state::v1::Clock& clock,
                                     Timestamp from) const {
  std::vector<Pause> pauses = PausesOf(clock);
  pauses.push_back({{clock.pauses(clock.pauses_size() - 1).from_ms()}, from});
  return Limits(clock, pauses);
}

std::vector<ev::ClockStart> LadderPlanner::StartClocks(Timestamp start) const {
  std::vector<ev::ClockStart> starts;
  for (const auto& clock : PolicyOf(state_, case_).FindLevel(case_.level())->clocks()) {
    if (!IsLater(clock.promise())) starts.push_back(Start(clock, start));
  }
  return starts;
}

std::optional<ev::ClockStart> LadderPlanner::StartClock(cm::Promise promise,
                                                        Timestamp start) const {
  const rl::ClockPolicy* clock = PolicyOf(state_, case_).FindClock(case_.level(), promise);
  if (clock == nullptr) return std::nullopt;
  return Start(*clock, start);
}

}  // namespace lastmeter
