#include "agent/repeats.h"

#include <algorithm>

namespace fengsui::agent {

bool Repeats::offer(const model::Finding& finding, base::UnixMs now) {
  if (window_ms_ <= 0 || max_remembered_ == 0) return true;
  if (auto known = by_id_.find(finding.id); known != by_id_.end()) {
    auto& entry = *known->second;
    if (now - entry.since < window_ms_) {
      ++entry.repeats;
      ++repeated_;
      entry.finding.last_seen = std::max(entry.finding.last_seen, finding.last_seen ? finding.last_seen : finding.time);
      return false;
    }
    order_.erase(known->second);
    by_id_.erase(known);
  }
  if (order_.size() >= max_remembered_) {
    ++forgotten_;
    by_id_.erase(order_.front().finding.id);
    order_.pop_front();
  }
  order_.push_back({finding, now, 0});
  by_id_[finding.id] = std::prev(order_.end());
  return true;
}

std::vector<model::Finding> Repeats::expire(base::UnixMs now) {
  std::vector<model::Finding> out;
  while (!order_.empty() && now - order_.front().since >= window_ms_) {
    auto& entry = order_.front();
    by_id_.erase(entry.finding.id);
    if (entry.repeats > 0) {
      entry.finding.fields.set("unmapped.fengsui.repeats", entry.repeats);
      entry.finding.time = entry.finding.last_seen;
      out.push_back(std::move(entry.finding));
    }
    order_.pop_front();
  }
  return out;
}

}  // namespace fengsui::agent
