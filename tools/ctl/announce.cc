#include "tools/ctl/announce.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/json.h"

namespace lastmeter::ctl {

namespace api = lastmeter::api::v1;
namespace rl = lastmeter::rules::v1;

absl::StatusOr<std::string> PickKind(const rl::Rules& rules, const std::string& named,
                                     std::string_view what,
                                     absl::FunctionRef<bool(const rl::Kind&)> fits) {
  std::vector<std::string> kinds;
  for (const rl::Kind& kind : rules.policy().kinds()) {
    if (fits(kind) && (named.empty() || kind.code() == named)) kinds.push_back(kind.code());
  }
  if (kinds.size() == 1) return kinds[0];
  return absl::FailedPreconditionError(
      kinds.empty() ? absl::StrCat("the rules have no such kind of ", ToAbsl(what))
                    : absl::StrCat("the rules have several kinds of ", ToAbsl(what),
                                   "s: name one with --kind"));
}

std::vector<std::string> AreasBelow(const rl::Rules& rules, lastmeter::common::v1::Tier tier,
                                    const std::string& area) {
  std::vector<std::string> areas;
  for (const rl::Area& one : rules.areas()) {
    if (one.tier() == tier && one.successor().empty() && one.code().starts_with(area)) {
      areas.push_back(one.code());
    }
  }
  return areas;
}

absl::Status Announce(
    Session& session, const std::vector<std::string>& places, api::SubmitReportRequest report,
    const std::string& id,
    absl::FunctionRef<absl::Status(const std::string& place,
                                   const absl::StatusOr<api::ReportOutcome>& outcome)>
        told) {
  for (const std::string& place : places) {
    report.set_area(place);
    LM_ASSIGN_OR_RETURN(
        const auto response,
        session.Send({.method = "POST",
                      .target = "/v1/reports?wait=10s",
                      .headers = {{"Content-Type", "application/json"},
                                  {"Idempotency-Key", absl::StrCat(id, "-", place)}},
                      .body = ToJson(report)}));
    absl::StatusOr<api::ReportOutcome> outcome = api::ReportOutcome();
    const absl::Status read =
        response.status >= 300 ? RefusalOf(response) : FromJson(response.body, &*outcome);
    if (!read.ok()) outcome = read;
    LM_RETURN_IF_ERROR(told(place, outcome));
  }
  return absl::OkStatus();
}

}  // namespace lastmeter::ctl
