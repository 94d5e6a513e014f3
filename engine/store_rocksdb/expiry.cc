#include "engine/store_rocksdb/expiry.h"

#include <string>

#include "lastmeter/state/v1/state.pb.h"

namespace lastmeter {
namespace {

class Expiry : public rocksdb::CompactionFilter {
 public:
  explicit Expiry(Date drop_before) : drop_before_(drop_before) {}

  const char* Name() const override { return "lastmeter.expiry"; }

  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    if (key.empty() || key[0] != 's') return false;
    state::v1::Seen seen;
    if (!seen.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
    return seen.date() < drop_before_;
  }

 private:
  const Date drop_before_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> ExpiryFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context&) {
  Date today = today_.load(std::memory_order_relaxed);
  if (today == 0) return nullptr;
  return std::make_unique<Expiry>(DateOf(StartOf(today) - kSeenKept));
}

}  // namespace lastmeter
