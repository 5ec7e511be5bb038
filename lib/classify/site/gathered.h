// What a command asks an examination to hand over besides its conclusion. Only for one-shot commands of one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "classify/site/print.h"

namespace fengsui::classify {

struct Gathered {
  struct Printed {
    std::string object, member;  // of model::Provenance
    Print print;
  };
  static constexpr std::size_t kMaxPrints = 200'000;

  struct Value {
    std::string type, place;
    bool known = false;  // by the baseline
  };
  static constexpr std::size_t kMaxValues = 1'000'000;

  bool want_prints = false, want_values = false;
  std::vector<Printed> prints;  // of every content and member, in the order they ended
  std::map<std::string, Value> values;  // by MatchKey::known: clear values that nothing but a baseline allows
  std::uint64_t lost = 0;               // beyond kMaxPrints or kMaxValues
};

}  // namespace fengsui::classify
