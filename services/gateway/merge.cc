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
// The other case waits no longer to hear what became of it.
constexpr Millis kSettledWithin = Minutes(2);
// As the core: what has to be left of that when the merge is decided.
constexpr Millis kLeftToMerge = Minutes(1);

bool Refused(const Outcome& outcome) {
  return std::any_of(outcome.events.begin(), outcome.events.end(),
                     [](const auto& view) { return view.event().has_command_rejected(); });
}

Timestamp AcceptedUntil(const Outcome& outcome) {
  for (const auto& view : outcome.events) {
    if (view.event().has_merge_accepted()) {
      return {view.event().merge_accepted().open_until_ms()};
    }
  }
  return {0};
}

bool IsMergedInto(const Outcome& outcome, const std::string& into) {
  return std::any_of(outcome.events.begin(), outcome.events.end(),
                     [&](const auto& view) { return view.event().case_merged().into() == into; });
}

// The same for each try of the same merge.
std::string MergeId(const char* step, const Caller& caller, const std::string& key) {
  return absl::StrCat("merge-", step, "-",
                      ToHex(AsBytes(Sha256(absl::StrCat(caller.id, "\n", key)))).substr(0, 32));
}

http::Response Undecided() {
  auto response = http::Problem(503, "merge-undecided",
                                "the case that goes on has not answered; nothing was merged. Try "
                                "again with the same Idempotency-Key");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace

// A merge between its steps; shared by what waits for the next.
struct Gateway::Merge {
  Caller caller;
  Command command;
  Input input;
  Responder out;
  // Of the case that goes on.
  TopicPartition tp;
  std::string routing_code;
  bool restricted = false;
  bool drill = false;
  // The id of the last question.
  std::string acceptance_id;

  // What becomes of one step is said by whichever comes first: the log's failure, or the case.
  std::mutex mutex;
  int ended = 0;
  bool End(int step) {
    std::lock_guard lock(mutex);
    if (ended >= step) return false;
    ended = step;
    return true;
  }
  const std::string& into() const { return command.merge().into(); }
  Command ToTheOther(std::string id) const {
    Command made;
    made.set_command_id(std::move(id));
    *made.mutable_actor() = command.actor();
    made.set_accepted_at_ms(command.accepted_at_ms());
    made.set_case_number(into());
    return made;
  }
};

void Gateway::EnterMerge(const Caller& caller, const Command& merge, Input input,
                         const Responder& out) {
  const auto from = options_.outcomes->FindCase(caller, input.case_number);
  // Nothing enters unasked: a view that lags must not close a case into one that does not exist.
  if (!from) return out->Send(UnknownCase());
  // There is nobody to ask, or nothing: the core refuses it, or has decided it before.
  if (!CaseNumber::Parse(merge.merge().into()) || from->has_closed_at() ||
      options_.outcomes->FindInput({false, input.tp.partition, input.id})) {
    return Enter(caller, std::move(input), out);
  }
  auto made = std::make_shared<Merge>();
  made->caller = caller;
  made->command = merge;
  made->input = std::move(input);
  made->out = out;
  made->routing_code = made->into().substr(0, 12);
  made->tp = {Topic::kCommand, PartitionId{PartitionFor(made->routing_code, partitions_)}};
  made->restricted = from->restricted();
  made->drill = from->drill();
  AskToGoOn(made, made->input.id, 1);
}

void Gateway::AskToGoOn(const std::shared_ptr<Merge>& merge, const std::string& key, int step) {
  Command accept = merge->ToTheOther(MergeId("accept", merge->caller, key));
  accept.mutable_accept_merge()->set_from(merge->input.case_number);
  accept.mutable_accept_merge()->set_restricted(merge->restricted);
  accept.mutable_accept_merge()->set_drill(merge->drill);
  merge->acceptance_id = accept.command_id();
  options_.outcomes->WaitFor(
      {false, merge->tp.partition, accept.command_id()}, std::max(merge->input.wait, kAtLeast),
      [this, merge, step](const std::optional<Outcome>& outcome) {
        if (!merge->End(step)) return;
        if (!outcome) return merge->out->Send(Undecided());
        if (Refused(*outcome)) {
          return merge->out->Send(
              CommandAnswer(*outcome, merge->input.id, merge->caller, *options_.outcomes));
        }
        const Timestamp until = AcceptedUntil(*outcome);
        const bool lapsed = until.ms != 0 && options_.now() + kLeftToMerge > until;
        // The answer to a try of long ago, whose gateway went away. Asked once more, not for ever:
        // where clocks differ that much the core has the last word.
        if (lapsed && step == 1) {
          return AskToGoOn(merge, absl::StrCat(merge->input.id, "\n", until.ms), 2);
        }
        EnterAccepted(merge, until);
      });
  Append(merge->tp, {merge->routing_code, accept.SerializeAsString()},
         [merge, step](const absl::StatusOr<LogPosition>& position) {
           if (!position.ok() && merge->End(step)) {
             merge->out->Send(AppendProblem(position.status()));
           }
         });
}

void Gateway::EnterAccepted(const std::shared_ptr<Merge>& merge, Timestamp until) {
  merge->command.mutable_merge()->set_accepted_until_ms(until.ms);
  merge->input.record.value = merge->command.SerializeAsString();
  if (until.ms != 0) {
    Command settle = merge->ToTheOther(MergeId("settle", merge->caller, merge->acceptance_id));
    settle.mutable_settle_merge()->set_from(merge->input.case_number);
    settle.mutable_settle_merge()->set_acceptance_id(merge->acceptance_id);
    // Where this does not come to its end, the other case asks after it by its own timer.
    options_.outcomes->WaitFor(
        {false, merge->input.tp.partition, merge->input.id}, kSettledWithin,
        [this, into = merge->into(), tp = merge->tp, routing_code = merge->routing_code,
         settle = std::move(settle)](const std::optional<Outcome>& outcome) mutable {
          if (!outcome) return;
          settle.mutable_settle_merge()->set_merged(IsMergedInto(*outcome, into));
          Append(tp, {routing_code, settle.SerializeAsString()},
                 [](const absl::StatusOr<LogPosition>&) {});
        });
  }
  Enter(merge->caller, std::move(merge->input), merge->out);
}

}  // namespace lastmeter::gateway
