#pragma once

#include "engine/log_kafka/shared.h"

// Calls to the cluster that are neither reading nor writing. All wait for the brokers.
namespace lastmeter::log_kafka {

// Cluster id and partition count, which all topics must have alike.
absl::StatusOr<LogIdentity> Identify(const Shared& shared);

absl::Status DeleteRecords(Shared& shared, TopicPartition tp, LogPosition before);

}  // namespace lastmeter::log_kafka
