#include "engine/base/ids.h"

#include <algorithm>
#include <charconv>

namespace lastmeter {

namespace {

// At least `width` digits, filled with zeros. Written by hand: every record names its case, and
// formatting is half the cost of making the name.
char* WriteDigits(char* out, uint64_t value, int width) {
  char digits[20];
  int n = 0;
  for (; value != 0 || n < width; value /= 10) digits[n++] = static_cast<char>('0' + value % 10);
  while (n > 0) *out++ = digits[--n];
  return out;
}

template <typename T>
bool ReadDigits(std::string_view part, T* value) {
  if (part.empty() || !IsDigits(part, part.size())) return false;
  auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *value);
  return error == std::errc() && end == part.data() + part.size();
}

}  // namespace

std::string CaseNumber::ToString() const {
  char text[48];
  char* out = WriteDigits(text, static_cast<uint64_t>(code), 12);
  *out++ = '-';
  out = WriteDigits(out, year, 4);
  *out++ = '-';
  out = WriteDigits(out, counter, 5);
  return std::string(text, static_cast<size_t>(out - text));
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
