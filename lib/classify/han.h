// A short stretch of text as characters, whichever encoding its bytes are in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "classify/lexicon.h"

namespace fengsui::classify {

inline constexpr std::size_t kHanLeft = 44, kHanRight = 60;  // most characters before and from a place on
inline constexpr std::size_t kHanReach = 132;                // bytes before it that are looked at

// Characters around a place. A byte that belongs to none is 0xFFFF. Full-width digits, letters and signs are those of
// ASCII, zero-width characters are left out.
struct Han {
  std::array<char16_t, kHanLeft + kHanRight> c;
  std::array<std::uint32_t, kHanLeft + kHanRight + 1> at;  // first byte of each, and the end of the last
  std::size_t n = 0, here = 0;
  bool from_start = false, to_end = false;  // nothing is before or behind

  const char16_t* text() const { return c.data(); }
  char16_t before(std::size_t i) const { return i > 0 ? c[i - 1] : char16_t{0}; }
  char16_t get(std::size_t i) const { return i < n ? c[i] : char16_t{0}; }
};

// False when the byte at `at` does not start a character there. `left`, `right`: characters wanted. Depends only on
// kHanReach bytes before and 4 * right bytes behind.
bool han_around(const Lexicon& lexicon, base::View bytes, std::size_t at, std::size_t left, std::size_t right, Han& out);

// Whether the 24 bytes on either side of a character of UTF-8 at `at` read as UTF-8 too.
bool utf8_around(base::View bytes, std::size_t at);

constexpr bool han(char16_t c) { return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == 0x3007; }
constexpr bool han_digit(char16_t c) { return c >= '0' && c <= '9'; }
constexpr bool han_letter(char16_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool han_number(char16_t c);   // 一二三 十百 〇零 两
int spoken_digit(char16_t c);  // of a number read aloud or written on a cheque: 幺, 洞, 拐, 壹; -1 when it is none

}  // namespace fengsui::classify
