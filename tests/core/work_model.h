#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/state/v1/state.pb.h"

// Planned work as ADR 0015 has it, written down as a table of all turns with one person each.
// Times are Unix ms, turns count from 1.
namespace lastmeter {

class WorkModel {
 public:
  WorkModel(const command::v1::PlanWork& plan, int64_t notice_ms, Timestamp now);

  bool visit() const { return visit_; }
  uint32_t present() const { return present_; }
  uint32_t turns() const { return static_cast<uint32_t>(who_.size()); }
  bool begun() const { return begun_; }
  // The last turn ended undone.
  bool undone() const { return undone_; }
  int64_t from_ms(uint32_t turn) const { return first_from_ms_ + (turn - 1) * step_ms_; }
  int64_t until_ms(uint32_t turn) const { return from_ms(turn) + length_ms_; }
  int64_t middle_ms(uint32_t turn) const { return from_ms(turn) + length_ms_ / 2; }
  int64_t earliest_start_ms() const { return from_ms(present_) - notice_ms_; }
  const std::string& WhoHas(uint32_t turn) const { return who_.at(turn - 1); }
  const std::string& assignee() const { return assignee_; }
  // Everybody with a turn that is not over.
  bool HasTurn(const std::string& who) const;

  // The state has the same: each turn one person, or nobody.
  bool Agrees(const state::v1::Work& kept) const;

  bool MayClaim(const std::string& who, uint32_t turn) const;
  // `decides`: holds the case, or stands above whoever does.
  bool MayHandBack(const std::string& who, bool decides, uint32_t turn) const;
  bool MayStart(const std::string& who, uint32_t turn, Timestamp now) const;
  bool MayFinish(const std::string& who, bool decides, uint32_t turn) const;

  void Claim(const std::string& who, uint32_t turn, Timestamp now);
  void HandBack(uint32_t turn, Timestamp now);
  void Start(const std::string& who, Timestamp now);
  // False when no turn is left.
  bool Finish(Timestamp now);

  enum class What { kTold, kLapsed, kMissed };
  struct Instant {
    int64_t at_ms;
    What what;
    auto operator<=>(const Instant&) const = default;
  };
  // What comes next when nobody does anything.
  std::optional<Instant> Next() const;
  void Happen(What what, Timestamp now);

 private:
  std::string& Who(uint32_t turn) { return who_.at(turn - 1); }
  bool IsToCome(uint32_t turn) const;
  void Open(uint32_t turn, Timestamp now);

  const bool visit_;
  const int64_t first_from_ms_;
  const int64_t length_ms_;
  const int64_t step_ms_;
  const int64_t notice_ms_;
  const std::string assignee_;
  // By turn; empty: nobody.
  std::vector<std::string> who_;
  uint32_t present_ = 1;
  bool begun_ = false;
  bool undone_ = false;
  // Since when the present turn has who it has, or nobody.
  int64_t since_ms_ = 0;
  // Whoever holds the case knows that nobody has the present turn.
  bool told_ = false;
};

// What a plan must be, given when it is asked for.
bool IsGoodPlan(const command::v1::PlanWork& plan, Timestamp now);

}  // namespace lastmeter
