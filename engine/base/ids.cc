#include "engine/base/ids.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace lastmeter {

namespace {

// "00" to "99", one behind the other.
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Exactly `width` digits, filled with zeros, ending before `end`; gives where they begin. By hand,
// two at a time and in 32 bits: every record and notice names its case.
char* WriteDigitsBefore(char* end, uint32_t value, int width) {
  for (; width >= 2; width -= 2, value /= 100) {
    end -= 2;
    std::memcpy(end, kPairs.data() + 2 * (value % 100), 2);
  }
  if (width == 1) *--end = static_cast<char>('0' + value % 10);
  return end;
}

template <typename T>
bool ReadDigits(std::string_view part, T* value) {
  if (part.empty() || !IsDigits(part, part.size())) return false;
  auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *value);
  return error == std::errc() && end == part.data() + part.size();
}

}  // namespace

std::string CaseNumber::ToString() const {
  char text[32];
  char* const end = text + sizeof text;
  int width = 5;
  for (uint32_t rest = counter / 100'000; rest != 0; rest /= 10) ++width;
  char* out = WriteDigitsBefore(end, counter, width);
  *--out = '-';
  out = WriteDigitsBefore(out, year, 4);
  *--out = '-';
  const auto whole = static_cast<uint64_t>(code);
  out = WriteDigitsBefore(out, static_cast<uint32_t>(whole % 1'000'000), 6);
  out = WriteDigitsBefore(out, static_cast<uint32_t>(whole / 1'000'000 % 1'000'000), 6);
  return std::string(out, static_cast<size_t>(end - out));
}

std::optional<CaseNumber> CaseNumber::Parse(std::string_view text) {
  if (text.size() < 23 || text.size() > 28 || text[12] != '-' || text[17] != '-') {
    return std::nullopt;
  }
  CaseNumber number;
  const std::string_view counter = text.substr(18);
  if (!ReadDigits(text.substr(0, 12), &number.code) ||
      !ReadDigits(text.substr(13, 4), &number.year) || !ReadDigits(counter, &number.counter)) {
    return std::nullopt;
  }
  // One text form: no further zeros in front of a counter of more than five digits.
  if (counter.size() > 5 && counter[0] == '0') return std::nullopt;
  return number;
}

bool IsDigits(std::string_view text, size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace lastmeter
