#include "engine/core/state.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/core/case_applier.h"
#include "engine/core/work.h"

namespace lastmeter {
namespace {

constexpr int kSeenDays = 400;

void AppendBigEndian(std::string* out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift & 0xff));
  }
}

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// FNV-1a, 64 bits.
uint64_t HashKind(std::string_view kind) {
  uint64_t h = 0xcbf29ce484222325u;
  for (char c : kind) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return h;
}

std::string HouseholdKey(std::string_view ref, Lane lane) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(lane)));
  key.append(ref);
  return key;
}

// Neither an exercise nor a schedule, bulletin or incident is anybody's twin.
bool HasPlace(const lastmeter::state::v1::Case& c) {
  return !c.drill() && !c.scheduled() && !c.bulletin() && !c.incident();
}

std::string CounterKey(int64_t code, uint32_t year) {
  std::string key(1, 'n');
  AppendBigEndian(&key, static_cast<uint64_t>(code), 8);
  AppendBigEndian(&key, year, 4);
  return key;
}

std::string RulesKey(uint32_t ordinal) {
  std::string key(1, 'r');
  AppendBigEndian(&key, ordinal, 4);
  return key;
}

}  // namespace

std::string CaseKey(char prefix, const CaseNumber& number) {
  std::string key;
  key.reserve(17);
  key.push_back(prefix);
  AppendBigEndian(&key, static_cast<uint64_t>(number.code), 8);
  AppendBigEndian(&key, number.year, 4);
  AppendBigEndian(&key, number.counter, 4);
  return key;
}

std::optional<CaseNumber> ParseCaseKey(std::string_view key) {
  if (key.size() != 17) return std::nullopt;
  return CaseNumber{static_cast<int64_t>(ReadBigEndian(key.substr(1, 8))),
                    static_cast<uint32_t>(ReadBigEndian(key.substr(9, 4))),
                    static_cast<uint32_t>(ReadBigEndian(key.substr(13, 4)))};
}

std::string SeenKey(std::string_view input_id) {
  std::string key(1, 's');
  key.append(input_id);
  return key;
}

Timestamp NextInstant(const lastmeter::state::v1::Case& c) {
  if (c.closed() || c.quarantined()) return kNever;
  int64_t next = c.hold_until_ms() == 0 ? kNever.ms : c.hold_until_ms();
  if (c.digest_at_ms() != 0) next = std::min(next, c.digest_at_ms());
  for (const auto& merge : c.accepted_merges()) next = std::min(next, merge.until_ms());
  for (const auto& work : c.works()) next = std::min(next, NextInstantMs(work));
  for (const auto& goal : c.goals()) {
    if (goal.tell_ms() != 0) next = std::min(next, goal.tell_ms());
  }
  for (const auto& clock : c.clocks()) {
    if (clock.stopped()) continue;
    if (clock.due_ms() != 0 && !clock.breached() && !IsPaused(clock)) {
      if (!clock.near_due_fired()) next = std::min(next, clock.near_due_ms());
      next = std::min(next, clock.due_ms());
    }
    if (clock.twice_due_ms() != 0) next = std::min(next, clock.twice_due_ms());
    if (clock.exhausted()) {
      next = std::min(next, clock.next_reminder_ms());
    } else if (clock.tier() != lastmeter::common::v1::TIER_UNSPECIFIED) {
      next = std::min(next, clock.turn_due_ms());
    }
  }
  return {next};
}

char* PartitionState::OpenCase::Make(Timestamp timer, uint32_t rules_ordinal, size_t size) {
  block_ = std::make_unique_for_overwrite<char[]>(sizeof(Header) + size);
  const Header header{timer, static_cast<uint32_t>(size), rules_ordinal};
  std::memcpy(block_.get(), &header, sizeof header);
  return block_.get() + sizeof header;
}

PartitionState::OpenCase::OpenCase(const Case& value, Timestamp timer) {
  char* bytes = Make(timer, value.rules_ordinal(), value.ByteSizeLong());
  value.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(bytes));
}

PartitionState::OpenCase::OpenCase(std::string_view bytes, Timestamp timer,
                                   uint32_t rules_ordinal) {
  std::memcpy(Make(timer, rules_ordinal, bytes.size()), bytes.data(), bytes.size());
}

uint32_t PartitionState::OpenCase::rules_ordinal() const {
  Header header;
  std::memcpy(&header, block_.get(), sizeof header);
  return header.rules_ordinal;
}

Timestamp PartitionState::OpenCase::timer() const {
  Header header;
  std::memcpy(&header, block_.get(), sizeof header);
  return header.timer;
}

std::string_view PartitionState::OpenCase::bytes() const {
  Header header;
  std::memcpy(&header, block_.get(), sizeof header);
  return {block_.get() + sizeof header, header.size};
}

bool PartitionState::LoadRow(std::string_view key, std::string_view value) {
  if (key.empty()) return false;
  const auto parse = [&](auto* message) {
    LM_CHECK(message->ParseFromArray(value.data(), static_cast<int>(value.size())))
        << "row of kind '" << key[0] << "' cannot be read";
  };
  switch (key[0]) {
    case 'm':
      parse(&meta_);
      return true;
    case 'r': {
      lastmeter::state::v1::InstalledRules installed;
      parse(&installed);
      Install(installed.ordinal(), std::move(*installed.mutable_rules()));
      return true;
    }
    case 'n':
      counters_[{static_cast<int64_t>(ReadBigEndian(key.substr(1, 8))),
                 static_cast<uint32_t>(ReadBigEndian(key.substr(9, 4)))}] =
          static_cast<uint32_t>(ReadBigEndian(value));
      return true;
    case 'o': {
      Case c;
      parse(&c);
      const CaseNumber number = *ParseCaseKey(key);
      NoteIncident(number, c);
      const Timestamp timer = NextInstant(c);
      open_.insert_or_assign(number, OpenCase(value, timer, c.rules_ordinal()));
      Index(number, c, timer);
      return true;
    }
    default:
      return false;
  }
}

std::optional<std::string> PartitionState::FindClosed(const CaseNumber& number) const {
  if (auto it = changes_.closed.find(number); it != changes_.closed.end()) return it->second;
  if (archive_ == nullptr) return std::nullopt;
  return archive_->Find(CaseKey('c', number));
}

bool PartitionState::ReadCase(const CaseNumber& number, Case* c) const {
  if (auto it = open_.find(number); it != open_.end()) {
    const std::string_view bytes = it->second.bytes();
    LM_CHECK(c->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        << "case " << number.ToString();
    return true;
  }
  c->Clear();
  std::optional<std::string> row = FindClosed(number);
  if (!row) return false;
  LM_CHECK(c->ParseFromString(*row)) << "closed case " << number.ToString();
  return true;
}

std::optional<PartitionState::Case> PartitionState::FindCase(const CaseNumber& number) const {
  Case c;
  if (!ReadCase(number, &c)) return std::nullopt;
  return c;
}

Lane LaneOf(const lastmeter::state::v1::Case& c) {
  if (c.scheduled()) return Lane::kScheduled;
  if (c.incident()) return Lane::kIncident;
  return c.restricted() ? Lane::kRestricted : Lane::kOpen;
}

std::optional<CaseNumber> PartitionState::OpenCaseOfHousehold(std::string_view household_ref,
                                                              Lane lane) const {
  if (household_ref.empty()) return std::nullopt;
  const std::string key = HouseholdKey(household_ref, lane);
  auto it = households_.lower_bound({key, CaseNumber{}});
  if (it == households_.end() || it->first != key) return std::nullopt;
  return it->second;
}

std::vector<CaseNumber> PartitionState::RecentCases(int64_t code, std::string_view kind,
                                                    Timestamp since, size_t most) const {
  std::vector<CaseNumber> numbers;
  const uint64_t kind_hash = HashKind(kind);
  auto it = places_.upper_bound(Place{code, kind_hash, UINT32_MAX, UINT32_MAX});
  while (it != places_.begin() && numbers.size() < most) {
    --it;
    if (it->first.code != code || it->first.kind_hash != kind_hash || it->second < since) break;
    numbers.push_back({code, it->first.year, it->first.counter});
  }
  return numbers;
}

std::optional<uint64_t> PartitionState::FindSeen(std::string_view input_id) const {
  SeenAt found{};
  if (auto it = changes_.seen.find(input_id); it != changes_.seen.end()) {
    found = it->second;
  } else {
    if (archive_ == nullptr) return std::nullopt;
    std::optional<std::string> row = archive_->Find(SeenKey(input_id));
    if (!row) return std::nullopt;
    lastmeter::state::v1::Seen seen;
    LM_CHECK(seen.ParseFromString(*row)) << "row of an input id cannot be read";
    found = {seen.first_seq(), seen.date()};
  }
  const Date today = meta_.today();
  if (today != 0 && StartOf(today) - StartOf(found.date) > Days(kSeenDays)) return std::nullopt;
  return found.first_seq;
}

uint32_t PartitionState::LastCounter(int64_t code, uint32_t year) const {
  auto it = counters_.find({code, year});
  return it == counters_.end() ? 0 : it->second;
}

const RulesView* PartitionState::rules() const { return rules(meta_.rules_ordinal()); }

const RulesView* PartitionState::rules(uint32_t ordinal) const {
  auto it = rules_.find(ordinal);
  return it == rules_.end() ? nullptr : it->second.view.get();
}

std::optional<PartitionState::Timer> PartitionState::NextTimer() const {
  if (timers_.empty()) return std::nullopt;
  return *timers_.begin();
}

std::optional<CaseNumber> PartitionState::NextOpenCase(
    const std::optional<CaseNumber>& after) const {
  auto it = after ? open_.upper_bound(*after) : open_.begin();
  if (it == open_.end()) return std::nullopt;
  return it->first;
}

std::optional<CaseNumber> PartitionState::NextRecompute() const {
  if (recompute_.empty()) return std::nullopt;
  return *recompute_.begin();
}

std::vector<Change> PartitionState::TakeChanges() {
  std::sort(changes_.open.begin(), changes_.open.end());
  changes_.open.erase(std::unique(changes_.open.begin(), changes_.open.end()), changes_.open.end());
  std::vector<Change> rows;
  rows.reserve(changes_.closed.size() + changes_.counters.size() + changes_.open.size() +
               changes_.rules.size() + changes_.seen.size() + 1);
  for (auto& [number, row] : changes_.closed) {
    rows.push_back({CaseKey('c', number), std::move(row)});
  }
  rows.push_back({"m", meta_.SerializeAsString()});
  for (const auto& [code, year] : changes_.counters) {
    std::string value;
    AppendBigEndian(&value, counters_.at({code, year}), 4);
    rows.push_back({CounterKey(code, year), std::move(value)});
  }
  for (const CaseNumber& number : changes_.open) {
    Change& row = rows.emplace_back(Change{CaseKey('o', number), std::nullopt});
    if (auto it = open_.find(number); it != open_.end()) row.value = it->second.bytes();
  }
  for (const uint32_t ordinal : changes_.rules) {
    Change& row = rows.emplace_back(Change{RulesKey(ordinal), std::nullopt});
    if (const RulesView* view = rules(ordinal)) {
      lastmeter::state::v1::InstalledRules installed;
      installed.set_ordinal(ordinal);
      *installed.mutable_rules() = view->rules();
      row.value = installed.SerializeAsString();
    }
  }
  for (const auto& [input_id, seen] : changes_.seen) {
    lastmeter::state::v1::Seen value;
    value.set_first_seq(seen.first_seq);
    value.set_date(seen.date);
    rows.push_back({SeenKey(input_id), value.SerializeAsString()});
  }
  changes_ = {};
  return rows;
}

Sha256Digest PartitionState::Digest() const {
  std::string all;
  const auto add = [&](std::string_view key, std::string_view value) {
    AppendBigEndian(&all, key.size(), 4);
    all.append(key);
    AppendBigEndian(&all, value.size(), 4);
    all.append(value);
  };
  add("m", meta_.SerializeAsString());
  for (const auto& [ordinal, installed] : rules_) {
    add(RulesKey(ordinal), installed.view->rules().version());
  }
  for (const auto& [key, counter] : counters_) {
    add(CounterKey(key.first, key.second), std::to_string(counter));
  }
  for (const auto& [number, open] : open_) add(CaseKey('o', number), open.bytes());
  return Sha256(all);
}

void PartitionState::NoteIncident(const CaseNumber& number, const Case& value) {
  if (!value.incident()) return;
  // While its timers stand still nothing is left to its digests.
  if (value.closed() || value.quarantined()) {
    incidents_.erase(number);
  } else {
    incidents_.insert_or_assign(number, Incident{value.area(), value.drill()});
  }
}

std::optional<CaseNumber> PartitionState::OpenIncident(std::string_view village, bool drill) const {
  for (const auto& [number, incident] : incidents_) {
    if (incident.village == village && incident.drill == drill) return number;
  }
  return std::nullopt;
}

void PartitionState::PutCase(const CaseNumber& number, const Case& value) {
  NoteIncident(number, value);
  if (value.closed()) return Close(number, value);
  changes_.open.push_back(number);
  const Timestamp timer = NextInstant(value);
  auto it = open_.lower_bound(number);
  if (it == open_.end() || it->first != number) {
    if (value.cycle() > 1) changes_.closed[number] = std::nullopt;
    open_.emplace_hint(it, number, OpenCase(value, timer));
    return Index(number, value, timer);
  }
  const Timestamp before = it->second.timer();
  if (const uint32_t pinned = it->second.rules_ordinal(); pinned != value.rules_ordinal()) {
    // Ended and begun anew within one decision.
    if (value.rules_ordinal() != 0) ++rules_[value.rules_ordinal()].pinned;
    Unpin(pinned);
  }
  if (timer != before) {
    if (before != kNever) timers_.erase({before, number});
    if (timer != kNever) timers_.insert({timer, number});
  }
  it->second = OpenCase(value, timer);
  if (value.provisional_ordinal() != 0) {
    provisional_[number] = value.provisional_ordinal();
  } else {
    provisional_.erase(number);
  }
  if (value.provisional_ordinal() == 0 || value.provisional_ordinal() == meta_.rules_ordinal()) {
    recompute_.erase(number);
  }
}

void PartitionState::Close(const CaseNumber& number, const Case& value) {
  changes_.closed[number] = value.SerializeAsString();
  auto it = open_.find(number);
  if (it == open_.end()) return;
  changes_.open.push_back(number);
  if (it->second.timer() != kNever) timers_.erase({it->second.timer(), number});
  open_.erase(it);
  provisional_.erase(number);
  recompute_.erase(number);
  UnindexPlace(number, value);
  Unpin(value.rules_ordinal());
}

void PartitionState::IndexPlace(const CaseNumber& number, const Case& value) {
  if (HasPlace(value)) {
    places_[{number.code, HashKind(value.kind()), number.year, number.counter}] = {
        value.opened_at_ms()};
  }
  if (!value.household_ref().empty() && !value.drill() && !value.bulletin()) {
    households_.insert({HouseholdKey(value.household_ref(), LaneOf(value)), number});
  }
}

void PartitionState::UnindexPlace(const CaseNumber& number, const Case& value) {
  places_.erase({number.code, HashKind(value.kind()), number.year, number.counter});
  if (value.household_ref().empty()) return;
  households_.erase({HouseholdKey(value.household_ref(), LaneOf(value)), number});
}

void PartitionState::Reindex(const CaseNumber& number, const Case& value) {
  Case before;
  LM_CHECK(ReadCase(number, &before)) << number.ToString();
  UnindexPlace(number, before);
  IndexPlace(number, value);
}

// A case that has come to stand among the open ones is found by timer, place, household and rules.
void PartitionState::Index(const CaseNumber& number, const Case& value, Timestamp timer) {
  if (timer != kNever) timers_.insert({timer, number});
  IndexPlace(number, value);
  if (value.provisional_ordinal() != 0) {
    provisional_[number] = value.provisional_ordinal();
    if (value.provisional_ordinal() != meta_.rules_ordinal()) recompute_.insert(number);
  }
  // Rows are loaded in key order, cases ('o') before rules ('r'): the entry may have no view yet.
  if (value.rules_ordinal() != 0) ++rules_[value.rules_ordinal()].pinned;
}

void PartitionState::Unpin(uint32_t ordinal) {
  auto it = rules_.find(ordinal);
  if (it == rules_.end()) return;
  LM_CHECK(it->second.pinned > 0) << "rules " << ordinal << " are not pinned";
  if (--it->second.pinned == 0 && ordinal != meta_.rules_ordinal()) {
    rules_.erase(it);
    changes_.rules.insert(ordinal);
  }
}

void PartitionState::PutSeen(std::string_view input_id, uint64_t first_seq, Date date) {
  changes_.seen.insert_or_assign(std::string(input_id), SeenAt{first_seq, date});
}

void PartitionState::PutCounter(int64_t code, uint32_t year, uint32_t counter) {
  counters_[{code, year}] = counter;
  changes_.counters.insert({code, year});
}

void PartitionState::PutRules(uint32_t ordinal, const lastmeter::rules::v1::Rules& rules) {
  const uint32_t before = meta_.rules_ordinal();
  meta_.set_rules_ordinal(ordinal);
  Install(ordinal, rules);
  changes_.rules.insert(ordinal);
  if (auto it = rules_.find(before); it != rules_.end() && it->second.pinned == 0) {
    rules_.erase(it);
    changes_.rules.insert(before);
  }
  for (const auto& [number, used] : provisional_) {
    if (used != ordinal) recompute_.insert(number);
  }
}

void PartitionState::Install(uint32_t ordinal, lastmeter::rules::v1::Rules rules) {
  rules_[ordinal].view = RulesView::Create(std::move(rules));
}

}  // namespace lastmeter
