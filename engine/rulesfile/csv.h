#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/rulesfile/problems.h"

namespace lastmeter {

// One row of a table; fields in the order of the columns asked for.
struct CsvRow {
  int line = 0;
  std::vector<std::string> fields;
};

struct CsvColumn {
  std::string_view name;
  // False: the file may do without; its fields are then empty.
  bool required = true;
};

// Reads comma-separated text as spreadsheets save it (RFC 4180; a byte order mark, CRLF, quoted
// fields with commas, quotes and line ends in them; blanks around fields and empty rows are
// dropped). The first row names the columns, in any order. Faults, each with its line: text that is
// not UTF-8, unknown, double or missing columns, rows with too many or too few fields, quotes that
// do not close. Rows with a fault are left out.
std::vector<CsvRow> ReadCsv(std::string_view file, std::string_view text,
                            const std::vector<CsvColumn>& columns, FileProblems& problems);

}  // namespace lastmeter
