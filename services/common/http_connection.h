#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/optional.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "services/common/http.h"
#include "services/common/http_router.h"
#include "services/common/http_wire.h"

namespace lastmeter::http {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class Connection;
class StreamState;

// What the connections of a server have in common. Owned by the server, its workers and its
// connections together, since an answer may come after the server has gone.
struct Shared {
  ServerOptions options;
  Router router;
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused_connections{0};
  std::atomic<uint64_t> timeouts{0};
  std::atomic<int64_t> connections{0};
  // Connections that were turned away and still receive their 503.
  std::atomic<int64_t> turned_away{0};
  std::atomic<bool> stopping{false};
  // Connections that Stop waits for: accepted, and neither closed nor lingering.
  std::atomic<int64_t> live{0};

  void LeaveLive();
  // Returns once `live` is 0 or the time is over.
  void WaitUntilQuiet(std::chrono::milliseconds limit);

 private:
  std::mutex quiet_mutex_;
  std::condition_variable quiet_;
};

// One thread with an io_context of its own. A connection belongs to one worker for life, so its
// state needs no lock; other threads reach it through Post.
struct Worker {
  explicit Worker(std::shared_ptr<Shared> s) : shared(std::move(s)) {}

  // Runs `task` on the worker's thread; false, and dropped, once it has finished.
  bool Post(std::function<void()> task);
  bool OnThread() const { return io.get_executor().running_in_this_thread(); }

  std::shared_ptr<Shared> shared;
  mutable asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
  // Touched on the worker's thread only.
  std::unordered_map<Connection*, std::weak_ptr<Connection>> connections;

  std::mutex mutex;
  bool dead = false;  // Guarded by mutex.
};

// One accepted socket: reads a request, has it answered, reads the next. Every method but the
// constructor runs on the worker's thread. Kept alive by its pending operations and by responders.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Worker> worker, tcp::socket socket, bool turn_away);
  ~Connection();

  void Start();
  // Stop has begun: closes at once when idle, else after the response or stream under way.
  void Drain();
  void Close();

  // Called by the responder and the stream, on the worker's thread.
  void Answer(Response response);
  void BeginStream(Response head, std::shared_ptr<StreamState> state);
  void PumpStream();

  const std::shared_ptr<Worker>& worker() const { return worker_; }

 private:
  enum class State { kIdle, kHeader, kBody, kHandling, kWriting, kStreaming, kLingering, kClosed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Clock = std::chrono::steady_clock;

  // Reading: http_connection_read.cc.
  void Read();
  void OnRead(boost::system::error_code error, size_t n);
  void Process();
  bool BeginRequest();
  bool FeedHeader();
  bool FeedBody();
  bool OnHeader();
  std::optional<Response> CheckHead();
  std::optional<Response> FindRoute();
  std::optional<Response> Authenticate();
  bool PrepareBody(std::optional<Response> early);
  void SendContinue();
  void Dispatch();
  void Fail(Response problem);

  // Writing and time: http_connection_write.cc.
  void Write(Response response, bool close);
  void OnWritten(boost::system::error_code error, bool close);
  void Linger();
  void SetDeadline(int64_t ms);
  void ClearDeadline() { deadline_ = Clock::time_point::max(); }
  void ArmTimer();
  void OnTimer();
  void OnTimeout();
  void LeaveLive();

  std::shared_ptr<Worker> worker_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point armed_for_ = Clock::time_point::max();
  State state_ = State::kIdle;
  const bool turn_away_;
  bool live_;
  bool reading_ = false;
  bool writing_ = false;
  bool peer_eof_ = false;

  boost::beast::flat_buffer buffer_;
  boost::optional<Parser> parser_;
  // Bytes of the present header that the parser has taken.
  size_t header_bytes_ = 0;
  Request request_;
  std::string target_;
  const Route* route_ = nullptr;
  // Found wrong before the body was read; sent once it was.
  std::optional<Response> early_;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool head_only_ = false;

  std::string out_head_;
  std::string out_body_;
  // Bytes thrown away while lingering or streaming.
  size_t discarded_ = 0;
  std::shared_ptr<StreamState> stream_;
};

}  // namespace lastmeter::http
