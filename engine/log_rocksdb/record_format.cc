#include "engine/log_rocksdb/record_format.h"

#include "engine/base/check.h"

namespace lastmeter::log_rocksdb {
namespace {

void PutBe(char* out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value & 0xff);
}

uint64_t GetBe(const char* in, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>(in[i]);
  return value;
}

}  // namespace

void AppendBe32(std::string& out, uint32_t value) {
  char bytes[4];
  PutBe(bytes, value, 4);
  out.append(bytes, 4);
}

void AppendBe64(std::string& out, uint64_t value) {
  char bytes[8];
  PutBe(bytes, value, 8);
  out.append(bytes, 8);
}

uint32_t ReadBe32(std::string_view bytes) { return static_cast<uint32_t>(GetBe(bytes.data(), 4)); }
uint64_t ReadBe64(std::string_view bytes) { return GetBe(bytes.data(), 8); }

void EncodeEntryKey(TopicPartition tp, LogPosition position, char* out) {
  out[0] = static_cast<char>(tp.topic);
  PutBe(out + 1, tp.partition.value, 2);
  PutBe(out + 3, static_cast<uint64_t>(position.value), 8);
}

std::string EntryKey(TopicPartition tp, LogPosition position) {
  std::string key(kEntryKeySize, '\0');
  EncodeEntryKey(tp, position, key.data());
  return key;
}

std::optional<LogPosition> DecodeEntryKey(TopicPartition tp, std::string_view bytes) {
  if (bytes.size() != kEntryKeySize || bytes[0] != static_cast<char>(tp.topic) ||
      GetBe(bytes.data() + 1, 2) != tp.partition.value) {
    return std::nullopt;
  }
  return LogPosition{static_cast<int64_t>(ReadBe64(bytes.substr(3)))};
}

void EncodeEntryHeader(Timestamp appended_at, size_t key_size, char* out) {
  LM_CHECK(key_size < size_t{1} << 32) << "a key of " << key_size << " bytes";
  PutBe(out, static_cast<uint64_t>(appended_at.ms), 8);
  PutBe(out + 8, key_size, 4);
}

bool DecodeEntryValue(std::string_view bytes, LogEntry& entry) {
  if (bytes.size() < kEntryHeaderSize) return false;
  const size_t key_size = ReadBe32(bytes.substr(8));
  if (bytes.size() - kEntryHeaderSize < key_size) return false;
  entry.appended_at = {static_cast<int64_t>(ReadBe64(bytes))};
  entry.key.assign(bytes.substr(kEntryHeaderSize, key_size));
  entry.value.assign(bytes.substr(kEntryHeaderSize + key_size));
  return true;
}

std::string EncodeIdentity(const LogIdentity& identity) {
  std::string bytes;
  AppendBe32(bytes, kFormat);
  AppendBe32(bytes, identity.partition_count);
  return bytes + identity.cluster_id;
}

std::optional<LogIdentity> DecodeIdentity(std::string_view bytes) {
  if (bytes.size() <= 8 || ReadBe32(bytes) != kFormat) return std::nullopt;
  return LogIdentity{std::string(bytes.substr(8)), ReadBe32(bytes.substr(4))};
}

std::string BeginKey(TopicPartition tp) { return "begin" + EntryKey(tp, {0}).substr(0, 3); }

}  // namespace lastmeter::log_rocksdb
