// Counting. Libraries count, programs log: a component holds plain Counters and lists them as Samples when asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fengsui::base {

// A number that only grows. Written by one thread or several, read by any; relaxed order is enough for counting.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// One line of /metrics: name without the fengsui_ prefix, labels, value.
struct Sample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  std::uint64_t value = 0;
};

}  // namespace fengsui::base
