#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lastmeter {

using Sha256Digest = std::array<uint8_t, 32>;

// SHA-256 of the bytes. Thread-safe.
Sha256Digest Sha256(std::string_view bytes);

inline std::string_view AsBytes(const Sha256Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}

// Lower-case hexadecimal.
std::string ToHex(std::string_view bytes);

// Murmur2 as Kafka's Java producer computes it (seed 0x9747b28c); a partition is
// (murmur2 & 0x7fffffff) % count.
uint32_t Murmur2(std::string_view bytes);
uint32_t PartitionFor(std::string_view key, uint32_t partition_count);

}  // namespace lastmeter
