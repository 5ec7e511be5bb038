// Prints: the first three bytes of words, as nibble tables of eight buckets each (the way of Teddy). A byte triple is kept
// when one bucket accepts all three bytes.
#pragma once

#include <cstdint>

#include "classify/sieve.h"

namespace fengsui::classify {

struct Prints {
  std::uint8_t low[3][16] = {}, high[3][16] = {};

  constexpr void accept(int bucket, int place, std::uint8_t from, std::uint8_t to) {
    for (unsigned c = from; c <= to; ++c) {
      low[place][c & 15] = static_cast<std::uint8_t>(low[place][c & 15] | 1u << bucket);
      high[place][c >> 4] = static_cast<std::uint8_t>(high[place][c >> 4] | 1u << bucket);
    }
  }
  constexpr void letter(int bucket, int place, char c) {
    accept(bucket, place, static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c));
    accept(bucket, place, static_cast<std::uint8_t>(c - 32), static_cast<std::uint8_t>(c - 32));
  }
};

// Bit k: one of the prints may start at p[k]; of the first `n` at least, others may stay 0. Reads kPrintReach bytes.
inline constexpr std::size_t kPrintReach = 66;
using PrintFn = std::uint64_t (*)(const Prints& prints, const std::uint8_t* p, std::size_t n);
PrintFn prints_for(Isa isa);  // as sieve_for

std::uint64_t prints_portable(const Prints& prints, const std::uint8_t* p, std::size_t n);
std::uint64_t prints_sse42(const Prints& prints, const std::uint8_t* p, std::size_t n);
std::uint64_t prints_avx2(const Prints& prints, const std::uint8_t* p, std::size_t n);

}  // namespace fengsui::classify
