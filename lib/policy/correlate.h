// Correlator: the memory of correlations. Source: Sigma correlation rules specification 2.1.0.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "policy/rule.h"

namespace fengsui::policy {

// A correlation that an event completed.
struct Fired {
  std::size_t rule = 0;
  base::UnixMs first = 0;
  std::uint64_t count = 0;  // events, distinct values, the sum, or rules
};

// One thread. Per correlation at most kMaxGroups groups; the one that was touched longest ago is evicted and counted.
// A window keeps at most kMaxWindow entries (of sums the oldest are joined, which can only make them last longer). A group that fired stays silent until its window has passed, so a storm
// gives one hit per timespan.
class Correlator {
 public:
  static constexpr std::size_t kMaxGroups = 4096;
  static constexpr std::size_t kMaxWindow = 1024;

  explicit Correlator(const RuleSet::State& rules) : rules_(rules), memory_(rules.rules.size()) {}
  // `rule` matched the event at `now`; appends the correlations this completes, including correlations of correlations.
  void feed(std::size_t rule, Event& event, base::UnixMs now, std::vector<Fired>& out);
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Entry {
    base::UnixMs time;
    std::string value;   // of value_count
    double amount = 0;   // of value_sum
  };
  struct Group {
    std::deque<Entry> window;  // event_count, value_count, value_sum
    std::vector<base::UnixMs>
        last;  // temporal: last occurrence per rule, 0 never; temporal_ordered: start of the best chain
    base::UnixMs touched = 0;
    base::UnixMs silent_until = 0;
  };
  using Memory = std::unordered_map<std::string, Group>;

  Group& group(std::size_t correlation, std::size_t position, Event& event, base::UnixMs now);
  bool count(const Correlation& rule, Group& group, Event& event, base::UnixMs now, Fired& fired);
  static bool sum(const Correlation& rule, Group& group, Event& event, base::UnixMs now, Fired& fired);
  bool chain(const Correlation& rule, Group& group, std::size_t position, base::UnixMs now, Fired& fired);

  const RuleSet::State& rules_;
  std::vector<Memory> memory_;
  std::uint64_t evicted_ = 0;
};

}  // namespace fengsui::policy
