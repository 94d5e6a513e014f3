#include "tools/ctl/csv_text.h"

namespace lastmeter::ctl {
namespace {

bool LooksLikeFormula(std::string_view field) {
  for (const std::string_view begin :
       {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}) {
    if (field.starts_with(begin)) return true;
  }
  return false;
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty()) line += ',';
    line += '"';
    if (LooksLikeFormula(field)) line += '\'';
    for (const char c : field) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace lastmeter::ctl
