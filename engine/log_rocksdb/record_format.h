#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/log/log.h"

// What the embedded log stores. Numbers are big-endian, so that a scan meets positions in order.
//
// entry key   := topic:u8 partition:be16 position:be64
// entry value := appended_at_ms:be64 key_size:be32 key:bytes value:bytes
//
// An entry lies in the column family of its topic and partition, named as ToString(tp). The
// default column family holds what concerns the whole log:
//
// "identity"                          → format:be32 partition_count:be32 cluster_id:bytes
// "begin" topic:u8 partition:be16     → position:be64      oldest position kept; absent: 0
namespace lastmeter::log_rocksdb {

inline constexpr uint32_t kFormat = 1;
inline constexpr size_t kEntryKeySize = 11;
inline constexpr size_t kEntryHeaderSize = 12;
inline constexpr uint32_t kMaxPartitions = 1'024;
inline constexpr Topic kTopics[] = {Topic::kReport, Topic::kCommand, Topic::kEvent,
                                    Topic::kDeadLetter};
inline constexpr size_t kTopicCount = std::size(kTopics);

// Every topic-partition has an index: topic by topic, partition by partition.
inline size_t IndexOf(TopicPartition tp, uint32_t partition_count) {
  return (static_cast<size_t>(tp.topic) - 1) * partition_count + tp.partition.value;
}
inline TopicPartition AtIndex(size_t index, uint32_t partition_count) {
  return {kTopics[index / partition_count], {static_cast<uint32_t>(index % partition_count)}};
}

void AppendBe32(std::string& out, uint32_t value);
void AppendBe64(std::string& out, uint64_t value);
// The bytes must be there.
uint32_t ReadBe32(std::string_view bytes);
uint64_t ReadBe64(std::string_view bytes);

// Writes kEntryKeySize bytes to `out`.
void EncodeEntryKey(TopicPartition tp, LogPosition position, char* out);
std::string EntryKey(TopicPartition tp, LogPosition position);
// Empty when these are not the bytes of a key of this topic and partition.
std::optional<LogPosition> DecodeEntryKey(TopicPartition tp, std::string_view bytes);

// Writes kEntryHeaderSize bytes to `out`: what an entry's value begins with.
void EncodeEntryHeader(Timestamp appended_at, size_t key_size, char* out);
// Fills all but the position. False when the bytes are no entry.
bool DecodeEntryValue(std::string_view bytes, LogEntry& entry);

std::string EncodeIdentity(const LogIdentity& identity);
// Empty when the bytes are of another format.
std::optional<LogIdentity> DecodeIdentity(std::string_view bytes);

std::string BeginKey(TopicPartition tp);

}  // namespace lastmeter::log_rocksdb
