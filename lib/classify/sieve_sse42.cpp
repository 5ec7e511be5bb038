// Compiled for SSE4.2 only in this file; chosen at run time.
#if defined(__x86_64__)
#include <immintrin.h>

#include "classify/sieve_loop.h"

namespace fengsui::classify {
namespace {

struct Sse42 {
  __m128i part[4];

  static Sse42 load(const std::uint8_t* p) {
    Sse42 out;
    for (int i = 0; i < 4; ++i) out.part[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    return out;
  }
  template <class Tables>
  static __m128i print(const Tables& prints, std::size_t place, __m128i v) {
    const __m128i nibble = _mm_set1_epi8(15);
    const auto table = [](const std::uint8_t(&n)[16]) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(n)); };
    return _mm_and_si128(_mm_shuffle_epi8(table(prints.low[place]), _mm_and_si128(v, nibble)),
                         _mm_shuffle_epi8(table(prints.high[place]), _mm_and_si128(_mm_srli_epi16(v, 4), nibble)));
  }
  static bool rare(const std::uint8_t* p, bool high) {
    __m128i found = _mm_setzero_si128();
    for (int part = 0; part < 64; part += 16) {
      __m128i v[3];
      for (int i = 0; i < 3; ++i) v[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + part + i));
      const auto match = [&](const Prints& prints) {
        return _mm_and_si128(_mm_and_si128(print(prints, 0, v[0]), print(prints, 1, v[1])), print(prints, 2, v[2]));
      };
      found = _mm_or_si128(found, match(kAsciiPrints));
      if (high) found = _mm_or_si128(found, match(kHighPrints));
    }
    return _mm_testz_si128(found, found) == 0;
  }
  template <class F>
  std::uint64_t each(F f) const {
    std::uint64_t out = 0;
    for (int i = 0; i < 4; ++i)
      out |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(f(part[i])))) << (16 * i);
    return out;
  }
  std::uint64_t eq(std::uint8_t c) const {
    const __m128i v = _mm_set1_epi8(static_cast<char>(c));
    return each([v](__m128i x) { return _mm_cmpeq_epi8(x, v); });
  }
  std::uint64_t range(std::uint8_t from, std::uint8_t to) const {
    const __m128i base = _mm_set1_epi8(static_cast<char>(from)), span = _mm_set1_epi8(static_cast<char>(to - from));
    return each([base, span](__m128i x) {
      const __m128i a = _mm_sub_epi8(x, base);
      return _mm_cmpeq_epi8(_mm_min_epu8(a, span), a);
    });
  }
  std::uint64_t high() const {
    return each([](__m128i x) { return x; });
  }
};

}  // namespace

void sieve_sse42(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  sieve_loop<Sse42>(bytes, from, to, on, self);
}

void classes_sse42(const std::uint8_t* p, Classes& out) { classes_of<Sse42>(p, out); }

PrintStarts prints_sse42(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after) {
  const auto bits = [&](const std::uint8_t* p) {
    __m128i all = _mm_set1_epi8(-1);
    for (std::size_t i = 0; i < WordPrints::kPlaces; ++i)
      all = _mm_and_si128(all, Sse42::print(prints, i, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + WordPrints::kAt[i]))));
    return std::uint64_t{~static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_setzero_si128()))) & 0xFFFF};
  };
  return {bits(before) | bits(before + 16) << 16 | bits(before + 32) << 32, bits(after)};
}

}  // namespace fengsui::classify
#endif
