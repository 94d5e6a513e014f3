#include "services/query/view_keys.h"

#include <algorithm>

#include "engine/core/state.h"
#include "services/query/case_fold.h"

namespace lastmeter::query {

namespace api = lastmeter::api::v1;
using lastmeter::view::v1::CaseRow;

namespace {

constexpr size_t kCaseBytes = 16;
std::string CaseBytes(const CaseNumber& number) { return CaseKey('c', number).substr(1); }

}  // namespace

void AppendBe(std::string* out, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

uint64_t ReadBe64(std::string_view bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string PartitionKey(char prefix, PartitionId partition) {
  std::string key(1, prefix);
  AppendBe(&key, partition.value, 4);
  return key;
}

std::string InputKey(const InputName& input) {
  return PartitionKey(input.is_report ? 'r' : 'k', input.partition) + input.id;
}

std::optional<CaseNumber> CaseOfIndex(std::string_view key) {
  if (key.size() < kCaseBytes) return std::nullopt;
  return ParseCaseKey("c" + std::string(key.substr(key.size() - kCaseBytes)));
}

std::string After(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

std::string RecordKey(PartitionId partition, LogPosition position) {
  std::string key = PartitionKey('e', partition);
  AppendBe(&key, static_cast<uint64_t>(position.value), 8);
  return key;
}

std::string IndexPrefix(char name) { return std::string("i") + name; }
std::string IndexPrefix(char name, int value) {
  return IndexPrefix(name) + static_cast<char>(value);
}

std::string JoinedPrefix(const CaseNumber& incident) {
  return IndexPrefix('J') + CaseBytes(incident);
}

std::string DayKey(Date date) {
  std::string key = IndexPrefix('D');
  AppendBe(&key, date, 4);
  return key;
}

Date DayOfIndex(std::string_view key) {
  Date date = 0;
  for (const char c : key.substr(IndexPrefix('D').size(), 4)) {
    date = date << 8 | static_cast<unsigned char>(c);
  }
  return date;
}

std::vector<std::string> IndexKeys(const CaseNumber& number, const CaseRow& row) {
  const api::Case& shown = row.shown();
  std::vector<std::string> keys;
  std::set<Date> days;
  for (const auto& cycle : row.cycles()) days.insert(DateOf({cycle.began_ms()}));
  for (const auto& deed : row.deeds()) days.insert(DateOf({deed.at_ms()}));
  // One that expires unanswered counts on that day.
  for (const auto& referral : row.planned().referrals()) {
    if (referral.clock().due_ms() != 0) days.insert(DateOf({referral.clock().due_ms()}));
  }
  for (const Date day : days) keys.push_back(DayKey(day) + CaseBytes(number));
  std::string tail = shown.area();
  tail.push_back('\0');
  tail += CaseBytes(number);
  keys.push_back(IndexPrefix('S', shown.status()) + tail);
  // A hundred thousand schedules would hide the cases that somebody works on.
  const bool nobodys =
      shown.status() == api::CASE_STATUS_SCHEDULED || shown.status() == api::CASE_STATUS_BULLETIN;
  if (!nobodys) keys.push_back(IndexPrefix('A') + tail);
  if (!nobodys) keys.push_back(IndexPrefix('L', shown.level()) + tail);
  if (const auto incident = CaseNumber::Parse(shown.joins())) {
    keys.push_back(JoinedPrefix(*incident) + CaseBytes(number));
  }
  if (shown.status() == api::CASE_STATUS_CLOSED) return keys;
  if (shown.has_incident()) keys.push_back(IndexPrefix('N') + tail);
  if (!nobodys) keys.push_back(IndexPrefix('T', shown.tier()) + tail);
  if (!row.planned().works().empty()) keys.push_back(IndexPrefix('W') + tail);
  if (shown.restricted()) keys.push_back(IndexPrefix('X') + tail);
  const int64_t overdue_at = OverdueAt(row);
  if (overdue_at != kNeverOverdue) {
    std::string key = IndexPrefix('O');
    AppendBe(&key, static_cast<uint64_t>(overdue_at), 8);
    keys.push_back(key + CaseBytes(number));
  }
  return keys;
}

}  // namespace lastmeter::query
