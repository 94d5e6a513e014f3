#include <cxxabi.h>

#include <boost/asio/write.hpp>
#include <cstdlib>
#include <exception>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/http_connection.h"
#include "services/common/http_stream.h"
#include "services/common/http_target.h"
#include "services/common/logging.h"

namespace lastmeter::http {
namespace {

namespace bhttp = boost::beast::http;

constexpr size_t kReadSize = 16 * 1024;
// Chunk headers, extensions and trailers that the parser has not been able to take.
constexpr size_t kChunkOverheadLimit = 16 * 1024;
// A refused request with a body up to this size is read to its end, so that the connection can go
// on; with a larger one the connection is closed.
constexpr uint64_t kEarlyBodyLimit = 64 * 1024;
constexpr size_t kLingerLimit = 1024 * 1024;
constexpr size_t kStreamInputLimit = 64 * 1024;

std::string_view View(boost::beast::string_view s) { return {s.data(), s.size()}; }

Response BadRequest(std::string_view detail) { return Problem(400, "bad-request", detail); }

Response ParseProblem(boost::system::error_code error) {
  if (error == bhttp::error::header_limit) {
    return Problem(431, "header-too-large", "The header of the request is too large.");
  }
  if (error == bhttp::error::body_limit) {
    return Problem(413, "body-too-large", "The body is larger than this address takes.");
  }
  if (error == bhttp::error::bad_version) {
    return Problem(505, "http-version", "The first line does not end in HTTP/1.1 or HTTP/1.0.");
  }
  return BadRequest("This is not well-formed HTTP: " + error.message() + ".");
}

// Only the type: the text of an exception may quote the body.
std::string NameOfPresentException() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "unknown";
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type->name();
}

}  // namespace

void Connection::Read() {
  if (reading_ || state_ == State::kClosed) return;
  reading_ = true;
  socket_.async_read_some(buffer_.prepare(kReadSize),
                          [self = shared_from_this()](boost::system::error_code error, size_t n) {
                            self->OnRead(error, n);
                          });
}

void Connection::OnRead(boost::system::error_code error, size_t n) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) {
    peer_eof_ = true;
    // A response under way may still reach a peer that only closed its sending side.
    if (state_ != State::kWriting && state_ != State::kHandling) Close();
    return;
  }
  buffer_.commit(n);
  switch (state_) {
    case State::kIdle:
    case State::kHeader:
    case State::kBody:
      Process();
      return;
    case State::kStreaming:
    case State::kLingering:
      buffer_.consume(n);
      discarded_ += n;
      if (discarded_ > (state_ == State::kLingering ? kLingerLimit : kStreamInputLimit)) {
        Close();
      } else {
        Read();
      }
      return;
    case State::kHandling:
    case State::kWriting:
    case State::kClosed:
      return;
  }
}

// Takes the buffer as far as it goes, for one request: the next one waits until this one's answer
// is written, which keeps pipelined answers in order.
void Connection::Process() {
  if (state_ == State::kIdle && !BeginRequest()) return;
  if (state_ == State::kHeader && !FeedHeader()) return;
  if (state_ == State::kBody && !FeedBody()) return;
  Dispatch();
}

bool Connection::BeginRequest() {
  // RFC 9112, 2.2: empty lines before a request are to be passed over.
  const auto* bytes = static_cast<const char*>(buffer_.data().data());
  size_t skip = 0;
  while (skip < buffer_.size() && (bytes[skip] == '\r' || bytes[skip] == '\n')) ++skip;
  buffer_.consume(skip);
  if (buffer_.size() == 0) {
    if (peer_eof_) {
      Close();
    } else {
      Read();
    }
    return false;
  }
  state_ = State::kHeader;
  SetDeadline(worker_->shared->options.header_timeout_ms);
  parser_.emplace();
  parser_->eager(false);
  // This server counts header bytes itself: the parser's own limit starts anew with every read.
  const size_t limit = worker_->shared->options.header_limit;
  parser_->header_limit(static_cast<uint32_t>(limit + kReadSize));
  // The route's limit comes later. Not none: the parser compares a length with it as it is.
  parser_->body_limit(std::numeric_limits<uint64_t>::max());
  header_bytes_ = 0;
  request_ = Request{};
  target_.clear();
  route_ = nullptr;
  early_.reset();
  head_only_ = false;
  keep_alive_ = false;
  http_1_0_ = false;
  return true;
}

// True when the header is complete and the request goes on; false while more is needed and after
// the request was answered.
bool Connection::FeedHeader() {
  boost::system::error_code error;
  const size_t used = parser_->put(buffer_.data(), error);
  header_bytes_ += used;
  buffer_.consume(used);
  const size_t limit = worker_->shared->options.header_limit;
  const bool done = !error && parser_->is_header_done();
  const size_t seen = done ? header_bytes_ : header_bytes_ + buffer_.size();
  if ((!error || error == bhttp::error::need_more) && seen > limit) {
    error = bhttp::error::header_limit;
  }
  if (error && error != bhttp::error::need_more) {
    const bool in_first_line = parser_->get().target().empty();
    if (error == bhttp::error::header_limit && in_first_line) {
      Fail(Problem(414, "uri-too-long", "The address of the request is too long."));
    } else {
      Fail(ParseProblem(error));
    }
    return false;
  }
  if (!done) {
    Read();
    return false;
  }
  return OnHeader();
}

bool Connection::OnHeader() {
  worker_->shared->requests.fetch_add(1, std::memory_order_relaxed);
  auto& message = parser_->get();
  request_.method = View(message.method_string());
  target_ = View(message.target());
  for (const auto& field : message) {
    request_.headers.emplace_back(absl::AsciiStrToLower(ToAbsl(View(field.name_string()))),
                                  View(field.value()));
  }
  http_1_0_ = message.version() < 11;
  head_only_ = request_.method == "HEAD";
  keep_alive_ = parser_->keep_alive();

  // What is wrong with the framing itself ends the connection: where the next request would begin
  // cannot be known.
  if (std::optional<Response> problem = CheckHead()) {
    Fail(*std::move(problem));
    return false;
  }
  std::optional<Response> early = FindRoute();
  if (!early) early = Authenticate();
  return PrepareBody(std::move(early));
}

std::optional<Response> Connection::CheckHead() {
  if (target_.size() > worker_->shared->options.uri_limit) {
    return Problem(414, "uri-too-long", "The address of the request is too long.");
  }
  int hosts = 0;
  for (const auto& [name, value] : request_.headers) {
    if (name == "host") ++hosts;
    if (name != "transfer-encoding") continue;
    // Anything but plain "chunked" is read differently by different proxies.
    if (http_1_0_ || !parser_->chunked() || !absl::EqualsIgnoreCase(value, "chunked")) {
      return BadRequest("Of transfer codings only 'chunked' is understood.");
    }
  }
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) {
    return BadRequest("The request needs exactly one Host field.");
  }
  return std::nullopt;
}

std::optional<Response> Connection::FindRoute() {
  absl::StatusOr<Target> target = ParseTarget(target_);
  if (!target.ok()) return BadRequest(ToStd(target.status().message()));
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  Router::Match match = worker_->shared->router.Find(request_.method, request_.path);
  if (match.route == nullptr) {
    if (match.allow.empty()) return Problem(404, "not-found", "Nothing lives at this address.");
    Response problem =
        Problem(405, "method-not-allowed", "This address answers to " + match.allow + ".");
    problem.headers.emplace_back("Allow", match.allow);
    return problem;
  }
  route_ = match.route;
  request_.captures = std::move(match.captures);
  if (head_only_) request_.method = route_->method;
  return std::nullopt;
}

std::optional<Response> Connection::Authenticate() {
  const ServerOptions& options = worker_->shared->options;
  if (options.tokens == nullptr) {
    request_.caller = options.anonymous;
    return std::nullopt;
  }
  if (!route_->needs_token) return std::nullopt;
  auto refuse = [](std::string_view detail, std::string_view challenge) {
    Response problem = Problem(401, "unauthorized", detail);
    problem.headers.emplace_back("WWW-Authenticate", challenge);
    return problem;
  };
  int fields = 0;
  std::string token;
  for (const auto& [name, value] : request_.headers) {
    if (name != "authorization") continue;
    ++fields;
    constexpr std::string_view kScheme = "bearer ";
    if (value.size() > kScheme.size() &&
        absl::EqualsIgnoreCase(value.substr(0, kScheme.size()), ToAbsl(kScheme))) {
      token = std::string(absl::StripAsciiWhitespace(value.substr(kScheme.size())));
    }
  }
  if (fields != 1 || token.empty()) {
    return refuse("Send one field 'Authorization: Bearer <token>'.", "Bearer realm=\"lastmeter\"");
  }
  std::optional<Caller> caller = options.tokens->Find(token);
  if (!caller) {
    return refuse("This token is not known here.",
                  "Bearer realm=\"lastmeter\", error=\"invalid_token\"");
  }
  request_.caller = *std::move(caller);
  return std::nullopt;
}

// Decides what happens to the body. `early`: the request is refused already.
bool Connection::PrepareBody(std::optional<Response> early) {
  const std::optional<std::string> expect = request_.Header("expect");
  const bool continues = expect && absl::EqualsIgnoreCase(*expect, "100-continue");
  if (!early && expect && !continues) {
    early = Problem(417, "expectation-failed", "Of expectations only '100-continue' is known.");
  }
  const uint64_t limit = early ? kEarlyBodyLimit : route_->body_limit;
  const bool has_body = !parser_->is_done();
  if (has_body) {
    const auto length = parser_->content_length();
    if (length && *length > limit) {
      Fail(early ? *std::move(early) : ParseProblem(bhttp::error::body_limit));
      return false;
    }
    // The client waits for leave to send; refused, it will not send, or only after a while.
    if (early && continues) {
      Fail(*std::move(early));
      return false;
    }
  }
  early_ = std::move(early);
  parser_->body_limit(limit);
  parser_->eager(true);
  state_ = State::kBody;
  if (has_body) {
    SetDeadline(worker_->shared->options.body_timeout_ms);
    if (continues && !http_1_0_ && buffer_.size() == 0) {
      SendContinue();
      return false;
    }
  }
  return true;
}

void Connection::SendContinue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  writing_ = true;
  asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](boost::system::error_code error, size_t) {
                      self->writing_ = false;
                      if (self->state_ != State::kBody) return;
                      if (error) {
                        self->Close();
                      } else {
                        self->Process();
                      }
                    });
}

bool Connection::FeedBody() {
  while (!parser_->is_done()) {
    boost::system::error_code error;
    size_t used = 0;
    if (buffer_.size() > 0) {
      used = parser_->put(buffer_.data(), error);
      buffer_.consume(used);
    }
    if (parser_->is_done() && !error) break;
    if (!error && used > 0 && buffer_.size() > 0) continue;
    if (error && error != bhttp::error::need_more) {
      Fail(early_ ? *std::move(early_) : ParseProblem(error));
      return false;
    }
    if (buffer_.size() > kChunkOverheadLimit) {
      Fail(BadRequest("A chunk's header or the trailer is too large."));
      return false;
    }
    Read();
    return false;
  }
  return true;
}

void Connection::Dispatch() {
  ClearDeadline();
  state_ = State::kHandling;
  if (early_) {
    Answer(*std::exchange(early_, std::nullopt));
    return;
  }
  request_.body = std::move(parser_->get().body());
  parser_.reset();
  std::shared_ptr<Responder> responder = MakeResponder(shared_from_this());
  try {
    route_->handler(std::move(request_), responder);
  } catch (...) {
    logging::Error("a handler threw", {{"method", route_->method},
                                       {"route", route_->pattern},
                                       {"exception", NameOfPresentException()}});
    responder->Send(Problem(500, "internal", "The request could not be handled."));
  }
}

// Answers and closes.
void Connection::Fail(Response problem) {
  keep_alive_ = false;
  Write(std::move(problem), true);
}

}  // namespace lastmeter::http
