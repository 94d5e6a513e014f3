#pragma once

#include <map>
#include <string>
#include <vector>

#include "lastmeter/event/v1/event.pb.h"

namespace lastmeter::year {

// A case as people know it, who read its events and nothing else.
struct KnownCase {
  std::string number;
  std::string area;
  std::string reporter;
  common::v1::Role reporter_role = common::v1::ROLE_UNSPECIFIED;
  common::v1::Level level = common::v1::LEVEL_UNSPECIFIED;
  uint32_t version = 0;
  uint32_t cycle = 0;
  bool restricted = false;
  bool open = false;
  bool on_hold = false;
  bool verified = false;
  bool unfounded = false;
  bool relieved = false;
  bool papers_owed = false;
  // Empty while nobody has taken it on.
  std::string handler;
  common::v1::Tier handler_tier = common::v1::TIER_UNSPECIFIED;
  // Limits of the promises beside acknowledgement, Unix ms.
  std::map<common::v1::Promise, int64_t> due_ms;
  // Open cases that may be about the same trouble.
  std::vector<std::string> twins;

  bool Promises(common::v1::Promise promise) const { return due_ms.contains(promise); }
};

class CaseBook {
 public:
  // Takes in what an event says of its case. Null for events of no case and for refusals.
  const KnownCase* Read(const event::v1::Event& event);
  // Null for a case that was never heard of.
  const KnownCase* Find(const std::string& number) const;

 private:
  std::map<std::string, KnownCase> cases_;
};

}  // namespace lastmeter::year
