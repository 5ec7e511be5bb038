// What a command asks an examination to hand over besides its conclusion. Only for one-shot commands of one thread.
#pragma once

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

  bool want_prints = false;
  std::vector<Printed> prints;  // of every content and member, in the order they ended
  std::uint64_t lost = 0;       // beyond kMaxPrints
};

}  // namespace fengsui::classify
