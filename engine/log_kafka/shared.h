#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "engine/log/activity_hub.h"
#include "engine/log_kafka/kafka_log.h"
#include "librdkafka/rdkafka.h"

// What the parts of one KafkaLog share.
namespace lastmeter::log_kafka {

using Properties = std::map<std::string, std::string>;

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;

// What librdkafka calls out of its polls. Null: not called.
struct Callbacks {
  void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void* opaque) = nullptr;
  void (*rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*,
                    void* opaque) = nullptr;
  void (*error)(rd_kafka_t*, int code, const char* text, void* opaque) = nullptr;
  // Must outlive the handle.
  void* opaque = nullptr;
};

// A client of librdkafka. `ours` wins over `theirs`. kInvalidArgument names a property that
// librdkafka does not take.
absl::StatusOr<Handle> NewHandle(rd_kafka_type_t type, const Properties& theirs,
                                 const Properties& ours, const Callbacks& callbacks = {});

// What this process itself knows of one topic and partition. A reader of this process does not
// call an end what lies before `visible`, and does not hand out what lies before `begin`.
struct Progress {
  std::atomic<int64_t> visible{0};
  std::atomic<int64_t> begin{0};
  void Show(int64_t end) {
    int64_t was = visible.load();
    while (was < end && !visible.compare_exchange_weak(was, end)) {
    }
  }
};

struct Watermarks {
  int64_t low = 0;
  int64_t high = 0;
};

struct Shared {
  KafkaLog::Options options;
  // Options that every client gets, with the brokers.
  Properties base;
  ActivityHub hub;
  // Sees uncommitted records, so that its ends are high watermarks.
  Handle uncommitted;
  LogIdentity identity;

  std::string Name(Topic topic) const {
    return options.topic_prefix + std::string(TopicName(topic));
  }
  // Topic, partition and, where there is one, offset, for messages.
  std::string Where(TopicPartition tp) const {
    return Name(tp.topic) + "/" + std::to_string(tp.partition.value);
  }
  int timeout_ms() const { return static_cast<int>(options.timeout.ms); }
  Progress& progress(TopicPartition tp) {
    std::lock_guard lock(mutex_);
    return progress_[tp];
  }

 private:
  std::mutex mutex_;
  // Node-based: references stay good.
  std::map<TopicPartition, Progress> progress_;
};

// The end as this handle's isolation sees it, and with it the oldest offset kept. Wait for the
// broker, and for another leader where the one before is gone.
absl::StatusOr<int64_t> AskEnd(const Shared& shared, rd_kafka_t* handle, TopicPartition tp);
absl::StatusOr<Watermarks> AskWatermarks(const Shared& shared, rd_kafka_t* handle,
                                         TopicPartition tp);

}  // namespace lastmeter::log_kafka
