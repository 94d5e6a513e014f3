#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lastmeter {

// A number that is only comparable with its own kind.
template <typename Tag, typename T>
struct StrongNumber {
  T value{};
  auto operator<=>(const StrongNumber&) const = default;
};

// Index of a partition, from 0.
using PartitionId = StrongNumber<struct PartitionIdTag, uint32_t>;
// A log's own position of a record: opaque, increasing, with gaps. Inside one topic and partition.
using LogPosition = StrongNumber<struct LogPositionTag, int64_t>;
// Number of a record inside its partition, contiguous from 1.
using Seq = StrongNumber<struct SeqTag, uint64_t>;
// Counts the ownerships of a partition from 1.
using Epoch = StrongNumber<struct EpochTag, uint64_t>;

// A case number: routing code, year at UTC+8 and a counter per code and year.
// Text form: 430112001001-2026-00042.
struct CaseNumber {
  int64_t code = 0;  // 12 digits
  uint32_t year = 0;
  uint32_t counter = 0;  // from 1
  auto operator<=>(const CaseNumber&) const = default;

  std::string ToString() const;
  // Empty when the text is not a case number in its one text form.
  static std::optional<CaseNumber> Parse(std::string_view text);
};

// True for exactly `digits` ASCII digits.
bool IsDigits(std::string_view text, size_t digits);

}  // namespace lastmeter
