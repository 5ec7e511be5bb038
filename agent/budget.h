// The host comes first: watches what the agent itself uses, and slows it down.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace fengsui::agent {

// One thread. Fed once a second with what the kernel says of the process.
class Budget {
 public:
  Budget(std::int64_t cpu_percent, std::int64_t memory_mib)
      : cpu_percent_(cpu_percent), memory_bytes_(static_cast<std::uint64_t>(memory_mib) << 20) {}

  // cpu_ms: CPU time of the process so far; now: CLOCK_BOOTTIME.
  void measure(std::int64_t cpu_ms, std::uint64_t resident_bytes, base::BootMs now);

  // traffic_cpu_us: CPU time spent on live traffic so far. Interfaces cannot be told to wait as sensors are: where traffic
  // alone is over the budget, flows are left out.
  void measure_traffic(std::int64_t traffic_cpu_us, base::BootMs now);
  // Of every thousand new flows so many can be read; 1000 inside the budget, never below 10.
  std::uint32_t examine_per_mille() const { return examine_; }

  // To wait before the next piece of sensor or replay work; 0 inside the budget, at most 500 ms.
  std::int64_t pause_ms() const { return pause_ms_; }
  bool memory_exceeded() const { return resident_ > memory_bytes_; }
  std::int64_t cpu_percent() const { return static_cast<std::int64_t>(all_.percent + 0.5); }  // over about ten seconds
  std::uint64_t resident_bytes() const { return resident_; }
  std::string words() const;  // "" inside the budget

 private:
  // A share of one core over about ten seconds.
  struct Load {
    double percent = 0;
    std::int64_t last_us = -1;
    base::BootMs last = 0;
    bool measure(std::int64_t cpu_us, base::BootMs now);  // false when there is nothing to compare with yet
  };

  std::int64_t cpu_percent_;
  std::uint64_t memory_bytes_;
  std::uint64_t resident_ = 0;
  Load all_, traffic_;
  std::int64_t pause_ms_ = 0;
  std::uint32_t examine_ = 1000;
};

}  // namespace fengsui::agent
