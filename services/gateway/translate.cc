#include "services/gateway/translate.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/gateway/body.h"
#include "services/gateway/fields.h"

namespace lastmeter::gateway {
namespace {

namespace api = lastmeter::api::v1;
using lastmeter::command::v1::Command;
using lastmeter::report::v1::HardshipReport;

constexpr size_t kMaxPersonal = 64 * 1024;
constexpr size_t kMaxSubject = 500;
// The engine believes nobody whose clock is further from its own (engine/runtime/log_clock.h): the
// command would be recorded and change nothing.
constexpr Millis kVouchedFor = Minutes(10);

bool IsKindCode(std::string_view text) {
  if (text.size() > 64) return false;
  for (char c : text) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

}  // namespace

std::string RoutingCode(std::string_view area) {
  std::string code(area.substr(0, 12));
  code.resize(12, '0');
  return code;
}

OrProblem<HardshipReport> MakeReport(const http::Request& request, const Admission& admission) {
  api::SubmitReportRequest body;
  if (auto problem = ReadBody(request, &body)) return *std::move(problem);
  if (body.kind().empty()) return MissingField("kind");
  if (!IsKindCode(body.kind())) {
    return WrongField("kind", "is not a kind's code (lower case letters, digits, hyphens)");
  }
  if (body.area().empty()) return MissingField("area");
  if (!IsAreaCode(body.area())) {
    return WrongField("area", "is not a division code of 6, 9, 12, 14 or 15 digits");
  }
  if (!IsVisibleAscii(body.household_ref(), 128)) {
    return WrongField("householdRef", "is not a reference of the district's register");
  }
  const auto& survey = body.survey();
  if (survey.signs_size() + survey.needs_size() + survey.difficulties_size() +
          survey.causes_size() >
      128) {
    return WrongField("survey", "has more than 128 ticks");
  }

  HardshipReport report;
  report.set_report_id(admission.id);
  report.set_kind(body.kind());
  report.set_area(body.area());
  report.set_routing_code(RoutingCode(body.area()));
  report.mutable_reporter()->set_id(request.caller.id);
  report.mutable_reporter()->set_role(request.caller.role);
  report.set_reporter_tier(request.caller.tier);
  report.set_accepted_at_ms(admission.now.ms);
  if (body.has_occurred_at() &&
      body.occurred_at().kind_case() != google::protobuf::Value::kNullValue) {
    const auto claimed = ReadTime(body.occurred_at());
    if (!claimed) return WrongField("occurredAt", "is neither RFC 3339 nor Unix milliseconds");
    const bool future = *claimed > admission.now;
    report.set_occurred_at_ms(future ? admission.now.ms : claimed->ms);
    report.set_occurred_at_clipped(future);
  }
  report.set_household_ref(body.household_ref());
  if (body.has_survey()) *report.mutable_survey() = survey;
  report.set_proactive(body.proactive());
  report.set_drill(body.drill());
  if (body.subject().size() > kMaxSubject) {
    return WrongField("subject", absl::StrCat("is longer than ", kMaxSubject, " bytes"));
  }
  if (!body.subject().empty() && IsBlank(body.subject())) return WrongField("subject", "is blank");
  report.set_subject(body.subject());
  if (body.has_personal() && body.personal().ByteSizeLong() > 0) {
    if (!admission.allow_unsealed) return PersonalRefused("personal");
    if (body.personal().ByteSizeLong() > kMaxPersonal) {
      return WrongField("personal", absl::StrCat("is larger than ", kMaxPersonal, " bytes"));
    }
    *report.mutable_personal()->mutable_open() = body.personal();
  }
  return report;
}

std::optional<http::Response> CheckAgainstKind(const HardshipReport& report,
                                               const lastmeter::rules::v1::Kind& kind) {
  if (kind.certify_every_months() > 0) {
    // Whom, and since when: without them nobody can be asked, nor in time.
    if (report.household_ref().empty()) return MissingField("householdRef");
    if (report.occurred_at_ms() == 0) return MissingField("occurredAt");
  }
  if (kind.bulletin() && report.subject().empty()) return MissingField("subject");
  return std::nullopt;
}

OrProblem<Command> MakeInstallRules(const http::Request& request, const Admission& admission) {
  Command command = NewCommand(request, admission);
  auto* install = command.mutable_install_rules();
  if (auto problem = ReadBody(request, install->mutable_rules())) return *std::move(problem);
  if (install->rules().version().empty()) return MissingField("version");
  install->set_rules_sha256(std::string(AsBytes(Sha256(install->rules().SerializeAsString()))));
  return command;
}

OrProblem<Command> MakeAcceptClock(const http::Request& request, const Admission& admission) {
  api::AcceptClockRequest body;
  if (auto problem = ReadBody(request, &body)) return *std::move(problem);
  if (!body.has_wall()) return MissingField("wall");
  const auto wall = ReadTime(body.wall());
  if (!wall) return WrongField("wall", "is neither RFC 3339 nor Unix milliseconds");
  if (*wall > admission.now + kVouchedFor || *wall < admission.now - kVouchedFor) {
    return WrongField("wall", absl::StrCat("is more than 10 minutes from this server's clock, ",
                                           FormatRfc3339(admission.now),
                                           ": set that right first, nobody can vouch for it"));
  }
  Command command = NewCommand(request, admission);
  command.mutable_accept_clock()->set_wall_ms(wall->ms);
  return command;
}

}  // namespace lastmeter::gateway
