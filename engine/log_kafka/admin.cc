#include "engine/log_kafka/admin.h"

#include <utility>

#include "engine/base/status.h"
#include "engine/log_kafka/admin_request.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {

absl::StatusOr<LogIdentity> Identify(const Shared& shared) {
  LogIdentity identity;
  for (Topic topic : kTopics) {
    LM_ASSIGN_OR_RETURN(uint32_t count, CountPartitions(shared.uncommitted.get(),
                                                        shared.Name(topic), shared.timeout_ms()));
    if (identity.partition_count == 0) identity.partition_count = count;
    if (count != identity.partition_count) {
      return absl::FailedPreconditionError(
          "topic " + shared.Name(topic) + " has " + std::to_string(count) + " partitions and " +
          shared.Name(kTopics[0]) + " has " + std::to_string(identity.partition_count) +
          ": all must have as many, or cases would be looked for in the wrong partition");
    }
  }
  char* id = rd_kafka_clusterid(shared.uncommitted.get(), shared.timeout_ms());
  if (id == nullptr) return absl::UnavailableError("the brokers do not say their cluster's id");
  identity.cluster_id = shared.options.topic_prefix + id;
  rd_kafka_mem_free(shared.uncommitted.get(), id);
  return identity;
}

absl::Status DeleteRecords(Shared& shared, TopicPartition tp, LogPosition before) {
  rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, shared.Name(tp.topic).c_str(),
                                    static_cast<int32_t>(tp.partition.value))
      ->offset = before.value;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(offsets);
  rd_kafka_topic_partition_list_destroy(offsets);
  absl::Status status = Request(
      shared.uncommitted.get(), shared.timeout_ms(),
      [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteRecords(shared.uncommitted.get(), &request, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        const rd_kafka_topic_partition_list_t* done =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        if (done->cnt != 1) return absl::UnavailableError("no answer for " + shared.Where(tp));
        return ToStatus(done->elems[0].err, "deleting records of " + shared.Where(tp));
      });
  rd_kafka_DeleteRecords_destroy(request);
  if (status.ok()) shared.progress(tp).begin = before.value;
  return status;
}

}  // namespace lastmeter::log_kafka
