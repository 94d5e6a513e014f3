#include "services/common/metrics.h"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <utility>

namespace lastmeter {

prometheus::Counter& Metrics::Counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Metrics::Gauge(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Metrics::Histogram(const std::string& name, const std::string& help,
                                          const std::vector<double>& bounds, const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, bounds);
}

void Metrics::Sample(const std::string& name, const std::string& help,
                     std::function<double()> value, const Labels& labels) {
  AddSampled(name, help, prometheus::MetricType::Gauge, std::move(value), labels);
}

void Metrics::SampleCounter(const std::string& name, const std::string& help,
                            std::function<double()> value, const Labels& labels) {
  AddSampled(name, help, prometheus::MetricType::Counter, std::move(value), labels);
}

void Metrics::AddSampled(const std::string& name, const std::string& help,
                         prometheus::MetricType type, std::function<double()> value,
                         const Labels& labels) {
  std::lock_guard lock(mutex_);
  Sampled& sampled = sampled_[name];
  sampled.help = help;
  sampled.type = type;
  sampled.values.emplace_back(labels, std::move(value));
}

std::string Metrics::Render() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  {
    std::lock_guard lock(mutex_);
    for (const auto& [name, sampled] : sampled_) {
      prometheus::MetricFamily family{name, sampled.help, sampled.type, {}};
      for (const auto& [labels, value] : sampled.values) {
        prometheus::ClientMetric metric;
        for (const auto& [key, text] : labels) metric.label.push_back({key, text});
        (sampled.type == prometheus::MetricType::Counter ? metric.counter.value
                                                         : metric.gauge.value) = value();
        family.metric.push_back(std::move(metric));
      }
      families.push_back(std::move(family));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace lastmeter
