#include <immintrin.h>

#include "classify/han_blocks_loop.h"

namespace fengsui::classify {
namespace {

struct Avx2 {
  static void read(const std::uint8_t* p, HanMasks& m) {
    const auto of = [](__m256i low, __m256i high) {
      return static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(low))) |
             static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_epi8(high))) << 32;
    };
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
    m.high = of(v, w);
    const auto digit = [](__m256i x) {
      const __m256i value = _mm256_sub_epi8(x, _mm256_set1_epi8('0'));
      return _mm256_cmpeq_epi8(_mm256_min_epu8(value, _mm256_set1_epi8(9)), value);
    };
    m.digit = of(digit(v), digit(w));
    if (m.high == 0) {
      m.lead = m.mark = m.ba = 0;
      return;
    }
    const auto lead = [](__m256i x) { return _mm256_and_si256(x, _mm256_cmpgt_epi8(x, _mm256_set1_epi8(static_cast<char>(0xBF)))); };
    const auto mark = [](__m256i x) {
      return _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_and_si256(x, _mm256_set1_epi8(static_cast<char>(0xFE))), _mm256_set1_epi8(static_cast<char>(0xE2))),
                             _mm256_cmpeq_epi8(x, _mm256_set1_epi8(static_cast<char>(0xEF))));
    };
    m.lead = of(lead(v), lead(w));
    m.mark = of(mark(v), mark(w));
    const auto ba = [](__m256i x) { return _mm256_cmpeq_epi8(x, _mm256_set1_epi8(static_cast<char>(0xBA))); };
    m.ba = of(ba(v), ba(w));
  }
};

}  // namespace

void han_blocks_avx2(base::View bytes, std::size_t begin, std::size_t end, std::vector<HanBlock>& out) {
  han_blocks_loop<Avx2>(bytes, begin, end, out);
}

}  // namespace fengsui::classify
