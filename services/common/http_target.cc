#include "services/common/http_target.h"

#include "engine/base/status.h"
#include "services/common/utf8.h"

namespace lastmeter::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes %XX. An escaped slash would let a value pass for two segments, so a path refuses it.
absl::StatusOr<std::string> Decode(std::string_view text, bool is_path) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 1 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return absl::InvalidArgumentError("the address has a malformed %-escape");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
      if (is_path && c == '/') {
        return absl::InvalidArgumentError("the path has an escaped '/'");
      }
    }
    if (c == '\0') return absl::InvalidArgumentError("the address has a NUL byte");
    if (is_path && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) {
      return absl::InvalidArgumentError("the path has a control character");
    }
    out.push_back(c);
  }
  if (!IsUtf8(out)) {
    return absl::InvalidArgumentError(is_path ? "the path is not UTF-8" : "the query is not UTF-8");
  }
  return out;
}

bool HasDotSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

std::string_view WithoutAuthority(std::string_view raw) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (raw.substr(0, scheme.size()) != scheme) continue;
    raw.remove_prefix(scheme.size());
    const size_t end = raw.find_first_of("/?");
    return end == std::string_view::npos ? std::string_view("/") : raw.substr(end);
  }
  return raw;
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view raw) {
  raw = WithoutAuthority(raw);
  // A fragment never travels; what looks like one is the client's mistake.
  if (raw.empty() || raw[0] != '/' || raw.find('#') != std::string_view::npos) {
    return absl::InvalidArgumentError("the address is not a path that begins with '/'");
  }
  Target target;
  const size_t question = raw.find('?');
  LM_ASSIGN_OR_RETURN(target.path, Decode(raw.substr(0, question), true));
  if (HasDotSegment(target.path)) {
    return absl::InvalidArgumentError("the path has a '.' or '..' segment");
  }
  if (question == std::string_view::npos) return target;

  std::string_view rest = raw.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : rest.size());
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    LM_ASSIGN_OR_RETURN(std::string name, Decode(pair.substr(0, equals), false));
    std::string value;
    if (equals != std::string_view::npos) {
      LM_ASSIGN_OR_RETURN(value, Decode(pair.substr(equals + 1), false));
    }
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return target;
}

}  // namespace lastmeter::http
