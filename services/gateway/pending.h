#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/log/log.h"
#include "services/common/http.h"
#include "services/common/outcomes.h"

namespace lastmeter::gateway {

// One input on its way: appended, perhaps waited for, answered once. Owned by the callbacks of log
// and read side, whichever comes last. Thread-safe.
class Pending {
 public:
  struct Answers {
    // It is durable at this position and was not (or not yet) decided.
    std::function<http::Response(TopicPartition, LogPosition, bool waited)> accepted;
    // It was decided.
    std::function<http::Response(const Outcome&)> decided;
  };

  Pending(std::shared_ptr<http::Responder> responder, TopicPartition tp, bool waits,
          Answers answers)
      : responder_(std::move(responder)), tp_(tp), waits_(waits), answers_(std::move(answers)) {}

  void OnAppended(const absl::StatusOr<LogPosition>& result);
  void OnOutcome(const std::optional<Outcome>& outcome);

 private:
  void Answer(http::Response response);

  const std::shared_ptr<http::Responder> responder_;
  const TopicPartition tp_;
  const bool waits_;
  const Answers answers_;

  std::mutex mutex_;
  std::optional<LogPosition> position_;
  bool wait_ended_ = false;
  bool answered_ = false;
};

// The problem for an append that did not succeed.
http::Response AppendProblem(const absl::Status& status);

}  // namespace lastmeter::gateway
