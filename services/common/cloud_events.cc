#include "services/common/cloud_events.h"

#include <google/protobuf/descriptor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/ids.h"

namespace lastmeter {
namespace {

namespace ev = lastmeter::event::v1;
using ev::Event;
using ev::Record;
using ev::WriterOpened;

// How many digits of a division code name the district.
constexpr size_t kDistrictDigits = 6;
constexpr size_t kHashBytesInId = 8;

// What the headers say, still as views of the record.
struct Facts {
  uint64_t seq = 0;
  std::string_view prev_sha256;
  int64_t log_time_ms = 0;
  bool has_event = false;
  std::string_view case_number;
  std::string_view area;
  bool restricted = false;
  int body = 0;
  // Of WriterOpened.
  std::string_view cluster_id;
  uint32_t partition = 0;
};

// Walks over the fields of one message. Protobuf's own parser would build every notice of the
// body, and this runs once for each record that is written.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : left_(bytes) {}

  // The next field; its number, or empty at the end and at bytes that are no message.
  bool Next() {
    uint64_t tag = 0;
    if (left_.empty() || !Varint(&tag)) return false;
    field_ = static_cast<int>(tag >> 3);
    if (field_ == 0 || tag >> 32 != 0) return Broken();
    switch (tag & 7) {
      case 0:
        bytes_ = {};
        return Varint(&number_);
      case 1:
        return Take(8);
      case 2: {
        uint64_t size = 0;
        return Varint(&size) && Take(size);
      }
      case 5:
        return Take(4);
      default:
        return Broken();
    }
  }
  int field() const { return field_; }
  uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }
  // Whether all was read.
  bool whole() const { return !broken_ && left_.empty(); }

 private:
  bool Broken() {
    broken_ = true;
    return false;
  }
  bool Varint(uint64_t* value) {
    uint64_t all = 0;
    for (size_t i = 0; i < left_.size() && i < 10; ++i) {
      const auto byte = static_cast<uint8_t>(left_[i]);
      all |= uint64_t{byte & 0x7fU} << (7 * i);
      if (byte < 0x80) {
        left_.remove_prefix(i + 1);
        *value = all;
        return true;
      }
    }
    return Broken();
  }
  bool Take(uint64_t size) {
    number_ = 0;
    if (size > left_.size()) return Broken();
    bytes_ = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }

  std::string_view left_;
  int field_ = 0;
  uint64_t number_ = 0;
  std::string_view bytes_;
  bool broken_ = false;
};

bool ReadOpened(std::string_view bytes, Facts* facts) {
  WireReader wire(bytes);
  while (wire.Next()) {
    if (wire.field() == WriterOpened::kClusterIdFieldNumber) facts->cluster_id = wire.bytes();
    if (wire.field() == WriterOpened::kPartitionFieldNumber) {
      facts->partition = static_cast<uint32_t>(wire.number());
    }
  }
  return wire.whole();
}

bool IsBody(int field);

bool ReadEvent(std::string_view bytes, Facts* facts) {
  WireReader wire(bytes);
  while (wire.Next()) {
    if (wire.field() == Event::kCaseNumberFieldNumber) facts->case_number = wire.bytes();
    if (wire.field() == Event::kAreaFieldNumber) facts->area = wire.bytes();
    if (wire.field() == Event::kRestrictedFieldNumber) facts->restricted = wire.number() != 0;
    if (!IsBody(wire.field())) continue;
    facts->body = wire.field();
    if (facts->body == Event::kWriterOpenedFieldNumber && !ReadOpened(wire.bytes(), facts)) {
      return false;
    }
  }
  return wire.whole();
}

std::optional<Facts> Read(std::string_view bytes) {
  Facts facts;
  WireReader wire(bytes);
  while (wire.Next()) {
    switch (wire.field()) {
      case Record::kSeqFieldNumber:
        facts.seq = wire.number();
        break;
      case Record::kPrevSha256FieldNumber:
        facts.prev_sha256 = wire.bytes();
        break;
      case Record::kLogTimeMsFieldNumber:
        facts.log_time_ms = static_cast<int64_t>(wire.number());
        break;
      case Record::kEventFieldNumber:
        // A parser would merge two, and which of them a reader goes by is anybody's guess.
        if (facts.has_event || !ReadEvent(wire.bytes(), &facts)) return std::nullopt;
        facts.has_event = true;
        break;
      default:
        break;
    }
  }
  if (!wire.whole()) return std::nullopt;
  return facts;
}

Facts FactsOf(const Record& record) {
  const Event& event = record.event();
  Facts facts{.seq = record.seq(),
              .prev_sha256 = record.prev_sha256(),
              .log_time_ms = record.log_time_ms(),
              .has_event = record.has_event(),
              .case_number = event.case_number(),
              .area = event.area(),
              .restricted = event.restricted(),
              .body = event.body_case(),
              .cluster_id = {},
              .partition = 0};
  if (event.has_writer_opened()) {
    facts.cluster_id = event.writer_opened().cluster_id();
    facts.partition = event.writer_opened().partition();
  }
  return facts;
}

// Full names of the events' messages by the number of their field.
using TypeNames = std::vector<std::string>;
const TypeNames& Types() {
  static const TypeNames* const names = [] {
    auto* made = new TypeNames;
    const auto* bodies = Event::descriptor()->FindOneofByName("body");
    for (int i = 0; i < bodies->field_count(); ++i) {
      const auto at = static_cast<size_t>(bodies->field(i)->number());
      if (at >= made->size()) made->resize(at + 1);
      (*made)[at] = bodies->field(i)->message_type()->full_name();
    }
    return made;
  }();
  return *names;
}

bool IsBody(int field) {
  const auto at = static_cast<size_t>(field);
  return at < Types().size() && !Types()[at].empty();
}

std::string IdOf(const Facts& facts) {
  std::string id = std::to_string(facts.seq);
  id += '-';
  if (facts.seq != 1) return id + ToHex(facts.prev_sha256.substr(0, kHashBytesInId));
  const Sha256Digest opened =
      Sha256(std::string(facts.cluster_id) + "/" + std::to_string(facts.partition));
  return id + ToHex(AsBytes(opened).substr(0, kHashBytesInId));
}

void Put(char* out, int64_t value, int digits) {
  for (int i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// "2026-01-31T01:15:00.000Z"; empty for what lies outside of 1970 to 9999. The civil date is
// computed as in H. Hinnant's "chrono-compatible low-level date algorithms": a general formatter
// costs more than all other headers together.
std::string Rfc3339(int64_t ms) {
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kYear10000 = 253'402'300'800'000;
  if (ms < 0 || ms >= kYear10000) return {};
  const int64_t of_day = ms % kDayMs;
  const int64_t z = ms / kDayMs + 719'468;
  const int64_t era = z / 146'097;
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  std::string text = "0000-00-00T00:00:00.000Z";
  Put(&text[0], year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
  Put(&text[5], month, 2);
  Put(&text[8], day_of_year - (153 * shifted_month + 2) / 5 + 1, 2);
  Put(&text[11], of_day / 3'600'000, 2);
  Put(&text[14], of_day / 60'000 % 60, 2);
  Put(&text[17], of_day / 1000 % 60, 2);
  Put(&text[20], of_day % 1000, 3);
  return text;
}

EventHeaders Headers(const std::optional<Facts>& read) {
  EventHeaders headers;
  headers.reserve(10);
  headers.emplace_back("content-type", "application/protobuf");
  if (!read || !read->has_event || read->seq == 0 || !IsBody(read->body)) return headers;
  const Facts& facts = *read;
  headers.emplace_back("ce_specversion", "1.0");
  headers.emplace_back("ce_id", IdOf(facts));
  headers.emplace_back("ce_source", "/lastmeter/cases");
  headers.emplace_back("ce_type", Types()[static_cast<size_t>(facts.body)]);
  if (std::string time = Rfc3339(facts.log_time_ms); !time.empty()) {
    headers.emplace_back("ce_time", std::move(time));
  }
  headers.emplace_back("ce_lmseq", std::to_string(facts.seq));
  // Texts are shown in their one good form only: a header is no place for anything else.
  if (!CaseNumber::Parse(facts.case_number)) return headers;
  if (!facts.restricted) headers.emplace_back("ce_subject", facts.case_number);
  if (facts.area.size() >= kDistrictDigits && facts.area.size() <= 15 &&
      IsDigits(facts.area, facts.area.size())) {
    headers.emplace_back("ce_lmarea",
                         facts.restricted ? facts.area.substr(0, kDistrictDigits) : facts.area);
  }
  headers.emplace_back("ce_lmrestricted", facts.restricted ? "true" : "false");
  return headers;
}

}  // namespace

EventHeaders CloudEventHeaders(std::string_view record_bytes) {
  return Headers(Read(record_bytes));
}

EventHeaders CloudEventHeaders(const Record& record) { return Headers(FactsOf(record)); }

}  // namespace lastmeter
