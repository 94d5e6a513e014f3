#pragma once

#include <string>
#include <vector>

#include "engine/core/state.h"
#include "lastmeter/state/v1/state.pb.h"

// Who may do what, by the roster in force. Source: DESIGN "Authority is part of the core".
namespace lastmeter {

class Authority {
 public:
  // All must outlive the object.
  Authority(const PartitionState& state, const lastmeter::state::v1::Case& c,
            const std::string& staff_id);

  // The highest tier that the person, or somebody for whom the person stands in today, holds over
  // the case's area; unspecified for none, and for
  // everybody who is no named officer where the case is restricted.
  lastmeter::common::v1::Tier tier() const { return tier_; }

  // Told of this case and still in the roster, or the fallback post.
  bool told() const { return told_; }

  // The person, or somebody for whom the person stands in today.
  bool ActsFor(const std::string& staff_id) const;

  // Anyone told, or any higher tier over the area; never the reporter.
  bool MayAcknowledge() const;
  // Whoever holds the case, or any higher tier over the area.
  bool MayClose() const;
  // Anyone told, whoever holds it, or any higher tier over the area.
  bool MayWorkOn() const;
  // The reporter, and whoever may work on it.
  bool MayRemark() const;
  // The village or any higher tier over the area.
  bool MayReopen() const;
  // Anyone told, whoever holds it, or any higher tier over the area; at the village or above, of a
  // restricted case at the district. Never the reporter.
  bool MayScreenOut() const;

 private:
  const lastmeter::state::v1::Case& case_;
  const std::string& staff_id_;
  lastmeter::common::v1::Tier tier_ = lastmeter::common::v1::TIER_UNSPECIFIED;
  bool told_ = false;
  // For whom the person stands in today.
  std::vector<std::string> away_;
  // Stands in today for whoever took the case on.
  bool for_handler_ = false;
  // Of a restricted case: holds a post of a named officer over its area, or stands in for one.
  bool named_ = false;
};

}  // namespace lastmeter
