#include "tests/bench/measure.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace lastmeter::bench {

std::string Samples::Text() {
  char text[160];
  std::snprintf(text, sizeof text, "p50 %.2f ms, p99 %.2f ms, max %.2f ms (n = %s)",
                Milliseconds(0.5), Milliseconds(0.99), Milliseconds(1),
                Grouped(static_cast<double>(size())).c_str());
  return text;
}

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t CpuUs() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto us = [](const timeval& time) { return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// The programs' allocator; absent in builds with sanitizers.
extern "C" void mi_collect(bool force) __attribute__((weak));

void TrimHeap() {
  if (mi_collect != nullptr) mi_collect(true);
  ::malloc_trim(0);
}

std::string Grouped(double value) {
  const std::string digits = std::to_string(std::llround(value));
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string Stretch::PerSecond(uint64_t count) const {
  const double n = static_cast<double>(std::max<uint64_t>(count, 1));
  const double us = static_cast<double>(std::max<int64_t>(NowUs() - began_us_, 1));
  char cpu[80];
  std::snprintf(cpu, sizeof cpu, " (%.1f µs of processor time each)",
                static_cast<double>(CpuUs() - began_cpu_us_) / n);
  return Grouped(n * 1e6 / us) + cpu;
}

void Row(std::string_view what, std::string_view measured, std::string_view budget) {
  std::cout << "| " << what << " | " << measured << " | " << budget << " |" << std::endl;
}

void Say(std::string_view text) { std::cerr << text << std::endl; }

}  // namespace lastmeter::bench
