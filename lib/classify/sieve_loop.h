// The loop of the sieve, compiled once per instruction set. `Ops::load` gives a block of 64 bytes three primitives:
// eq(c), range(low, high) as unsigned bytes, and eq_folded(c) (letters without regard to case); each a mask of 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "classify/sieve.h"

namespace fengsui::classify {
namespace {

using Wide = unsigned __int128;  // this block in the low half, the next one in the high half

struct BlockMasks {
  std::uint64_t digit, capital, high, at, star, ex, dash, blank, dot, colon;
  std::uint64_t ef, bc, fold, a3, gb, e2, c2, a1, a1mark, e5, af, x86, x85, e9, c3, dc, c4, da, b2;
  std::uint64_t s, w, p, k, e, y, n, c, r, big_j;
};

template <class Ops>
inline BlockMasks masks_of(const std::uint8_t* p) {
  const Ops b = Ops::load(p);
  BlockMasks m{};
  m.digit = b.range('0', '9');
  m.capital = b.range('A', 'Z');
  m.high = b.high();
  m.at = b.eq('@');
  m.star = b.eq('*') | b.eq('#');
  m.ex = b.eq_folded('x');
  m.dash = b.eq('-');
  m.blank = b.eq(' ') | m.dash;
  m.dot = b.eq('.');
  m.colon = b.eq(':');
  if (m.high != 0) {
    m.ef = b.eq(0xEF);
    m.bc = b.eq(0xBC);
    m.fold = b.range(0x90, 0x99) | b.eq(0x8A);
    m.a3 = b.eq(0xA3);
    m.gb = b.range(0xB0, 0xB9) | b.eq(0xAA);
    m.e2 = b.eq(0xE2);
    m.c2 = b.eq(0xC2);
    m.a1 = b.eq(0xA1);
    m.a1mark = b.range(0xF0, 0xF6);
    m.e5 = b.eq(0xE5);
    m.af = b.eq(0xAF);
    m.x86 = b.eq(0x86);
    m.x85 = b.eq(0x85);
    m.e9 = b.eq(0xE9);
    m.c3 = b.eq(0xC3);
    m.dc = b.eq(0xDC);
    m.c4 = b.eq(0xC4);
    m.da = b.eq(0xDA);
    m.b2 = b.eq(0xB2);
  }
  m.s = b.eq_folded('s');
  m.w = b.eq_folded('w');
  m.p = b.eq_folded('p');
  m.k = b.eq_folded('k');
  m.e = b.eq_folded('e');
  m.y = b.eq_folded('y');
  m.n = b.eq_folded('n');
  m.c = b.eq_folded('c');
  m.r = b.eq_folded('r');
  m.big_j = b.eq('J');
  return m;
}

struct Triggers {
  std::uint64_t group, at, plate, dotted, colons, name, secrecy, token;
};

inline Wide join(std::uint64_t low, std::uint64_t high) { return static_cast<Wide>(high) << 64 | low; }
inline std::uint64_t low(Wide w) { return static_cast<std::uint64_t>(w); }

// `before` carries the last bits of the block before: bit 0 digit, bit 1 high.
inline Triggers triggers_of(const BlockMasks& a, const BlockMasks& b, unsigned before) {
  Triggers t{};
  const Wide digit = join(a.digit, b.digit);
  // Runs of at least 7 digits and capitals.
  Wide run = join(a.digit | a.capital, b.digit | b.capital);
  run &= run >> 1;
  run &= run >> 2;
  run &= run >> 3;
  // Loose runs of at least 11: digits and single separators between digits.
  const Wide separator = join(a.blank | a.dot, b.blank | b.dot) & (digit << 1 | (before & 1)) & (digit >> 1);
  Wide loose = digit | separator;
  loose &= loose >> 1;
  loose &= loose >> 2;
  loose &= loose >> 4;
  loose &= loose >> 3;
  // Three mask signs, or four crosses.
  Wide star = join(a.star, b.star);
  const std::uint64_t after_high = a.high << 1 | (before >> 1 & 1);
  t.name = a.star & after_high;
  star &= star >> 1 & star >> 2;
  Wide ex = join(a.ex, b.ex);
  ex &= ex >> 1;
  ex &= ex >> 2;
  t.group = low(run | loose | star | ex);
  if ((a.high | b.high) != 0) {
    const Wide e2 = join(a.e2, b.e2);
    // Full-width digits: EF BC 9x twice in a row. GB 18030: A3 Bx three times.
    const Wide wide = join(a.ef, b.ef) & join(a.bc, b.bc) >> 1 & join(a.fold, b.fold) >> 2;
    const Wide gb = join(a.a3, b.a3) & join(a.gb, b.gb) >> 1;
    const Wide gbmark = join(a.a1, b.a1) & join(a.a1mark, b.a1mark) >> 1;
    // Signs of U+2000..2FFF three times in a row, or one (zero-width, dashes) between digits.
    const Wide between = (digit << 1 | (before & 1));
    t.group |= low((wide & wide >> 3) | (gb & gb >> 2 & gb >> 4) | (gbmark & gbmark >> 2 & gbmark >> 4) | (e2 & e2 >> 3 & e2 >> 6) |
                   (e2 & between & digit >> 3) | (join(a.c2, b.c2) & between & digit >> 2) |
                   (join(a.ef, b.ef) & between & digit >> 3));
    t.plate = a.capital & after_high;
    t.secrecy = low((join(a.e5, b.e5) & ((join(a.af, b.af) >> 1 & join(a.x86, b.x86) >> 2) |
                                         (join(a.x86, b.x86) >> 1 & join(a.x85, b.x85) >> 2 & join(a.e9, b.e9) >> 3))) |
                    (join(a.c3, b.c3) & join(a.dc, b.dc) >> 1) | (join(a.c4, b.c4) & join(a.da, b.da) >> 1 & join(a.b2, b.b2) >> 2));
  }
  t.at = a.at;
  const Wide dot = join(a.dot, b.dot) & (digit << 1 | (before & 1)) & digit >> 1;
  t.dotted = low(dot & (dot >> 2 | dot >> 3 | dot >> 4));
  const Wide colon = join(a.colon, b.colon);
  const Wide near = colon & (colon >> 1 | colon >> 2 | colon >> 3 | colon >> 4 | colon >> 5);
  const Wide dash = join(a.dash, b.dash);
  const Wide e = join(a.e, b.e), w = join(a.w, b.w);
  t.token = low((dash & dash >> 1 & dash >> 2 & dash >> 3 & dash >> 4) | (e & join(a.y, b.y) >> 1 & join(a.big_j, b.big_j) >> 2) |
                (join(a.s | a.p, b.s | b.p) & w >> 1) | (join(a.k, b.k) & e >> 1 & join(a.y | a.n, b.y | b.n) >> 2) |
                (join(a.c, b.c) & join(a.r, b.r) >> 1 & e >> 2));
  t.colons = low((dash & dash >> 3 & dash >> 6) | (colon & colon >> 1) | (near & (near >> 1 | near >> 2 | near >> 3 | near >> 4 | near >> 5)));
  return t;
}

template <class Ops>
inline void sieve_loop(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  if (from >= to) return;
  const std::uint8_t* data = bytes.data();
  const std::size_t size = bytes.size();
  std::size_t wanted[kAnchors] = {};
  const auto block = [&](std::size_t at) {
    if (at + 64 <= size) return masks_of<Ops>(data + at);
    std::uint8_t rest[64] = {};
    if (at < size) std::memcpy(rest, data + at, size - at);
    return masks_of<Ops>(rest);
  };
  const auto digit_at = [&](std::size_t at) { return data[at] >= '0' && data[at] <= '9'; };
  unsigned before = from == 0 ? 0u : (digit_at(from - 1) ? 1u : 0u) | (data[from - 1] >= 0x80 ? 2u : 0u);
  BlockMasks a = block(from);
  for (std::size_t at = from; at < to; at += 64) {
    const BlockMasks b = block(at + 64);
    Triggers t = triggers_of(a, b, before);
    before = static_cast<unsigned>(a.digit >> 63 & 1) | static_cast<unsigned>(a.high >> 63 & 1) << 1;
    a = b;
    if ((t.group | t.at | t.plate | t.dotted | t.colons | t.name | t.secrecy | t.token) == 0) continue;
    const std::uint64_t inside = to - at >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (to - at)) - 1;
    const std::uint64_t all[kAnchors] = {t.group, t.at, t.plate, t.dotted, t.colons, t.name, t.secrecy, t.token};
    for (unsigned kind = 0; kind < kAnchors; ++kind) {
      std::uint64_t bits = all[kind] & inside;
      while (bits != 0) {
        const std::size_t place = at + static_cast<std::size_t>(__builtin_ctzll(bits));
        if (place < wanted[kind]) {
          const std::size_t skip = wanted[kind] - at;
          if (skip >= 64) break;
          bits &= ~std::uint64_t{0} << skip;
          continue;
        }
        bits &= bits - 1;
        wanted[kind] = on(self, static_cast<Anchor>(kind), place);
      }
    }
  }
}

}  // namespace
}  // namespace fengsui::classify
