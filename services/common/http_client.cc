#include "services/common/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lastmeter::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }
absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  if (text.starts_with("https://")) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted,
                     ": this program does not speak TLS itself. Give the http:// address "
                     "of the server or of a proxy on this machine."));
  }
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted, " is not a URL such as http://127.0.0.1:8480"));
  }
  text.remove_prefix(kScheme.size());
  Url url;
  const size_t slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != std::string_view::npos) {
    url.prefix = text.substr(slash);
    while (url.prefix.ends_with('/')) url.prefix.pop_back();
  }
  if (url.prefix.find_first_of("?# ") != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(quoted, " must end before any '?' or '#'"));
  }
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (has_port) {
    uint32_t port = 0;
    if (!absl::SimpleAtoi(Abseil(authority.substr(colon + 1)), &port) || port == 0 ||
        port > 65535) {
      return absl::InvalidArgumentError(absl::StrCat(quoted, ": the port must be 1 to 65535"));
    }
    url.port = static_cast<uint16_t>(port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  if (authority.empty()) return absl::InvalidArgumentError(absl::StrCat(quoted, " has no host"));
  url.host = authority;
  return url;
}

struct Client::Impl {
  explicit Impl(ClientOptions given) : options(std::move(given)) {}

  // Runs what was started to its end; the stream's own timer bounds it.
  void Run() {
    io.restart();
    io.run();
  }
  absl::Status Connect();
  absl::StatusOr<Response> Exchange(const Call& call);
  absl::Status Trouble(std::string_view at, const error_code& error) const {
    return absl::UnavailableError(absl::StrCat(options.url.host, ":", options.url.port, ": ",
                                               Abseil(at), ": ", error.message()));
  }

  const ClientOptions options;
  asio::io_context io{1};
  std::optional<beast::tcp_stream> stream;
  beast::flat_buffer buffer;
};

absl::Status Client::Impl::Connect() {
  error_code error;
  asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(options.url.host, std::to_string(options.url.port), error);
  if (error) return Trouble("the host is not known", error);
  stream.emplace(io);
  buffer.clear();
  stream->expires_after(std::chrono::milliseconds(options.timeout_ms));
  stream->async_connect(found, [&](error_code e, const auto&) { error = e; });
  Run();
  if (error) {
    stream.reset();
    return Trouble("cannot connect", error);
  }
  error_code ignored;
  stream->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  return absl::OkStatus();
}

absl::StatusOr<Response> Client::Impl::Exchange(const Call& call) {
  beast::http::request<beast::http::string_body> request;
  request.method_string(call.method);
  request.target(options.url.prefix + call.target);
  request.version(11);
  request.set(beast::http::field::host, absl::StrCat(options.url.host, ":", options.url.port));
  if (!options.token.empty()) {
    request.set(beast::http::field::authorization, "Bearer " + options.token);
  }
  for (const auto& [name, value] : call.headers) request.insert(name, value);
  request.body() = call.body;
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
    request.prepare_payload();
  }
  error_code error;
  beast::http::async_write(*stream, request, [&](error_code e, size_t) { error = e; });
  Run();
  if (error) return Trouble("the request could not be sent", error);

  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(options.body_limit);
  if (call.method == "HEAD") parser.skip(true);
  beast::http::async_read(*stream, buffer, parser, [&](error_code e, size_t) { error = e; });
  Run();
  if (error) return Trouble("no whole answer came", error);
  auto message = parser.release();
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type.clear();
  for (const auto& field : message) {
    std::string name = absl::AsciiStrToLower(Abseil(View(field.name_string())));
    if (name == "content-type") response.content_type = View(field.value());
    response.headers.emplace_back(std::move(name), View(field.value()));
  }
  response.body = std::move(message.body());
  if (!message.keep_alive()) stream.reset();
  return response;
}

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

absl::StatusOr<Response> Client::Send(const Call& call) {
  if (!impl_->stream) {
    absl::Status connected = impl_->Connect();
    if (!connected.ok()) return connected;
  }
  impl_->stream->expires_after(std::chrono::milliseconds(impl_->options.timeout_ms));
  absl::StatusOr<Response> answer = impl_->Exchange(call);
  if (!answer.ok()) impl_->stream.reset();
  return answer;
}

}  // namespace lastmeter::http
