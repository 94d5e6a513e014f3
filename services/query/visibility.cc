#include "services/query/visibility.h"

#include <algorithm>
#include <vector>

namespace lastmeter::query {

namespace cm = lastmeter::common::v1;

bool InArea(std::string_view area, std::string_view outer) {
  return area.substr(0, outer.size()) == outer;
}

bool MayRead(const Caller& caller) {
  return caller.role == cm::ROLE_STAFF || caller.role == cm::ROLE_VIEWER ||
         caller.role == cm::ROLE_OPERATOR;
}

bool MaySee(const Caller& caller, const lastmeter::view::v1::CaseRow& row) {
  if (!MayRead(caller)) return false;
  const auto& told = row.told();
  if (caller.role == cm::ROLE_STAFF && std::binary_search(told.begin(), told.end(), caller.id)) {
    return true;
  }
  const bool in_area = InArea(row.shown().area(), caller.area);
  if (row.shown().restricted()) return in_area && caller.named_officer;
  return in_area || (caller.role == cm::ROLE_STAFF && row.shown().reporter().id() == caller.id);
}

void HideTexts(const Caller& caller, lastmeter::event::v1::Event* event) {
  if (caller.role == cm::ROLE_STAFF) return;
  const auto* reflection = event->GetReflection();
  const auto* body =
      reflection->GetOneofFieldDescriptor(*event, event->GetDescriptor()->FindOneofByName("body"));
  if (body == nullptr) return;
  google::protobuf::Message* inner = reflection->MutableMessage(event, body);
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  inner->GetReflection()->ListFields(*inner, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == cm::PersonalText::descriptor()) {
      inner->GetReflection()->ClearField(inner, field);
    }
  }
}

}  // namespace lastmeter::query
