#include "policy/dns_tunnel.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace fengsui::policy {

std::string_view parent_domain(std::string_view name) {
  while (!name.empty() && name.back() == '.') name.remove_suffix(1);
  const std::size_t last = name.rfind('.');
  if (last == std::string_view::npos || last == 0) return {};
  std::size_t second = name.rfind('.', last - 1);
  if (second == std::string_view::npos) return name;
  const std::string_view level = name.substr(second + 1, last - second - 1);
  if (name.size() - last - 1 == 2) {
    for (const std::string_view national : {"com", "gov", "net", "org", "edu", "ac", "co", "mil"}) {
      if (level != national) continue;
      const std::size_t third = second == 0 ? std::string_view::npos : name.rfind('.', second - 1);
      return third == std::string_view::npos ? name : name.substr(third + 1);
    }
  }
  return name.substr(second + 1);
}

// 30 for names that hardly repeat, up to 25 for their mean length, up to 15 for the entropy of their characters, up to
// 15 for what the window carried, 15 for record types that carry text. A browser's names repeat and are short; those of
// reputation services and content networks are long but few types and few bytes: they stay below kTold.
int DnsTunnel::score(const Parent& p) {
  if (p.names.size() < kMinNames || p.queries == 0) return 0;
  int out = 0;
  if (p.names.size() * 10 >= p.queries * 4 || p.names.size() >= kMaxNames) out += 30;
  const double length = static_cast<double>(p.bytes) / static_cast<double>(p.queries);
  out += static_cast<int>(std::clamp((length - 8) / 24 * 25, 0.0, 25.0));
  double entropy = 0, total = 0;
  for (const std::uint32_t n : p.letters) total += n;
  for (const std::uint32_t n : p.letters) {
    if (n == 0) continue;
    const double share = n / total;
    entropy -= share * std::log2(share);
  }
  out += static_cast<int>(std::clamp((entropy - 3.0) / 1.0 * 15, 0.0, 15.0));
  out += static_cast<int>(std::clamp(static_cast<double>(p.bytes) / 1024 * 15, 0.0, 15.0));
  if (p.odd_types * 10 >= p.queries * 3) out += 15;
  return std::min(out, 100);
}

void DnsTunnel::mark(model::Activity& activity) {
  if (activity.class_uid != 4003 || activity.activity_id != 1) return;
  model::Fields& f = activity.fields;
  const std::string_view name = f.text("query.hostname");
  const std::string_view parent = parent_domain(name);
  if (parent.empty() || parent.size() >= name.size() || name.ends_with(".arpa") || name.ends_with(".local")) return;
  std::string key(parent);
  for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  f.set("unmapped.fengsui.dns_parent", key);
  auto found = parent_of_.find(key);
  if (found == parent_of_.end()) {
    if (parents_.size() >= kMaxParents) {
      ++forgotten_;
      parent_of_.erase(parents_.back().name);
      parents_.pop_back();
    }
    parents_.emplace_front();
    parents_.front().name = key;
    parents_.front().began = activity.time;
    found = parent_of_.emplace(std::move(key), parents_.begin()).first;
  } else {
    parents_.splice(parents_.begin(), parents_, found->second);
  }
  Parent& here = *found->second;
  if (activity.time - here.began >= kWindowMs || activity.time < here.began) {
    std::string kept = std::move(here.name);
    here = Parent{};
    here.name = std::move(kept);
    here.began = activity.time;
  }
  const std::string_view carried = name.substr(0, name.size() - parent.size() - 1);
  ++here.queries;
  here.bytes += carried.size();
  for (const char c : carried)
    if (c != '.') ++here.letters[static_cast<unsigned char>(c) & 63];
  const std::string_view type = f.text("query.type");
  here.odd_types += type != "A" && type != "AAAA" && type != "HTTPS" && type != "SVCB" && type != "SRV" && type != "PTR" && type != "SOA" && type != "NS";
  if (here.names.size() < kMaxNames) here.names.insert(std::hash<std::string_view>{}(carried));
  if (here.told) return;
  const int points = score(here);
  if (points < kTold) return;
  here.told = true;
  ++told_;
  f.set("unmapped.fengsui.dns_tunnel_score", std::int64_t{points});
  f.set("unmapped.fengsui.dns_tunnel_names", static_cast<std::int64_t>(here.names.size()));
  f.set("unmapped.fengsui.dns_tunnel_bytes", static_cast<std::int64_t>(here.bytes));
}

std::vector<base::Sample> DnsTunnel::counters() const {
  return {{"policy_dns_parents_known", {}, parents_.size()},
          {"policy_dns_parents_forgotten_total", {}, forgotten_},
          {"policy_dns_tunnels_told_total", {}, told_}};
}

}  // namespace fengsui::policy
