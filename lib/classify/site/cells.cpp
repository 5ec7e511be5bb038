#include "classify/site/cells.h"

#include <algorithm>

namespace fengsui::classify {

bool Cells::odd_quotes() const { return std::count(head_.begin(), head_.end(), '"') % 2 == 1; }

char Cells::most_frequent() const {
  std::size_t counts[4] = {};
  constexpr char kMarks[4] = {',', '\t', ';', '|'};
  bool quoted = false;
  for (const char c : head_) {
    quoted ^= c == '"';
    for (std::size_t i = 0; i < 4; ++i) counts[i] += !quoted && c == kMarks[i];
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < 4; ++i)
    if (counts[i] > counts[best]) best = i;
  return kMarks[best];
}

}  // namespace fengsui::classify
