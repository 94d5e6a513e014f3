#include "engine/base/ids.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace lastmeter {

std::string CaseNumber::ToString() const {
  char text[48];
  int n = std::snprintf(text, sizeof text, "%012lld-%04u-%05u", static_cast<long long>(code), year,
                        counter);
  return std::string(text, static_cast<size_t>(n));
}

std::optional<CaseNumber> CaseNumber::Parse(std::string_view text) {
  if (text.size() < 23 || text.size() > 28 || text[12] != '-' || text[17] != '-')
    return std::nullopt;
  CaseNumber number;
  auto read = [](std::string_view part, auto* value) {
    if (!IsDigits(part, part.size())) return false;
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *value);
    return error == std::errc() && end == part.data() + part.size();
  };
  if (!read(text.substr(0, 12), &number.code) || !read(text.substr(13, 4), &number.year) ||
      !read(text.substr(18), &number.counter)) {
    return std::nullopt;
  }
  if (number.ToString() != text) return std::nullopt;
  return number;
}

bool IsDigits(std::string_view text, size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace lastmeter
