#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <map>

#include "engine/base/check.h"
#include "tests/bench/measure.h"
#include "tests/bench/modes.h"
#include "tests/bench/workload.h"

namespace lastmeter::bench {
namespace {

// Many connections on one thread, each with one request under way, so that the client costs the
// two cores as little as may be.
class Swarm {
 public:
  explicit Swarm(const LoadOptions& options) : options_(options), workload_({}) {
    epoll_ = ::epoll_create1(0);
    LM_CHECK(epoll_ >= 0) << std::strerror(errno);
    connections_.resize(static_cast<size_t>(options.connections));
    for (size_t i = 0; i < connections_.size(); ++i) Connect(i);
  }
  ~Swarm() {
    for (auto& connection : connections_) ::close(connection.fd);
    ::close(epoll_);
  }

  void Run() {
    const int64_t start = NowUs();
    const int64_t end = start + options_.seconds * 1'000'000;
    for (size_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
    uint64_t sent = 0;
    epoll_event events[256];
    while (true) {
      const int64_t now = NowUs();
      const bool over = now >= end;
      if (over && idle_.size() == connections_.size()) break;
      LM_CHECK(now < end + 30'000'000) << "the server stopped answering";
      while (!over && !idle_.empty()) {
        const int64_t due = options_.rate > 0
                                ? start + static_cast<int64_t>(sent) * 1'000'000 / options_.rate
                                : now;
        if (due > now) break;
        Send(idle_.front(), sent++, due);
        idle_.pop_front();
      }
      const int n = ::epoll_wait(epoll_, events, std::size(events), options_.rate > 0 ? 1 : 10);
      for (int i = 0; i < n; ++i) Receive(events[i].data.u64);
    }
    seconds_ = static_cast<double>(NowUs() - start) / 1e6;
  }

  void Print() {
    std::string statuses;
    for (const auto& [status, count] : statuses_) {
      statuses += (statuses.empty() ? "" : ", ") + std::to_string(status) + ": " +
                  Grouped(static_cast<double>(count));
    }
    Row("HTTP, " + std::to_string(options_.connections) + " connections" +
            (options_.rate > 0 ? ", " + Grouped(static_cast<double>(options_.rate)) + "/s" : "") +
            ": reports accepted a second",
        Grouped(static_cast<double>(statuses_[202]) / seconds_) + " (answers " + statuses + ")",
        "–");
    Row("HTTP: from sending to 202", samples_.Text(), "–");
  }
  bool clean() { return statuses_.size() == 1 && statuses_[202] > 0; }

 private:
  struct Connection {
    int fd = -1;
    int64_t due_us = 0;
    std::string answer;
  };

  void Connect(size_t i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    LM_CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
        << "cannot connect to port " << options_.port << ": " << std::strerror(errno);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    LM_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0) << std::strerror(errno);
    connections_[i].fd = fd;
  }

  void Send(size_t i, uint64_t number, int64_t due_us) {
    const std::string body = R"({"kind":"sudden-illness","area":")" + workload_.village(number) +
                             R"(","survey":{"signs":["SIGN_SUDDEN_ILLNESS","SIGN_LIVES_ALONE"],)"
                             R"("needs":["NEED_NURSING"]}})";
    std::string request = "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n";
    if (!options_.token.empty()) request += "Authorization: Bearer " + options_.token + "\r\n";
    request +=
        "Idempotency-Key: http-" + std::to_string(::getpid()) + "-" + std::to_string(number) +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    connections_[i].due_us = due_us;
    LM_CHECK(::send(connections_[i].fd, request.data(), request.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(request.size()))
        << std::strerror(errno);
  }

  void Receive(size_t i) {
    Connection& c = connections_[i];
    char bytes[16 * 1024];
    const ssize_t n = ::recv(c.fd, bytes, sizeof bytes, 0);
    LM_CHECK(n > 0) << "the server closed a connection";
    c.answer.append(bytes, static_cast<size_t>(n));
    const size_t head = c.answer.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const size_t length = c.answer.find("Content-Length: ");
    LM_CHECK(length < head) << "an answer without length: " << c.answer.substr(0, head);
    const size_t whole = head + 4 + std::stoul(c.answer.substr(length + 16));
    if (c.answer.size() < whole) return;
    ++statuses_[std::stoi(c.answer.substr(9, 3))];
    samples_.Add(NowUs() - c.due_us);
    c.answer.erase(0, whole);
    idle_.push_back(i);
  }

  const LoadOptions options_;
  const Workload workload_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<size_t> idle_;
  std::map<int, uint64_t> statuses_;
  Samples samples_;
  double seconds_ = 0;
};

}  // namespace

int RunHttp(const LoadOptions& options) {
  Swarm swarm(options);
  swarm.Run();
  swarm.Print();
  return swarm.clean() ? 0 : 1;
}

}  // namespace lastmeter::bench
