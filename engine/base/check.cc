#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace lastmeter {
namespace {

CheckFailed check_failed = nullptr;

}  // namespace

void OnCheckFailure(CheckFailed told) { check_failed = told; }

CheckFailure::CheckFailure(const char* file, int line, const char* condition) {
  stream_ << file << ':' << line << ": check failed: " << condition << ' ';
}

CheckFailure::~CheckFailure() {
  std::string text = stream_.str();
  if (check_failed != nullptr) check_failed(text);
  text += '\n';
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  std::abort();
}

}  // namespace lastmeter
