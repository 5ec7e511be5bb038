#include "agent/budget.h"

#include <algorithm>

namespace fengsui::agent {

bool Budget::Load::measure(std::int64_t cpu_us, base::BootMs now) {
  const bool again = last_us >= 0 && now > last;
  if (again) {
    const auto passed = static_cast<double>(now - last);
    const double share = 0.1 * static_cast<double>(cpu_us - last_us) / passed;
    percent += (share - percent) * std::min(1.0, passed / 10'000.0);
  }
  last_us = cpu_us;
  last = now;
  return again;
}

void Budget::measure(std::int64_t cpu_ms, std::uint64_t resident_bytes, base::BootMs now) {
  resident_ = resident_bytes;
  if (!all_.measure(cpu_ms * 1000, now)) return;
  if (all_.percent > static_cast<double>(cpu_percent_)) pause_ms_ = std::min<std::int64_t>(500, std::max<std::int64_t>(5, pause_ms_ * 2));
  else pause_ms_ /= 2;
}

void Budget::measure_traffic(std::int64_t traffic_cpu_us, base::BootMs now) {
  if (!traffic_.measure(traffic_cpu_us, now)) return;
  const auto budget = static_cast<double>(cpu_percent_);
  // Down in proportion and back slowly: flows that are being read go on, so a change shows late.
  if (traffic_.percent > budget) {
    const double keep = std::max(0.5, budget / traffic_.percent);
    examine_ = std::max(10u, static_cast<std::uint32_t>(static_cast<double>(examine_) * keep));
  } else if (traffic_.percent < 0.8 * budget) {
    examine_ = std::min(1000u, examine_ + examine_ / 10 + 1);
  }
}

std::string Budget::words() const {
  std::string out;
  if (pause_ms_ > 0) out = "over the CPU budget of " + std::to_string(cpu_percent_) + " %: work is slowed";
  if (examine_ < 1000)
    out += std::string(out.empty() ? "" : "; ") + "live traffic alone needs more than " + std::to_string(cpu_percent_) +
           " % of a core: " + std::to_string(examine_) + " of 1000 new flows are examined";
  if (memory_exceeded())
    out += std::string(out.empty() ? "" : "; ") + "over the memory budget of " + std::to_string(memory_bytes_ >> 20) +
           " MiB: contents are concluded early";
  return out;
}

}  // namespace fengsui::agent
