#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "librdkafka/rdkafka.h"

namespace lastmeter::log_kafka {

// What an answer of librdkafka or of a broker means to us.
enum class Fault {
  kRetry,     // the same call may be made again on the same handle
  kReopen,    // destroy the handle and open anew: what was under way may have happened
  kFenced,    // the transactional id has a newer owner, or the broker gave up on this one
  kRefused,   // this record or call will never be accepted; nothing was done
  kFatal,     // not until somebody has mended the configuration, the rights or the cluster
  kDataLoss,  // what was there is there no more
};

struct ErrorRow {
  rd_kafka_resp_err_t code;
  Fault fault;
  absl::StatusCode status;
};

// The one table. Codes that it does not name are Fault::kReopen with kUnavailable: an unknown
// answer is an unclear one.
std::span<const ErrorRow> ErrorTable();
ErrorRow Classify(rd_kafka_resp_err_t code);

// What clients of this process complained of in the last seconds, whichever they were: they all
// talk to one cluster in one way. Thread-safe.
void KeepTrouble(std::string_view line);

// "context: librdkafka's name of the error (its text)" under the table's code. Where nobody
// answered, the last trouble is added: librdkafka calls wrong passwords, too, a time-out.
absl::Status ToStatus(rd_kafka_resp_err_t code, std::string_view context,
                      std::string_view detail = {});

// Takes the error over and frees it. OK for null.
absl::Status ToStatus(rd_kafka_error_t* error, std::string_view context);

}  // namespace lastmeter::log_kafka
