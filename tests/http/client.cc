#include "tests/http/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

namespace lastmeter::test {
namespace {

int64_t NowMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string HttpAnswer::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

RawClient::RawClient(uint16_t port, int receive_buffer) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  if (receive_buffer > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

RawClient::~RawClient() {
  if (fd_ >= 0) close(fd_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void RawClient::FinishSending() { shutdown(fd_, SHUT_WR); }

bool RawClient::Fill(int64_t deadline_ms) {
  while (true) {
    const int64_t left = deadline_ms - NowMs();
    if (left <= 0) return false;
    pollfd p{fd_, POLLIN, 0};
    const int ready = poll(&p, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    std::array<char, 16 * 1024> piece;
    const ssize_t n = recv(fd_, piece.data(), piece.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    buffer_.append(piece.data(), static_cast<size_t>(n));
    return true;
  }
}

std::string RawClient::ReceiveUntil(std::string_view until, int timeout_ms) {
  const int64_t deadline = NowMs() + timeout_ms;
  size_t found;
  while ((found = buffer_.find(until)) == std::string::npos && Fill(deadline)) {
  }
  const size_t take = found == std::string::npos ? buffer_.size() : found + until.size();
  std::string out = buffer_.substr(0, take);
  buffer_.erase(0, take);
  return out;
}

HttpAnswer RawClient::Receive(int timeout_ms, bool head_only, bool interim) {
  const int64_t deadline = NowMs() + timeout_ms;
  HttpAnswer answer;
  std::string head = ReceiveUntil("\r\n\r\n", timeout_ms);
  if (!head.ends_with("\r\n\r\n") || !head.starts_with("HTTP/1.1 ")) return answer;
  const int status = std::atoi(head.c_str() + 9);
  size_t at = head.find("\r\n") + 2;
  while (at < head.size() - 2) {
    const size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) return answer;
    answer.headers.emplace_back(Lower(line.substr(0, colon)), line.substr(colon + 2));
  }
  const auto left = [&] { return static_cast<int>(std::max<int64_t>(deadline - NowMs(), 1)); };
  if (status < 200) {
    if (!interim) return Receive(left(), head_only, false);
    answer.status = status;
    return answer;
  }
  if (head_only || status == 204 || status == 304) {
    answer.status = status;
    return answer;
  }
  if (answer.Header("transfer-encoding") == "chunked") {
    while (true) {
      const std::string line = ReceiveUntil("\r\n", left());
      if (!line.ends_with("\r\n")) return answer;
      const size_t size = std::strtoul(line.c_str(), nullptr, 16);
      while (buffer_.size() < size + 2) {
        if (!Fill(deadline)) return answer;
      }
      answer.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) break;
    }
  } else {
    const std::string length = answer.Header("content-length");
    const size_t size = std::strtoul(length.c_str(), nullptr, 10);
    while (length.empty() || buffer_.size() < size) {
      if (Fill(deadline)) continue;
      if (!length.empty()) return answer;
      break;  // Delimited by the end of the connection.
    }
    const size_t take = length.empty() ? buffer_.size() : size;
    answer.body = buffer_.substr(0, take);
    buffer_.erase(0, take);
  }
  answer.status = status;
  return answer;
}

bool RawClient::WaitForClose(int timeout_ms) {
  const int64_t deadline = NowMs() + timeout_ms;
  while (Fill(deadline)) buffer_.clear();
  return NowMs() < deadline;
}

std::string RequestText(std::string_view method, std::string_view target, const Headers& headers,
                        std::string_view body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append("\r\n").append(body);
}

HttpAnswer HttpCall(uint16_t port, std::string_view method, std::string_view target,
                    const Headers& headers, std::string_view body, int timeout_ms) {
  RawClient client(port);
  if (!client.connected()) return {};
  // A server that refuses early may close while this still sends; its answer counts all the same.
  client.Send(RequestText(method, target, headers, body));
  return client.Receive(timeout_ms, method == "HEAD");
}

}  // namespace lastmeter::test
