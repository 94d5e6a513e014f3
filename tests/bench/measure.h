#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Figures and how they are printed: one row of the table in tests/bench/README.md each.
namespace lastmeter::bench {

// Lengths of time in microseconds, kept whole so that the last percentile is exact.
class Samples {
 public:
  void Add(int64_t us) { values_.push_back(us < 0 ? 0 : us); }
  void Add(const Samples& other) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  }
  size_t size() const { return values_.size(); }
  // `share` from 0 to 1; 1 is the largest. 0 without samples.
  double Milliseconds(double share) {
    if (values_.empty()) return 0;
    const size_t index = std::min(values_.size() - 1, static_cast<size_t>(share * values_.size()));
    std::nth_element(values_.begin(), values_.begin() + index, values_.end());
    return values_[index] / 1000.0;
  }
  // "p50 1.2 ms, p99 3.4 ms, max 5.6 ms (n = 7)"
  std::string Text();

 private:
  std::vector<int64_t> values_;
};

// Monotonic, in microseconds.
int64_t NowUs();
// Processor time of this process so far, all threads, user and system.
int64_t CpuUs();
// Resident memory of this process, in bytes.
int64_t ResidentBytes();
// Gives unused heap back to the system, so that the next reading is what is held.
void TrimHeap();

// "1,234,567"
std::string Grouped(double value);
// Prints "| what | measured | budget |".
void Row(std::string_view what, std::string_view measured, std::string_view budget);
// Wall and processor time from its making on. Where other programs share the processors, the second
// is the one to compare.
class Stretch {
 public:
  Stretch() : began_us_(NowUs()), began_cpu_us_(CpuUs()) {}
  // "123,456 (8.1 µs of processor time each)"
  std::string PerSecond(uint64_t count) const;

 private:
  const int64_t began_us_;
  const int64_t began_cpu_us_;
};

// Prints to standard error what is being done.
void Say(std::string_view text);

}  // namespace lastmeter::bench
