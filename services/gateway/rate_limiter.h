#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace lastmeter::gateway {

// A token bucket for each caller. Thread-safe. The number of callers is bounded by the token file.
class RateLimiter {
 public:
  // `per_second` 0 or less: nobody is limited. A bucket holds two seconds' worth, at least 10.
  explicit RateLimiter(double per_second);

  // 0 when the request may pass, else after how many whole seconds to try again.
  // `now_ns` is a clock that never falls.
  int Take(const std::string& caller_id, int64_t now_ns);

 private:
  struct Bucket {
    double tokens = 0;
    int64_t filled_at_ns = 0;
  };
  const double per_second_;
  const double capacity_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace lastmeter::gateway
