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

// Prints of words: five of the first six bytes. A Chinese word in UTF-8 begins with two characters of three bytes, of which
// the first bytes say little; a shorter word takes anything in the places it does not have.
struct WordPrints {
  static constexpr std::size_t kPlaces = 5;
  static constexpr std::uint8_t kAt[kPlaces] = {0, 1, 2, 4, 5};
  std::uint8_t low[kPlaces][16] = {}, high[kPlaces][16] = {};

  void accept(int bucket, std::size_t place, std::uint8_t c) {
    low[place][c & 15] = static_cast<std::uint8_t>(low[place][c & 15] | 1u << bucket);
    high[place][c >> 4] = static_cast<std::uint8_t>(high[place][c >> 4] | 1u << bucket);
  }
  void accept_any(int bucket, std::size_t place) {
    for (auto* table : {low[place], high[place]})
      for (int i = 0; i < 16; ++i) table[i] = static_cast<std::uint8_t>(table[i] | 1u << bucket);
  }
};

// Bit k of `before`: one of the words may start at before[k], of 48; bit k of `after`: at after[k], of 16. Reads
// kPrintsBefore and kPrintsAfter bytes.
struct PrintStarts {
  std::uint64_t before, after;
};
inline constexpr std::size_t kPrintsBefore = 48 + WordPrints::kAt[WordPrints::kPlaces - 1];
inline constexpr std::size_t kPrintsAfter = 16 + WordPrints::kAt[WordPrints::kPlaces - 1];
using PrintFn = PrintStarts (*)(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after);
PrintFn prints_for(Isa isa);  // as sieve_for

PrintStarts prints_portable(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after);
PrintStarts prints_sse42(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after);
PrintStarts prints_avx2(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after);
PrintStarts prints_avx512(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after);

}  // namespace fengsui::classify
