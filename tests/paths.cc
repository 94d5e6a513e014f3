#include "tests/paths.h"

namespace lastmeter::test {

std::string SourcePath(std::string_view below_root) {
  return LASTMETER_SOURCE_DIR "/" + std::string(below_root);
}

std::string ProgramPath(std::string_view program) {
  return LASTMETER_BIN_DIR "/" + std::string(program);
}

}  // namespace lastmeter::test
