#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "services/common/http_connection.h"
#include "services/common/logging.h"

namespace lastmeter::http {
namespace {

// Connections beyond the limit that are being told so; further ones are closed without a word.
constexpr int64_t kTurnedAwayLimit = 64;
// Pause after accept() failed for want of descriptors or memory.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

absl::Status CannotListen(const ServerOptions& options, const boost::system::error_code& error) {
  const std::string where = absl::StrCat(options.address, ":", options.port);
  if (error == asio::error::address_in_use) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", where,
                     ": another program does. Stop it, or choose another address or port."));
  }
  if (error == asio::error::access_denied) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot listen on ", where, ": not allowed. Choose a port from 1024 upward."));
  }
  return absl::UnavailableError(absl::StrCat("cannot listen on ", where, ": ", error.message(),
                                             ". Choose an address that this machine has."));
}

absl::StatusOr<asio::ip::address> CheckOptions(const ServerOptions& options) {
  boost::system::error_code error;
  const std::string& text = options.address;
  auto address = asio::ip::make_address(text == "localhost" ? "127.0.0.1" : text, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not an IP address to listen on"));
  }
  if (options.threads < 1 || options.max_connections < 1 || options.header_timeout_ms < 1 ||
      options.body_timeout_ms < 1 || options.idle_timeout_ms < 1 || options.write_timeout_ms < 1) {
    return absl::InvalidArgumentError("threads, connections and time limits must be at least 1");
  }
  if (options.tokens == nullptr && !address.is_loopback()) {
    return absl::PermissionDeniedError(absl::StrCat(
        "refusing to listen on ", text,
        " without tokens: anybody could act. Give a token file, or listen on 127.0.0.1."));
  }
  return address;
}

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
    for (int i = 0; i < shared_->options.threads; ++i) {
      workers_.push_back(std::make_shared<Worker>(shared_));
    }
    acceptor_.emplace(workers_[0]->io);
    accept_pause_.emplace(workers_[0]->io);
  }

  ~ServerImpl() override { Stop(0); }

  absl::Status Listen(const asio::ip::address& address) {
    const tcp::endpoint endpoint(address, shared_->options.port);
    boost::system::error_code error;
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_->local_endpoint(error).port();
    return error ? CannotListen(shared_->options, error) : absl::OkStatus();
  }

  void Run() {
    Accept();
    for (auto& worker : workers_) {
      worker->thread = std::thread([w = worker.get()] { w->io.run(); });
    }
  }

  uint16_t port() const override { return port_; }

  void Stop(int grace_ms) override;

  Counters counters() const override {
    return {.requests = shared_->requests.load(),
            .refused_connections = shared_->refused_connections.load(),
            .timeouts = shared_->timeouts.load(),
            .connections = shared_->connections.load()};
  }

 private:
  void Accept();
  void OnAccept(boost::system::error_code error, tcp::socket socket,
                const std::shared_ptr<Worker>& worker);
  bool AllClosed();

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Worker>> workers_;
  // On the first worker's thread once Run was called. Optional, to end before its io_context.
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> accept_pause_;
  size_t next_worker_ = 0;
  uint16_t port_ = 0;
  std::mutex stop_mutex_;
  bool stopped_ = false;  // Guarded by stop_mutex_.
};

void ServerImpl::Accept() {
  if (shared_->stopping) return;
  const std::shared_ptr<Worker>& worker = workers_[next_worker_++ % workers_.size()];
  acceptor_->async_accept(worker->io,
                          [this, worker](boost::system::error_code error, tcp::socket socket) {
                            OnAccept(error, std::move(socket), worker);
                          });
}

void ServerImpl::OnAccept(boost::system::error_code error, tcp::socket socket,
                          const std::shared_ptr<Worker>& worker) {
  if (shared_->stopping || error == asio::error::operation_aborted) return;
  if (error) {
    if (error != asio::error::connection_aborted) {
      logging::Warning("accepting connections pauses", {{"error", error.message()}});
    }
    accept_pause_->expires_after(kAcceptPause);
    accept_pause_->async_wait([this](boost::system::error_code e) {
      if (!e) Accept();
    });
    return;
  }
  const auto limit = static_cast<int64_t>(shared_->options.max_connections);
  const bool turn_away = shared_->connections.load() >= limit;
  auto& count = turn_away ? shared_->turned_away : shared_->connections;
  if (turn_away) shared_->refused_connections.fetch_add(1);
  if (!turn_away || count.load() < kTurnedAwayLimit) {
    count.fetch_add(1);
    if (!turn_away) shared_->live.fetch_add(1);
    auto connection = std::make_shared<Connection>(worker, std::move(socket), turn_away);
    worker->Post([connection] { connection->Start(); });
  }
  Accept();
}

void ServerImpl::Stop(int grace_ms) {
  std::lock_guard lock(stop_mutex_);
  if (std::exchange(stopped_, true)) return;
  for (auto& worker : workers_) {
    LM_CHECK(!worker->OnThread()) << "Stop would wait for the thread that it runs on";
  }
  shared_->stopping = true;
  workers_[0]->Post([this] {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
    accept_pause_->cancel();
  });
  for (auto& worker : workers_) {
    worker->Post([w = worker.get()] {
      // A copy, since Drain may take the connection out of the table.
      const auto connections = w->connections;
      for (const auto& [raw, weak] : connections) {
        if (auto connection = weak.lock()) connection->Drain();
      }
    });
  }
  shared_->WaitUntilQuiet(std::chrono::milliseconds(grace_ms));
  for (auto& worker : workers_) {
    worker->Post([w = worker.get()] {
      const auto connections = w->connections;
      for (const auto& [raw, weak] : connections) {
        if (auto connection = weak.lock()) connection->Close();
      }
      w->work.reset();
    });
  }
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
    {
      std::lock_guard worker_lock(worker->mutex);
      worker->dead = true;
    }
    // What was posted in between would keep itself alive in the queue.
    worker->io.restart();
    worker->io.poll();
  }
  acceptor_.reset();
  accept_pause_.reset();
}

}  // namespace

void Shared::LeaveLive() {
  if (live.fetch_sub(1) > 1 || !stopping) return;
  std::lock_guard lock(quiet_mutex_);
  quiet_.notify_all();
}

void Shared::WaitUntilQuiet(std::chrono::milliseconds limit) {
  std::unique_lock lock(quiet_mutex_);
  quiet_.wait_for(lock, limit, [this] { return live.load() == 0; });
}

bool Worker::Post(std::function<void()> task) {
  std::lock_guard lock(mutex);
  if (dead) return false;
  asio::post(io, std::move(task));
  return true;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options,
                                                      std::vector<Route> routes) {
  LM_ASSIGN_OR_RETURN(const asio::ip::address address, CheckOptions(options));
  auto shared = std::make_shared<Shared>();
  shared->options = std::move(options);
  LM_ASSIGN_OR_RETURN(shared->router, Router::Build(std::move(routes)));
  auto server = std::make_unique<ServerImpl>(std::move(shared));
  LM_RETURN_IF_ERROR(server->Listen(address));
  server->Run();
  return server;
}

}  // namespace lastmeter::http
