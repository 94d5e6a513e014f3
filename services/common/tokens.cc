#include "services/common/tokens.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

namespace pb = lastmeter::common::v1;

constexpr size_t kFileLimit = 16 * 1024 * 1024;
constexpr size_t kDigestDigits = 64;

std::optional<pb::Role> RoleOf(std::string_view word) {
  if (word == "staff") return pb::ROLE_STAFF;
  if (word == "sentinel") return pb::ROLE_SENTINEL;
  if (word == "operator") return pb::ROLE_OPERATOR;
  if (word == "viewer") return pb::ROLE_VIEWER;
  if (word == "volunteer") return pb::ROLE_VOLUNTEER;
  return std::nullopt;
}

std::optional<pb::Tier> TierOf(std::string_view word) {
  if (word == "-") return pb::TIER_UNSPECIFIED;
  if (word == "grid") return pb::TIER_GRID;
  if (word == "group") return pb::TIER_GROUP;
  if (word == "village") return pb::TIER_VILLAGE;
  if (word == "town") return pb::TIER_TOWN;
  if (word == "district") return pb::TIER_DISTRICT;
  return std::nullopt;
}

// District, town, village, group or grid code, also the 12-digit forms padded with zeros.
bool IsArea(std::string_view word) {
  for (size_t digits : {6, 9, 12, 14, 15}) {
    if (IsDigits(word, digits)) return true;
  }
  return false;
}

bool IsDigest(std::string_view word) {
  return word.size() == kDigestDigits &&
         word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Fills digest and caller from one line; the error is the bare reason.
absl::Status ParseLine(std::string_view line, std::string* digest, Caller* caller) {
  const std::vector<std::string> words =
      absl::StrSplit(ToAbsl(line), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (words.size() < 4 || words.size() > 6) {
    return absl::InvalidArgumentError("expected 'sha256-hex id role area [tier] [named-officer]'");
  }
  // The word itself is not repeated: it may be a token that somebody forgot to hash.
  *digest = absl::AsciiStrToLower(words[0]);
  if (!IsDigest(*digest)) {
    return absl::InvalidArgumentError("the first word is not a SHA-256 in 64 hex digits");
  }
  caller->id = words[1];
  const auto role = RoleOf(words[2]);
  if (!role) {
    return absl::InvalidArgumentError(absl::StrCat(
        "role '", words[2], "' is none of staff, sentinel, operator, viewer, volunteer"));
  }
  caller->role = *role;
  if (!IsArea(words[3])) {
    return absl::InvalidArgumentError(
        absl::StrCat("area '", words[3], "' is not a division code of 6, 9, 12, 14 or 15 digits"));
  }
  caller->area = words[3];
  if (words.size() > 4) {
    const auto tier = TierOf(words[4]);
    if (!tier) {
      return absl::InvalidArgumentError(
          absl::StrCat("tier '", words[4], "' is none of grid, group, village, town, district, -"));
    }
    caller->tier = *tier;
  }
  if (words.size() > 5) {
    if (words[5] != "named-officer") {
      return absl::InvalidArgumentError(absl::StrCat("'", words[5], "' is not 'named-officer'"));
    }
    if (caller->role == pb::ROLE_VOLUNTEER) {
      return absl::InvalidArgumentError("a volunteer is no named officer");
    }
    caller->named_officer = true;
  }
  return absl::OkStatus();
}

// Reads all of an open file. What fstat says belongs to the very file that is read.
absl::StatusOr<std::string> ReadPrivateFile(int fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("token file ", path, " is not a plain file"));
  }
  if (!IsPrivateFile(info.st_uid, info.st_mode, geteuid())) {
    return absl::PermissionDeniedError(
        absl::StrCat("token file ", path, " may be read by others. Run: chmod 600 ", path));
  }
  std::string text;
  std::array<char, 64 * 1024> piece;
  while (true) {
    const ssize_t n = read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return absl::UnavailableError(absl::StrCat("token file ", path, ": ", std::strerror(errno)));
    }
    if (n == 0) return text;
    text.append(piece.data(), static_cast<size_t>(n));
    if (text.size() > kFileLimit) {
      return absl::InvalidArgumentError(absl::StrCat("token file ", path, " is over 16 MiB"));
    }
  }
}

}  // namespace

bool IsPrivateFile(uid_t owner, mode_t mode, uid_t reader) {
  const bool handed_over = owner == 0 && reader != 0;
  return (mode & (handed_over ? 037 : 077)) == 0;
}

absl::StatusOr<TokenFile> TokenFile::Load(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string message = absl::StrCat("token file ", path, ": ", std::strerror(errno));
    if (errno == ENOENT) return absl::NotFoundError(message);
    return absl::PermissionDeniedError(message);
  }
  absl::StatusOr<std::string> text = ReadPrivateFile(fd, path);
  close(fd);
  if (!text.ok()) return text.status();
  return Parse(*text, path);
}

absl::StatusOr<TokenFile> TokenFile::Parse(std::string_view text, std::string_view name) {
  TokenFile file;
  std::map<std::string, int> first_line;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    const std::string_view rule = ToStd(line.substr(0, line.find('#')));
    if (absl::StripAsciiWhitespace(ToAbsl(rule)).empty()) continue;
    std::string digest;
    Caller caller;
    absl::Status status = ParseLine(rule, &digest, &caller);
    if (status.ok()) {
      const auto [earlier, added] = first_line.emplace(digest, number);
      if (!added) {
        status = absl::InvalidArgumentError(
            absl::StrCat("this digest already stands on line ", earlier->second));
      }
    }
    if (!status.ok()) return Annotate(status, absl::StrCat(ToAbsl(name), ":", number));
    file.by_digest_.emplace(std::move(digest), std::move(caller));
  }
  return file;
}

std::vector<Caller> TokenFile::Callers() const {
  std::vector<Caller> callers;
  for (const auto& [digest, caller] : by_digest_) callers.push_back(caller);
  return callers;
}

std::optional<Caller> TokenFile::Find(std::string_view bearer_token) const {
  const std::string digest = HashToken(bearer_token);
  // The search is over digests, which nobody can steer byte by byte; the last word has a comparison
  // whose time is the same whatever differs.
  const auto found = by_digest_.lower_bound(digest);
  if (found == by_digest_.end() ||
      CRYPTO_memcmp(found->first.data(), digest.data(), kDigestDigits) != 0) {
    return std::nullopt;
  }
  return found->second;
}

absl::StatusOr<std::string> MakeToken() {
  std::array<unsigned char, 32> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return absl::UnavailableError("the system gave no random bytes");
  }
  std::string token;
  absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), &token);
  return token;
}

std::string HashToken(std::string_view bearer_token) {
  return ToHex(AsBytes(Sha256(bearer_token)));
}

}  // namespace lastmeter
