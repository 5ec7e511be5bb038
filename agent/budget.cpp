#include "agent/budget.h"

#include <algorithm>

namespace fengsui::agent {

void Budget::measure(std::int64_t cpu_ms, std::uint64_t resident_bytes, base::BootMs now) {
  resident_ = resident_bytes;
  if (last_cpu_ms_ >= 0 && now > last_) {
    double share = 100.0 * static_cast<double>(cpu_ms - last_cpu_ms_) / static_cast<double>(now - last_);
    double weight = std::min(1.0, static_cast<double>(now - last_) / 10'000.0);
    percent_ += (share - percent_) * weight;
    if (percent_ > static_cast<double>(cpu_percent_))
      pause_ms_ = std::min<std::int64_t>(500, std::max<std::int64_t>(5, pause_ms_ * 2));
    else
      pause_ms_ /= 2;
  }
  last_cpu_ms_ = cpu_ms;
  last_ = now;
}

void Budget::measure_traffic(std::int64_t traffic_cpu_us, base::BootMs now) {
  if (last_traffic_us_ >= 0 && now > last_traffic_) {
    const auto passed = static_cast<double>(now - last_traffic_);
    const double share = 0.1 * static_cast<double>(traffic_cpu_us - last_traffic_us_) / passed;
    traffic_percent_ += (share - traffic_percent_) * std::min(1.0, passed / 10'000.0);
    const double budget = static_cast<double>(cpu_percent_);
    // Down in proportion and back slowly: flows that are being read go on, so a change shows late.
    if (traffic_percent_ > budget) {
      const double keep = std::max(0.5, budget / traffic_percent_);
      examine_ = std::max(10u, static_cast<std::uint32_t>(static_cast<double>(examine_) * keep));
    } else if (traffic_percent_ < 0.8 * budget) {
      examine_ = std::min(1000u, examine_ + examine_ / 10 + 1);
    }
  }
  last_traffic_us_ = traffic_cpu_us;
  last_traffic_ = now;
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
