#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "services/common/http_connection.h"

namespace lastmeter::http {

// The queue between the threads that write a stream and the connection that sends it. Owned by
// both. The connection is referred to weakly: a writer must not keep a dead one alive.
class StreamState {
 public:
  static constexpr size_t kBufferLimit = 1024 * 1024;

  explicit StreamState(std::shared_ptr<Connection> connection)
      : worker_(connection->worker()), connection_(connection) {}

  // For the writer, from any thread.
  bool Write(std::string bytes);
  size_t backlog() const;
  bool closed() const;
  // Ends the stream after what is queued.
  void Finish();

  // For the connection, on its worker's thread.
  // Moves up to `limit` queued bytes (at least one piece) into `out`. They count until Taken.
  size_t Collect(size_t limit, std::string* out);
  void Taken(size_t bytes);
  // True when nothing is queued; the next Write then wakes the connection.
  bool Rest();
  bool finishing() const;
  // The connection is gone.
  void Abandon();

 private:
  void Wake();

  const std::shared_ptr<Worker> worker_;
  const std::weak_ptr<Connection> connection_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<std::string> queue_;
  size_t bytes_ = 0;
  bool awake_ = true;  // BeginStream pumps of its own accord.
  bool finishing_ = false;
  bool closed_ = false;
};

// The responder that a handler receives for one request.
std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Connection> connection);

}  // namespace lastmeter::http
