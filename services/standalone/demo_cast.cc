#include "services/standalone/demo_cast.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

std::string_view TierWord(cm::Tier tier) {
  switch (tier) {
    case cm::TIER_GRID:
      return "grid";
    case cm::TIER_GROUP:
      return "group";
    case cm::TIER_VILLAGE:
      return "village";
    case cm::TIER_TOWN:
      return "town";
    case cm::TIER_DISTRICT:
      return "district";
    default:
      return "-";
  }
}

struct Part {
  cm::Tier tier = cm::TIER_UNSPECIFIED;
  std::string area;
  bool named_officer = false;
  bool volunteer = false;
};

}  // namespace

absl::StatusOr<Cast> Cast::Make(const lastmeter::rules::v1::Rules& rules) {
  Cast cast;
  for (const auto& area : rules.areas()) {
    if (area.tier() == cm::TIER_DISTRICT) cast.district_ = area.code();
  }
  if (cast.district_.empty()) return absl::InvalidArgumentError("areas.csv names no district");

  // A person with several posts has one token, for the highest of them.
  std::map<std::string, Part> parts;
  std::string desk = rules.policy().fallback_staff_id();
  for (const auto& post : rules.roster()) {
    if (post.staff_id() == "district-desk") desk = post.staff_id();
    Part& part = parts[post.staff_id()];
    part.named_officer = part.named_officer || post.named_officer();
    if (!part.area.empty() && post.tier() <= part.tier) continue;
    part.tier = post.tier();
    part.area = post.area();
    part.volunteer = post.volunteer();
  }

  std::string file;
  const auto add = [&](std::string_view known_as, std::string_view id, std::string_view rest) {
    auto token = MakeToken();
    if (!token.ok()) return token.status();
    absl::StrAppend(&file, HashToken(*token), " ", ToAbsl(id), " ", ToAbsl(rest), "\n");
    cast.tokens_by_id_[std::string(known_as)] = *std::move(token);
    return absl::OkStatus();
  };
  for (const auto& [id, part] : parts) {
    LM_RETURN_IF_ERROR(
        add(id, id,
            absl::StrCat(part.volunteer ? "volunteer " : "staff ", part.area, " ",
                         ToAbsl(TierWord(part.tier)), part.named_officer ? " named-officer" : "")));
  }
  const std::string& d = cast.district_;
  LM_RETURN_IF_ERROR(add(kOperator, kOperator, absl::StrCat("operator ", d)));
  LM_RETURN_IF_ERROR(add(kHotline, kHotline, absl::StrCat("sentinel ", d)));
  LM_RETURN_IF_ERROR(add(kBoard, kBoard, absl::StrCat("staff ", d, " district")));
  LM_RETURN_IF_ERROR(add(kDirector, kDirector, absl::StrCat("viewer ", d, " - named-officer")));
  LM_RETURN_IF_ERROR(add(kVisitor, desk, absl::StrCat("staff ", d, " district")));
  LM_ASSIGN_OR_RETURN(TokenFile parsed, TokenFile::Parse(file, "the demonstration's tokens"));
  cast.tokens_ = std::make_shared<const TokenFile>(std::move(parsed));
  cast.token_lines_ = std::move(file);
  return cast;
}

const std::string& Cast::TokenOf(std::string_view id) const {
  static const std::string kNone;
  const auto found = tokens_by_id_.find(id);
  return found == tokens_by_id_.end() ? kNone : found->second;
}

std::string Cast::WhoseTurn(const api::Case& c, cm::Promise promise) const {
  for (const auto& clock : c.clocks()) {
    if (clock.promise() != promise || !clock.has_turn()) continue;
    for (int i = c.told_size() - 1; i >= 0; --i) {
      const api::ToldView& told = c.told(i);
      if (told.tier() == clock.turn().tier() &&
          told.purpose() == lastmeter::event::v1::PURPOSE_ANSWER &&
          !TokenOf(told.staff_id()).empty()) {
        return told.staff_id();
      }
    }
  }
  return "";
}

}  // namespace lastmeter::demo
