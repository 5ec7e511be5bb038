// Compiled for AVX-512 (F, BW, VL) only in this file; chosen at run time.
#if defined(__x86_64__)
#include <immintrin.h>

#include "classify/sieve_loop.h"

namespace fengsui::classify {
namespace {

struct Avx512 {
  __m512i all;

  static Avx512 load(const std::uint8_t* p) { return {_mm512_loadu_si512(p)}; }
  static __m512i table(const std::uint8_t (&nibbles)[16]) { return _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles))); }
  template <class Tables>
  static __m512i print(const Tables& prints, std::size_t place, __m512i v) {
    const __m512i nibble = _mm512_set1_epi8(15);
    return _mm512_and_si512(_mm512_shuffle_epi8(table(prints.low[place]), _mm512_and_si512(v, nibble)),
                            _mm512_shuffle_epi8(table(prints.high[place]), _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble)));
  }
  static bool rare(const std::uint8_t* p, bool high) {
    __m512i v[3];
    for (int i = 0; i < 3; ++i) v[i] = _mm512_loadu_si512(p + i);
    const auto match = [&](const Prints& prints) {
      return _mm512_and_si512(_mm512_and_si512(print(prints, 0, v[0]), print(prints, 1, v[1])), print(prints, 2, v[2]));
    };
    __m512i found = match(kAsciiPrints);
    if (high) found = _mm512_or_si512(found, match(kHighPrints));
    return _mm512_test_epi8_mask(found, found) != 0;
  }
  std::uint64_t eq(std::uint8_t c) const { return _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8(static_cast<char>(c))); }
  std::uint64_t range(std::uint8_t from, std::uint8_t to) const {
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(all, _mm512_set1_epi8(static_cast<char>(from))), _mm512_set1_epi8(static_cast<char>(to - from)));
  }
  std::uint64_t high() const { return _mm512_movepi8_mask(all); }
};

}  // namespace

void sieve_avx512(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  sieve_loop<Avx512>(bytes, from, to, on, self);
}

void classes_avx512(const std::uint8_t* p, Classes& out) { classes_of<Avx512>(p, out); }

PrintStarts prints_avx512(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after) {
  __m512i all = _mm512_set1_epi8(-1);  // 48 places of `before`, 16 of `after`
#pragma GCC unroll 5
  for (std::size_t i = 0; i < WordPrints::kPlaces; ++i) {
    const std::size_t at = WordPrints::kAt[i];
    const __m512i places = _mm512_maskz_loadu_epi64(0x3F, before + at);
    all = _mm512_and_si512(all, Avx512::print(prints, i, _mm512_inserti32x4(places, _mm_loadu_si128(reinterpret_cast<const __m128i*>(after + at)), 3)));
  }
  const std::uint64_t starts = _mm512_test_epi8_mask(all, all);
  return {starts & 0xFFFFFFFFFFFF, starts >> 48};
}

}  // namespace fengsui::classify
#endif
