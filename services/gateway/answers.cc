#include "services/gateway/answers.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status.h"
#include "services/common/escape.h"
#include "services/common/http_json.h"
#include "services/common/json.h"

namespace lastmeter::gateway {
namespace {

namespace api = lastmeter::api::v1;
namespace ev = lastmeter::event::v1;

int StatusOf(ev::Rejection reason) {
  switch (reason) {
    case ev::REJECTION_UNKNOWN_CASE:
      return 404;
    case ev::REJECTION_NOT_ALLOWED:
      return 403;
    case ev::REJECTION_TOO_LARGE:
      return 413;
    case ev::REJECTION_UNKNOWN_KIND:
    case ev::REJECTION_MISSING_FIELD:
    case ev::REJECTION_INVALID_RULES:
    case ev::REJECTION_UNREADABLE:
      return 422;
    default:
      return 409;
  }
}

http::Response Quarantined() {
  return http::Problem(422, "set-aside",
                       "this could not be decided and was set aside; somebody will look at it");
}

}  // namespace

http::Response UnknownCase() { return http::Problem(404, "unknown-case", "there is no such case"); }

std::string RejectionCode(ev::Rejection reason) {
  std::string name = ev::Rejection_Name(reason);
  constexpr std::string_view kPrefix = "REJECTION_";
  if (name.rfind(kPrefix, 0) == 0) name.erase(0, kPrefix.size());
  if (reason == ev::REJECTION_STALE) return "stale-version";
  return absl::AsciiStrToLower(absl::StrReplaceAll(name, {{"_", "-"}}));
}

api::Links CaseLinks(std::string_view case_number) {
  api::Links links;
  const std::string page = absl::StrCat("/v1/cases/", ToAbsl(case_number));
  links.set_case_(page);
  links.set_history(page + "/history");
  return links;
}

api::Links ReportLinks(std::string_view report_id, std::string_view case_number) {
  api::Links links;
  if (!case_number.empty()) links = CaseLinks(case_number);
  // A ':' or '/' in an id cannot stand in a path.
  const bool plain = report_id.find_first_of(":/") == std::string_view::npos;
  links.set_self(absl::StrCat(plain ? "/v1/reports/" : "/v1/reports?id=", PathSegment(report_id)));
  return links;
}

http::Response KeyReused() {
  return http::Problem(
      409, "key-reused",
      "this Idempotency-Key was used before for another request; choose a new one");
}

http::Response ReportAnswer(const Outcome& outcome, std::string_view report_id) {
  api::ReportOutcome answer;
  answer.set_report_id(std::string(report_id));
  for (const api::EventView& view : outcome.events) {
    const ev::Event& event = view.event();
    if (event.has_case_opened() || event.has_report_attached()) {
      answer.set_state(event.has_case_opened() ? api::REPORT_STATE_OPENED
                                               : api::REPORT_STATE_ATTACHED);
      answer.set_case_number(event.case_number());
      *answer.mutable_decided_at() = view.time();
      break;
    }
    if (event.has_command_rejected()) {
      const auto& rejected = event.command_rejected();
      return http::Problem(StatusOf(rejected.reason()), RejectionCode(rejected.reason()),
                           rejected.detail());
    }
  }
  if (answer.state() == api::REPORT_STATE_UNSPECIFIED) return Quarantined();
  *answer.mutable_links() = ReportLinks(report_id, answer.case_number());
  http::Response response = http::JsonResponse(201, answer);
  response.headers.emplace_back("Location", answer.links().case_());
  return response;
}

http::Response CommandAnswer(const Outcome& outcome, std::string_view command_id,
                             const Caller& caller, const Outcomes& outcomes) {
  const auto present =
      outcome.case_number.empty() ? std::nullopt : outcomes.FindCase(caller, outcome.case_number);
  for (const api::EventView& view : outcome.events) {
    if (view.event().has_input_quarantined()) return Quarantined();
    if (!view.event().has_command_rejected()) continue;
    const auto& rejected = view.event().command_rejected();
    const int status = StatusOf(rejected.reason());
    if (status == 404 || (view.event().restricted() && !present)) return UnknownCase();
    // Who has a turn is told to whoever may read the case.
    const bool nameless = caller.role == lastmeter::common::v1::ROLE_VOLUNTEER &&
                          rejected.reason() == ev::REJECTION_ALREADY_CLAIMED;
    return http::Problem(status, RejectionCode(rejected.reason()),
                         nameless ? "somebody has this turn" : rejected.detail(),
                         present ? absl::StrCat("\"present\":", ToJson(*present)) : "");
  }
  api::CommandOutcome answer;
  answer.set_command_id(std::string(command_id));
  // An event says more of the case than a volunteer reads.
  if (caller.role != lastmeter::common::v1::ROLE_VOLUNTEER) {
    for (const api::EventView& view : outcome.events) *answer.add_events() = view;
  }
  if (present) *answer.mutable_case_() = *present;
  return http::JsonResponse(200, answer);
}

}  // namespace lastmeter::gateway
