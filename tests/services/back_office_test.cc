#include "services/query/back_office.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace lastmeter::query {
namespace {

using Stopping = std::atomic<bool>;

TEST(BackOfficeTest, WorksInOrderOnOneThread) {
  BackOffice office;
  std::string order;
  std::promise<void> done;
  EXPECT_TRUE(office.Ask([&](const Stopping&) { order += 'a'; }));
  EXPECT_TRUE(office.Ask([&](const Stopping&) {
    order += 'b';
    done.set_value();
  }));
  done.get_future().wait();
  EXPECT_EQ(order, "ab");
}

TEST(BackOfficeTest, RefusesWhenTooMuchWaitsAndEndsAtOnceWhenStopped) {
  std::promise<void> begun;
  auto dropped = std::make_shared<int>(0);
  {
    BackOffice office;
    // Works until it is told to give up: only the end of the office ends it.
    ASSERT_TRUE(office.Ask([&](const Stopping& stopping) {
      begun.set_value();
      while (!stopping) std::this_thread::yield();
    }));
    begun.get_future().wait();
    int waiting = 0;
    while (office.Ask([dropped](const Stopping&) { ++*dropped; })) ++waiting;
    EXPECT_EQ(waiting, 8);
  }
  EXPECT_EQ(*dropped, 0) << "what waited was not begun";
  EXPECT_EQ(dropped.use_count(), 1) << "and let go";
}

}  // namespace
}  // namespace lastmeter::query
