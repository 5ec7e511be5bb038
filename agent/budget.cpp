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

std::string Budget::words() const {
  std::string out;
  if (pause_ms_ > 0) out = "over the CPU budget of " + std::to_string(cpu_percent_) + " %: work is slowed";
  if (memory_exceeded())
    out += std::string(out.empty() ? "" : "; ") + "over the memory budget of " + std::to_string(memory_bytes_ >> 20) +
           " MiB: contents are concluded early";
  return out;
}

}  // namespace fengsui::agent
