#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/http/server_fixture.h"

namespace lastmeter::http {
namespace {

using test::HttpAnswer;
using test::RawClient;
using test::RequestText;
using testing::HasSubstr;

class StreamTest : public ServerTest {
 protected:
  // Writes until the stream says no; false when it takes everything for too long.
  static bool WriteUntilRefused(Stream* stream, const std::string& piece) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (!stream->Write(piece)) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_F(StreamTest, SendsEachWriteAsItComes) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  const std::string head = client.ReceiveUntil("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Write("data: " + std::to_string(i) + "\n\n"));
    EXPECT_EQ(client.ReceiveUntil("\n\n\r\n"), "9\r\ndata: " + std::to_string(i) + "\n\n\r\n");
  }
  stream->Close();
  EXPECT_EQ(client.ReceiveUntil("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_FALSE(stream->Write("x"));
}

TEST_F(StreamTest, TakesWritesFromManyThreads) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([stream, t] {
      for (int i = 0; i < 1'000; ++i) {
        EXPECT_TRUE(stream->Write(std::to_string(t) + " " + std::to_string(i) + "\n"));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  stream.reset();  // Ends it.
  const HttpAnswer answer = client.Receive();
  ASSERT_EQ(answer.status, 200);
  int next[4] = {0, 0, 0, 0};
  size_t at = 0;
  while (at < answer.body.size()) {
    const int t = answer.body[at] - '0';
    ASSERT_TRUE(t >= 0 && t < 4);
    const std::string line = std::to_string(t) + " " + std::to_string(next[t]++) + "\n";
    ASSERT_EQ(answer.body.substr(at, line.size()), line);
    at += line.size();
  }
  EXPECT_THAT(next, testing::Each(1'000));
}

TEST_F(StreamTest, ClosesOnAReaderWhoseBufferIsFull) {
  Start();
  RawClient client(port(), 4096);
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  const std::string piece(16 * 1024, 'a');
  size_t largest = 0;
  bool refused = false;
  for (int i = 0; i < 10'000 && !refused; ++i) {
    refused = !stream->Write(piece);
    largest = std::max(largest, stream->backlog());
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(largest, 1024u * 1024);
  EXPECT_TRUE(stream->closed());
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(StreamTest, ClosesOnAReaderThatStoppedReading) {
  options_.write_timeout_ms = 50;
  Start();
  RawClient client(port(), 4096);
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  const std::string piece(16 * 1024, 'a');
  // Never more than half the buffer, so that only the time can end it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!stream->closed() && std::chrono::steady_clock::now() < deadline) {
    if (stream->backlog() < 512 * 1024) stream->Write(piece);
    std::this_thread::yield();
  }
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(StreamTest, LastsThroughSilence) {
  options_.idle_timeout_ms = options_.header_timeout_ms = options_.write_timeout_ms = 30;
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(RawClient(port()).WaitForClose());
  EXPECT_TRUE(stream->Write("late\n"));
  EXPECT_THAT(client.ReceiveUntil("late\n"), testing::EndsWith("late\n"));
}

TEST_F(StreamTest, LearnsThatTheClientLeft) {
  Start();
  std::shared_ptr<Stream> stream;
  {
    RawClient client(port());
    ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
    stream = TakeStream();
  }
  EXPECT_TRUE(WriteUntilRefused(stream.get(), "x"));
  EXPECT_TRUE(stream->closed());
}

TEST_F(StreamTest, SpeaksHttp10AndHead) {
  Start();
  RawClient old(port());
  ASSERT_TRUE(old.Send("GET /stream HTTP/1.0\r\n\r\n"));
  auto stream = TakeStream();
  EXPECT_TRUE(stream->Write("plain"));
  stream->Close();
  EXPECT_EQ(old.Receive().body, "plain");
  RawClient head(port());
  ASSERT_TRUE(head.Send(RequestText("HEAD", "/stream")));
  EXPECT_EQ(head.Receive(10'000, /*head_only=*/true).status, 200);
  EXPECT_FALSE(TakeStream()->Write("x"));
}

TEST_F(StreamTest, OutlivesItsServerHarmlessly) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Send(RequestText("GET", "/stream")));
  auto stream = TakeStream();
  server_->Stop(0);
  server_.reset();
  EXPECT_FALSE(stream->Write("x"));
  stream->Close();
}

}  // namespace
}  // namespace lastmeter::http
