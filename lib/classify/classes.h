// What each of 64 bytes of ASCII is, as far as written values are made of it.
#pragma once

#include <cstdint>

#include "classify/sieve.h"

namespace fengsui::classify {

// Bit k speaks of byte k.
struct Classes {
  std::uint64_t digit, letter, small;  // small letters are letters
  std::uint64_t mask;                  // * #
  std::uint64_t separator;             // blank, '-', '.'
  std::uint64_t high;                  // from 0x80 on
};

using ClassesFn = void (*)(const std::uint8_t* p, Classes& out);  // reads 64 bytes
ClassesFn classes_for(Isa isa);                                     // as sieve_for

void classes_portable(const std::uint8_t* p, Classes& out);
void classes_sse42(const std::uint8_t* p, Classes& out);
void classes_avx2(const std::uint8_t* p, Classes& out);
void classes_avx512(const std::uint8_t* p, Classes& out);

}  // namespace fengsui::classify
