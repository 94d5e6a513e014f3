#include "services/common/utf8.h"

#include <cstdint>

namespace lastmeter {
namespace {

struct Lead {
  int continuation_bytes;
  // Bounds of the first continuation byte; the others lie in 80..BF.
  uint8_t low;
  uint8_t high;
};

Lead Classify(uint8_t b) {
  if (b >= 0xC2 && b <= 0xDF) return {1, 0x80, 0xBF};
  if (b == 0xE0) return {2, 0xA0, 0xBF};
  if (b == 0xED) return {2, 0x80, 0x9F};
  if (b >= 0xE1 && b <= 0xEF) return {2, 0x80, 0xBF};
  if (b == 0xF0) return {3, 0x90, 0xBF};
  if (b >= 0xF1 && b <= 0xF3) return {3, 0x80, 0xBF};
  if (b == 0xF4) return {3, 0x80, 0x8F};
  return {-1, 0, 0};
}

}  // namespace

size_t FindInvalidUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto b = static_cast<uint8_t>(text[i]);
    if (b < 0x80) {
      ++i;
      continue;
    }
    const Lead lead = Classify(b);
    if (lead.continuation_bytes < 0) return i;
    for (int k = 1; k <= lead.continuation_bytes; ++k) {
      if (i + k >= text.size()) return i;
      const auto c = static_cast<uint8_t>(text[i + k]);
      const uint8_t low = k == 1 ? lead.low : 0x80;
      const uint8_t high = k == 1 ? lead.high : 0xBF;
      if (c < low || c > high) return i;
    }
    i += 1 + lead.continuation_bytes;
  }
  return std::string_view::npos;
}

}  // namespace lastmeter
