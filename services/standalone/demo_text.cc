#include "services/standalone/demo_text.h"

#include <cstdint>

namespace lastmeter::demo {
namespace {

struct Character {
  std::string_view bytes;
  int width = 0;
};

struct Range {
  uint32_t from;
  uint32_t to;
};

// From Unicode's EastAsianWidth.txt: W and F. Ambiguous characters count as narrow, as terminals
// with a UTF-8 locale draw them.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

constexpr Range kZero[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
};

template <size_t N>
bool In(const Range (&ranges)[N], uint32_t c) {
  for (const Range& range : ranges) {
    if (c >= range.from && c <= range.to) return true;
  }
  return false;
}

// The character, or the escape sequence, that `text` begins with. Not empty.
Character Next(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead == 0x1B) {
    size_t n = 1;
    if (n < text.size() && text[n] == '[') ++n;
    while (n < text.size() && (text[n] < '@' || text[n] > '~')) ++n;
    return {text.substr(0, n + 1), 0};
  }
  size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  size = std::min(size, text.size());
  uint32_t c = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  return {text.substr(0, size), In(kZero, c) ? 0 : In(kWide, c) ? 2 : 1};
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character c = Next(text);
    width += c.width;
    text.remove_prefix(c.bytes.size());
  }
  return width;
}

std::string Clip(std::string_view text, int cells) {
  if (cells <= 0) return "";
  if (DisplayWidth(text) <= cells) return std::string(text);
  std::string out;
  int width = 0;
  bool full = false;
  while (!text.empty()) {
    const Character c = Next(text);
    text.remove_prefix(c.bytes.size());
    if (!full && width + c.width > cells - 1) {
      out += "…";
      full = true;
    }
    // Escape sequences go on, so that a colour that began is ended.
    if (!full || c.bytes[0] == '\x1B') out += c.bytes;
    if (!full) width += c.width;
  }
  return out;
}

std::string Fit(std::string_view text, int cells) {
  std::string out = Clip(text, cells);
  const int width = DisplayWidth(out);
  if (width < cells) out.append(static_cast<size_t>(cells - width), ' ');
  return out;
}

std::string OneLine(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character c = Next(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool c1 = lead == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (lead < 0x20 || lead == 0x7F) {
      out += ' ';
      text.remove_prefix(1);
      continue;
    }
    out += c1 ? std::string_view(" ") : c.bytes;
    text.remove_prefix(c.bytes.size());
  }
  return out;
}

}  // namespace lastmeter::demo
