#include "tools/ctl/server.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::ctl {
namespace {

constexpr int kTimeoutMs = 30'000;

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

absl::Status RefusalOf(const http::Response& response) {
  std::string text = absl::StrCat("the server answered ", response.status);
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  if (problem.is_object() && problem.contains("detail") && problem["detail"].is_string()) {
    absl::StrAppend(&text, ": ", problem["detail"].get<std::string>());
  }
  switch (response.status) {
    case 401:
      return absl::PermissionDeniedError(
          absl::StrCat(text, ". Give an operator's token with --token-file"));
    case 403:
      return absl::PermissionDeniedError(text);
    case 429:
    case 503:
      return absl::AbortedError(text);
    default:
      return absl::InvalidArgumentError(text);
  }
}

}  // namespace

void AddServer(CLI::App* app, ServerFlags* flags) {
  app->add_option("--url", flags->url, "Address of the server")->type_name("http://HOST:PORT");
  app->add_option("--token", flags->token,
                  "Operator's bearer token; others on this machine can see it here")
      ->type_name("TOKEN");
  app->add_option("--token-file", flags->token_file, "File whose first line is the token")
      ->type_name("F");
}

absl::StatusOr<http::Response> Ask(const ServerFlags& flags, http::Client::Call call) {
  if (flags.url.empty()) {
    return absl::InvalidArgumentError("give the server's address: --url http://127.0.0.1:8480");
  }
  LM_ASSIGN_OR_RETURN(http::Url url, http::ParseUrl(flags.url));
  LM_ASSIGN_OR_RETURN(std::string token, TokenOf(flags));
  http::Client client({.url = std::move(url), .token = std::move(token), .timeout_ms = kTimeoutMs});
  LM_ASSIGN_OR_RETURN(http::Response response, client.Send(call));
  if (response.status >= 300) return RefusalOf(response);
  return response;
}

}  // namespace lastmeter::ctl
