#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "services/common/http.h"
#include "services/query/events.h"

namespace lastmeter::query {

// Feeds Server-Sent Events to everybody who listens, on one thread. A slow listener is fed as fast
// as it reads and costs nobody else anything: it goes on from its own place in the log.
class EventStreams {
 public:
  // How far the view was folded. Thread-safe.
  using Folded = std::function<PositionVector()>;

  EventStreams(const View* view, Folded folded) : view_(view), folded_(std::move(folded)) {}
  ~EventStreams() { Stop(); }

  void Start();
  // Closes all streams.
  void Stop();

  // False when too many listen already.
  bool HasRoom() const;
  void Add(std::shared_ptr<http::Stream> stream, EventFilter filter, EventCursor cursor);
  // There may be more to read.
  void Wake();
  size_t listeners() const;

 private:
  struct Listener {
    std::shared_ptr<http::Stream> stream;
    EventFilter filter;
    EventCursor cursor;
    std::chrono::steady_clock::time_point last_sent;
    bool behind = false;
  };
  static constexpr size_t kMostListeners = 256;

  void Run();
  // False when the listener is gone.
  bool Feed(Listener& listener, const PositionVector& folded);

  const View* const view_;
  const Folded folded_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = false;
  bool stopping_ = false;
  std::vector<Listener> arrivals_;
  std::atomic<size_t> listeners_{0};
  std::thread thread_;
};

// One event in the stream's own form.
std::string SseFrame(const std::string& id, const lastmeter::api::v1::EventView& view);

}  // namespace lastmeter::query
