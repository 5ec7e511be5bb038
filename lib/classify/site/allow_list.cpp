#include "classify/site/allow_list.h"

namespace fengsui::classify {

bool path_matches(std::string_view pattern, std::string_view path) {
  // Greedy with one place to come back to for each kind of star; '**' may pass '/'.
  std::size_t p = 0, s = 0;
  std::size_t star = std::string_view::npos, star_at = 0, deep = std::string_view::npos, deep_at = 0;
  while (s < path.size()) {
    if (pattern.substr(p).starts_with("**")) {
      deep = p, deep_at = s;
      p += 2;
      star = std::string_view::npos;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, star_at = s;
      continue;
    }
    if (p < pattern.size() && (pattern[p] == path[s] || (pattern[p] == '?' && path[s] != '/'))) {
      ++p, ++s;
      continue;
    }
    if (star != std::string_view::npos && path[star_at] != '/') {
      p = star + 1, s = ++star_at;
      continue;
    }
    if (deep == std::string_view::npos) return false;
    p = deep + 2, s = ++deep_at;
    star = std::string_view::npos;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<const AllowEntry*> AllowList::for_values(std::string_view object, base::Day day) const {
  std::vector<const AllowEntry*> out;
  for (const AllowEntry& e : entries_)
    if (e.rule.empty() && e.applies(day) && (e.path.empty() || path_matches(e.path, object))) out.push_back(&e);
  return out;
}

const AllowEntry* AllowList::for_finding(std::string_view rule, std::string_view object, base::Day day) const {
  for (const AllowEntry& e : entries_)
    if (e.rule == rule && e.applies(day) && (e.path.empty() || path_matches(e.path, object))) return &e;
  return nullptr;
}

std::vector<const AllowEntry*> AllowList::expired(base::Day day) const {
  std::vector<const AllowEntry*> out;
  for (const AllowEntry& e : entries_)
    if (!e.applies(day)) out.push_back(&e);
  return out;
}

}  // namespace fengsui::classify
