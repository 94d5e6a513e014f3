// A merge concerns two cases, which may lie in two partitions.
#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "services/common/http_json.h"
#include "services/gateway/answers.h"
#include "services/gateway/gateway.h"
#include "services/gateway/pending.h"

namespace lastmeter::gateway {

namespace {

namespace api = lastmeter::api::v1;
namespace common = lastmeter::common::v1;
using lastmeter::command::v1::Command;

// Also without `wait`: a merge is stored only once the other case has answered.
constexpr Millis kAtLeast = Seconds(15);

bool Refused(const Outcome& outcome) {
  return std::any_of(outcome.events.begin(), outcome.events.end(),
                     [](const auto& view) { return view.event().has_command_rejected(); });
}

// Papers, referrals or work are left, or nobody has it who could answer for another partition.
bool LeavesSomethingUndone(const api::Case& c, bool across) {
  const auto owed = [](const api::ClockView& clock) {
    return clock.promise() == common::PROMISE_PAPERWORK && clock.state() != api::CLOCK_STATE_MET &&
           clock.state() != api::CLOCK_STATE_STOPPED;
  };
  const auto asked = [](const api::ReferralView& referral) { return !referral.has_answered_at(); };
  return c.works_size() > 0 || (across && c.handler_id().empty()) ||
         std::any_of(c.clocks().begin(), c.clocks().end(), owed) ||
         std::any_of(c.referrals().begin(), c.referrals().end(), asked);
}

// Whether the core is certain to refuse the merge of a case that is so, or has gone on since: then
// the other case is not asked, and nobody there is told of a merge that does not come. A version
// only rises, so that one below that of the view is stale; of one and the same version, the case is
// as the view has it.
bool IsSureToBeRefused(const api::Case& from, uint32_t version, bool across) {
  if (version != from.version()) return version < from.version();
  return from.has_closed_at() || LeavesSomethingUndone(from, across);
}

http::Response Undecided() {
  auto response = http::Problem(503, "merge-undecided",
                                "the case that goes on has not answered; nothing was merged. Try "
                                "again with the same Idempotency-Key");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace

void Gateway::EnterMerge(const Caller& caller, const Command& merge, Input input,
                         const Responder& out) {
  const std::string& into = merge.merge().into();
  const auto from = options_.outcomes->FindCase(caller, input.case_number);
  // Nothing enters unasked: a view that lags must not close a case into one that does not exist.
  if (!from) return out->Send(UnknownCase());
  // There is nobody to ask; the core refuses it.
  if (!CaseNumber::Parse(into)) return Enter(caller, std::move(input), out);
  const std::string routing_code = into.substr(0, 12);
  const TopicPartition tp{Topic::kCommand, PartitionId{PartitionFor(routing_code, partitions_)}};
  const bool across = tp.partition != input.tp.partition;
  if (IsSureToBeRefused(*from, merge.merge().case_version(), across)) {
    return Enter(caller, std::move(input), out);
  }
  Command accept;
  // The same for each try of the same merge.
  accept.set_command_id(absl::StrCat(
      "merge-", ToHex(AsBytes(Sha256(absl::StrCat(caller.id, "\n", input.id)))).substr(0, 32)));
  *accept.mutable_actor() = merge.actor();
  accept.set_accepted_at_ms(merge.accepted_at_ms());
  accept.set_case_number(into);
  accept.mutable_accept_merge()->set_from(input.case_number);
  accept.mutable_accept_merge()->set_restricted(from->restricted());
  accept.mutable_accept_merge()->set_drill(from->drill());

  // Answered by whichever comes first: the log's failure, or what the other case said.
  struct Step {
    std::mutex mutex;
    bool over = false;
    bool End() {
      std::lock_guard lock(mutex);
      return !std::exchange(over, true);
    }
  };
  auto step = std::make_shared<Step>();
  auto merged = std::make_shared<Input>(std::move(input));
  options_.outcomes->WaitFor(
      {false, tp.partition, accept.command_id()}, std::max(merged->wait, kAtLeast),
      [this, caller, out, step, merged](const std::optional<Outcome>& outcome) {
        if (!step->End()) return;
        if (!outcome) return out->Send(Undecided());
        if (Refused(*outcome)) {
          return out->Send(CommandAnswer(*outcome, merged->id, caller, *options_.outcomes));
        }
        Enter(caller, std::move(*merged), out);
      });
  Append(tp, {routing_code, accept.SerializeAsString()},
         [out, step](const absl::StatusOr<LogPosition>& position) {
           if (!position.ok() && step->End()) out->Send(AppendProblem(position.status()));
         });
}

}  // namespace lastmeter::gateway
