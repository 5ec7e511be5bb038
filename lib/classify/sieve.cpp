#include "classify/sieve.h"

#include <array>

#include "classify/sieve_loop.h"

namespace fengsui::classify {
namespace {

// Eight bytes at a time in a general register; also the model for other instruction sets.
struct Portable {
  std::array<std::uint64_t, 8> words;

  static Portable load(const std::uint8_t* p) {
    Portable out;
    std::memcpy(out.words.data(), p, 64);
    return out;
  }
  static bool rare(const std::uint8_t*, bool) { return true; }
  // The top bit of each byte, gathered.
  static std::uint64_t gather(std::uint64_t tops) { return ((tops >> 7 & 0x0101010101010101u) * 0x0102040810204080u) >> 56; }
  template <class F>
  std::uint64_t each(F tops) const {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < 8; ++i) out |= gather(tops(words[i])) << (8 * i);
    return out;
  }
  static constexpr std::uint64_t all(std::uint8_t c) { return 0x0101010101010101u * c; }
  static std::uint64_t zero_bytes(std::uint64_t x) {
    return ~(((x & all(0x7F)) + all(0x7F)) | x | all(0x7F));
  }
  std::uint64_t eq(std::uint8_t c) const {
    return each([c](std::uint64_t w) { return zero_bytes(w ^ all(c)); });
  }
  // low and high lie on the same side of 0x80.
  std::uint64_t range(std::uint8_t low, std::uint8_t high) const {
    const std::uint64_t side = low >= 0x80 ? 0 : all(0x80);
    const std::uint8_t l = low & 0x7F, h = high & 0x7F;
    return each([=](std::uint64_t w) {
      const std::uint64_t seven = w & all(0x7F);
      const std::uint64_t at_least = seven + all(static_cast<std::uint8_t>(0x80 - l));
      const std::uint64_t above = seven + all(static_cast<std::uint8_t>(0x7F - h));
      return at_least & ~above & (w ^ side) & all(0x80);
    });
  }
  std::uint64_t high() const {
    return each([](std::uint64_t w) { return w & all(0x80); });
  }
};

}  // namespace

void sieve_portable(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  sieve_loop<Portable>(bytes, from, to, on, self);
}

Isa best_isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi"))
    return Isa::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return Isa::avx2;
  if (__builtin_cpu_supports("sse4.2")) return Isa::sse42;
#endif
  return Isa::portable;
}

SieveFn sieve_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return sieve_avx512;
  if (isa == Isa::avx2) return sieve_avx2;
  if (isa == Isa::sse42) return sieve_sse42;
#endif
  (void)isa;
  return sieve_portable;
}

void classes_portable(const std::uint8_t* p, Classes& out) { classes_of<Portable>(p, out); }

ClassesFn classes_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return classes_avx512;
  if (isa == Isa::avx2) return classes_avx2;
  if (isa == Isa::sse42) return classes_sse42;
#endif
  (void)isa;
  return classes_portable;
}

PrintStarts prints_portable(const WordPrints& prints, const std::uint8_t* before, const std::uint8_t* after) {
  const auto starts = [&](const std::uint8_t* p) {
    unsigned all = 0xFF;
    for (std::size_t i = 0; i < WordPrints::kPlaces; ++i) all &= prints.low[i][p[WordPrints::kAt[i]] & 15] & prints.high[i][p[WordPrints::kAt[i]] >> 4];
    return std::uint64_t{all != 0};
  };
  PrintStarts out{0, 0};
  for (unsigned k = 0; k < 48; ++k) out.before |= starts(before + k) << k;
  for (unsigned k = 0; k < 16; ++k) out.after |= starts(after + k) << k;
  return out;
}

PrintFn prints_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return prints_avx512;
  if (isa == Isa::avx2) return prints_avx2;
  if (isa == Isa::sse42) return prints_sse42;
#endif
  (void)isa;
  return prints_portable;
}

}  // namespace fengsui::classify
