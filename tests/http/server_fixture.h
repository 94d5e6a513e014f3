#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "services/common/http.h"
#include "tests/http/client.h"

namespace lastmeter::http {

// A server with a few routes: /echo (POST, body back), /hello (GET), /later and /stream, whose
// responder or stream the test takes with TakeParked and TakeStream.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.idle_timeout_ms = 20'000;
    options_.header_timeout_ms = 20'000;
    options_.body_timeout_ms = 20'000;
    options_.write_timeout_ms = 20'000;
  }

  void TearDown() override {
    if (server_) server_->Stop(0);
  }

  void Start() {
    auto server = Server::Start(options_, Routes());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  uint16_t port() const { return server_->port(); }

  // Waits until a handler has parked its responder.
  std::shared_ptr<Responder> TakeParked() { return Take(parked_); }
  std::shared_ptr<Stream> TakeStream() { return Take(streams_); }

  virtual std::vector<Route> Routes() {
    std::vector<Route> routes;
    routes.push_back({"GET", "/hello", [](Request, std::shared_ptr<Responder> r) {
                        Response response;
                        response.body = "\"hello\"";
                        r->Send(std::move(response));
                      }});
    routes.push_back({"POST", "/echo",
                      [](Request request, std::shared_ptr<Responder> r) {
                        Response response;
                        response.content_type = "text/plain";
                        response.body = std::move(request.body);
                        r->Send(std::move(response));
                      },
                      true, 1024});
    routes.push_back({"GET", "/later", [this](Request, std::shared_ptr<Responder> r) {
                        Put(parked_, std::move(r));
                      }});
    routes.push_back({"GET", "/stream", [this](Request, std::shared_ptr<Responder> r) {
                        Response head;
                        head.content_type = "text/event-stream";
                        Put(streams_, r->StartStream(std::move(head)));
                      }});
    return routes;
  }

  template <typename T>
  void Put(std::vector<T>& where, T what) {
    std::lock_guard lock(mutex_);
    where.push_back(std::move(what));
    arrived_.notify_all();
  }

  template <typename T>
  T Take(std::vector<T>& where) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return !where.empty(); })) {
      ADD_FAILURE() << "no handler was called";
      return nullptr;
    }
    T out = std::move(where.front());
    where.erase(where.begin());
    return out;
  }

  ServerOptions options_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::shared_ptr<Responder>> parked_;
  std::vector<std::shared_ptr<Stream>> streams_;
  std::unique_ptr<Server> server_;
};

}  // namespace lastmeter::http
