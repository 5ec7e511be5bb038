// The tree of a pattern, shared by its parser and by what reads it.
#pragma once

#include <utility>
#include <vector>

#include "classify/site/rule_pattern.h"

namespace fengsui::classify {

inline constexpr unsigned kNoEnd = 0xFFFFFFFF;

struct RulePattern::Node {
  enum class Kind : std::uint8_t { character, set, boundary, group };
  Kind kind = Kind::group;
  std::uint32_t character = 0;                                  // of a character
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  // of a set, sorted, apart
  bool negated = false;                                         // of a set: everything but the ranges
  std::vector<std::vector<Node>> alternatives;                  // of a group: sequences
  unsigned least = 1, most = 1;                                 // repetitions; kNoEnd
};

}  // namespace fengsui::classify
