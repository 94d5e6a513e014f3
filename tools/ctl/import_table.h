#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"

// Cases as a district's own table has them, on their way to a server.
namespace lastmeter::ctl {

// One row.
struct ImportRow {
  int line = 0;
  // The table's own name for the case.
  std::string ref;
  // What is sent.
  lastmeter::api::v1::SubmitReportRequest report;
};

struct ImportOptions {
  // For messages.
  std::string file;
  // No row lies after this.
  Timestamp now;
  // Leaves out what may name somebody.
  bool without_personal = false;
};

// Reads the whole table and checks every row by the rules. Errors: kInvalidArgument with one line
// "file:line: column: reason" for each fault, at most 50 of them.
absl::StatusOr<std::vector<ImportRow>> ReadImportTable(std::string_view text,
                                                       const lastmeter::rules::v1::Rules& rules,
                                                       const ImportOptions& options);

// The Idempotency-Key of a row: the same for the same source and ref, for ever. A digest, because a
// key stands in the log in clear, and nobody knows what a district has put into a ref.
std::string ImportKey(std::string_view source, std::string_view ref);

// What the columns are called and hold, for --help.
std::string DescribeImportColumns();

}  // namespace lastmeter::ctl
