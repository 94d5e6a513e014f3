#include "tests/year/acts.h"

#include <algorithm>
#include <vector>

#include "tests/year/beside.h"
#include "tests/year/weighted.h"

namespace lastmeter::year {
namespace {

namespace cd = command::v1;
namespace cm = common::v1;

struct Finding {
  int weight;
  cm::Finding finding;
};
constexpr Finding kFindings[] = {{75, cm::FINDING_AS_REPORTED},
                                 {7, cm::FINDING_WORSE},
                                 {12, cm::FINDING_LESS},
                                 {6, cm::FINDING_UNFOUNDED}};

struct Outcome {
  int weight;
  cm::Outcome outcome;
};
constexpr Outcome kOutcomes[] = {{62, cm::OUTCOME_NEED_MET},    {18, cm::OUTCOME_PARTLY_MET},
                                 {7, cm::OUTCOME_TRANSFERRED},  {5, cm::OUTCOME_NOT_ELIGIBLE},
                                 {3, cm::OUTCOME_REFUSED},      {2, cm::OUTCOME_MOVED},
                                 {1, cm::OUTCOME_LOST_CONTACT}, {2, cm::OUTCOME_DECEASED}};

struct NotLead {
  int weight;
  cm::NotALead category;
};
constexpr NotLead kNotLeads[] = {{45, cm::NOT_A_LEAD_ANSWERED},
                                 {25, cm::NOT_A_LEAD_OTHERS},
                                 {15, cm::NOT_A_LEAD_SETTLED},
                                 {5, cm::NOT_A_LEAD_TEST},
                                 {10, cm::NOT_A_LEAD_NONSENSE}};

struct Hold {
  int weight;
  cm::HoldReason reason;
};
constexpr Hold kHolds[] = {{20, cm::HOLD_REASON_HOUSEHOLD_AWAY},
                           {35, cm::HOLD_REASON_IN_HOSPITAL},
                           {30, cm::HOLD_REASON_DOCUMENTS},
                           {15, cm::HOLD_REASON_OTHERS}};

cm::Outcome OutcomeOf(const KnownCase& c, Random* random) {
  if (c.scheduled) return random->Percent(60) ? cm::OUTCOME_DECEASED : cm::OUTCOME_MOVED;
  if (c.bulletin) return cm::OUTCOME_PARTLY_MET;
  return c.unfounded ? cm::OUTCOME_UNFOUNDED : DrawFrom(kOutcomes, random).outcome;
}

const char* const kRelief[] = {"meals", "cash", "goods", "nursing", "visiting"};

// Another village of the same town; any of the town where only that is known, and any of the
// district's where only that is.
std::optional<std::string> AnotherVillage(const KnownCase& c, const District& district,
                                          Random* random) {
  const std::string town = c.area.substr(0, 9);
  std::vector<const std::string*> villages;
  for (const auto& village : district.villages()) {
    if (village.code.starts_with(town) && !c.area.starts_with(village.code)) {
      villages.push_back(&village.code);
    }
  }
  if (villages.empty()) return std::nullopt;
  return *villages[random->Below(villages.size())];
}

bool FillMoving(const Intent& intent, const KnownCase& c, const District& district, Random* random,
                cd::Command* command) {
  switch (intent.act) {
    case Act::kRaiseTier:
      command->mutable_raise()->set_to_tier(std::min(
          cm::TIER_DISTRICT, static_cast<cm::Tier>(std::max(c.handler_tier, cm::TIER_GRID) + 1)));
      command->mutable_raise()->mutable_reason()->set_open("more than we can do here");
      return true;
    case Act::kRaiseLevel:
      command->mutable_raise()->set_to_level(c.level >= cm::LEVEL_ORDINARY ? cm::LEVEL_URGENT
                                                                           : cm::LEVEL_CRITICAL);
      command->mutable_raise()->mutable_reason()->set_open("it has grown worse");
      return true;
    case Act::kHandDown:
      command->mutable_hand_down()->set_to_tier(
          c.handler_tier == cm::TIER_DISTRICT && random->Percent(40) ? cm::TIER_TOWN
                                                                     : cm::TIER_VILLAGE);
      if (c.restricted) command->mutable_hand_down()->set_to_tier(cm::TIER_TOWN);
      command->mutable_hand_down()->set_case_version(c.version);
      command->mutable_hand_down()->mutable_reason()->set_open("nearer to you");
      return true;
    case Act::kReassign: {
      const auto village = AnotherVillage(c, district, random);
      if (!village) return false;
      command->mutable_reassign()->set_area(*village);
      command->mutable_reassign()->set_case_version(c.version);
      command->mutable_reassign()->mutable_reason()->set_open("lives there");
      return true;
    }
    default:
      return false;
  }
}

void FillAsking(const Intent& intent, Random* random, cd::Command* command) {
  switch (intent.act) {
    case Act::kHold: {
      command->mutable_hold()->set_reason(DrawFrom(kHolds, random).reason);
      // Some ask for longer than the policy lets them.
      const int64_t days = random->Percent(4) ? 45 : random->Between(2, 25);
      command->mutable_hold()->set_until_ms((intent.at + Days(days)).ms);
      return;
    }
    case Act::kResume:
      command->mutable_resume();
      return;
    case Act::kExtend:
      command->mutable_extend()->set_promise(cm::PROMISE_RESOLVE);
      command->mutable_extend()->mutable_by()->set_amount(
          static_cast<uint32_t>(random->Between(2, 5)));
      command->mutable_extend()->mutable_by()->set_unit(rules::v1::DURATION_UNIT_WORKING_DAYS);
      command->mutable_extend()->mutable_reason()->set_open("the clinic has no date yet");
      return;
    case Act::kRemind:
      command->mutable_remind();
      return;
    case Act::kWithdraw:
      command->mutable_withdraw()->mutable_reason()->set_open("the wrong door");
      return;
    default:
      command->mutable_note()->mutable_text()->set_open("spoke with the neighbours");
  }
}

}  // namespace

bool IsStillNeeded(const Intent& intent, const KnownCase& c) {
  if (c.open != (intent.act != Act::kReopen)) return false;
  // Planned work goes on across cycles.
  if (IsTurn(intent.act)) return IsTurnStillNeeded(intent, c);
  if (intent.cycle != c.cycle) return false;
  switch (intent.act) {
    case Act::kAcknowledge:
      return c.handler.empty();
    case Act::kVerify:
      return !c.verified;
    case Act::kRelief:
      return !c.relieved;
    case Act::kPaperwork:
      return c.papers_owed;
    case Act::kHold:
      return !c.on_hold && !c.handler.empty();
    case Act::kResume:
      return c.on_hold;
    case Act::kRemind:
    case Act::kWithdraw:
      return c.handler.empty();
    case Act::kScreenOut:
      return !c.helped && c.works.empty();
    case Act::kRaiseLevel:
      return c.level > cm::LEVEL_CRITICAL;
    case Act::kMerge:
      return !c.papers_owed;
    case Act::kReopen:
      return !c.scheduled && !c.bulletin;
    case Act::kClose:
      if (c.scheduled || c.bulletin) return true;
      return c.follow_ups_left == 0 && IsReadyToEnd(c) && c.works.empty();
    default:
      return IsBesideStillNeeded(intent, c);
  }
}

std::optional<cd::Command> Fill(const Intent& intent, const KnownCase& c, const District& district,
                                Random* random) {
  cd::Command command;
  command.set_case_number(intent.number);
  switch (intent.act) {
    case Act::kAcknowledge:
      command.mutable_acknowledge()->set_notice_id(intent.notice_id);
      break;
    case Act::kVerify:
      command.mutable_verify()->set_finding(DrawFrom(kFindings, random).finding);
      break;
    case Act::kRelief:
      command.mutable_relief()->add_kinds(random->OneOf(kRelief));
      break;
    case Act::kPaperwork:
      command.mutable_paperwork();
      break;
    case Act::kMerge:
      if (c.twins.empty()) return std::nullopt;
      command.mutable_merge()->set_into(c.twins.front());
      command.mutable_merge()->set_case_version(c.version);
      break;
    case Act::kClose:
      command.mutable_close()->set_outcome(OutcomeOf(c, random));
      command.mutable_close()->set_case_version(c.version);
      break;
    case Act::kScreenOut:
      command.mutable_screen_out()->set_category(DrawFrom(kNotLeads, random).category);
      command.mutable_screen_out()->set_case_version(c.version);
      command.mutable_screen_out()->mutable_reason()->set_open("nobody is in need there");
      break;
    case Act::kReopen:
      command.mutable_reopen()->mutable_reason()->set_open("it is not over");
      break;
    case Act::kRaiseTier:
    case Act::kRaiseLevel:
    case Act::kHandDown:
    case Act::kReassign:
      if (!FillMoving(intent, c, district, random, &command)) return std::nullopt;
      break;
    case Act::kHold:
    case Act::kResume:
    case Act::kExtend:
    case Act::kRemind:
    case Act::kWithdraw:
    case Act::kNote:
      FillAsking(intent, random, &command);
      break;
    default:
      if (!FillBeside(intent, c, district, random, &command)) return std::nullopt;
  }
  return command;
}

}  // namespace lastmeter::year
