#include "services/gateway/gateway.h"

#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/common/escape.h"
#include "services/common/http_json.h"
#include "services/common/json.h"
#include "services/common/random_id.h"
#include "services/gateway/answers.h"
#include "services/gateway/pending.h"
#include "services/gateway/turns_only.h"

namespace lastmeter::gateway {
namespace {

namespace api = lastmeter::api::v1;
namespace common = lastmeter::common::v1;
using lastmeter::command::v1::Command;
using lastmeter::report::v1::HardshipReport;

constexpr size_t kRulesBodyLimit = 4 * 1024 * 1024;
constexpr Millis kLongestWait = Seconds(30);
constexpr Millis kOverloadAge = Seconds(30);
// An answer relieves the load (its ladder stops), so it is refused last.
constexpr Millis kAnswerOverloadAge = Seconds(60);

int64_t SteadyNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The caller's key, or a fresh id; empty when the key is malformed.
std::optional<std::string> InputId(const http::Request& request) {
  const auto key = request.Header("idempotency-key");
  if (!key) return RandomId();
  if (key->empty() || key->size() > 128) return std::nullopt;
  for (unsigned char c : *key) {
    if (c < 0x21 || c > 0x7E) return std::nullopt;
  }
  return key;
}

http::Response WrongKey() {
  return http::Problem(400, "wrong-key",
                       "Idempotency-Key must be 1 to 128 visible ASCII characters");
}

http::Response WrongWait() {
  return http::Problem(400, "wrong-wait", "wait must be like 5s or 500ms, at most 30s");
}

// 0 when not asked for; empty when malformed.
std::optional<Millis> ReadWait(const http::Request& request) {
  const auto text = request.Query("wait");
  if (!text) return Millis{0};
  absl::string_view rest = *text;
  int64_t unit = 1000;
  if (absl::EndsWith(rest, "ms")) {
    unit = 1;
    rest.remove_suffix(2);
  } else if (absl::EndsWith(rest, "s")) {
    rest.remove_suffix(1);
  }
  uint32_t amount = 0;
  if (!absl::SimpleAtoi(rest, &amount) || amount == 0) return std::nullopt;
  const Millis wait{amount * unit};
  if (wait > kLongestWait) return std::nullopt;
  return wait;
}

http::Response NotYourRole(std::string_view who) {
  return http::Problem(403, "role-not-allowed", absl::StrCat("only ", ToAbsl(who), " may do this"));
}

http::Response Busy(int status, std::string_view type, std::string_view detail, int retry_after_s) {
  http::Response response = http::Problem(status, type, detail);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
  return response;
}

// Whether a case of this routing code can lie in the caller's area, as far as the number tells.
// Below the village the number says nothing; the core decides by the roster.
bool MayLieInside(std::string_view routing_code, std::string_view area) {
  return routing_code.substr(0, std::min<size_t>(area.size(), 12)) == area.substr(0, 12);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Create(GatewayOptions options) {
  LM_ASSIGN_OR_RETURN(auto producer, options.log->OpenProducer());
  return std::unique_ptr<Gateway>(new Gateway(std::move(options), std::move(producer)));
}

Gateway::Gateway(GatewayOptions options, std::unique_ptr<LogProducer> producer)
    : options_(std::move(options)),
      partitions_(options_.log->identity().partition_count),
      producer_(std::move(producer)),
      backlog_(options_.outcomes, [] { return Millis{SteadyNs() / 1'000'000}; }),
      limiter_(options_.rate_limit_per_s) {}

std::vector<http::Route> Gateway::Routes() {
  std::vector<http::Route> routes;
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/reports",
       .handler = [this](const http::Request& r, const Responder& out) { SubmitReport(r, out); }});
  for (const CaseAction action : AllCaseActions()) {
    routes.push_back({.method = "POST",
                      .pattern = absl::StrCat("/v1/cases/{number}:", ToAbsl(ActionWord(action))),
                      .handler = [this, action](const http::Request& r, const Responder& out) {
                        CaseCommand(action, r, out);
                      }});
  }
  routes.push_back(
      {.method = "PUT",
       .pattern = "/v1/rules",
       .handler = [this](const http::Request& r, const Responder& out) { InstallRules(r, out); },
       .body_limit = kRulesBodyLimit});
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/clock:accept",
       .handler = [this](const http::Request& r, const Responder& out) { AcceptClock(r, out); }});
  routes.push_back({.method = "GET",
                    .pattern = "/v1/openapi.json",
                    .handler =
                        [](const http::Request&, const Responder& out) {
                          http::Response response;
                          response.body = std::string(OpenApiDocument());
                          out->Send(std::move(response));
                        },
                    .needs_token = false});
  return routes;
}

Millis Gateway::OldestUnreadAge() {
  return options_.oldest_unread_age ? options_.oldest_unread_age() : backlog_.OldestAge();
}

void Gateway::Append(TopicPartition tp, Outgoing record, LogProducer::Done done) {
  if (!options_.oldest_unread_age) {
    done = [this, tp, done = std::move(done)](absl::StatusOr<LogPosition> position) {
      if (position.ok()) backlog_.Appended(tp, *position);
      done(std::move(position));
    };
  }
  producer_->Append(tp, std::move(record), std::move(done));
}

void Gateway::AddMetrics(Metrics* metrics) {
  const auto count = [metrics](const char* name, const char* help,
                               const std::atomic<uint64_t>* value, Metrics::Labels labels = {}) {
    metrics->SampleCounter(
        name, help, [value] { return static_cast<double>(*value); }, labels);
  };
  count("lastmeter_reports_total", "Reports let in at the door", &counters_.reports);
  count("lastmeter_commands_total", "Commands let in at the door", &counters_.commands);
  count("lastmeter_refused_total", "Requests refused at the door", &counters_.refused_rate,
        {{"reason", "rate"}});
  count("lastmeter_refused_total", "Requests refused at the door", &counters_.refused_overload,
        {{"reason", "overload"}});
  metrics->Sample("lastmeter_gateway_undecided_seconds",
                  "Age of the oldest input let in at the door that is not known to be decided",
                  [this] { return static_cast<double>(OldestUnreadAge().ms) / 1000; });
}

std::optional<http::Response> Gateway::CheckDoor(const http::Request& request, Urgency urgency) {
  if (const int wait_s = limiter_.Take(request.caller.id, SteadyNs()); wait_s > 0) {
    ++counters_.refused_rate;
    return Busy(429, "too-many-requests", "you send faster than your limit", wait_s);
  }
  if (options_.awaits_rules && options_.awaits_rules()) {
    return Busy(503, "starting", "the rules are not in force yet; nothing was stored", 1);
  }
  const Millis age = OldestUnreadAge();
  if (age > (urgency == Urgency::kAnswer ? kAnswerOverloadAge : kOverloadAge)) {
    ++counters_.refused_overload;
    return Busy(503, "overloaded",
                "more is waiting than can be decided in time; nothing was stored", 5);
  }
  return std::nullopt;
}

void Gateway::SubmitReport(const http::Request& request, const Responder& out) {
  const Caller& caller = request.caller;
  if (caller.role != common::ROLE_STAFF && caller.role != common::ROLE_SENTINEL) {
    return out->Send(NotYourRole("staff and sentinels"));
  }
  if (auto problem = CheckDoor(request, Urgency::kOrdinary)) return out->Send(*std::move(problem));
  auto id = InputId(request);
  if (!id) return out->Send(WrongKey());
  const auto wait = ReadWait(request);
  if (!wait) return out->Send(WrongWait());

  // Whoever sees hardship may report it, across the boundary of an area too.
  auto made = MakeReport(request, {*id, options_.now(), options_.allow_unsealed});
  if (auto* problem = std::get_if<http::Response>(&made)) return out->Send(std::move(*problem));
  const auto& report = std::get<HardshipReport>(made);

  Input input;
  input.tp = {Topic::kReport, PartitionId{PartitionFor(report.routing_code(), partitions_)}};
  if (const auto kind = options_.outcomes->FindKind(input.tp.partition, report.kind())) {
    if (auto problem = CheckAgainstKind(report, *kind)) return out->Send(*std::move(problem));
  }
  input.id = *id;
  input.fingerprint = Fingerprint(report);
  input.record = {report.routing_code(), report.SerializeAsString()};
  input.wait = *wait;
  input.decided = [id = *id](const Outcome& outcome) { return ReportAnswer(outcome, id); };
  ++counters_.reports;
  Enter(caller, std::move(input), out);
}

void Gateway::CaseCommand(CaseAction action, const http::Request& request, const Responder& out) {
  const Caller& caller = request.caller;
  // A hotline may take its own report back or put it right, and do nothing else to a case; a
  // volunteer may take turns of planned work.
  const bool own_report = (action == CaseAction::kWithdraw || action == CaseAction::kCorrect) &&
                          caller.role == common::ROLE_SENTINEL;
  const bool volunteer = caller.role == common::ROLE_VOLUNTEER;
  if (volunteer && !IsOfTurn(action)) return out->Send(OnlyTurns());
  if (caller.role != common::ROLE_STAFF && !own_report && !volunteer) {
    return out->Send(NotYourRole("staff"));
  }
  const Urgency urgency =
      action == CaseAction::kAcknowledge ? Urgency::kAnswer : Urgency::kOrdinary;
  if (auto problem = CheckDoor(request, urgency)) return out->Send(*std::move(problem));
  const auto number = CaseNumber::Parse(request.captures[0]);
  if (!number) {
    return out->Send(http::Problem(404, "unknown-case",
                                   "this is not a case number; one looks like "
                                   "430112001001-2026-00042"));
  }
  const std::string text = number->ToString();
  const std::string routing_code = text.substr(0, 12);
  // A case keeps its number when another area becomes responsible.
  if (!volunteer && !MayLieInside(routing_code, caller.area) &&
      !options_.outcomes->FindCase(caller, text)) {
    return out->Send(http::Problem(403, "other-area", "this case lies outside your area"));
  }
  auto id = InputId(request);
  if (!id) return out->Send(WrongKey());
  const auto wait = ReadWait(request);
  if (!wait) return out->Send(WrongWait());
  auto made =
      MakeCaseCommand(action, text, request, {*id, options_.now(), options_.allow_unsealed});
  if (auto* problem = std::get_if<http::Response>(&made)) return out->Send(std::move(*problem));
  const auto& command = std::get<Command>(made);

  Input input;
  input.tp = {Topic::kCommand, PartitionId{PartitionFor(routing_code, partitions_)}};
  input.id = *id;
  if (volunteer) {
    auto problem = CheckTurn(caller, command, input.tp.partition, *options_.outcomes);
    if (problem) return out->Send(*std::move(problem));
  }
  input.fingerprint = Fingerprint(command);
  input.case_number = text;
  input.record = {routing_code, command.SerializeAsString()};
  input.wait = *wait;
  input.decided = [id = *id, caller, outcomes = options_.outcomes](const Outcome& outcome) {
    return CommandAnswer(outcome, id, caller, *outcomes);
  };
  ++counters_.commands;
  if (command.has_merge()) return EnterMerge(caller, command, std::move(input), out);
  Enter(caller, std::move(input), out);
}

void Gateway::Enter(const Caller& caller, Input input, const Responder& out) {
  const bool is_report = input.tp.topic == Topic::kReport;
  const bool volunteer = caller.role == common::ROLE_VOLUNTEER;
  Pending::Answers answers;
  answers.accepted = [is_report, volunteer, id = input.id, number = input.case_number](
                         TopicPartition tp, LogPosition position, bool waited) {
    api::Accepted accepted;
    if (is_report) {
      accepted.set_report_id(id);
      *accepted.mutable_links() = ReportLinks(id, "");
    } else {
      accepted.set_command_id(id);
      if (volunteer) {
        accepted.mutable_links()->set_self("/v1/turns");
      } else {
        *accepted.mutable_links() = CaseLinks(number);
      }
    }
    auto* place = accepted.mutable_position();
    place->set_topic(std::string(TopicName(tp.topic)));
    place->set_partition(tp.partition.value);
    place->set_offset(position.value);
    if (waited) accepted.set_hint("stored, not yet decided; look at the links");
    return http::JsonResponse(202, accepted);
  };
  answers.decided = [actor = caller.id, fingerprint = input.fingerprint,
                     decided = std::move(input.decided)](const Outcome& outcome) {
    // The core answers a repeated id with the first decision, whoever sent it.
    if (outcome.actor != actor || outcome.fingerprint != fingerprint) return KeyReused();
    return decided(outcome);
  };

  // An id that was decided before is answered from that decision: nothing new would come of it,
  // and another request under the same key would silently be lost.
  const InputName name{is_report, input.tp.partition, input.id};
  if (const auto known = options_.outcomes->FindInput(name)) {
    if (known->actor != caller.id || known->fingerprint != input.fingerprint) {
      return out->Send(KeyReused());
    }
    if (input.wait.ms == 0) {
      return out->Send(answers.accepted(input.tp, known->position, false));
    }
  }

  const bool waits = input.wait.ms > 0;
  auto pending = std::make_shared<Pending>(out, input.tp, waits, std::move(answers));
  if (waits) {
    options_.outcomes->WaitFor(name, input.wait, [pending](std::optional<Outcome> outcome) {
      pending->OnOutcome(outcome);
    });
  }
  Append(input.tp, std::move(input.record),
         [pending](absl::StatusOr<LogPosition> position) { pending->OnAppended(position); });
}

void Gateway::InstallRules(const http::Request& request, const Responder& out) {
  if (request.caller.role != common::ROLE_OPERATOR) return out->Send(NotYourRole("operators"));
  auto id = InputId(request);
  if (!id) return out->Send(WrongKey());
  const auto wait = ReadWait(request);
  if (!wait) return out->Send(WrongWait());
  auto made = MakeInstallRules(request, {*id, options_.now(), options_.allow_unsealed});
  if (auto* problem = std::get_if<http::Response>(&made)) return out->Send(std::move(*problem));
  const auto& command = std::get<Command>(made);
  if (options_.check_rules) {
    const auto problems = options_.check_rules(command.install_rules().rules());
    if (!problems.empty()) {
      std::string list;
      for (const std::string& p : problems) {
        absl::StrAppend(&list, list.empty() ? "" : ",", JsonString(p));
      }
      return out->Send(http::Problem(
          422, "invalid-rules", absl::StrCat(problems.size(), " faults, none of it was installed"),
          absl::StrCat("\"problems\":[", list, "]")));
    }
  }
  EnterEverywhere(request.caller, command, *wait, out);
}

void Gateway::AcceptClock(const http::Request& request, const Responder& out) {
  if (request.caller.role != common::ROLE_OPERATOR) return out->Send(NotYourRole("operators"));
  auto id = InputId(request);
  if (!id) return out->Send(WrongKey());
  const auto wait = ReadWait(request);
  if (!wait) return out->Send(WrongWait());
  auto made = MakeAcceptClock(request, {*id, options_.now(), options_.allow_unsealed});
  if (auto* problem = std::get_if<http::Response>(&made)) return out->Send(std::move(*problem));
  EnterEverywhere(request.caller, std::get<Command>(made), *wait, out);
}

void Gateway::EnterEverywhere(const Caller& caller, const Command& command, Millis wait,
                              const Responder& out) {
  if (wait.ms == 0) wait = kLongestWait;
  // Shared by the partitions' callbacks; the last one answers. Each partition has two: it is
  // durable, and it was decided (or the wait has ended).
  struct Round {
    std::mutex mutex;
    size_t missing;
    bool answered = false;
    bool refused = false;
    bool incomplete = false;
    api::RulesOutcome outcome;
  };
  const std::string fingerprint = Fingerprint(command);
  if (const auto known =
          options_.outcomes->FindInput({false, PartitionId{0}, command.command_id()});
      known && (known->actor != caller.id || known->fingerprint != fingerprint)) {
    return out->Send(KeyReused());
  }
  auto round = std::make_shared<Round>();
  round->missing = 2 * size_t{partitions_};
  round->outcome.set_command_id(command.command_id());
  if (command.has_install_rules()) {
    round->outcome.set_version(command.install_rules().rules().version());
    round->outcome.set_sha256(ToHex(command.install_rules().rules_sha256()));
  }
  for (uint32_t p = 0; p < partitions_; ++p) round->outcome.add_partitions()->set_partition(p);

  const auto finish = [round, out] {
    http::Response response;
    {
      std::lock_guard lock(round->mutex);
      if (--round->missing > 0 || std::exchange(round->answered, true)) return;
      if (round->refused) {
        response = http::Problem(422, "refused-by-partition", "at least one partition refused it",
                                 absl::StrCat("\"outcome\":", ToJson(round->outcome)));
      } else {
        response = http::JsonResponse(round->incomplete ? 202 : 200, round->outcome);
      }
    }
    out->Send(std::move(response));
  };
  const auto appended = [round, out, finish](const absl::StatusOr<LogPosition>& position) {
    if (position.ok()) return finish();
    {
      std::lock_guard lock(round->mutex);
      if (std::exchange(round->answered, true)) return;
    }
    out->Send(AppendProblem(position.status()));
  };
  const auto settle = [round, finish](uint32_t p, const std::optional<Outcome>& outcome) {
    {
      std::lock_guard lock(round->mutex);
      api::PartitionRules* row = round->outcome.mutable_partitions(static_cast<int>(p));
      if (!outcome) round->incomplete = true;
      for (const auto& view : outcome ? outcome->events : std::vector<api::EventView>{}) {
        if (view.event().has_command_rejected()) {
          const auto& rejected = view.event().command_rejected();
          round->refused = true;
          row->set_problem(absl::StrCat(RejectionCode(rejected.reason()), ": ", rejected.detail()));
        } else {
          row->set_installed(true);
          row->set_ordinal(view.event().rules_installed().ordinal());
        }
      }
    }
    finish();
  };

  ++counters_.commands;
  const std::string bytes = command.SerializeAsString();
  for (uint32_t p = 0; p < partitions_; ++p) {
    options_.outcomes->WaitFor({false, PartitionId{p}, command.command_id()}, wait,
                               [settle, p](std::optional<Outcome> outcome) { settle(p, outcome); });
    Append({Topic::kCommand, PartitionId{p}}, {"", bytes}, appended);
  }
}

}  // namespace lastmeter::gateway
