#include "services/common/gb18030.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"

namespace lastmeter {

absl::StatusOr<std::string> FromGb18030(const std::string& bytes) {
  const iconv_t converter = iconv_open("UTF-8", "GB18030");
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return absl::InvalidArgumentError("GB18030 cannot be read on this machine; give UTF-8");
  }
  const std::unique_ptr<void, int (*)(iconv_t)> closer(converter, iconv_close);
  std::string out;
  std::array<char, 4096> piece;
  char* in = const_cast<char*>(bytes.data());  // iconv does not write to it.
  size_t left = bytes.size();
  while (left > 0) {
    char* to = piece.data();
    size_t room = piece.size();
    const size_t result = iconv(converter, &in, &left, &to, &room);
    out.append(piece.data(), piece.size() - room);
    if (result == static_cast<size_t>(-1) && errno != E2BIG) {
      return absl::InvalidArgumentError(
          absl::StrCat("is not the GB18030 that it says, at byte ", bytes.size() - left));
    }
  }
  return out;
}

}  // namespace lastmeter
