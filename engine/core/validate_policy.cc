// The part of ValidateRules that looks at the policy.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "engine/core/validate_rules.h"

namespace lastmeter {
namespace {

using common::v1::Tier;
using rules::v1::ClockPolicy;
using rules::v1::Duration;
using rules::v1::Kind;
using rules::v1::Ladder;
using rules::v1::LevelPolicy;
using rules::v1::Post;
using rules::v1::Rung;

// Longer limits are slips of the pen; ten years also keep every deadline a writable date.
constexpr uint32_t kMostMinutes = 10 * 366 * 1440;
constexpr uint32_t kMostWorkingDays = 2500;
constexpr uint32_t kMostHoldDays = 366;
constexpr uint32_t kMostMonths = 120;
constexpr uint32_t kMostNoticeMinutes = 7 * 24 * 60;
constexpr uint32_t kMostDigestMinutes = 120;
constexpr uint32_t kMostWithdrawMinutes = 1440;

std::string LevelWord(common::v1::Level level) {
  switch (level) {
    case common::v1::LEVEL_CRITICAL:
      return "critical";
    case common::v1::LEVEL_URGENT:
      return "urgent";
    case common::v1::LEVEL_ORDINARY:
      return "ordinary";
    case common::v1::LEVEL_ATTENTION:
      return "attention";
    default:
      return "no level";
  }
}

bool IsLevel(int level) {
  return level >= common::v1::LEVEL_CRITICAL && level <= common::v1::LEVEL_ATTENTION;
}

class PolicyValidator {
 public:
  PolicyValidator(const rules::v1::Rules& rules, RulesProblems& problems)
      : policy_(rules.policy()), problems_(problems) {
    for (const Post& post : rules.roster()) persons_.emplace(post.staff_id(), &post);
  }

  void Run() {
    CheckKinds();
    CheckLevels();
    CheckEntry();
    if (policy_.withdraw_within_minutes() > kMostWithdrawMinutes) {
      problems_.Add("policy.withdraw_within_minutes", "is longer than a day");
    }
    if (policy_.hold_at_most_days() > kMostHoldDays) {
      problems_.Add("policy.hold_at_most_days", "is longer than a year");
    }
    if (policy_.work_notice_minutes() > kMostNoticeMinutes) {
      problems_.Add("policy.work_notice_minutes", "is longer than a week");
    }
    if (policy_.digest_minutes() > kMostDigestMinutes) {
      problems_.Add("policy.digest_minutes", "is longer than two hours");
    }
  }

 private:
  void CheckKinds() {
    if (policy_.kinds().empty()) problems_.Add("policy.kinds", "no kind is listed");
    std::set<std::string_view> seen;
    for (int i = 0; i < policy_.kinds_size(); ++i) {
      const Kind& kind = policy_.kinds(i);
      std::string path = PathAt("policy.kinds", i);
      CheckKindCode(path + ".code", kind.code());
      if (!seen.insert(kind.code()).second) {
        problems_.Add(path + ".code", "kind " + kind.code() + " is listed twice");
      }
      problems_.CheckText(path + ".name_zh", kind.name_zh(), kLongestRulesName);
      problems_.CheckText(path + ".name_en", kind.name_en(), kLongestRulesName, /*required=*/false);
      if (!IsLevel(kind.level())) problems_.Add(path + ".level", "is missing");
      CheckCertified(path, kind);
      CheckIncident(path, kind);
      CheckOutsideAuthorities(path + ".outside_authorities", kind);
    }
  }

  // A schedule with nobody to call in once it is overdue would be a promise to nobody.
  void CheckCertified(const std::string& path, const Kind& kind) {
    if (kind.bulletin() && (kind.restricted() || kind.certify_every_months() > 0)) {
      problems_.Add(path + ".bulletin", "a bulletin is neither restricted nor certified");
    }
    if (kind.certify_every_months() == 0) return;
    if (kind.certify_every_months() > kMostMonths) {
      problems_.Add(path + ".certify_every_months", "is longer than ten years");
    }
    if (kind.remind_days() > kMostHoldDays) {
      problems_.Add(path + ".remind_days", "is longer than a year");
    }
    if (kind.restricted()) {
      problems_.Add(path + ".restricted", "a kind that is certified is not restricted");
    }
    for (const LevelPolicy& level : policy_.levels()) {
      if (level.level() != kind.level()) continue;
      if (std::none_of(level.clocks().begin(), level.clocks().end(), [](const ClockPolicy& clock) {
            return clock.promise() == common::v1::PROMISE_CERTIFICATION;
          })) {
        problems_.Add(path + ".certify_every_months",
                      "level " + LevelWord(level.level()) + " has no clock for certification");
      }
    }
  }

  // Whatever joins an incident must be a case that somebody would have been asked about.
  void CheckIncident(const std::string& path, const Kind& kind) {
    if (kind.incident() &&
        (kind.restricted() || kind.bulletin() || kind.certify_every_months() > 0)) {
      problems_.Add(path + ".incident",
                    "an incident is neither restricted, certified nor a bulletin");
    }
    if (kind.incident() == kind.takes().empty()) {
      problems_.Add(path + ".takes", kind.incident() ? "names no kind that joins the incident"
                                                     : "is for an incident only");
    }
    std::set<std::string_view> seen;
    for (int i = 0; i < kind.takes_size(); ++i) {
      const std::string at = PathAt(path + ".takes", i);
      const auto taken = std::find_if(policy_.kinds().begin(), policy_.kinds().end(),
                                      [&](const Kind& one) { return one.code() == kind.takes(i); });
      if (taken == policy_.kinds().end()) {
        problems_.Add(at, "kind " + kind.takes(i) + " is not listed");
      } else if (taken->restricted() || taken->bulletin() || taken->incident() ||
                 taken->certify_every_months() > 0) {
        problems_.Add(at,
                      "kind " + kind.takes(i) +
                          " is restricted, certified, a bulletin or an incident, and joins none");
      }
      if (!seen.insert(kind.takes(i)).second) {
        problems_.Add(at, "kind " + kind.takes(i) + " is taken twice");
      }
    }
  }

  void CheckKindCode(const std::string& path, std::string_view code) {
    bool well_formed = !code.empty() && code.front() != '-' && code.back() != '-' &&
                       std::all_of(code.begin(), code.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
    if (code.empty()) {
      problems_.Add(path, "is missing");
    } else if (!well_formed) {
      problems_.Add(path, "may only have lower-case letters, digits and hyphens between them");
    } else if (code.size() > kLongestRulesId) {
      problems_.Add(path, "is longer than " + std::to_string(kLongestRulesId) + " bytes");
    }
  }

  void CheckOutsideAuthorities(const std::string& list, const Kind& kind) {
    std::set<std::string_view> seen;
    for (int i = 0; i < kind.outside_authorities_size(); ++i) {
      const std::string& id = kind.outside_authorities(i);
      auto it = persons_.find(id);
      if (it == persons_.end()) {
        problems_.Add(PathAt(list, i), id + " is not in the roster");
      } else if (!it->second->outside_authority()) {
        problems_.Add(PathAt(list, i), id + " is not marked as an outside authority in the roster");
      }
      if (!seen.insert(id).second) problems_.Add(PathAt(list, i), id + " is listed twice");
    }
  }

  void CheckLevels() {
    std::set<int> seen;
    for (int i = 0; i < policy_.levels_size(); ++i) {
      const LevelPolicy& level = policy_.levels(i);
      std::string path = PathAt("policy.levels", i);
      if (!IsLevel(level.level())) {
        problems_.Add(path + ".level", "is missing");
      } else if (!seen.insert(level.level()).second) {
        problems_.Add(path + ".level", "level " + LevelWord(level.level()) + " is listed twice");
      }
      CheckLadder(path + ".acknowledge", level.acknowledge());
      CheckAllTiers(path + ".acknowledge.rungs", level.acknowledge());
      CheckClocks(path + ".clocks", level);
    }
    for (int level = common::v1::LEVEL_CRITICAL; level <= common::v1::LEVEL_ATTENTION; ++level) {
      if (!seen.contains(level)) {
        problems_.Add("policy.levels", "level " + LevelWord(static_cast<common::v1::Level>(level)) +
                                           " is not listed");
      }
    }
  }

  void CheckAllTiers(const std::string& path, const Ladder& ladder) {
    for (int tier = common::v1::TIER_GRID; tier < common::v1::TIER_DISTRICT; ++tier) {
      if (std::none_of(ladder.rungs().begin(), ladder.rungs().end(),
                       [&](const Rung& rung) { return rung.tier() == tier; })) {
        problems_.Add(path, "tier " + WordOf(static_cast<Tier>(tier)) + " has no rung");
      }
    }
  }

  // A ladder that stops below the district would leave a case there with nobody above to call in.
  void CheckLadder(const std::string& path, const Ladder& ladder) {
    int below = common::v1::TIER_UNSPECIFIED;
    for (int i = 0; i < ladder.rungs_size(); ++i) {
      const Rung& rung = ladder.rungs(i);
      std::string at = PathAt(path + ".rungs", i);
      CheckDuration(at + ".answer_within", rung.answer_within());
      CheckCopiedIn(at + ".copied_in", rung);
      if (!IsTier(rung.tier())) {
        problems_.Add(at + ".tier", "is missing");
        continue;
      }
      if (rung.tier() <= below) {
        problems_.Add(at + ".tier", WordOf(rung.tier()) + " is not above the rung before it");
      }
      below = std::max<int>(below, rung.tier());
    }
    if (below != common::v1::TIER_DISTRICT) {
      problems_.Add(path + ".rungs", "does not rise to the district");
    }
    CheckDuration(path + ".remind_every", ladder.remind_every());
  }

  void CheckCopiedIn(const std::string& list, const Rung& rung) {
    std::set<int> seen;
    for (int i = 0; i < rung.copied_in_size(); ++i) {
      Tier tier = rung.copied_in(i);
      if (!IsTier(tier)) {
        problems_.Add(PathAt(list, i), "is not a tier");
      } else if (tier == rung.tier()) {
        problems_.Add(PathAt(list, i), WordOf(tier) + " is already asked to answer on this rung");
      } else if (!seen.insert(tier).second) {
        problems_.Add(PathAt(list, i), WordOf(tier) + " is listed twice");
      }
    }
  }

  void CheckClocks(const std::string& list, const LevelPolicy& level) {
    std::set<int> seen;
    for (int i = 0; i < level.clocks_size(); ++i) {
      const ClockPolicy& clock = level.clocks(i);
      std::string path = PathAt(list, i);
      if (clock.promise() == common::v1::PROMISE_ACKNOWLEDGE) {
        problems_.Add(path + ".promise",
                      "acknowledgement has its own ladder and no clock beside it");
      } else if (!common::v1::Promise_IsValid(clock.promise()) ||
                 clock.promise() == common::v1::PROMISE_UNSPECIFIED) {
        problems_.Add(path + ".promise", "is missing");
      } else if (!seen.insert(clock.promise()).second) {
        problems_.Add(path + ".promise", "the same promise is listed twice");
      }
      CheckDuration(path + ".within", clock.within());
      CheckLadder(path + ".overdue", clock.overdue());
      CheckPausedBy(path + ".paused_by", clock);
    }
    if (!seen.contains(common::v1::PROMISE_RESOLVE)) {
      problems_.Add(list, "the clock for closing the case (resolve) is missing");
    }
  }

  void CheckPausedBy(const std::string& list, const ClockPolicy& clock) {
    if (clock.statutory() && !clock.paused_by().empty()) {
      problems_.Add(list, "a statutory clock cannot be paused");
    }
    std::set<int> seen;
    for (int i = 0; i < clock.paused_by_size(); ++i) {
      const int reason = clock.paused_by(i);
      if (!common::v1::HoldReason_IsValid(reason) ||
          reason == common::v1::HOLD_REASON_UNSPECIFIED) {
        problems_.Add(PathAt(list, i), "is no reason for a hold");
      } else if (!seen.insert(reason).second) {
        problems_.Add(PathAt(list, i), "the same reason is listed twice");
      }
    }
  }

  void CheckDuration(const std::string& path, const Duration& duration) {
    uint32_t most = kMostMinutes;
    switch (duration.unit()) {
      case rules::v1::DURATION_UNIT_MINUTES:
      case rules::v1::DURATION_UNIT_DUTY_MINUTES:
        break;
      case rules::v1::DURATION_UNIT_WORKING_DAYS:
        most = kMostWorkingDays;
        break;
      default:
        problems_.Add(path, duration.amount() == 0 ? "is missing" : "has no unit");
        return;
    }
    if (duration.amount() == 0) problems_.Add(path, "must be at least 1");
    if (duration.amount() > most) problems_.Add(path, "is longer than ten years");
  }

  void CheckEntry() {
    std::set<int> seen;
    for (int i = 0; i < policy_.entry_size(); ++i) {
      const auto& rule = policy_.entry(i);
      std::string path = PathAt("policy.entry", i);
      if (rule.reporter_tier() != common::v1::TIER_UNSPECIFIED && !IsTier(rule.reporter_tier())) {
        problems_.Add(path + ".reporter_tier", "is not a tier");
      } else if (!seen.insert(rule.reporter_tier()).second) {
        problems_.Add(path + ".reporter_tier", "has a rule already");
      }
      if (!IsTier(rule.enter_at())) problems_.Add(path + ".enter_at", "is missing");
    }
  }

  const rules::v1::Policy& policy_;
  RulesProblems& problems_;
  std::map<std::string_view, const Post*> persons_;
};

}  // namespace

void ValidatePolicy(const rules::v1::Rules& rules, RulesProblems& problems) {
  PolicyValidator(rules, problems).Run();
}

}  // namespace lastmeter
