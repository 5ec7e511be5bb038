// The loop of han_blocks, compiled once per instruction set. `Ops` turns 64 bytes into masks.
#pragma once

#include <cstring>

#include "classify/han_blocks.h"

namespace fengsui::classify {
namespace {

struct HanMasks {
  std::uint64_t high = 0, lead = 0, mark = 0, digit = 0, ba = 0;  // 80.., C0.., E2 E3 EF, 0-9, BA
};

template <class Ops>
inline void han_blocks_loop(base::View bytes, std::size_t begin, std::size_t end, std::vector<HanBlock>& out) {
  const std::size_t count = end > begin ? (end - begin + 63) / 64 : 0;
  out.resize(count);
  const auto masks = [&](std::size_t at, HanMasks& m) {
    if (at + 64 <= bytes.size()) return Ops::read(bytes.data() + at, m);
    std::uint8_t rest[64];
    std::memset(rest, ' ', sizeof rest);
    if (at < bytes.size()) std::memcpy(rest, bytes.data() + at, bytes.size() - at);
    Ops::read(rest, m);
  };
  const auto byte = [&](std::size_t at) { return at < bytes.size() ? bytes[at] : std::uint8_t{' '}; };
  HanMasks a, b;
  masks(begin, a);
  std::uint64_t before_high = begin > 0 && byte(begin - 1) >= 0x80, before_digit = begin > 0 && byte(begin - 1) >= '0' && byte(begin - 1) <= '9';
  for (std::size_t k = 0; k < count; ++k) {
    masks(begin + 64 * (k + 1), b);
    HanBlock& block = out[k];
    block = HanBlock{a.high, 0, 0};
    if (a.high != 0) {
      const auto after = [](std::uint64_t x, std::uint64_t y, unsigned n) { return x >> n | y << (64 - n); };
      const std::uint64_t starts = a.high & ~(a.high << 1 | before_high);
      const std::uint64_t ends = ~a.high & (a.high << 1 | before_high), next_ends = ~b.high & (b.high << 1 | a.high >> 63);
      std::uint64_t some = 0;  // an end of a run 4 to kShortRun bytes on
      if (starts != 0) {
        static_assert(kShortRun == 18);
        auto near = static_cast<unsigned __int128>(next_ends) << 64 | ends;
        near |= near >> 1;
        near |= near >> 2;
        near |= near >> 4;
        near |= near >> 7;  // 0 to 14 on
        some = static_cast<std::uint64_t>(near >> 4);
      }
      block.gb = a.lead & after(a.lead, b.lead, 1);
      block.sign = a.mark | (starts & some) | (a.high & (a.digit << 1 | before_digit)) | block.gb | (a.ba & after(a.ba, b.ba, 1));
    }
    // The edges of what is seen: beyond them nobody knows. Never within kSignReach of a hit that is handed over, but at the
    // edges of the content itself.
    const std::size_t at = begin + 64 * k;
    if (at == 0) block.sign |= 1;
    if (!bytes.empty() && bytes.size() - 1 - at < 64) block.sign |= std::uint64_t{1} << (bytes.size() - 1 - at);
    before_high = a.high >> 63;
    before_digit = a.digit >> 63;
    a = b;
  }
}

}  // namespace
}  // namespace fengsui::classify
