#include "engine/core/bulletin.h"

#include <map>
#include <set>
#include <string>

#include "engine/core/authority.h"
#include "engine/core/draft.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;

// A town has some two hundred grids; a whole district is published town by town.
constexpr size_t kMostReaders = 512;

}  // namespace

std::vector<ev::BulletinReader> BulletinReaders(const PartitionState& state, const Case& c) {
  const RulesView& roster = RosterOf(state);
  const std::string& area = c.area();
  std::vector<ev::BulletinReader> readers;
  if (area.size() <= 6) return readers;
  std::map<std::string, std::string> by_grid;
  for (const auto& post : roster.rules().roster()) {
    if (post.tier() != cm::TIER_GRID || post.volunteer() || post.outside_authority()) continue;
    if (post.area().compare(0, area.size(), area) != 0) continue;
    by_grid.try_emplace(post.area(), post.staff_id());
  }
  if (by_grid.size() > kMostReaders) return readers;
  for (const auto& [grid, staff_id] : by_grid) {
    ev::BulletinReader& reader = readers.emplace_back();
    reader.set_grid(grid);
    reader.set_staff_id(staff_id);
  }
  return readers;
}

void TellReaders(const LadderPlanner& planner, const CaseNumber& number, const Case& c,
                 ev::Purpose purpose, google::protobuf::RepeatedPtrField<ev::Notice>* notices) {
  NoticeMaker maker(number, c);
  maker.Skip(notices->size());
  std::set<std::string> told;
  for (const auto& unread : c.unread()) {
    // Whoever serves two grids is told once.
    const Candidate reader =
        planner.Present(unread.staff_id()).value_or(Candidate{unread.staff_id(), {}});
    if (!told.insert(reader.id).second) continue;
    *notices->Add() = maker.Make(reader, cm::TIER_GRID, purpose, planner.NotBefore());
  }
}

void DecideReadBulletin(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  if (RejectIfClosed(draft, context)) return;
  if (!c.bulletin()) {
    return Reject(draft, context, ev::REJECTION_BULLETIN, "the case is no bulletin");
  }
  const Authority authority(draft.state(), c, context.command.actor().id());
  ev::Event event;
  ev::BulletinRead* read = event.mutable_bulletin_read();
  for (const auto& unread : c.unread()) {
    if (authority.ActsFor(unread.staff_id())) read->add_grids(unread.grid());
  }
  if (read->grids().empty()) {
    return Reject(
        draft, context, authority.told() ? ev::REJECTION_ALREADY_READ : ev::REJECTION_NOT_ALLOWED,
        authority.told() ? "it is known in all of your grids already"
                         : "only whoever was told in a grid may say that it is known there");
  }
  *read->mutable_by() = context.command.actor();
  read->set_households(context.command.read_bulletin().households());
  read->set_left(static_cast<uint32_t>(c.unread_size() - read->grids_size()));
  read->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
