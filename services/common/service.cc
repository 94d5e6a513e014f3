#include "services/common/service.h"

#include <iostream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/exit_codes.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

constexpr int kPollMs = 50;
constexpr Millis kDrain = Seconds(10);

}  // namespace

int Fail(std::string_view program, int code, std::string_view message) {
  std::cerr << program << ": " << message << std::endl;
  return code;
}

int FailWith(std::string_view program, const absl::Status& status) {
  const std::string_view message = ToStd(status.message());
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kNotFound:
      return Fail(program, kExitNotAllowed, message);
    case absl::StatusCode::kFailedPrecondition:
      // The other server may be on its way out; anything else has to be put right first.
      return Fail(program,
                  absl::StrContains(status.message(), "uses the log") ? kExitTryAgain
                                                                      : kExitBadConfiguration,
                  message);
    case absl::StatusCode::kAborted:
      return Fail(program, kExitTryAgain, message);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return Fail(program, kExitUnavailable, message);
    case absl::StatusCode::kInvalidArgument:
      return Fail(program, kExitBadConfiguration, message);
    default:
      return Fail(program, kExitFailure, message);
  }
}

bool ReadListen(const std::string& text, std::string* address, uint16_t* port) {
  const size_t colon = text.rfind(':');
  uint32_t number = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &number) ||
      number > 65535) {
    return false;
  }
  *port = static_cast<uint16_t>(number);
  *address = text.substr(0, colon);
  if (address->size() > 2 && address->front() == '[' && address->back() == ']') {
    *address = address->substr(1, address->size() - 2);
  }
  if (address->empty()) *address = "0.0.0.0";
  return true;
}

std::string UrlOf(const std::string& address, uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return absl::StrCat("http://", v6 ? "[" : "", address, v6 ? "]" : "", ":", port);
}

int ServeUntilTold(std::string_view program, Service& service, Shutdown& shutdown) {
  logging::Info("listening", {{"url", service.url()}});
  bool announced = false;
  while (!shutdown.WaitFor(kPollMs)) {
    if (const absl::Status fatal = service.fatal(); !fatal.ok()) {
      service.Stop(kDrain);
      return FailWith(program, fatal);
    }
    service.Tend();
    if (!announced && service.NotReady().empty()) {
      std::cout << "ready " << service.url() << std::endl;
      announced = true;
    }
  }
  logging::Info("draining");
  service.Stop(kDrain);
  return kExitOk;
}

std::vector<http::Route> OperatorRoutes(std::function<std::vector<std::string>()> not_ready,
                                        const Metrics* metrics) {
  using Responder = std::shared_ptr<http::Responder>;
  const auto text = [](int status, std::string body) {
    http::Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
  };
  std::vector<http::Route> routes;
  const auto add = [&routes](const char* path, http::Handler handler) {
    routes.push_back(
        {.method = "GET", .pattern = path, .handler = std::move(handler), .needs_token = false});
  };
  add("/healthz",
      [text](const http::Request&, const Responder& out) { out->Send(text(200, "ok\n")); });
  add("/readyz",
      [not_ready = std::move(not_ready), text](const http::Request&, const Responder& out) {
        const auto reasons = not_ready();
        if (reasons.empty()) return out->Send(text(200, "ready\n"));
        std::string body;
        for (const std::string& reason : reasons) absl::StrAppend(&body, reason, "\n");
        out->Send(text(503, body));
      });
  add("/metrics", [metrics](const http::Request&, const Responder& out) {
    http::Response response;
    response.content_type = Metrics::kContentType;
    response.body = metrics->Render();
    out->Send(std::move(response));
  });
  return routes;
}

void AddServiceMetrics(std::function<std::vector<std::string>()> not_ready,
                       std::function<const http::Server&()> server, Metrics* metrics) {
  metrics->Sample("lastmeter_ready", "1 when /readyz is green",
                  [not_ready = std::move(not_ready)] { return not_ready().empty() ? 1.0 : 0.0; });
  metrics->SampleCounter("lastmeter_http_requests_total", "HTTP requests",
                         [server] { return static_cast<double>(server().counters().requests); });
  metrics->Sample("lastmeter_http_connections", "Open HTTP connections",
                  [server] { return static_cast<double>(server().counters().connections); });
}

}  // namespace lastmeter
