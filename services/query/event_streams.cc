#include "services/query/event_streams.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "services/common/escape.h"
#include "services/common/http_json.h"
#include "services/common/json.h"

namespace lastmeter::query {
namespace {

using std::chrono::steady_clock;

constexpr auto kKeepAlive = std::chrono::seconds(15);
// A listener that has so much unread is left alone for a while.
constexpr size_t kMostBacklog = 256 * 1024;
constexpr int kRecordsAtOnce = 512;

}  // namespace

std::string SseFrame(const std::string& id, const lastmeter::api::v1::EventView& view) {
  return absl::StrCat("id: ", id, "\nevent: ", view.type(), "\ndata: ", ToJson(view), "\n\n");
}

void EventStreams::Start() {
  thread_ = std::thread([this] { Run(); });
}

void EventStreams::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool EventStreams::HasRoom() const { return listeners_ < kMostListeners; }
size_t EventStreams::listeners() const { return listeners_; }

void EventStreams::Add(std::shared_ptr<http::Stream> stream, EventFilter filter,
                       EventCursor cursor) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return stream->Close();
    arrivals_.push_back(
        {std::move(stream), std::move(filter), std::move(cursor), steady_clock::now(), false});
    ++listeners_;
    awake_ = true;
  }
  wake_.notify_all();
}

void EventStreams::Wake() {
  {
    std::lock_guard lock(mutex_);
    awake_ = true;
  }
  wake_.notify_all();
}

bool EventStreams::Feed(Listener& listener, const PositionVector& folded) {
  if (listener.stream->closed()) return false;
  listener.behind = false;
  std::string bytes;
  for (int i = 0; i < kRecordsAtOnce; ++i) {
    if (listener.stream->backlog() + bytes.size() > kMostBacklog) {
      listener.behind = true;
      break;
    }
    auto item = listener.cursor.Next(folded);
    if (!item.ok()) {
      listener.stream->Close();
      return false;
    }
    if (!*item) break;
    if (i + 1 == kRecordsAtOnce) listener.behind = true;
    if (!Passes(listener.filter, (*item)->record.event(), *view_)) continue;
    const std::string id = ToText(listener.cursor.at());
    auto view = ShowRecord((*item)->partition, (*item)->record, listener.filter.caller);
    view.set_id(id);
    bytes += SseFrame(id, view);
  }
  const auto now = steady_clock::now();
  if (bytes.empty() && now - listener.last_sent >= kKeepAlive) {
    // The id moves past what the listener may not see, so that a resumption need not read it again.
    bytes = absl::StrCat(": alive\nid: ", ToText(listener.cursor.at()), "\n\n");
  }
  if (bytes.empty()) return true;
  listener.last_sent = now;
  return listener.stream->Write(std::move(bytes));
}

void EventStreams::Run() {
  std::vector<Listener> listeners;
  std::unique_lock lock(mutex_);
  bool behind = false;
  while (true) {
    // A listener that is behind frees its buffer without telling; look again soon.
    const auto pause = behind ? std::chrono::milliseconds(20) : std::chrono::milliseconds(1000);
    wake_.wait_for(lock, pause, [this] { return awake_ || stopping_; });
    if (stopping_) break;
    awake_ = false;
    for (Listener& arrival : arrivals_) listeners.push_back(std::move(arrival));
    arrivals_.clear();
    lock.unlock();

    const PositionVector folded = folded_();
    behind = false;
    std::erase_if(listeners, [&](Listener& listener) {
      const bool stays = Feed(listener, folded);
      behind = behind || (stays && listener.behind);
      return !stays;
    });
    lock.lock();
    listeners_ = listeners.size() + arrivals_.size();
  }
  for (Listener& listener : listeners) listener.stream->Close();
  for (Listener& arrival : arrivals_) arrival.stream->Close();
  listeners_ = 0;
}

}  // namespace lastmeter::query
