#include "tools/ctl/server.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "services/common/json.h"

namespace lastmeter::ctl {
namespace {

constexpr int kTimeoutMs = 30'000;
// A server that says for so long that it is busy needs somebody to look at it.
constexpr int kPatienceSeconds = 300;
constexpr int kShortestPause = 1;
constexpr int kLongestPause = 60;

absl::StatusOr<std::string> TokenOf(const ServerFlags& flags) {
  if (flags.token_file.empty()) return flags.token;
  if (!flags.token.empty()) {
    return absl::InvalidArgumentError("give --token or --token-file, not both");
  }
  std::ifstream file(flags.token_file);
  std::string token;
  if (!std::getline(file, token)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read a token from ", flags.token_file));
  }
  absl::StripAsciiWhitespace(&token);
  return token;
}

absl::StatusOr<http::Client> MakeClient(const ServerFlags& flags) {
  if (flags.url.empty()) {
    return absl::InvalidArgumentError("give the server's address: --url http://127.0.0.1:8480");
  }
  LM_ASSIGN_OR_RETURN(http::Url url, http::ParseUrl(flags.url));
  LM_ASSIGN_OR_RETURN(std::string token, TokenOf(flags));
  return http::Client({.url = std::move(url), .token = std::move(token), .timeout_ms = kTimeoutMs});
}

bool IsBusy(const http::Response& response) {
  return response.status == 429 || response.status == 503;
}

int RetryAfter(const http::Response& response) {
  int seconds = kShortestPause;
  for (const auto& [name, value] : response.headers) {
    // A date, which the standard also allows, counts as the shortest pause.
    if (name == "retry-after" && !absl::SimpleAtoi(value, &seconds)) seconds = kShortestPause;
  }
  return std::clamp(seconds, kShortestPause, kLongestPause);
}

bool Sleep(int seconds) {
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  return true;
}

}  // namespace

absl::Status RefusalOf(const http::Response& response) {
  std::string text = absl::StrCat("the server answered ", response.status);
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  if (problem.is_object() && problem.contains("detail") && problem["detail"].is_string()) {
    const std::string detail = problem["detail"].get<std::string>();
    absl::StrAppend(&text, ": ", absl::StripSuffix(detail, "."));
  }
  switch (response.status) {
    case 401:
      return absl::PermissionDeniedError(absl::StrCat(text, ". Give a token with --token-file"));
    case 403:
      return absl::PermissionDeniedError(text);
    case 404:
      return absl::NotFoundError(text);
    case 429:
    case 503:
      return absl::AbortedError(text);
    default:
      return absl::InvalidArgumentError(text);
  }
}

void AddServer(CLI::App* app, ServerFlags* flags) {
  app->add_option("--url,--server", flags->url, "Address of the server")
      ->type_name("http://HOST:PORT");
  app->add_option("--token", flags->token, "Bearer token; others on this machine can see it here")
      ->type_name("TOKEN");
  app->add_option("--token-file", flags->token_file, "File whose first line is the token")
      ->type_name("F");
}

absl::StatusOr<http::Response> Ask(const ServerFlags& flags, http::Client::Call call) {
  LM_ASSIGN_OR_RETURN(http::Client client, MakeClient(flags));
  LM_ASSIGN_OR_RETURN(http::Response response, client.Send(call));
  if (response.status >= 300) return RefusalOf(response);
  return response;
}

absl::StatusOr<Session> Session::Open(const ServerFlags& flags, Pause pause) {
  LM_ASSIGN_OR_RETURN(http::Client client, MakeClient(flags));
  return Session(std::move(client), pause ? std::move(pause) : &Sleep);
}

absl::StatusOr<http::Response> Session::Send(const http::Client::Call& call) {
  int waited = 0;
  while (true) {
    absl::StatusOr<http::Response> response = client_.Send(call);
    // A server closes a connection that was idle for long, perhaps just as the call was made.
    if (!response.ok()) response = client_.Send(call);
    if (!response.ok() || !IsBusy(*response)) return response;
    const int seconds = RetryAfter(*response);
    if (waited + seconds > kPatienceSeconds || !pause_(seconds)) return response;
    waited += seconds;
  }
}

absl::Status Session::Get(const std::string& target, google::protobuf::Message* out) {
  LM_ASSIGN_OR_RETURN(const http::Response response, Send({.method = "GET", .target = target}));
  if (response.status >= 300) return RefusalOf(response);
  // What answers here may be somebody else's server.
  const absl::Status read = FromJson(response.body, out);
  return Annotate(read, "GET " + target + ": the answer is not lastmeter's");
}

}  // namespace lastmeter::ctl
