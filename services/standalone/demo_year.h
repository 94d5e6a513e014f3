#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/base/time.h"
#include "google/protobuf/message.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/standalone/demo_tools.h"

namespace lastmeter::demo {

// What becomes of the three households in the year after that morning: meals in turns for Yu
// Shuchun, a year of visits for Chen Jie, an operation, day care and chicks for Liao Nan's family.
// All of it through the product's own door.
class Year {
 public:
  // `neighbour` and `officer`: who cares for Yu Shuchun. The tools must outlive this.
  Year(const StoryTools& tools, std::string neighbour, std::string officer)
      : t_(tools), neighbour_(std::move(neighbour)), officer_(std::move(officer)) {}

  // Plans the meals of the first story, from the day after on, and has neighbours claim them.
  absl::Status PlanMeals(Timestamp start);
  // Puts the whole year on the agenda.
  void Plan(Timestamp start);
  // When everything that was planned has happened.
  static Timestamp EndOf(Timestamp start);

 private:
  void PlanRelay(Timestamp day);
  void PlanChen(Timestamp day);
  void PlanLiao(Timestamp day);

  // Somebody does something about a case at that moment. `number` is read then.
  void At(Timestamp when, const std::string* number, const std::string& who, std::string action,
          std::shared_ptr<google::protobuf::Message> body);
  // The same with the version that the case has then.
  void FollowUpAt(Timestamp when, const std::string* number, const std::string& who,
                  uint32_t visits, std::string_view zh, std::string_view en);
  void VisitedAt(Timestamp when, const std::string* number, const std::string& who,
                 std::string_view zh, std::string_view en);
  // A turn of a work begins at its time and is over half an hour later.
  void TurnAt(Timestamp begin, const std::string* number, uint32_t work_id, uint32_t turn,
              const std::string& who);
  void TurnsAt(Timestamp first, uint32_t times, uint32_t every_days, const std::string* number,
               uint32_t work_id, const std::string& who);
  void SayAt(Timestamp when, std::string_view zh, std::string_view en);
  std::string Text(std::string_view zh, std::string_view en) const;

  const StoryTools& t_;
  const std::string neighbour_;
  const std::string officer_;
  std::string social_worker_;
  std::string teacher_;
  std::string chating_;
};

}  // namespace lastmeter::demo
