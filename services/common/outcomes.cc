#include "services/common/outcomes.h"

#include "engine/base/hash.h"

namespace lastmeter {
namespace {

// Serialization is not canonical across versions of protobuf; a fingerprint that changes with one
// only makes a repeat look new to the gateway, and the core still knows its id.
std::string Digest(char kind, const google::protobuf::MessageLite& message) {
  std::string bytes(1, kind);
  message.AppendToString(&bytes);
  return std::string(AsBytes(Sha256(bytes)).substr(0, 16));
}

}  // namespace

std::string Fingerprint(lastmeter::report::v1::HardshipReport report) {
  report.clear_accepted_at_ms();
  // A clipped time is the time of acceptance, which differs from one sending to the next.
  if (report.occurred_at_clipped()) report.clear_occurred_at_ms();
  return Digest('r', report);
}

std::string Fingerprint(lastmeter::command::v1::Command command) {
  command.clear_accepted_at_ms();
  // What the other case answers differs from one sending to the next.
  if (command.has_merge()) command.mutable_merge()->clear_accepted_until_ms();
  // Acknowledging a clock names a moment: sending it again must not look like another one.
  if (command.has_accept_clock()) command.mutable_accept_clock()->clear_wall_ms();
  return Digest('c', command);
}

}  // namespace lastmeter
