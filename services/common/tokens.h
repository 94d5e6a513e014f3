#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lastmeter/common/v1/common.pb.h"

namespace lastmeter {

// Who calls, as the token file says.
struct Caller {
  // Staff id, system id or operator id: the `actor` of everything that this caller sends.
  std::string id;
  lastmeter::common::v1::Role role = lastmeter::common::v1::ROLE_UNSPECIFIED;
  // Area that this caller may see: a division code; its own and everything below it.
  std::string area;
  // Tier at which the caller reports; unspecified for systems and outsiders.
  lastmeter::common::v1::Tier tier = lastmeter::common::v1::TIER_UNSPECIFIED;
  // May read restricted cases of its area.
  bool named_officer = false;
};

// Hashed bearer tokens. One line a token, '#' begins a comment:
//
//   sha256-hex  id  role  area  [tier] [named-officer]
//
// role: staff | sentinel | operator | viewer | volunteer. tier: grid | group | village | town |
// district | -. Immutable, thread-safe.
class TokenFile {
 public:
  // Errors: kNotFound, kPermissionDenied, kInvalidArgument with file, line and reason. A file that
  // is not private (IsPrivateFile) is refused.
  static absl::StatusOr<TokenFile> Load(const std::string& path);
  static absl::StatusOr<TokenFile> Parse(std::string_view text, std::string_view name);
  // Compares digests, so that the time taken tells nothing of the token.
  std::optional<Caller> Find(std::string_view bearer_token) const;
  // Everybody who holds one, in no order that means anything; somebody with two, twice.
  std::vector<Caller> Callers() const;
  size_t size() const { return by_digest_.size(); }

 private:
  std::map<std::string, Caller> by_digest_;
};

// Whether a secret's file is kept from others. Nobody but its owner may have any right to it; but
// root may hand one to `reader`, who is not root, through the group. Service managers do so:
// secrets arrive in a pod as 0440 root:<group of the pod>, and systemd's credentials carry an
// access list, which shows as group rights.
bool IsPrivateFile(uid_t owner, mode_t mode, uid_t reader);

// A new bearer token: 32 random bytes in base64url. Shown once, never stored. Error: kUnavailable
// when the system gives no random bytes.
absl::StatusOr<std::string> MakeToken();
// The digest that stands for the token in the file: SHA-256 in lower-case hex.
std::string HashToken(std::string_view bearer_token);

}  // namespace lastmeter
