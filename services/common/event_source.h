#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/common/http_client.h"

// The reading end of Server-Sent Events, on Boost.Beast. No Beast header shows through here.
namespace lastmeter::http {

struct ServerEvent {
  std::string id;
  std::string type;
  std::string data;
};

// Takes a stream of Server-Sent Events apart, however it is cut into pieces.
class EventParser {
 public:
  // Calls `on_event` for every event that `bytes` completes.
  void Feed(std::string_view bytes, const std::function<void(const ServerEvent&)>& on_event);

 private:
  std::string line_;
  ServerEvent event_;
  bool has_data_ = false;
};

// Reads one stream of Server-Sent Events.
class EventSource {
 public:
  // The options' time limit holds for connecting and for the head of the answer only: a stream may
  // be silent for as long as it likes.
  explicit EventSource(ClientOptions options);
  ~EventSource();

  // Calls `on_event` on this thread until the server ends the stream (OK) or Close is called (OK).
  // Errors: kUnavailable; kFailedPrecondition for an answer other than 200. To be called once.
  absl::Status Read(const std::string& target,
                    const std::function<void(const ServerEvent&)>& on_event);
  // From any thread, at any time; Read then returns soon, also when it is called later.
  void Close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastmeter::http
