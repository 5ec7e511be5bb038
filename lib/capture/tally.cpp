#include "capture/tally.h"

namespace fengsui::capture {

std::vector<base::Sample> Tally::samples() const {
  std::vector<base::Sample> out;
  out.reserve(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    base::Sample sample{std::string(kCountNames[i].name), {}, values_[i]};
    if (!kCountNames[i].reason.empty()) sample.labels.emplace_back("reason", kCountNames[i].reason);
    out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace fengsui::capture
