#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A small HTTP client on raw sockets for tests: it can also do what no decent client does.
// Every wait is bounded; a wait that runs out shows as an answer that is missing or incomplete.
namespace lastmeter::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpAnswer {
  // 0: no complete answer came.
  int status = 0;
  Headers headers;  // Names in lower case.
  std::string body;
  // First value, or empty.
  std::string Header(std::string_view lower_case_name) const;
};

// One connection to 127.0.0.1:port.
class RawClient {
 public:
  // `receive_buffer` > 0 shrinks the kernel's buffer, for a slow reader.
  explicit RawClient(uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RawClient& operator=(RawClient&&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False when the server closed the connection first.
  bool Send(std::string_view bytes);
  // Ends the sending side.
  void FinishSending();
  // The next answer; 1xx answers are passed over unless `interim`. With `head_only` no body is
  // expected. Chunked bodies come decoded.
  HttpAnswer Receive(int timeout_ms = 10'000, bool head_only = false, bool interim = false);
  // Bytes until `until` was seen, inclusive, or the time or the connection ended.
  std::string ReceiveUntil(std::string_view until, int timeout_ms = 10'000);
  // True when the server closes within the time; what it sent before that is thrown away.
  bool WaitForClose(int timeout_ms = 10'000);

 private:
  // False at the end of the connection or the time.
  bool Fill(int64_t deadline_ms);

  int fd_ = -1;
  std::string buffer_;
};

// The bytes of a request with Host, and Content-Length where there is a body.
std::string RequestText(std::string_view method, std::string_view target,
                        const Headers& headers = {}, std::string_view body = {});

// One request on a connection of its own.
HttpAnswer HttpCall(uint16_t port, std::string_view method, std::string_view target,
                    const Headers& headers = {}, std::string_view body = {},
                    int timeout_ms = 10'000);

}  // namespace lastmeter::test
