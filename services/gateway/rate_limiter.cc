#include "services/gateway/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace lastmeter::gateway {

RateLimiter::RateLimiter(double per_second)
    : per_second_(per_second), capacity_(std::max(10.0, per_second * 2)) {}

int RateLimiter::Take(const std::string& caller_id, int64_t now_ns) {
  if (per_second_ <= 0) return 0;
  std::lock_guard lock(mutex_);
  const auto [it, is_new] = buckets_.try_emplace(caller_id, Bucket{capacity_, now_ns});
  Bucket& bucket = it->second;
  const double seconds = static_cast<double>(now_ns - bucket.filled_at_ns) / 1e9;
  bucket.tokens = std::min(capacity_, bucket.tokens + std::max(0.0, seconds) * per_second_);
  bucket.filled_at_ns = now_ns;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  return std::max(1, static_cast<int>(std::ceil((1 - bucket.tokens) / per_second_)));
}

}  // namespace lastmeter::gateway
