#include "agent/repeats.h"

#include <algorithm>

#include "base/encode.h"

namespace fengsui::agent {

namespace {
constexpr std::size_t kIdBytes = 16;
}

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
  order_.push_back({finding, now, 0, false});
  by_id_[finding.id] = std::prev(order_.end());
  return true;
}

std::vector<model::Finding> Repeats::expire(base::UnixMs now) {
  std::vector<model::Finding> out;
  while (!order_.empty() && now - order_.front().since >= window_ms_) {
    auto& entry = order_.front();
    by_id_.erase(entry.finding.id);
    if (entry.repeats > 0 && !entry.restored) {
      entry.finding.fields.set("unmapped.fengsui.repeats", entry.repeats);
      entry.finding.time = entry.finding.last_seen;
      out.push_back(std::move(entry.finding));
    }
    order_.pop_front();
  }
  return out;
}

base::Bytes Repeats::save() const {
  base::Bytes out;
  for (const auto& entry : order_) {
    auto id = base::from_hex(entry.finding.id);
    if (!id || id->size() != kIdBytes) continue;
    base::append(out, base::View(*id));
    base::append_u64be(out, static_cast<std::uint64_t>(entry.since));
  }
  return out;
}

void Repeats::restore(base::View saved) {
  if (saved.size() % (kIdBytes + 8) != 0 || saved.size() / (kIdBytes + 8) > max_remembered_) return;
  base::Reader reader(saved);
  while (!reader.at_end()) {
    Entry entry;
    entry.finding.id = base::hex(reader.take(kIdBytes));
    entry.since = static_cast<base::UnixMs>(reader.u64be());
    entry.restored = true;
    if (by_id_.contains(entry.finding.id)) continue;
    order_.push_back(std::move(entry));
    by_id_[order_.back().finding.id] = std::prev(order_.end());
  }
}

}  // namespace fengsui::agent
