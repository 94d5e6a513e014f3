#include "engine/log_kafka/kafka_error.h"

#include <chrono>
#include <mutex>
#include <string>

#include "engine/base/status.h"

namespace lastmeter::log_kafka {
namespace {

using Code = absl::StatusCode;

constexpr ErrorRow kTable[] = {
    // The network and elections: they pass.
    {RD_KAFKA_RESP_ERR__TRANSPORT, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__RESOLVE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__IN_PROGRESS, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Fault::kRetry, Code::kUnavailable},
    // A topic that was just made is unknown to some brokers for a moment.
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, Fault::kRetry, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Fault::kRetry, Code::kUnavailable},

    // No answer, or one that leaves open what happened.
    {RD_KAFKA_RESP_ERR__TIMED_OUT, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__DESTROY, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__STATE, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__CONFLICT, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__INCONSISTENT, Fault::kReopen, Code::kUnavailable},
    {RD_KAFKA_RESP_ERR__FAIL, Fault::kReopen, Code::kUnavailable},

    {RD_KAFKA_RESP_ERR__FENCED, Fault::kFenced, Code::kAborted},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Fault::kFenced, Code::kAborted},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Fault::kFenced, Code::kAborted},
    {RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED, Fault::kFenced, Code::kAborted},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, Fault::kFenced, Code::kAborted},

    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Fault::kRefused, Code::kInvalidArgument},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, Fault::kRefused, Code::kInvalidArgument},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, Fault::kRefused, Code::kInvalidArgument},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, Fault::kRefused, Code::kInvalidArgument},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, Fault::kRefused, Code::kResourceExhausted},

    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Fault::kFatal, Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Fault::kFatal, Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Fault::kFatal, Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Fault::kFatal,
     Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, Fault::kFatal, Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Fault::kFatal, Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR__SSL, Fault::kFatal, Code::kPermissionDenied},
    {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, Fault::kFatal, Code::kFailedPrecondition},
    {RD_KAFKA_RESP_ERR__FATAL, Fault::kReopen, Code::kUnavailable},

    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, Fault::kDataLoss, Code::kOutOfRange},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, Fault::kDataLoss, Code::kOutOfRange},
    {RD_KAFKA_RESP_ERR__BAD_MSG, Fault::kDataLoss, Code::kDataLoss},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, Fault::kDataLoss, Code::kDataLoss},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, Fault::kDataLoss, Code::kDataLoss},
};

constexpr std::chrono::seconds kTroubleIsNewsFor{30};
// librdkafka that a broker of Apache Kafka 4 lets in by SCRAM: earlier ones answer with a nonce
// that it refuses, and are told that their password is wrong.
constexpr int kScramWorksFrom = 0x020601ff;

struct Trouble {
  std::mutex mutex;
  std::string line;
  std::chrono::steady_clock::time_point at{};
};

Trouble& LastTrouble() {
  static Trouble trouble;
  return trouble;
}

// Empty when there was none lately.
std::string RecentTrouble() {
  Trouble& trouble = LastTrouble();
  std::lock_guard lock(trouble.mutex);
  if (std::chrono::steady_clock::now() - trouble.at > kTroubleIsNewsFor) return {};
  std::string text = trouble.line;
  if (rd_kafka_version() < kScramWorksFrom && text.find("SCRAM") != std::string::npos) {
    text += "; Apache Kafka 4 lets librdkafka in by SCRAM from 2.6.1 on, and this is " +
            std::string(rd_kafka_version_str()) +
            ": take a newer one, SASL/PLAIN over TLS, or client certificates";
  }
  return text;
}

bool NobodyAnswered(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
         code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__RESOLVE;
}

}  // namespace

void KeepTrouble(std::string_view line) {
  Trouble& trouble = LastTrouble();
  std::lock_guard lock(trouble.mutex);
  trouble.line = line;
  trouble.at = std::chrono::steady_clock::now();
}

std::span<const ErrorRow> ErrorTable() { return kTable; }

ErrorRow Classify(rd_kafka_resp_err_t code) {
  for (const ErrorRow& row : kTable) {
    if (row.code == code) return row;
  }
  return {code, Fault::kReopen, Code::kUnavailable};
}

absl::Status ToStatus(rd_kafka_resp_err_t code, std::string_view context, std::string_view detail) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  std::string text(context);
  text += ": ";
  text += rd_kafka_err2name(code);
  text += " (";
  text += detail.empty() ? rd_kafka_err2str(code) : detail;
  text += ")";
  if (NobodyAnswered(code)) {
    if (const std::string trouble = RecentTrouble(); !trouble.empty()) text += "; " + trouble;
  }
  return MakeStatus(Classify(code).status, text);
}

absl::Status ToStatus(rd_kafka_error_t* error, std::string_view context) {
  if (error == nullptr) return absl::OkStatus();
  absl::Status status = ToStatus(rd_kafka_error_code(error), context, rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return status;
}

}  // namespace lastmeter::log_kafka
