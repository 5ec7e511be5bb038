#include "policy/correlate.h"

#include <algorithm>

namespace fengsui::policy {

Correlator::Group& Correlator::group(std::size_t correlation, std::size_t position, Event& event, base::UnixMs now) {
  std::string key;
  for (const auto& slots : rules_.rules[correlation].correlation->group_by) {
    for (const Scalar& value : event.values(slots[position])) {
      key += value.folded;
      break;
    }
    key += '\n';
  }
  Memory& memory = memory_[correlation];
  if (memory.size() >= kMaxGroups && !memory.contains(key)) {
    memory.erase(std::min_element(memory.begin(), memory.end(),
                                  [](const auto& a, const auto& b) { return a.second.touched < b.second.touched; }));
    ++evicted_;
  }
  Group& out = memory[key];
  out.touched = std::max(out.touched, now);
  return out;
}

bool Correlator::count(const Correlation& rule, Group& group, Event& event, base::UnixMs now, Fired& fired) {
  Entry entry{now, {}, 0};
  if (rule.type == Correlation::Type::value_count) {
    const Values& values = event.values(rule.value_slot);
    if (values.is_null()) return false;
    entry.value = values.begin()->folded;
    std::erase_if(group.window, [&](const Entry& other) { return other.value == entry.value; });
  }
  // Kept in order of time: lines of a log may be a little out of order.
  const auto at = std::upper_bound(group.window.begin(), group.window.end(), now,
                                   [](base::UnixMs t, const Entry& e) { return t < e.time; });
  group.window.insert(at, std::move(entry));
  const base::UnixMs newest = group.window.back().time;
  while (!group.window.empty() && group.window.front().time < newest - rule.timespan_ms) group.window.pop_front();
  const std::size_t bound = std::max<std::size_t>(kMaxWindow, rule.at_least);
  while (group.window.size() > bound) group.window.pop_front();
  if (group.window.size() < rule.at_least) return false;
  fired.first = group.window.front().time;
  fired.count = group.window.size();
  return true;
}

bool Correlator::sum(const Correlation& rule, Group& group, Event& event, base::UnixMs now, Fired& fired) {
  double amount = 0;
  for (const Scalar& value : event.values(rule.value_slot))
    if (value.kind == Scalar::Kind::number && value.number > 0) amount += value.number;
  if (amount <= 0) return false;
  const auto at = std::upper_bound(group.window.begin(), group.window.end(), now, [](base::UnixMs t, const Entry& e) { return t < e.time; });
  group.window.insert(at, {now, {}, amount});
  const base::UnixMs newest = group.window.back().time;
  while (group.window.front().time < newest - rule.timespan_ms) group.window.pop_front();
  while (group.window.size() > kMaxWindow) {
    group.window[1].amount += group.window[0].amount;
    group.window.pop_front();
  }
  double total = 0;
  for (const Entry& entry : group.window) total += entry.amount;
  if (total < static_cast<double>(rule.at_least)) return false;
  fired.first = group.window.front().time;
  fired.count = static_cast<std::uint64_t>(total);
  return true;
}

bool Correlator::chain(const Correlation& rule, Group& group, std::size_t position, base::UnixMs now, Fired& fired) {
  constexpr base::UnixMs kNever = INT64_MIN;
  group.last.resize(rule.rules.size(), kNever);
  fired.count = rule.rules.size();
  const auto recent = [&](base::UnixMs t) { return t != kNever && t <= now && now - t <= rule.timespan_ms; };
  if (rule.type == Correlation::Type::temporal) {
    group.last[position] = std::max(group.last[position], now);
    fired.first = *std::min_element(group.last.begin(), group.last.end());
    return std::all_of(group.last.begin(), group.last.end(), recent);
  }
  if (position == 0)
    group.last[0] = now;
  else if (recent(group.last[position - 1]))
    group.last[position] = group.last[position - 1];
  else
    return false;
  fired.first = group.last[position];
  return position + 1 == rule.rules.size();
}

void Correlator::feed(std::size_t rule, Event& event, base::UnixMs now, std::vector<Fired>& out) {
  std::vector<std::size_t> queue = {rule};
  for (std::size_t q = 0; q < queue.size(); ++q) {
    for (const std::uint32_t index : rules_.correlated[queue[q]]) {
      if (std::find(queue.begin(), queue.end(), index) != queue.end())
        continue;  // once per event, whatever the references
      const Correlation& correlation = *rules_.rules[index].correlation;
      Fired fired{index, now, 0};
      bool complete = false;
      Group* last = nullptr;
      // Backwards, so that an event that is both steps of a chain cannot be its own successor.
      for (std::size_t position = correlation.rules.size(); position-- > 0;) {
        if (correlation.rules[position] != queue[q]) continue;
        Group& here = group(index, position, event, now);
        const bool counting =
            correlation.type == Correlation::Type::event_count || correlation.type == Correlation::Type::value_count;
        const bool summing = correlation.type == Correlation::Type::value_sum;
        if (summing    ? sum(correlation, here, event, now, fired)
            : counting ? count(correlation, here, event, now, fired)
                       : chain(correlation, here, position, now, fired)) {
          complete = true;
          last = &here;
        }
      }
      if (!complete || now < last->silent_until) continue;
      last->silent_until = now + correlation.timespan_ms;
      out.push_back(fired);
      queue.push_back(index);
    }
  }
}

}  // namespace fengsui::policy
