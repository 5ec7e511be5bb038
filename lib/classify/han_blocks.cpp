#include "classify/han_blocks.h"

#include "classify/han_blocks_loop.h"
#include "classify/sieve.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fengsui::classify {

void han_blocks_avx2(base::View bytes, std::size_t begin, std::size_t end, std::vector<HanBlock>& out);

namespace {

struct Plain {
  static void read(const std::uint8_t* p, HanMasks& m) {
#if defined(__SSE2__)
    m = HanMasks{};
    for (unsigned i = 0; i < 4; ++i) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
      const auto put = [&](std::uint64_t& mask, __m128i bits) { mask |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(bits))) << (16 * i); };
      put(m.high, v);
      put(m.lead, _mm_and_si128(v, _mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(0xBF)))));
      put(m.mark, _mm_or_si128(_mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8(static_cast<char>(0xFE))), _mm_set1_epi8(static_cast<char>(0xE2))),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8(static_cast<char>(0xEF)))));
      put(m.ba, _mm_cmpeq_epi8(v, _mm_set1_epi8(static_cast<char>(0xBA))));
      const __m128i value = _mm_sub_epi8(v, _mm_set1_epi8('0'));
      put(m.digit, _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value));
    }
#else
    m = HanMasks{};
    for (unsigned i = 0; i < 64; ++i) {
      const std::uint64_t one = std::uint64_t{1} << i;
      if (p[i] >= 0x80) m.high |= one;
      if (p[i] >= 0xC0) m.lead |= one;
      if (p[i] == 0xE2 || p[i] == 0xE3 || p[i] == 0xEF) m.mark |= one;
      if (p[i] == 0xBA) m.ba |= one;
      if (p[i] >= '0' && p[i] <= '9') m.digit |= one;
    }
#endif
  }
};

}  // namespace

void han_blocks(base::View bytes, std::size_t begin, std::size_t end, std::vector<HanBlock>& out) {
#if defined(__x86_64__)
  static const bool wide = best_isa() >= Isa::avx2;
  if (wide) return han_blocks_avx2(bytes, begin, end, out);
#endif
  han_blocks_loop<Plain>(bytes, begin, end, out);
}

namespace {

// Of a block, the bytes as far from its beginning as the last of `left` is from that of its own block, and those behind the first
// of `right`.
std::uint64_t between(std::uint64_t left, std::uint64_t right) {
  std::uint64_t out = 0;
  if (left != 0) {
    const int last = 63 - __builtin_clzll(left);
    out |= last == 63 ? ~std::uint64_t{0} : (std::uint64_t{1} << (last + 1)) - 1;
  }
  if (right != 0) out |= ~std::uint64_t{0} << __builtin_ctzll(right);
  return out;
}

}  // namespace

std::uint64_t near_sign(const std::vector<HanBlock>& blocks, std::size_t k) {
  static_assert(kSignReach == 128);
  const auto sign = [&](std::size_t at) { return at < blocks.size() ? blocks[at].sign : std::uint64_t{0}; };
  return (sign(k) | sign(k - 1) | sign(k + 1)) != 0 ? ~std::uint64_t{0} : between(sign(k - 2), sign(k + 2));
}

std::uint64_t near_gb(const std::vector<HanBlock>& blocks, std::size_t k) {
  static_assert(kGbReach == 64);
  const auto gb = [&](std::size_t at) { return at < blocks.size() ? blocks[at].gb : std::uint64_t{0}; };
  return gb(k) != 0 ? ~std::uint64_t{0} : between(gb(k - 1), gb(k + 1));
}

}  // namespace fengsui::classify
