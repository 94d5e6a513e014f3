#include "services/gateway/translate_work.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/code.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/gateway/body.h"
#include "services/gateway/fields.h"

namespace lastmeter::gateway {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace rp = lastmeter::report::v1;

constexpr size_t kMostId = 128;
constexpr uint32_t kMostVisits = 24;
constexpr uint32_t kMostHouseholds = 100'000;
// A hundred million yuan: more is a slip of the finger.
constexpr uint64_t kMostFen = 10'000'000'000;

FilledOrProblem TakeRemark(const std::string& text, const Admission& admission,
                           cm::PersonalText* (*where)(Command*), Command* command) {
  if (text.empty()) return std::nullopt;
  return TakeText("text", text, false, admission, where(command));
}

// Names the turn of a work in body and action.
template <typename Body, typename Action>
FilledOrProblem TakeTurn(const Body& body, Action* action) {
  if (body.work_id() == 0) return MissingField("workId");
  if (body.turn() == 0) return MissingField("turn");
  action->set_work_id(body.work_id());
  action->set_turn(body.turn());
  return std::nullopt;
}

FilledOrProblem TakeCode(std::string_view field, const std::string& text, std::string* out) {
  if (text.empty()) return MissingField(field);
  if (!IsCode(text)) {
    return WrongField(field, "is not a code of at most 64 lower-case letters, digits and hyphens");
  }
  *out = text;
  return std::nullopt;
}

FilledOrProblem TakeMoment(std::string_view field, bool given, const google::protobuf::Value& value,
                           int64_t* out) {
  if (!given) return MissingField(field);
  const auto time = ReadTime(value);
  if (!time) return WrongField(field, "is neither RFC 3339 nor Unix milliseconds");
  *out = time->ms;
  return std::nullopt;
}

}  // namespace

FilledOrProblem FillPlanWork(const http::Request& request, const Admission& admission,
                             Command* command) {
  api::PlanWorkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* plan = command->mutable_plan_work();
  if (body.kind() == cm::WORK_KIND_UNSPECIFIED) return MissingField("kind");
  const bool service = body.kind() == cm::WORK_KIND_SERVICE;
  const bool names_service = body.service() != rp::NEED_UNSPECIFIED;
  if (service && !names_service) return MissingField("service");
  if (!service && names_service) return WrongField("service", "does not belong to a visit");
  if (!service && body.assignee().empty()) return MissingField("assignee");
  if (!IsVisibleAscii(body.assignee(), kMostId)) {
    return WrongField("assignee", "is not a staff id");
  }
  if (body.times() > 1 && body.every_days() == 0) return MissingField("everyDays");
  int64_t from = 0;
  int64_t until = 0;
  if (auto problem = TakeMoment("from", body.has_from(), body.from(), &from)) return problem;
  if (auto problem = TakeMoment("until", body.has_until(), body.until(), &until)) return problem;
  plan->set_kind(body.kind());
  if (service) plan->set_service(rp::Need_Name(body.service()));
  plan->set_from_ms(from);
  plan->set_until_ms(until);
  plan->set_times(body.times());
  plan->set_every_days(body.every_days());
  plan->set_assignee(body.assignee());
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_plan_work()->mutable_text(); },
      command);
}

FilledOrProblem FillClaimWork(const http::Request& request, const Admission&, Command* command) {
  api::ClaimWorkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  return TakeTurn(body, command->mutable_claim_work());
}

FilledOrProblem FillHandBack(const http::Request& request, const Admission& admission,
                             Command* command) {
  api::HandBackWorkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* back = command->mutable_hand_back_work();
  if (auto problem = TakeTurn(body, back)) return problem;
  return TakeText("reason", body.reason(), true, admission, back->mutable_reason());
}

FilledOrProblem FillStartWork(const http::Request& request, const Admission&, Command* command) {
  api::StartWorkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  return TakeTurn(body, command->mutable_start_work());
}

FilledOrProblem FillFinishWork(const http::Request& request, const Admission& admission,
                               Command* command) {
  api::FinishWorkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (auto problem = TakeTurn(body, command->mutable_finish_work())) return problem;
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_finish_work()->mutable_text(); },
      command);
}

FilledOrProblem FillCancelWork(const http::Request& request, const Admission& admission,
                               Command* command) {
  api::CancelWorkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.work_id() == 0) return MissingField("workId");
  command->mutable_cancel_work()->set_work_id(body.work_id());
  return TakeText("reason", body.reason(), true, admission,
                  command->mutable_cancel_work()->mutable_reason());
}

FilledOrProblem FillRefer(const http::Request& request, const Admission& admission,
                          Command* command) {
  api::ReferRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* refer = command->mutable_refer();
  if (auto problem = TakeCode("to", body.to(), refer->mutable_to())) return problem;
  return TakeText("reason", body.reason(), true, admission, refer->mutable_reason());
}

FilledOrProblem FillAnswerReferral(const http::Request& request, const Admission& admission,
                                   Command* command) {
  api::AnswerReferralRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.answer() == cm::REFERRAL_ANSWER_UNSPECIFIED) return MissingField("answer");
  if (!IsVisibleAscii(body.their_number(), kMostId)) {
    return WrongField("theirNumber", "is not a number of at most 128 letters, digits and signs");
  }
  if (!body.to().empty()) {
    auto* to = command->mutable_answer_referral()->mutable_to();
    if (auto problem = TakeCode("to", body.to(), to)) return problem;
  }
  command->mutable_answer_referral()->set_answer(body.answer());
  command->mutable_answer_referral()->set_their_number(body.their_number());
  return TakeRemark(
      body.text(), admission,
      [](Command* c) { return c->mutable_answer_referral()->mutable_text(); }, command);
}

FilledOrProblem FillBeginFollowUp(const http::Request& request, const Admission& admission,
                                  Command* command) {
  api::BeginFollowUpRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.outcome() == cm::OUTCOME_UNSPECIFIED) return MissingField("outcome");
  if (body.visits() == 0) return MissingField("visits");
  if (body.visits() > kMostVisits) {
    return WrongField("visits", absl::StrCat("is a number of 1 to ", kMostVisits));
  }
  if (body.case_version() == 0) return MissingField("caseVersion");
  auto* begin = command->mutable_begin_follow_up();
  begin->set_outcome(body.outcome());
  begin->set_visits(body.visits());
  begin->set_case_version(body.case_version());
  return TakeRemark(
      body.text(), admission,
      [](Command* c) { return c->mutable_begin_follow_up()->mutable_text(); }, command);
}

FilledOrProblem FillRecordFollowUp(const http::Request& request, const Admission& admission,
                                   Command* command) {
  api::RecordFollowUpRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.finding() == cm::FOLLOW_UP_FINDING_UNSPECIFIED) return MissingField("finding");
  command->mutable_record_follow_up()->set_finding(body.finding());
  return TakeRemark(
      body.text(), admission,
      [](Command* c) { return c->mutable_record_follow_up()->mutable_text(); }, command);
}

FilledOrProblem FillPledge(const http::Request& request, const Admission& admission,
                           Command* command) {
  api::PledgeRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* pledge = command->mutable_pledge();
  if (body.kind() == rp::NEED_UNSPECIFIED) return MissingField("kind");
  if (auto problem = TakeCode("project", body.project(), pledge->mutable_project())) return problem;
  if (body.value_fen() == 0) return MissingField("valueFen");
  if (body.value_fen() > kMostFen) {
    return WrongField("valueFen", absl::StrCat("is more than ", kMostFen, " fen"));
  }
  pledge->set_kind(rp::Need_Name(body.kind()));
  pledge->set_value_fen(body.value_fen());
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_pledge()->mutable_text(); },
      command);
}

FilledOrProblem FillDeliver(const http::Request& request, const Admission& admission,
                            Command* command) {
  api::DeliverRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.resource_id() == 0) return MissingField("resourceId");
  if (body.value_fen() > kMostFen) {
    return WrongField("valueFen", absl::StrCat("is more than ", kMostFen, " fen"));
  }
  command->mutable_deliver()->set_resource_id(body.resource_id());
  command->mutable_deliver()->set_value_fen(body.value_fen());
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_deliver()->mutable_text(); },
      command);
}

FilledOrProblem FillSetGoal(const http::Request& request, const Admission& admission,
                            Command* command) {
  api::SetGoalRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.need() == rp::NEED_UNSPECIFIED) return MissingField("need");
  int64_t by = 0;
  if (auto problem = TakeMoment("by", body.has_by(), body.by(), &by)) return problem;
  command->mutable_set_goal()->set_need(rp::Need_Name(body.need()));
  command->mutable_set_goal()->set_by_ms(by);
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_set_goal()->mutable_text(); },
      command);
}

FilledOrProblem FillRecordGoal(const http::Request& request, const Admission& admission,
                               Command* command) {
  api::RecordGoalRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.goal_id() == 0) return MissingField("goalId");
  if (body.result() == cm::GOAL_RESULT_UNSPECIFIED) return MissingField("result");
  command->mutable_record_goal()->set_goal_id(body.goal_id());
  command->mutable_record_goal()->set_result(body.result());
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_record_goal()->mutable_text(); },
      command);
}

FilledOrProblem FillHandOver(const http::Request& request, const Admission& admission,
                             Command* command) {
  api::HandOverRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.to().empty()) return MissingField("to");
  if (!IsVisibleAscii(body.to(), kMostId)) return WrongField("to", "is not a staff id");
  command->mutable_hand_over()->set_to(body.to());
  return TakeText("reason", body.reason(), true, admission,
                  command->mutable_hand_over()->mutable_reason());
}

FilledOrProblem FillCertify(const http::Request& request, const Admission& admission,
                            Command* command) {
  api::CertifyRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  int64_t at = 0;
  if (body.has_certified_at()) {
    if (auto problem = TakeMoment("certifiedAt", true, body.certified_at(), &at)) return problem;
  }
  command->mutable_certify()->set_certified_at_ms(at);
  command->mutable_certify()->set_assisted(body.assisted());
  return TakeRemark(
      body.text(), admission, [](Command* c) { return c->mutable_certify()->mutable_text(); },
      command);
}

FilledOrProblem FillReadBulletin(const http::Request& request, const Admission&, Command* command) {
  api::ReadBulletinRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.households() > kMostHouseholds) {
    return WrongField("households", absl::StrCat("is more than ", kMostHouseholds));
  }
  command->mutable_read_bulletin()->set_households(body.households());
  return std::nullopt;
}

}  // namespace lastmeter::gateway
