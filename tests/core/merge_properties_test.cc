// Merging over the boundary of two partitions, whose clocks differ: gateways die between the steps,
// and people close whatever they may.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/hash.h"
#include "tests/core/machine_rig.h"
#include "tests/core/seeds.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Cmd = lastmeter::command::v1::Command;

constexpr char kHere[] = "430112001001";
constexpr char kThere[] = "430112001002";
constexpr Timestamp kStart{1'767'574'800'000};

uint32_t PartitionsThatPartThem() {
  uint32_t count = 2;
  while (PartitionFor(kHere, count) == PartitionFor(kThere, count)) ++count;
  return count;
}

class MergeLife {
 public:
  MergeLife(uint64_t seed, const rules::v1::Rules& rules, Tried* tried)
      : random_(seed),
        tried_(*tried),
        count_(PartitionsThatPartThem()),
        // The clocks of two owners differ by a minute at most.
        ahead_{random_.Between(-60'000, 60'000)},
        here_(rules, kStart, &random_, {PartitionFor(kHere, count_)}, count_),
        there_(rules, kStart + ahead_, &random_, {PartitionFor(kThere, count_)}, count_) {}

  std::string Live() {
    source_ = Open(&here_, kHere);
    target_ = Open(&there_, kThere);
    const int steps = 30 + static_cast<int>(random_.Below(30));
    for (int i = 0; i < steps && !failed(); ++i) Step();
    Pass(Minutes(3));
    if (!there_.CaseOf(target_).accepted_merges().empty()) Wrong("an acceptance is never settled");
    if (accepted_ != settled_) Wrong("an acceptance is settled twice, or not at all");
    if (random_.Percent(30)) there_.Replay();
    if (random_.Percent(30)) here_.Replay();
    return !wrong_.empty() ? wrong_ : here_.failed() ? here_.wrong() : there_.wrong();
  }

 private:
  // A gateway's merge, wherever it has come to. It dies by not being stepped any more.
  struct Gateway {
    int64_t until_ms = 0;
    std::string acceptance_id;
    std::optional<bool> merged = std::nullopt;
  };

  bool failed() const { return !wrong_.empty() || here_.failed() || there_.failed(); }
  void Wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  std::string Open(MachineRig* rig, const char* area) {
    report::v1::HardshipReport report;
    report.set_kind("job-loss");
    report.set_area(area);
    report.mutable_reporter()->set_id("hotline");
    report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
    const std::string number = rig->Report(std::move(report)).at(0).case_number();
    Cmd command;
    command.mutable_acknowledge();
    Ask(rig, number, std::move(command));
    return number;
  }

  MachineRig::Events Ask(MachineRig* rig, const std::string& number, Cmd command) {
    command.set_case_number(number);
    command.mutable_actor()->set_id("tan-dan");
    command.mutable_actor()->set_role(cm::ROLE_STAFF);
    const auto events = rig->Command(std::move(command));
    for (const auto& event : events) Count(event);
    return events;
  }

  void Count(const ev::Event& event) {
    if (event.has_merge_settled()) {
      ++settled_;
      ++tried_[ev::MergeEnd_Name(event.merge_settled().end())];
    }
    if (!event.has_command_rejected()) return;
    if (event.command_rejected().reason() == ev::REJECTION_MERGE_UNDER_WAY) {
      ++tried_["end refused while a merge is under way"];
    }
  }

  void Pass(Millis span) {
    const auto fired = [this](const PartitionState::Timer&, const MachineRig::Events& events) {
      for (const auto& event : events) Count(event);
    };
    // Late as one that follows the inputs, or prompt.
    const auto when = random_.Percent(50) ? MachineRig::Timers::kPrompt : MachineRig::Timers::kLate;
    here_.PassTo(here_.now() + span, when, fired);
    there_.PassTo(there_.now() + span, when, fired);
  }

  void Step() {
    switch (random_.Below(10)) {
      case 0:
      case 1:
        return Accept();
      case 2:
      case 3:
        return EnterMerge();
      case 4:
      case 5:
        return Settle();
      case 6:
        return CloseTarget();
      case 7:
        return Reopen();
      default:
        return Pass(Seconds(random_.Below(random_.Percent(30) ? 130 : 20)));
    }
  }

  void Accept() {
    const auto before = there_.CaseOf(target_);
    Cmd command;
    command.mutable_accept_merge()->set_from(source_);
    const auto events = Ask(&there_, target_, std::move(command));
    if (!events.at(0).has_merge_accepted()) {
      if (!before.closed()) Wrong("an open case does not accept");
      return;
    }
    if (before.closed()) Wrong("a closed case accepts");
    ++accepted_;
    const auto& accepted = events[0].merge_accepted();
    gateways_.push_back({accepted.open_until_ms(), accepted.acceptance_id()});
  }

  void EnterMerge() {
    // Past the gateway: with a time that nobody gave, or none.
    Gateway stranger{random_.Percent(50) ? 0 : here_.now().ms + 59'999, ""};
    Gateway& gateway =
        gateways_.empty() || random_.Percent(10) ? stranger : gateways_[Any(gateways_.size())];
    if (gateway.merged) return;
    const auto from = here_.CaseOf(source_);
    Cmd command;
    command.mutable_merge()->set_into(target_);
    command.mutable_merge()->set_case_version(from.version());
    command.mutable_merge()->set_accepted_until_ms(gateway.until_ms);
    const auto events = Ask(&here_, source_, std::move(command));
    gateway.merged = events.at(0).has_case_merged();
    const bool in_time = here_.now().ms + 60'000 <= gateway.until_ms;
    if (*gateway.merged != (in_time && !from.closed())) Wrong("merged out of time, or not in it");
    if (!in_time && !from.closed()) ++tried_["merge out of time refused"];
    if (!*gateway.merged) return;
    ++tried_["merged"];
    if (there_.CaseOf(target_).closed()) Wrong("merged into a case that is closed");
  }

  void Settle() {
    if (gateways_.empty()) return;
    const size_t which = Any(gateways_.size());
    const Gateway gateway = gateways_[which];
    if (!gateway.merged) return;
    gateways_.erase(gateways_.begin() + static_cast<int64_t>(which));
    const auto target = there_.CaseOf(target_);
    const auto& merges = target.accepted_merges();
    const bool awaited = std::any_of(merges.begin(), merges.end(), [&](const auto& merge) {
      return merge.acceptance_id() == gateway.acceptance_id;
    });
    Cmd command;
    command.mutable_settle_merge()->set_from(source_);
    command.mutable_settle_merge()->set_acceptance_id(gateway.acceptance_id);
    command.mutable_settle_merge()->set_merged(*gateway.merged);
    const auto events = Ask(&there_, target_, std::move(command));
    if (events.at(0).has_merge_settled() != awaited) Wrong("settled what was not awaited");
  }

  void CloseTarget() {
    const auto before = there_.CaseOf(target_);
    Cmd command;
    command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
    command.mutable_close()->set_case_version(before.version());
    const auto events = Ask(&there_, target_, std::move(command));
    const bool may = !before.closed() && before.accepted_merges().empty();
    if (events.at(0).has_case_closed() != may) Wrong("closed while a merge is under way, or not");
    if (may) ++tried_["closed"];
  }

  void Reopen() {
    for (const auto& [rig, number] : {std::pair{&here_, source_}, std::pair{&there_, target_}}) {
      if (!rig->CaseOf(number).closed()) continue;
      Cmd command;
      command.mutable_reopen()->mutable_reason()->set_open("again");
      Ask(rig, number, std::move(command));
      command = Cmd();
      command.mutable_acknowledge();
      Ask(rig, number, std::move(command));
    }
  }

  size_t Any(size_t size) { return random_.Below(size); }

  Random random_;
  Tried& tried_;
  const uint32_t count_;
  const Millis ahead_;
  MachineRig here_;
  MachineRig there_;
  std::string source_;
  std::string target_;
  std::vector<Gateway> gateways_;
  uint64_t accepted_ = 0;
  uint64_t settled_ = 0;
  std::string wrong_;
};

TEST(MergeProperties, NothingIsMergedIntoWhatIsClosedAndEachAcceptanceIsSettledOnce) {
  const rules::v1::Rules rules = RigRules();
  const Tried tried = LiveSeeds(
      600, [&](uint64_t seed, Tried* tried) { return MergeLife(seed, rules, tried).Live(); });
  ExpectTried(tried, {{"merged", 100},
                      {"merge out of time refused", 100},
                      {"closed", 100},
                      {"end refused while a merge is under way", 100},
                      {"MERGE_END_MERGED", 50},
                      {"MERGE_END_REFUSED", 50},
                      {"MERGE_END_UNHEARD", 100}});
}

}  // namespace
}  // namespace lastmeter
