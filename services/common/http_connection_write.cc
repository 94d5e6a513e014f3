#include <netinet/tcp.h>

#include <array>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include "services/common/http_connection.h"
#include "services/common/http_stream.h"
#include "services/common/logging.h"

namespace lastmeter::http {
namespace {

// How long a connection that is to be closed waits for its peer to read the answer and close.
constexpr int kLingerMs = 2'000;
constexpr size_t kStreamPiece = 64 * 1024;
constexpr int64_t kBytesPerSecond = 256 * 1024;

Response HeaderProblem() {
  logging::Error("a handler set a malformed response header");
  return Problem(500, "internal", "The request could not be handled.");
}

bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

Connection::Connection(std::shared_ptr<Worker> worker, tcp::socket socket, bool turn_away)
    : worker_(std::move(worker)),
      socket_(std::move(socket)),
      timer_(worker_->io),
      turn_away_(turn_away),
      live_(!turn_away) {}

Connection::~Connection() {
  LeaveLive();
  auto& count = turn_away_ ? worker_->shared->turned_away : worker_->shared->connections;
  count.fetch_sub(1);
}

void Connection::Start() {
  worker_->connections.emplace(this, weak_from_this());
  // Accepted while Stop began on another thread: the round of Drain may be over.
  if (worker_->shared->stopping) {
    Close();
    return;
  }
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  // Finds peers that vanished while their request is being handled or their stream is silent.
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  using Seconds = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  socket_.set_option(Seconds(60), ignored);
  if (turn_away_) {
    Response problem = Problem(503, "too-many-connections", "Too many connections. Try again.");
    problem.headers.emplace_back("Retry-After", "1");
    Write(std::move(problem), true);
    return;
  }
  SetDeadline(worker_->shared->options.idle_timeout_ms);
  Read();
}

void Connection::Drain() {
  if (state_ == State::kIdle) {
    Close();
  } else if (state_ == State::kStreaming) {
    stream_->Finish();
  }
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  boost::system::error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
  if (stream_) stream_->Abandon();
  worker_->connections.erase(this);
  LeaveLive();
}

void Connection::LeaveLive() {
  if (std::exchange(live_, false)) worker_->shared->LeaveLive();
}

void Connection::Answer(Response response) {
  if (state_ != State::kHandling) return;
  const bool close = !keep_alive_ || worker_->shared->stopping.load(std::memory_order_relaxed);
  Write(std::move(response), close);
}

void Connection::Write(Response response, bool close) {
  if (state_ == State::kClosed) return;
  if (!HeadersAreClean(response)) response = HeaderProblem();
  state_ = State::kWriting;
  const BodyFraming framing =
      MayHaveBody(response.status) ? BodyFraming::kLength : BodyFraming::kNone;
  out_head_ = SerializeHead(response, framing, close);
  out_body_.clear();
  if (framing == BodyFraming::kLength && !head_only_) out_body_ = std::move(response.body);
  const auto size = static_cast<int64_t>(out_body_.size());
  SetDeadline(worker_->shared->options.write_timeout_ms + size * 1000 / kBytesPerSecond);
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(out_head_), asio::buffer(out_body_)};
  asio::async_write(socket_, buffers,
                    [self = shared_from_this(), close](boost::system::error_code error, size_t) {
                      self->OnWritten(error, close);
                    });
}

void Connection::OnWritten(boost::system::error_code error, bool close) {
  if (state_ == State::kClosed) return;
  if (error || (peer_eof_ && buffer_.size() == 0)) {
    Close();
  } else if (close) {
    Linger();
  } else if (worker_->shared->stopping.load(std::memory_order_relaxed)) {
    Close();
  } else {
    state_ = State::kIdle;
    SetDeadline(worker_->shared->options.idle_timeout_ms);
    Process();
  }
}

// Closing a socket with unread input makes the kernel send a reset, which may destroy the answer
// before the peer has read it. So: end our side, throw away a bounded amount, then close.
void Connection::Linger() {
  state_ = State::kLingering;
  LeaveLive();
  boost::system::error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error || peer_eof_) {
    Close();
    return;
  }
  buffer_.consume(buffer_.size());
  discarded_ = 0;
  SetDeadline(kLingerMs);
  Read();
}

void Connection::BeginStream(Response head, std::shared_ptr<StreamState> state) {
  if (state_ != State::kHandling) {
    state->Abandon();
    return;
  }
  if (head_only_ || !HeadersAreClean(head) || !MayHaveBody(head.status)) {
    state->Abandon();
    head.body.clear();
    Write(std::move(head), true);
    return;
  }
  state_ = State::kStreaming;
  stream_ = std::move(state);
  buffer_.consume(buffer_.size());
  discarded_ = 0;
  out_body_ = SerializeHead(head, http_1_0_ ? BodyFraming::kUntilClose : BodyFraming::kChunked,
                            /*close=*/true);
  if (worker_->shared->stopping) stream_->Finish();
  // Only to learn that the client went away.
  Read();
  PumpStream();
}

void Connection::PumpStream() {
  if (state_ != State::kStreaming || writing_) return;
  std::string piece;
  const size_t taken = stream_->Collect(kStreamPiece, &piece);
  const bool last = taken == 0 && stream_->finishing();
  if (taken == 0 && !last && out_body_.empty()) {
    if (stream_->Rest()) {
      ClearDeadline();
    } else {
      PumpStream();
    }
    return;
  }
  if (http_1_0_) {
    out_body_ += piece;
  } else if (taken > 0) {
    char size[20];
    const auto end = std::to_chars(size, size + sizeof size, piece.size(), 16).ptr;
    out_body_.append(size, end).append("\r\n").append(piece).append("\r\n");
  } else if (last) {
    out_body_ += "0\r\n\r\n";
  }
  writing_ = true;
  SetDeadline(worker_->shared->options.write_timeout_ms);
  asio::async_write(
      socket_, asio::buffer(out_body_),
      [self = shared_from_this(), taken, last](boost::system::error_code error, size_t) {
        self->writing_ = false;
        self->out_body_.clear();
        if (self->state_ == State::kClosed) return;
        self->stream_->Taken(taken);
        if (error) {
          self->Close();
        } else if (last) {
          self->stream_->Abandon();
          self->Linger();
        } else {
          self->PumpStream();
        }
      });
}

void Connection::SetDeadline(int64_t ms) {
  deadline_ = Clock::now() + std::chrono::milliseconds(ms);
  // A timer that fires too soon arms itself again; only one that would fire too late is moved.
  if (deadline_ < armed_for_) ArmTimer();
}

void Connection::ArmTimer() {
  armed_for_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (error) return;
    if (auto self = weak.lock()) self->OnTimer();
  });
}

void Connection::OnTimer() {
  if (state_ == State::kClosed) return;
  armed_for_ = Clock::time_point::max();
  if (deadline_ == Clock::time_point::max()) return;
  if (Clock::now() < deadline_) {
    ArmTimer();
    return;
  }
  ClearDeadline();
  OnTimeout();
}

void Connection::OnTimeout() {
  auto& timeouts = worker_->shared->timeouts;
  switch (state_) {
    case State::kHeader:
    case State::kBody:
      timeouts.fetch_add(1);
      if (writing_) {  // Not even "100 Continue" went out.
        Close();
        return;
      }
      Fail(Problem(408, "request-timeout", "The request came too slowly."));
      return;
    case State::kWriting:
    case State::kStreaming:
      timeouts.fetch_add(1);
      Close();
      return;
    case State::kIdle:
    case State::kLingering:
      Close();
      return;
    case State::kHandling:
    case State::kClosed:
      return;
  }
}

}  // namespace lastmeter::http
