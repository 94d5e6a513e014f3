#pragma once

#include <string_view>

#include "lastmeter/event/v1/event.pb.h"
#include "lastmeter/view/v1/view.pb.h"
#include "services/common/tokens.h"

// Who may see what. The token names an area; whoever was told of a case may see it wherever it
// lies; restricted cases are for named officers and whoever was told.
namespace lastmeter::query {

// Whether `area` is `outer` or lies below it; everything lies below an empty one.
bool InArea(std::string_view area, std::string_view outer);

// Whether the role reads cases at all. Sentinels only report.
bool MayRead(const Caller& caller);

bool MaySee(const Caller& caller, const lastmeter::view::v1::CaseRow& row);

// Takes out what people wrote, unless the caller works on cases.
void HideTexts(const Caller& caller, lastmeter::event::v1::Event* event);

}  // namespace lastmeter::query
