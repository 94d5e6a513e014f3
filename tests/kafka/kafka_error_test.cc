#include "engine/log_kafka/kafka_error.h"

#include <gtest/gtest.h>

#include <set>

namespace lastmeter::log_kafka {
namespace {

TEST(KafkaErrorTable, NamesEachErrorOnce) {
  std::set<int> seen;
  for (const ErrorRow& row : ErrorTable()) {
    EXPECT_TRUE(seen.insert(row.code).second) << rd_kafka_err2name(row.code);
    EXPECT_NE(row.code, RD_KAFKA_RESP_ERR_NO_ERROR);
  }
}

TEST(KafkaErrorTable, EachFaultHasTheStatusThatItsHandlerExpects) {
  for (const ErrorRow& row : ErrorTable()) {
    SCOPED_TRACE(rd_kafka_err2name(row.code));
    switch (row.fault) {
      case Fault::kRetry:
      case Fault::kReopen:
        EXPECT_EQ(row.status, absl::StatusCode::kUnavailable);
        break;
      case Fault::kFenced:
        EXPECT_EQ(row.status, absl::StatusCode::kAborted);
        break;
      case Fault::kRefused:
        EXPECT_TRUE(row.status == absl::StatusCode::kInvalidArgument ||
                    row.status == absl::StatusCode::kResourceExhausted);
        break;
      case Fault::kFatal:
        EXPECT_TRUE(row.status == absl::StatusCode::kPermissionDenied ||
                    row.status == absl::StatusCode::kFailedPrecondition);
        break;
      case Fault::kDataLoss:
        EXPECT_TRUE(row.status == absl::StatusCode::kDataLoss ||
                    row.status == absl::StatusCode::kOutOfRange);
        break;
    }
  }
}

TEST(KafkaErrorTable, TellsFencedFromUnclearFromLost) {
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR__FENCED).fault, Fault::kFenced);
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH).fault, Fault::kFenced);
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR__TIMED_OUT).fault, Fault::kReopen);
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR__TRANSPORT).fault, Fault::kRetry);
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET).fault, Fault::kDataLoss);
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE).status,
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Classify(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).status,
            absl::StatusCode::kPermissionDenied);
}

TEST(KafkaErrorTable, AnUnknownErrorIsAnUnclearAnswer) {
  const auto unheard_of = static_cast<rd_kafka_resp_err_t>(9999);
  EXPECT_EQ(Classify(unheard_of).fault, Fault::kReopen);
  EXPECT_EQ(ToStatus(unheard_of, "x").code(), absl::StatusCode::kUnavailable);
}

TEST(KafkaErrorTable, AStatusSaysWhatWasDoneAndWhy) {
  const absl::Status status =
      ToStatus(RD_KAFKA_RESP_ERR__FENCED, "events/3: commit", "newer epoch");
  EXPECT_EQ(status.message(), "events/3: commit: _FENCED (newer epoch)");
  EXPECT_TRUE(ToStatus(RD_KAFKA_RESP_ERR_NO_ERROR, "x").ok());
}

}  // namespace
}  // namespace lastmeter::log_kafka
