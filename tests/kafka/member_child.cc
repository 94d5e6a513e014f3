// A member of a group as a process of its own, for tests that kill it or let it stand still:
//   member_child BROKERS TOPIC_PREFIX GROUP INSTANCE SESSION_MS
// Prints "owns 0 1" after every change, and "ended CODE" when the membership has ended for good.
// Lives until it is killed.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "engine/log_kafka/membership.h"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  auto member =
      lastmeter::Membership::Join({.brokers = argv[1],
                                   .topic_prefix = argv[2],
                                   .group = argv[3],
                                   .instance = argv[4],
                                   .session_timeout = {std::stoll(argv[5])},
                                   .on_change =
                                       [](const std::vector<lastmeter::PartitionId>& owned) {
                                         std::string line = "owns";
                                         for (lastmeter::PartitionId p : owned)
                                           line += " " + std::to_string(p.value);
                                         std::puts(line.c_str());
                                         std::fflush(stdout);
                                       },
                                   .on_fatal =
                                       [](const absl::Status& why) {
                                         std::printf("ended %d\n", static_cast<int>(why.code()));
                                         std::fflush(stdout);
                                       }});
  if (!member.ok()) return 1;
  for (;;) ::pause();
}
