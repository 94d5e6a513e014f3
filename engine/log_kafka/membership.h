#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace lastmeter {

// What a member of the group knows of itself.
struct MembershipStatus {
  // It has an assignment that the group has not taken back. An empty assignment counts.
  bool joined = false;
  // When `joined` last changed, by the machine's clock; when the membership began, before that.
  Timestamp since{};
  // In order. Empty while not joined.
  std::vector<PartitionId> partitions{};
  // Assignments received.
  uint64_t rebalances = 0;
  // The last thing that went wrong since the last assignment; OK when nothing has. A broker that
  // came back within the session leaves it standing: what counts is `joined`.
  absl::Status last_error{};
  // Why the membership has ended for good; OK while it lives.
  absl::Status fatal{};
};

// A process' place in the consumer group that shares the partitions out among the engines.
//
// Being assigned a partition says that its owner ought to be this process: liveness. That there is
// one owner only is the business of the log's fence, Log::OpenWriter: safety. The group reads
// nothing, and no offset is ever committed in it.
//
// Usage:
//   auto member = Membership::Join({.brokers = "kafka-1:9092", .instance = "engine-a",
//                                   .on_change = [&](const auto& owned) { OwnExactly(owned); }});
//   ...
//   (*member)->Leave();   // SIGTERM: the others take over at once
//
// The group is joined over both input topics with the range assignor, which gives equal partition
// counts out alike: the same number of both topics always comes to the same member. Where it does
// not (somebody else's consumer in the group, a topic whose partitions were added to), the
// membership ends with an error rather than own half a partition.
//
// The member is a static one: a process that ends without leaving and is back under its name
// within the session keeps its partitions, and nobody else is disturbed.
class Membership {
 public:
  struct Options {
    // As of KafkaLog::Options.
    std::string brokers{};
    std::string topic_prefix{};
    std::map<std::string, std::string> properties{};

    std::string group = "lastmeter-escalator";
    // Names this process in the group. Two processes under one name fence each other.
    std::string instance{};

    // How long the group waits for a sign of life before it gives a member's partitions away. The
    // brokers refuse what is below their group.min.session.timeout.ms (6 s by default).
    Millis session_timeout = Seconds(10);
    // How long the group waits for on_change to return before it goes on without this member.
    Millis rebalance_timeout = Seconds(60);

    // Called with all partitions that are to be owned from now on, in order: those not named have
    // to be let go before it returns, and those named to be opened, which need not be waited for.
    // Calls come one after another on the membership's own thread. Must not call Leave.
    //
    // Whenever members come or go the call comes twice: with none, so that each member has let
    // everything go before anybody gets it, and then with the new share.
    std::function<void(const std::vector<PartitionId>& owned)> on_change{};
    // Called once, on the same thread, after on_change with none, when the membership has ended
    // for good. kAborted: another process joined under the same name. kFailedPrecondition: the
    // two topics were not shared out alike.
    std::function<void(const absl::Status&)> on_fatal{};
  };

  // Begins to join and does not wait for it: on_change tells. Brokers that are away are waited for.
  // Errors: kInvalidArgument (a property that is unknown or may not be set, no name).
  static absl::StatusOr<std::unique_ptr<Membership>> Join(Options options);

  // Leaves.
  ~Membership();

  // Lets everything go through on_change and leaves the group, whose other members then share the
  // partitions at once. Waits for both, for a group that cannot be reached at most some 15 s: that
  // has to notice by itself when the session ends. After it returned nothing is called any more.
  void Leave();

  MembershipStatus status() const;

 private:
  class Impl;
  explicit Membership(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastmeter
