// Compiled for AVX2 only in this file; chosen at run time.
#if defined(__x86_64__)
#include <immintrin.h>

#include "classify/sieve_loop.h"

namespace fengsui::classify {
namespace {

struct Avx2 {
  __m256i low, high_half;

  static Avx2 load(const std::uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
  }
  static __m256i table(const std::uint8_t (&nibbles)[16]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles)));
  }
  template <class Tables>
  static __m256i print(const Tables& prints, std::size_t place, __m256i v) {
    const __m256i nibble = _mm256_set1_epi8(15);
    return _mm256_and_si256(_mm256_shuffle_epi8(table(prints.low[place]), _mm256_and_si256(v, nibble)),
                            _mm256_shuffle_epi8(table(prints.high[place]), _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
  }
  static bool rare(const std::uint8_t* p, bool high) {
    __m256i found = _mm256_setzero_si256();
    for (int half = 0; half < 64; half += 32) {
      __m256i v[3];
      for (int i = 0; i < 3; ++i) v[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + half + i));
      const auto match = [&](const Prints& prints) {
        return _mm256_and_si256(_mm256_and_si256(print(prints, 0, v[0]), print(prints, 1, v[1])), print(prints, 2, v[2]));
      };
      found = _mm256_or_si256(found, match(kAsciiPrints));
      if (high) found = _mm256_or_si256(found, match(kHighPrints));
    }
    return _mm256_testz_si256(found, found) == 0;
  }
  static std::uint64_t bits(__m256i a, __m256i b) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(a)) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(b))) << 32;
  }
  std::uint64_t eq(std::uint8_t c) const {
    const __m256i v = _mm256_set1_epi8(static_cast<char>(c));
    return bits(_mm256_cmpeq_epi8(low, v), _mm256_cmpeq_epi8(high_half, v));
  }
  std::uint64_t range(std::uint8_t from, std::uint8_t to) const {
    const __m256i base = _mm256_set1_epi8(static_cast<char>(from)), span = _mm256_set1_epi8(static_cast<char>(to - from));
    const __m256i a = _mm256_sub_epi8(low, base), b = _mm256_sub_epi8(high_half, base);
    return bits(_mm256_cmpeq_epi8(_mm256_min_epu8(a, span), a), _mm256_cmpeq_epi8(_mm256_min_epu8(b, span), b));
  }
  std::uint64_t high() const { return bits(low, high_half); }
};

}  // namespace

void sieve_avx2(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  sieve_loop<Avx2>(bytes, from, to, on, self);
}

void classes_avx2(const std::uint8_t* p, Classes& out) { classes_of<Avx2>(p, out); }

PrintStarts prints_avx2(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after) {
  const auto half = [](const std::uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); };
  __m256i first = _mm256_set1_epi8(-1), second = first;  // 32 places of `before`; the last 16 of it and those of `after`
#pragma GCC unroll 5
  for (std::size_t i = 0; i < WordPrints::kPlaces; ++i) {
    const std::size_t at = WordPrints::kAt[i];
    first = _mm256_and_si256(first, Avx2::print(prints, i, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(before + at))));
    second = _mm256_and_si256(second, Avx2::print(prints, i, _mm256_inserti128_si256(_mm256_castsi128_si256(half(before + 32 + at)), half(after + at), 1)));
  }
  const auto bits = [](__m256i all) {
    return std::uint64_t{~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256())))};
  };
  const std::uint64_t rest = bits(second);
  return {bits(first) | (rest & 0xFFFF) << 32, rest >> 16};
}

}  // namespace fengsui::classify
#endif
