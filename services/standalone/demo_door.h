#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/common/http_client.h"
#include "services/standalone/demo_cast.h"

namespace lastmeter::demo {

// The product's own HTTP interface, as the demonstration's people use it. A call that meets a busy
// server or a closed connection is sent again under the same Idempotency-Key. For one thread.
//
// Errors: kUnavailable when it stays so for 10 s, kCancelled when `stopping` said so meanwhile,
// kFailedPrecondition with the problem document's own words for every refusal.
class Door {
 public:
  Door(http::Url url, const Cast* cast, std::function<bool()> stopping);

  absl::Status InstallRules(const lastmeter::rules::v1::Rules& rules);
  // Files a report and waits for its case. `id` becomes the report's id.
  absl::StatusOr<lastmeter::api::v1::ReportOutcome> Report(
      std::string_view who, const lastmeter::api::v1::SubmitReportRequest& report, std::string id);
  // `action` as in the path: "acknowledge".
  absl::StatusOr<lastmeter::api::v1::CommandOutcome> Command(std::string_view who,
                                                             std::string_view number,
                                                             std::string_view action,
                                                             const google::protobuf::Message& body);

  absl::StatusOr<lastmeter::api::v1::ReportOutcome> GetReport(std::string_view who,
                                                              std::string_view id);
  absl::StatusOr<lastmeter::api::v1::Case> GetCase(std::string_view who, std::string_view number);
  absl::StatusOr<std::vector<lastmeter::api::v1::EventView>> GetHistory(std::string_view who,
                                                                        std::string_view number);

  struct OpenCases {
    std::vector<lastmeter::api::v1::Case> cases;
    uint32_t restricted_count = 0;
  };
  absl::StatusOr<OpenCases> GetOpenCases(std::string_view who);
  // From the day on, "2026-01-01", until today by the server's clock.
  absl::StatusOr<lastmeter::api::v1::Statistics> GetStatistics(std::string_view who,
                                                               std::string_view from);

 private:
  absl::Status Call(std::string_view who, http::Client::Call call,
                    google::protobuf::Message* answer);

  http::Client client_;
  const Cast* const cast_;
  const std::function<bool()> stopping_;
  uint64_t commands_ = 0;
};

}  // namespace lastmeter::demo
