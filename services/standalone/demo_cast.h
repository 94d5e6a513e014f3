#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/common/tokens.h"

namespace lastmeter::demo {

// Callers of the demonstration beside the people of the roster.
inline constexpr std::string_view kOperator = "operator";
inline constexpr std::string_view kHotline = "hotline-12345";
// What the board shows is what this one may see: a colleague at the district without access to
// restricted cases.
inline constexpr std::string_view kBoard = "demo-board";
// Sees everything, so that nothing falls due while the clock hurries.
inline constexpr std::string_view kDirector = "demo-director";
// A second token for the district's desk, for whoever watches.
inline constexpr std::string_view kVisitor = "demo-visitor";

// Everybody who plays, each with a token made for this one run and kept in memory only.
class Cast {
 public:
  // Errors: kInvalidArgument when the rules have no district; kUnavailable without random bytes.
  static absl::StatusOr<Cast> Make(const lastmeter::rules::v1::Rules& rules);

  // Empty for somebody who is not in the cast.
  const std::string& TokenOf(std::string_view id) const;
  const std::shared_ptr<const TokenFile>& tokens() const { return tokens_; }
  // The same as the lines of a file, for servers in other processes.
  const std::string& TokenLines() const { return token_lines_; }
  const std::string& district() const { return district_; }

  // Whose turn it is in this case: the first one whose turn is to answer, at the tier that is asked
  // about the promise. Empty when nobody is asked or nobody of the cast was.
  std::string WhoseTurn(const lastmeter::api::v1::Case& c,
                        lastmeter::common::v1::Promise promise) const;

 private:
  std::string district_;
  std::map<std::string, std::string, std::less<>> tokens_by_id_;
  std::string token_lines_;
  std::shared_ptr<const TokenFile> tokens_;
};

}  // namespace lastmeter::demo
