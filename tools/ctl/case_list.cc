#include "tools/ctl/case_list.h"

#include <set>

#include "engine/base/status.h"
#include "services/common/escape.h"
#include "tools/ctl/server.h"

namespace lastmeter::ctl {

namespace api = lastmeter::api::v1;

absl::StatusOr<uint32_t> ForEachCase(Session& session, const CaseQuery& query,
                                     const std::function<void(const api::Case&)>& take) {
  std::string target = "/v1/cases?pageSize=200";
  if (!query.area.empty()) target += "&area=" + PathSegment(query.area);
  if (!query.status.empty()) target += "&status=" + PathSegment(query.status);
  if (query.incident) target += "&incident=true";
  if (!query.joins.empty()) target += "&joins=" + PathSegment(query.joins);
  std::string page;
  uint32_t hidden = 0;
  do {
    api::CaseList list;
    LM_RETURN_IF_ERROR(
        session.Get(page.empty() ? target : target + "&pageToken=" + PathSegment(page), &list));
    for (const api::Case& one : list.cases()) take(one);
    hidden = list.restricted_count();
    page = list.next_page_token();
  } while (!page.empty());
  return hidden;
}

absl::StatusOr<uint32_t> ForEachOpenCase(Session& session, const std::string& area,
                                         const std::function<void(const api::Case&)>& take) {
  // By status, so that the archive of closed cases is not read; in the order in which a case passes
  // through them, so that one which moves on meanwhile is met twice rather than never.
  std::set<std::string> seen;
  uint32_t hidden = 0;
  for (const char* status : {"reported", "acknowledged", "verified", "in_service", "follow_up"}) {
    LM_ASSIGN_OR_RETURN(hidden, ForEachCase(session, {area, status}, [&](const api::Case& one) {
                          if (seen.insert(one.number()).second) take(one);
                        }));
  }
  return hidden;
}

}  // namespace lastmeter::ctl
