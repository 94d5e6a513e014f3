// The reading end of Server-Sent Events.
#include "services/common/event_source.h"

#include <gtest/gtest.h>

#include <vector>

namespace lastmeter::http {
namespace {

constexpr std::string_view kStream =
    ": listening\nid: 1.2\n\nid: 1.3\nevent: CaseOpened\ndata: {\"a\":1}\n\n"
    "data: two\r\ndata: lines\r\n\r\n: alive\n\n";

TEST(EventParser, TakesEventsApartHoweverTheyAreCut) {
  const std::vector<std::string> expected = {"1.3|CaseOpened|{\"a\":1}", "1.3||two\nlines"};
  for (size_t piece = 1; piece <= kStream.size(); ++piece) {
    std::vector<std::string> got;
    EventParser parser;
    for (size_t at = 0; at < kStream.size(); at += piece) {
      parser.Feed(kStream.substr(at, piece), [&got](const ServerEvent& e) {
        got.push_back(e.id + "|" + e.type + "|" + e.data);
      });
    }
    EXPECT_EQ(got, expected) << piece;
  }
}

TEST(EventSource, SaysWhenNobodyListens) {
  ClientOptions options;
  options.url = {.host = "127.0.0.1", .port = 1, .prefix = ""};
  EventSource source(std::move(options));
  EXPECT_EQ(source.Read("/v1/events", [](const ServerEvent&) {}).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace lastmeter::http
