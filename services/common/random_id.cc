#include "services/common/random_id.h"

#include <cstdint>
#include <random>

#include "engine/base/hash.h"

namespace lastmeter {

std::string RandomId() {
  thread_local std::random_device device;
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const uint32_t word = device();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  return ToHex(bytes);
}

}  // namespace lastmeter
