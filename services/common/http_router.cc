#include "services/common/http_router.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::http {
namespace {

absl::Status BadPattern(const Route& route, std::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("route ", route.method, " ", route.pattern, ": ", ToAbsl(reason)));
}

// A placeholder takes all it can, so what follows it must be a character that it cannot take.
bool MayFollowPlaceholder(std::string_view rest) {
  return rest.empty() || rest[0] == '/' || rest[0] == ':';
}

absl::StatusOr<std::vector<std::string>> Cut(const Route& route) {
  std::string_view rest = route.pattern;
  if (rest.empty() || rest[0] != '/') return BadPattern(route, "must begin with '/'");
  std::vector<std::string> literals;
  while (true) {
    const size_t open = rest.find('{');
    literals.emplace_back(rest.substr(0, open));
    if (literals.back().find('}') != std::string::npos) return BadPattern(route, "stray '}'");
    if (open == std::string_view::npos) return literals;
    const size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return BadPattern(route, "'{' without '}'");
    rest.remove_prefix(close + 1);
    if (!MayFollowPlaceholder(rest)) return BadPattern(route, "only '/' or ':' may follow '}'");
  }
}

}  // namespace

absl::StatusOr<Router> Router::Build(std::vector<Route> routes) {
  Router router;
  for (Route& route : routes) {
    if (route.method.empty()) return BadPattern(route, "no method");
    if (!route.handler) return BadPattern(route, "no handler");
    LM_ASSIGN_OR_RETURN(std::vector<std::string> literals, Cut(route));
    for (const Entry& other : router.entries_) {
      if (other.route.method == route.method && other.literals == literals) {
        return BadPattern(route, "given twice");
      }
    }
    router.entries_.push_back({std::move(route), std::move(literals)});
  }
  std::stable_sort(
      router.entries_.begin(), router.entries_.end(),
      [](const Entry& a, const Entry& b) { return a.literals.size() < b.literals.size(); });
  return router;
}

bool Router::Fits(const Entry& entry, std::string_view path, std::vector<std::string>* captures) {
  captures->clear();
  for (size_t i = 0; i < entry.literals.size(); ++i) {
    const std::string& literal = entry.literals[i];
    if (path.substr(0, literal.size()) != literal) return false;
    path.remove_prefix(literal.size());
    if (i + 1 == entry.literals.size()) break;
    const std::string_view taken = path.substr(0, path.find_first_of("/:"));
    if (taken.empty()) return false;
    captures->emplace_back(taken);
    path.remove_prefix(taken.size());
  }
  return path.empty();
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  std::vector<std::string> captures;
  std::vector<std::string_view> methods;
  for (const Entry& entry : entries_) {
    if (!Fits(entry, path, &captures)) continue;
    const std::string& own = entry.route.method;
    if (own == method || (own == "GET" && method == "HEAD")) {
      match.route = &entry.route;
      match.captures = std::move(captures);
      return match;
    }
    if (std::find(methods.begin(), methods.end(), own) == methods.end()) methods.push_back(own);
  }
  for (std::string_view m : methods) {
    absl::StrAppend(&match.allow, match.allow.empty() ? "" : ", ", ToAbsl(m));
    if (m == "GET") match.allow += ", HEAD";
  }
  return match;
}

}  // namespace lastmeter::http
