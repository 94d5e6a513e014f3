#pragma once

#include <string>
#include <string_view>
#include <vector>

// Tables as spreadsheets open them: UTF-8 with a byte order mark, CRLF, every field quoted.
namespace lastmeter::ctl {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// One line with its end. A field that a spreadsheet would take for a formula (it begins with =, +,
// -, @, their full-width forms, a tab or a line end) gets an apostrophe before it: what somebody
// reported must not run on the machine of whoever reads it.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace lastmeter::ctl
