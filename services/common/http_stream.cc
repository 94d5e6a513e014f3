#include "services/common/http_stream.h"

#include <utility>

#include "services/common/logging.h"

namespace lastmeter::http {

bool StreamState::Write(std::string bytes) {
  bool overflow = false;
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_ || finishing_) return false;
    if (bytes.empty()) return true;
    if (bytes_ + bytes.size() > kBufferLimit) {
      overflow = closed_ = true;
      queue_.clear();
    } else {
      bytes_ += bytes.size();
      queue_.push_back(std::move(bytes));
      wake = !std::exchange(awake_, true);
    }
  }
  if (overflow) {
    worker_->Post([weak = connection_] {
      if (auto connection = weak.lock()) connection->Close();
    });
    return false;
  }
  if (wake) Wake();
  return true;
}

size_t StreamState::backlog() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

bool StreamState::closed() const {
  std::lock_guard lock(mutex_);
  return closed_ || finishing_;
}

void StreamState::Finish() {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || std::exchange(finishing_, true)) return;
    if (std::exchange(awake_, true)) return;
  }
  Wake();
}

size_t StreamState::Collect(size_t limit, std::string* out) {
  std::lock_guard lock(mutex_);
  size_t taken = 0;
  while (!queue_.empty() && (taken == 0 || taken + queue_.front().size() <= limit)) {
    taken += queue_.front().size();
    *out += queue_.front();
    queue_.pop_front();
  }
  return taken;
}

void StreamState::Taken(size_t bytes) {
  std::lock_guard lock(mutex_);
  bytes_ -= bytes;
}

bool StreamState::Rest() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty() || finishing_) return false;
  awake_ = false;
  return true;
}

bool StreamState::finishing() const {
  std::lock_guard lock(mutex_);
  return finishing_;
}

void StreamState::Abandon() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  queue_.clear();
}

void StreamState::Wake() {
  worker_->Post([weak = connection_] {
    if (auto connection = weak.lock()) connection->PumpStream();
  });
}

namespace {

// What the handler holds. Dropping it ends the stream, so that none can be forgotten.
class StreamHandle final : public Stream {
 public:
  explicit StreamHandle(std::shared_ptr<StreamState> state) : state_(std::move(state)) {}
  ~StreamHandle() override { state_->Finish(); }
  bool Write(std::string bytes) override { return state_->Write(std::move(bytes)); }
  size_t backlog() const override { return state_->backlog(); }
  bool closed() const override { return state_->closed(); }
  void Close() override { state_->Finish(); }

 private:
  const std::shared_ptr<StreamState> state_;
};

class OneResponder final : public Responder {
 public:
  explicit OneResponder(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  ~OneResponder() override {
    if (!answered_) Send(Problem(500, "internal", "The request was dropped without an answer."));
  }

  void Send(Response response) override {
    if (AnsweredBefore()) return;
    if (connection_->worker()->OnThread()) {
      connection_->Answer(std::move(response));
      return;
    }
    // A shared_ptr, because std::function wants something that can be copied.
    auto kept = std::make_shared<Response>(std::move(response));
    connection_->worker()->Post(
        [connection = connection_, kept] { connection->Answer(std::move(*kept)); });
  }

  std::shared_ptr<Stream> StartStream(Response head) override {
    auto state = std::make_shared<StreamState>(connection_);
    if (AnsweredBefore()) {
      state->Abandon();
      return std::make_shared<StreamHandle>(std::move(state));
    }
    auto kept = std::make_shared<Response>(std::move(head));
    auto begin = [connection = connection_, kept, state] {
      connection->BeginStream(std::move(*kept), state);
    };
    if (connection_->worker()->OnThread()) {
      begin();
    } else if (!connection_->worker()->Post(begin)) {
      state->Abandon();
    }
    return std::make_shared<StreamHandle>(std::move(state));
  }

 private:
  bool AnsweredBefore() {
    if (!answered_.exchange(true)) return false;
    logging::Error("a handler answered one request twice; the second answer was dropped");
    return true;
  }

  const std::shared_ptr<Connection> connection_;
  std::atomic<bool> answered_{false};
};

}  // namespace

std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Connection> connection) {
  return std::make_shared<OneResponder>(std::move(connection));
}

}  // namespace lastmeter::http
