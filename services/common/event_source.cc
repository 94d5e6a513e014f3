#include "services/common/event_source.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

// Runs one asynchronous operation to its end: only those can have a deadline and be given up.
template <typename Begin>
error_code Finish(asio::io_context& io, const Begin& begin) {
  error_code result = asio::error::operation_aborted;
  begin([&result](const error_code& error, auto&&...) { result = error; });
  io.restart();
  io.run();
  return result;
}

}  // namespace

void EventParser::Feed(std::string_view bytes,
                       const std::function<void(const ServerEvent&)>& on_event) {
  for (const char ch : bytes) {
    if (ch == '\r') continue;
    if (ch != '\n') {
      line_ += ch;
      continue;
    }
    if (line_.empty()) {
      if (has_data_) on_event(event_);
      event_.type.clear();
      event_.data.clear();
      has_data_ = false;
      continue;
    }
    const size_t colon = line_.find(':');
    const std::string name = line_.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line_.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    if (name == "id") {
      event_.id = value;
    } else if (name == "event") {
      event_.type = value;
    } else if (name == "data") {
      if (has_data_) event_.data += '\n';
      event_.data += value;
      has_data_ = true;
    }
    line_.clear();
  }
}

struct EventSource::Impl {
  explicit Impl(ClientOptions o) : options(std::move(o)) {}

  absl::Status Failed(const error_code& error, std::string_view doing) const {
    if (closed) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(ToAbsl(doing), ": ", error.message()));
  }

  error_code Connect() {
    asio::ip::tcp::resolver resolver(io);
    error_code error;
    const auto found = resolver.resolve(options.url.host, std::to_string(options.url.port), error);
    if (error) return error;
    stream.expires_after(std::chrono::milliseconds(options.timeout_ms));
    return Finish(io, [&](auto done) { stream.async_connect(found, done); });
  }

  const ClientOptions options;
  asio::io_context io{1};
  beast::tcp_stream stream{io};
  std::atomic<bool> closed{false};
};

EventSource::EventSource(ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
EventSource::~EventSource() = default;

absl::Status EventSource::Read(const std::string& target,
                               const std::function<void(const ServerEvent&)>& on_event) {
  Impl& impl = *impl_;
  if (auto error = impl.Connect()) return impl.Failed(error, "connecting");
  bhttp::request<bhttp::empty_body> request(bhttp::verb::get, impl.options.url.prefix + target, 11);
  request.set(bhttp::field::host, absl::StrCat(impl.options.url.host, ":", impl.options.url.port));
  request.set(bhttp::field::accept, "text/event-stream");
  if (!impl.options.token.empty()) {
    request.set(bhttp::field::authorization, absl::StrCat("Bearer ", impl.options.token));
  }
  error_code error =
      Finish(impl.io, [&](auto done) { bhttp::async_write(impl.stream, request, done); });
  if (error) return impl.Failed(error, "asking for events");
  beast::flat_buffer buffer;
  bhttp::response_parser<bhttp::buffer_body> parser;
  parser.body_limit(boost::none);
  error = Finish(impl.io, [&](auto done) {
    bhttp::async_read_header(impl.stream, buffer, parser, std::move(done));
  });
  if (error) return impl.Failed(error, "opening the event stream");
  if (parser.get().result_int() != 200) {
    return absl::FailedPreconditionError(
        absl::StrCat("the event stream was refused with status ", parser.get().result_int()));
  }
  impl.stream.expires_never();
  EventParser events;
  char piece[16 * 1024];
  while (!parser.is_done() && !impl.closed) {
    parser.get().body().data = piece;
    parser.get().body().size = sizeof piece;
    error = Finish(impl.io, [&](auto done) {
      bhttp::async_read_some(impl.stream, buffer, parser, std::move(done));
    });
    if (error == bhttp::error::need_buffer) error = {};
    events.Feed({piece, sizeof piece - parser.get().body().size}, on_event);
    if (error) break;
  }
  if (!error || error == bhttp::error::end_of_stream) return absl::OkStatus();
  return impl.Failed(error, "reading events");
}

void EventSource::Close() {
  impl_->closed = true;
  asio::post(impl_->io, [impl = impl_.get()] {
    error_code ignored;
    impl->stream.socket().close(ignored);
  });
}

}  // namespace lastmeter::http
