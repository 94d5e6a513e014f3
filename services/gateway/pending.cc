#include "services/gateway/pending.h"

#include <utility>

namespace lastmeter::gateway {

http::Response AppendProblem(const absl::Status& status) {
  http::Response response =
      status.code() == absl::StatusCode::kResourceExhausted
          ? http::Problem(503, "no-space", "the log has no space left; nothing was stored")
          : http::Problem(503, "log-unavailable",
                          "it is not certain that this was stored; send it again with the same "
                          "Idempotency-Key");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

void Pending::Answer(http::Response response) {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(answered_, true)) return;
  }
  responder_->Send(std::move(response));
}

void Pending::OnAppended(const absl::StatusOr<LogPosition>& result) {
  if (!result.ok()) return Answer(AppendProblem(result.status()));
  bool wait_ended = false;
  {
    std::lock_guard lock(mutex_);
    position_ = *result;
    wait_ended = wait_ended_;
  }
  if (!waits_ || wait_ended) Answer(answers_.accepted(tp_, *result, waits_));
}

void Pending::OnOutcome(const std::optional<Outcome>& outcome) {
  // Decided means durable, even where the log's own answer has not come yet.
  if (outcome) return Answer(answers_.decided(*outcome));
  std::optional<LogPosition> position;
  {
    std::lock_guard lock(mutex_);
    wait_ended_ = true;
    position = position_;
  }
  if (position) Answer(answers_.accepted(tp_, *position, true));
}

}  // namespace lastmeter::gateway
