#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lastmeter {

// What a process counts, for /metrics. The same name and labels give the same instrument. Names
// begin with lastmeter_; labels never hold ids of cases, people or divisions below the town.
// Thread-safe. Instruments live as long as the registry.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  prometheus::Counter& Counter(const std::string& name, const std::string& help,
                               const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                           const Labels& labels = {});
  // `bounds`: upper ends of the buckets, ascending.
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help,
                                   const std::vector<double>& bounds, const Labels& labels = {});
  // A gauge whose value is asked for when scraped, on the scraping thread.
  void Sample(const std::string& name, const std::string& help, std::function<double()> value,
              const Labels& labels = {});
  // The same for a number that only grows.
  void SampleCounter(const std::string& name, const std::string& help,
                     std::function<double()> value, const Labels& labels = {});

  // Text exposition format 0.0.4, to be served as kContentType.
  std::string Render() const;
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Sampled {
    std::string help;
    prometheus::MetricType type;
    std::vector<std::pair<Labels, std::function<double()>>> values;
  };
  void AddSampled(const std::string& name, const std::string& help, prometheus::MetricType type,
                  std::function<double()> value, const Labels& labels);

  prometheus::Registry registry_;
  mutable std::mutex mutex_;
  std::map<std::string, Sampled> sampled_;  // Guarded by mutex_.
};

}  // namespace lastmeter
