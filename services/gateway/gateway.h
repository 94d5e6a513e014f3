#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/log/log.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/common/http.h"
#include "services/common/metrics.h"
#include "services/common/outcomes.h"
#include "services/gateway/backlog.h"
#include "services/gateway/rate_limiter.h"
#include "services/gateway/translate.h"

namespace lastmeter::gateway {

struct GatewayOptions {
  // Must outlive the gateway.
  Log* log = nullptr;
  // Must outlive the gateway and everything that it waits for.
  Outcomes* outcomes = nullptr;
  // The wall clock that stamps accepted_at_ms.
  std::function<Timestamp()> now;
  // How old the oldest input is that nobody has decided yet. Null: the oldest of this gateway's
  // own that the outcomes do not show as decided.
  std::function<Millis()> oldest_unread_age;
  // Whether rules are on their way into partitions that have none: a case that opened before them
  // would be the fallback post's. May be empty: never.
  std::function<bool()> awaits_rules;
  // What is wrong with rules, each "path: reason". May be empty: the partitions judge alone.
  std::function<std::vector<std::string>(const lastmeter::rules::v1::Rules&)> check_rules;
  bool allow_unsealed = false;
  // Requests a second and caller; 0: not limited.
  double rate_limit_per_s = 2000;
};

// Takes what people report and command, and puts it durably into the input logs. Refuses what is
// malformed or not theirs to ask; everything else is the core's to decide. Thread-safe. Must
// outlive the HTTP server that its routes are given to, and the log's last answer.
class Gateway {
 public:
  static absl::StatusOr<std::unique_ptr<Gateway>> Create(GatewayOptions options);

  std::vector<http::Route> Routes();

  struct Counters {
    std::atomic<uint64_t> reports{0};
    std::atomic<uint64_t> commands{0};
    std::atomic<uint64_t> refused_rate{0};
    std::atomic<uint64_t> refused_overload{0};
  };
  const Counters& counters() const { return counters_; }
  void AddMetrics(Metrics* metrics);

 private:
  using Responder = std::shared_ptr<http::Responder>;
  enum class Urgency { kOrdinary, kAnswer };

  Gateway(GatewayOptions options, std::unique_ptr<LogProducer> producer);

  Millis OldestUnreadAge();
  void Append(TopicPartition tp, Outgoing record, LogProducer::Done done);
  // What every request has to pass before its body is looked at.
  std::optional<http::Response> CheckDoor(const http::Request& request, Urgency urgency);

  void SubmitReport(const http::Request& request, const Responder& out);
  void CaseCommand(CaseAction action, const http::Request& request, const Responder& out);
  void InstallRules(const http::Request& request, const Responder& out);
  void AcceptClock(const http::Request& request, const Responder& out);

  // One input into one partition, answered as the request asked to be.
  struct Input {
    TopicPartition tp;
    std::string id;
    std::string fingerprint;
    std::string case_number;
    Outgoing record;
    // 0: not waited for.
    Millis wait;
    std::function<http::Response(const Outcome&)> decided;
  };
  void Enter(const Caller& caller, Input input, const Responder& out);
  // merge.cc: the same for a merge, once the case that goes on has said in its own partition that
  // it stays open; that one then hears what became of it.
  struct Merge;
  void EnterMerge(const Caller& caller, const lastmeter::command::v1::Command& merge, Input input,
                  const Responder& out);
  void AskToGoOn(const std::shared_ptr<Merge>& merge, const std::string& key, int step);
  void EnterAccepted(const std::shared_ptr<Merge>& merge, Timestamp until);
  // The same command into every partition; answers when all have decided it, or after `wait`
  // (0: the longest).
  void EnterEverywhere(const Caller& caller, const lastmeter::command::v1::Command& command,
                       Millis wait, const Responder& out);

  const GatewayOptions options_;
  const uint32_t partitions_;
  const std::unique_ptr<LogProducer> producer_;
  // Asked by whoever asks for the backlog's age; fed only where nobody else knows it.
  Backlog backlog_;
  RateLimiter limiter_;
  Counters counters_;
};

// The OpenAPI document, embedded at build time.
std::string_view OpenApiDocument();

}  // namespace lastmeter::gateway
