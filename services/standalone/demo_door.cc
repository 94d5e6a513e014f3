#include "services/standalone/demo_door.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/json.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
using std::chrono::steady_clock;

constexpr auto kGiveUpAfter = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(50);
constexpr std::string_view kWait = "wait=8s";

// What a problem document says, for people.
std::string Refusal(const http::Response& response) {
  const auto document = nlohmann::json::parse(response.body, nullptr, false);
  std::string detail;
  if (document.is_object() && document.contains("detail") && document["detail"].is_string()) {
    detail = ": " + document["detail"].get<std::string>();
  }
  return absl::StrCat("answered with ", response.status, detail);
}

}  // namespace

Door::Door(http::Url url, const Cast* cast, std::function<bool()> stopping)
    : client_(http::ClientOptions{.url = std::move(url), .token = ""}),
      cast_(cast),
      stopping_(std::move(stopping)) {}

absl::Status Door::Call(std::string_view who, http::Client::Call call,
                        google::protobuf::Message* answer) {
  call.headers.emplace_back("Authorization", "Bearer " + cast_->TokenOf(who));
  if (!call.body.empty()) call.headers.emplace_back("Content-Type", "application/json");
  const std::string what = absl::StrCat(call.method, " ", call.target);
  const auto deadline = steady_clock::now() + kGiveUpAfter;
  for (;;) {
    absl::StatusOr<http::Response> response = client_.Send(call);
    std::string trouble;
    if (!response.ok()) {
      trouble = std::string(response.status().message());
    } else if (response->status == 429 || response->status == 503 || response->status == 202) {
      trouble = Refusal(*response);
    } else if (response->status >= 300) {
      return absl::FailedPreconditionError(
          absl::StrCat(what, " by ", ToAbsl(who), " ", Refusal(*response)));
    } else {
      return Annotate(FromJson(response->body, answer), what);
    }
    if (stopping_()) return absl::CancelledError("stopping");
    if (steady_clock::now() > deadline) {
      return absl::UnavailableError(absl::StrCat(what, " ", trouble));
    }
    std::this_thread::sleep_for(kPause);
  }
}

absl::Status Door::InstallRules(const lastmeter::rules::v1::Rules& rules) {
  api::RulesOutcome outcome;
  http::Client::Call call{.method = "PUT", .target = "/v1/rules?wait=8s", .body = ToJson(rules)};
  call.headers.emplace_back("Idempotency-Key", "demo-rules");
  LM_RETURN_IF_ERROR(Call(kOperator, std::move(call), &outcome));
  for (const auto& partition : outcome.partitions()) {
    if (!partition.installed()) {
      return absl::FailedPreconditionError("the rules were refused: " + partition.problem());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<api::ReportOutcome> Door::Report(std::string_view who,
                                                const api::SubmitReportRequest& report,
                                                std::string id) {
  api::ReportOutcome outcome;
  http::Client::Call call{.method = "POST",
                          .target = absl::StrCat("/v1/reports?", ToAbsl(kWait)),
                          .body = ToJson(report)};
  call.headers.emplace_back("Idempotency-Key", std::move(id));
  LM_RETURN_IF_ERROR(Call(who, std::move(call), &outcome));
  return outcome;
}

absl::StatusOr<api::CommandOutcome> Door::Command(std::string_view who, std::string_view number,
                                                  std::string_view action,
                                                  const google::protobuf::Message& body) {
  api::CommandOutcome outcome;
  http::Client::Call call{
      .method = "POST",
      .target = absl::StrCat("/v1/cases/", ToAbsl(number), ":", ToAbsl(action), "?", ToAbsl(kWait)),
      .body = ToJson(body)};
  call.headers.emplace_back("Idempotency-Key", absl::StrCat("demo-command-", ++commands_));
  LM_RETURN_IF_ERROR(Call(who, std::move(call), &outcome));
  return outcome;
}

absl::StatusOr<api::ReportOutcome> Door::GetReport(std::string_view who, std::string_view id) {
  api::ReportOutcome outcome;
  LM_RETURN_IF_ERROR(Call(who, {.target = absl::StrCat("/v1/reports/", ToAbsl(id))}, &outcome));
  return outcome;
}

absl::StatusOr<api::Case> Door::GetCase(std::string_view who, std::string_view number) {
  api::Case found;
  LM_RETURN_IF_ERROR(Call(who, {.target = absl::StrCat("/v1/cases/", ToAbsl(number))}, &found));
  return found;
}

absl::StatusOr<std::vector<api::EventView>> Door::GetHistory(std::string_view who,
                                                             std::string_view number) {
  std::vector<api::EventView> events;
  std::string token;
  do {
    api::History page;
    LM_RETURN_IF_ERROR(
        Call(who,
             {.target = absl::StrCat("/v1/cases/", ToAbsl(number), "/history?pageSize=200",
                                     token.empty() ? "" : "&pageToken=", token)},
             &page));
    for (auto& event : *page.mutable_events()) events.push_back(std::move(event));
    token = page.next_page_token();
  } while (!token.empty());
  return events;
}

absl::StatusOr<api::Statistics> Door::GetStatistics(std::string_view who, std::string_view from) {
  api::Statistics statistics;
  LM_RETURN_IF_ERROR(
      Call(who, {.target = absl::StrCat("/v1/statistics?from=", ToAbsl(from))}, &statistics));
  return statistics;
}

absl::StatusOr<Door::OpenCases> Door::GetOpenCases(std::string_view who) {
  OpenCases open;
  for (const char* status : {"reported", "acknowledged", "verified", "in_service", "follow_up"}) {
    std::string token;
    do {
      api::CaseList page;
      LM_RETURN_IF_ERROR(Call(who,
                              {.target = absl::StrCat("/v1/cases?pageSize=200&status=", status,
                                                      token.empty() ? "" : "&pageToken=", token)},
                              &page));
      for (auto& one : *page.mutable_cases()) open.cases.push_back(std::move(one));
      open.restricted_count = page.restricted_count();
      token = page.next_page_token();
    } while (!token.empty());
  }
  return open;
}

}  // namespace lastmeter::demo
