#pragma once

#include <functional>
#include <string>

#include "lastmeter/common/v1/common.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/standalone/demo_agenda.h"
#include "services/standalone/demo_cast.h"
#include "services/standalone/demo_door.h"
#include "services/standalone/demo_ledger.h"
#include "services/standalone/demo_trickle.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {

// Where the stories take place: Xitangjie in Gaotangling, Meihualing in Chating, Lantangsi in
// Qiaokou.
inline constexpr std::string_view kXitangjie = "430112001001";
inline constexpr std::string_view kMeihualing = "430112103001";
inline constexpr std::string_view kLantangsi = "430112107208";

// What the stories are told with. All must outlive the stories.
struct StoryTools {
  const lastmeter::rules::v1::Rules* rules = nullptr;
  const Words* words = nullptr;
  const Cast* cast = nullptr;
  Door* door = nullptr;
  Agenda* agenda = nullptr;
  Trickle* trickle = nullptr;
  Ledger* ledger = nullptr;
  // A sentence for whoever watches.
  std::function<void(std::string)> narrate;
  // The events shown so far have caught up with what was done; narrating then keeps the order.
  std::function<void()> settle;

  // Staff id of this person; or of anybody at that tier over the area; empty for nobody.
  std::string Find(std::string_view staff_id, lastmeter::common::v1::Tier tier,
                   std::string_view area) const;
  // A grid of the village, or the village itself where it has none.
  std::string GridOf(std::string_view village) const;
  void Say(std::string_view zh, std::string_view en) const;
};

}  // namespace lastmeter::demo
