// The loop of the sieve, compiled once per instruction set. `Ops::load` gives a block of 64 bytes four primitives:
// eq(c), range(low, high) as unsigned bytes, eq_folded(c) (letters without regard to case) and high(); each a mask of 64
// bits. `Ops::rare(p, high)` tells whether one of the prints may start in the 64 bytes at p (66 may be read); an
// instruction set without byte shuffles answers true.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "classify/prints.h"
#include "classify/sieve.h"

namespace fengsui::classify {
namespace {

using Wide = unsigned __int128;  // this block in the low half, the next one in the high half

// Needed in every block.
struct PlainMasks {
  std::uint64_t digit, capital, high, dash, blank, dot, colon;
};

// Needed only where Ops::rare saw something.
struct RareMasks {
  std::uint64_t at, star, ex, ef, bc, fold, a3, gb, e2, c2, a1, a1mark, e5, af, x86, x85, e9, c3, dc, c4, da, b2;
  std::uint64_t s, w, p, k, e, y, n, c, r, big_j;
};

template <class Ops>
inline PlainMasks plain_masks(const std::uint8_t* p) {
  const Ops b = Ops::load(p);
  PlainMasks m;
  m.digit = b.range('0', '9');
  m.capital = b.range('A', 'Z');
  m.high = b.high();
  m.dash = b.eq('-');
  m.blank = b.eq(' ') | m.dash;
  m.dot = b.eq('.');
  m.colon = b.eq(':');
  return m;
}

template <class Ops>
RareMasks rare_masks(const std::uint8_t* p) {
  const Ops b = Ops::load(p);
  RareMasks m{};
  m.at = b.eq('@');
  m.star = b.eq('*') | b.eq('#');
  m.ex = b.eq_folded('x');
  m.ef = b.eq(0xEF);
  m.bc = b.eq(0xBC);
  m.fold = b.range(0x90, 0x99) | b.eq(0x8A);
  m.a3 = b.eq(0xA3);
  m.gb = b.range(0xB0, 0xB9) | b.eq(0xAA);
  m.e2 = b.eq(0xE2);
  m.c2 = b.eq(0xC2);
  m.a1 = b.eq(0xA1);
  m.a1mark = b.range(0xF0, 0xF6);
  m.e5 = b.eq(0xE5), m.af = b.eq(0xAF), m.x86 = b.eq(0x86), m.x85 = b.eq(0x85), m.e9 = b.eq(0xE9);
  m.c3 = b.eq(0xC3), m.dc = b.eq(0xDC), m.c4 = b.eq(0xC4), m.da = b.eq(0xDA), m.b2 = b.eq(0xB2);
  m.s = b.eq_folded('s'), m.w = b.eq_folded('w'), m.p = b.eq_folded('p'), m.k = b.eq_folded('k'), m.e = b.eq_folded('e');
  m.y = b.eq_folded('y'), m.n = b.eq_folded('n'), m.c = b.eq_folded('c'), m.r = b.eq_folded('r'), m.big_j = b.eq('J');
  return m;
}

struct Triggers {
  std::uint64_t group = 0, at = 0, plate = 0, dotted = 0, colons = 0, name = 0, secrecy = 0, token = 0;
  std::uint64_t any() const { return group | at | plate | dotted | colons | name | secrecy | token; }
};

inline Wide join(std::uint64_t low, std::uint64_t high) { return static_cast<Wide>(high) << 64 | low; }
inline std::uint64_t low(Wide w) { return static_cast<std::uint64_t>(w); }

// `before` carries the last bits of the block before: bit 0 digit, bit 1 high.
inline Triggers plain_triggers(const PlainMasks& a, const PlainMasks& b, unsigned before) {
  Triggers t;
  const Wide digit = join(a.digit, b.digit);
  const Wide after_digit = digit << 1 | (before & 1);
  // Runs of at least 7 digits and capitals.
  Wide run = join(a.digit | a.capital, b.digit | b.capital);
  run &= run >> 1;
  run &= run >> 2;
  run &= run >> 3;
  // Loose runs of at least 11: digits and single separators between digits.
  Wide loose = digit | (join(a.blank | a.dot, b.blank | b.dot) & after_digit & (digit >> 1));
  loose &= loose >> 1;
  loose &= loose >> 2;
  loose &= loose >> 4;
  loose &= loose >> 3;
  t.group = low(run | loose);
  t.plate = a.capital & (a.high << 1 | (before >> 1 & 1));
  const Wide dot = join(a.dot, b.dot) & after_digit & digit >> 1;
  t.dotted = low(dot & (dot >> 2 | dot >> 3 | dot >> 4));
  const Wide colon = join(a.colon, b.colon), dash = join(a.dash, b.dash);
  const Wide near = colon & (colon >> 1 | colon >> 2 | colon >> 3 | colon >> 4 | colon >> 5);
  t.colons = low((dash & dash >> 3 & dash >> 6) | (colon & colon >> 1) | (near & (near >> 1 | near >> 2 | near >> 3 | near >> 4 | near >> 5)));
  t.token = low(dash & dash >> 1 & dash >> 2 & dash >> 3 & dash >> 4);
  return t;
}

inline void rare_triggers(const PlainMasks& pa, const PlainMasks& pb, const RareMasks& a, const RareMasks& b, unsigned before, Triggers& t) {
  const Wide digit = join(pa.digit, pb.digit);
  const Wide after_digit = digit << 1 | (before & 1);
  t.at = a.at;
  // Three mask signs, or four crosses.
  Wide star = join(a.star, b.star);
  t.name = a.star & (pa.high << 1 | (before >> 1 & 1));
  star &= star >> 1 & star >> 2;
  Wide ex = join(a.ex, b.ex);
  ex &= ex >> 1;
  ex &= ex >> 2;
  const Wide e2 = join(a.e2, b.e2);
  // Full-width digits: EF BC 9x twice in a row. GB 18030: A3 Bx three times.
  const Wide wide = join(a.ef, b.ef) & join(a.bc, b.bc) >> 1 & join(a.fold, b.fold) >> 2;
  const Wide gb = join(a.a3, b.a3) & join(a.gb, b.gb) >> 1;
  const Wide gbmark = join(a.a1, b.a1) & join(a.a1mark, b.a1mark) >> 1;
  // Signs of U+2000..2FFF three times in a row, or one (zero-width, dashes) between digits.
  t.group |= low(star | ex | (wide & wide >> 3) | (gb & gb >> 2 & gb >> 4) | (gbmark & gbmark >> 2 & gbmark >> 4) |
                 (e2 & e2 >> 3 & e2 >> 6) | (e2 & after_digit & digit >> 3) | (join(a.c2, b.c2) & after_digit & digit >> 2) |
                 (join(a.ef, b.ef) & after_digit & digit >> 3));
  t.secrecy = low((join(a.e5, b.e5) & ((join(a.af, b.af) >> 1 & join(a.x86, b.x86) >> 2) |
                                       (join(a.x86, b.x86) >> 1 & join(a.x85, b.x85) >> 2 & join(a.e9, b.e9) >> 3))) |
                  (join(a.c3, b.c3) & join(a.dc, b.dc) >> 1) | (join(a.c4, b.c4) & join(a.da, b.da) >> 1 & join(a.b2, b.b2) >> 2));
  const Wide e = join(a.e, b.e), w = join(a.w, b.w);
  t.token |= low((e & join(a.y, b.y) >> 1 & join(a.big_j, b.big_j) >> 2) | (join(a.s | a.p, b.s | b.p) & w >> 1) |
                 (join(a.k, b.k) & e >> 1 & join(a.y | a.n, b.y | b.n) >> 2) | (join(a.c, b.c) & join(a.r, b.r) >> 1 & e >> 2));
}

// What every rare trigger begins with. The prints may accept more than the triggers, never less.
constexpr Prints ascii_prints() {
  Prints p;
  p.accept(0, 0, 'e', 'e'), p.accept(0, 1, 'y', 'y'), p.accept(0, 2, 'J', 'J');
  p.letter(0, 0, 'e'), p.letter(0, 1, 'y');
  p.letter(1, 0, 's'), p.letter(1, 1, 'w'), p.accept(1, 2, 0, 255);
  p.letter(2, 0, 'p'), p.letter(2, 1, 'w'), p.accept(2, 2, 0, 255);
  p.letter(3, 0, 'k'), p.letter(3, 1, 'e'), p.letter(3, 2, 'y'), p.letter(3, 2, 'n');
  p.letter(4, 0, 'c'), p.letter(4, 1, 'r'), p.letter(4, 2, 'e');
  p.letter(5, 0, 'x'), p.letter(5, 1, 'x'), p.letter(5, 2, 'x');
  p.accept(6, 0, '@', '@'), p.accept(6, 1, 0, 255), p.accept(6, 2, 0, 255);
  p.accept(7, 0, '*', '*'), p.accept(7, 0, '#', '#'), p.accept(7, 1, 0, 255), p.accept(7, 2, 0, 255);
  return p;
}

constexpr Prints high_prints() {
  Prints p;
  p.accept(0, 0, 0xE5, 0xE5), p.accept(0, 1, 0xAF, 0xAF), p.accept(0, 2, 0x86, 0x86);                  // 密
  p.accept(1, 0, 0xE5, 0xE5), p.accept(1, 1, 0x86, 0x86), p.accept(1, 2, 0x85, 0x85);                  // 内
  p.accept(2, 0, 0xEF, 0xEF), p.accept(2, 1, 0xBC, 0xBC), p.accept(2, 2, 0x90, 0x99);                  // full-width digits
  p.accept(3, 0, 0xEF, 0xEF), p.accept(3, 1, 0xBB, 0xBC), p.accept(3, 2, 0x8A, 0x8A), p.accept(3, 2, 0x8D, 0x8E), p.accept(3, 2, 0xBF, 0xBF);
  p.accept(4, 0, 0xE2, 0xE2), p.accept(4, 1, 0x80, 0x97), p.accept(4, 2, 0x80, 0xBF);                  // signs
  p.accept(5, 0, 0xC2, 0xC2), p.accept(5, 1, 0xA0, 0xB7), p.accept(5, 2, '0', '9');
  p.accept(6, 0, 0xC3, 0xC4), p.accept(6, 1, 0xDA, 0xDA), p.accept(6, 1, 0xDC, 0xDC), p.accept(6, 2, 0, 255);  // 密 and 内部 in GB 18030
  p.accept(7, 0, 0xA1, 0xA1), p.accept(7, 0, 0xA3, 0xA3), p.accept(7, 1, 0xAA, 0xAA), p.accept(7, 1, 0xB0, 0xB9),
      p.accept(7, 1, 0xF0, 0xF6), p.accept(7, 2, 0xA1, 0xA1), p.accept(7, 2, 0xA3, 0xA3);
  return p;
}
inline constexpr Prints kAsciiPrints = ascii_prints(), kHighPrints = high_prints();

template <class Ops>
inline void sieve_loop(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  if (from >= to) return;
  const std::uint8_t* data = bytes.data();
  const std::size_t size = bytes.size();
  std::size_t wanted[kAnchors] = {};
  const auto masks = [&](std::size_t at, auto make) {
    if (at + 64 <= size) return make(data + at);
    std::uint8_t rest[64] = {};
    if (at < size) std::memcpy(rest, data + at, size - at);
    return make(rest);
  };
  const auto digit_at = [&](std::size_t at) { return data[at] >= '0' && data[at] <= '9'; };
  unsigned before = from == 0 ? 0u : (digit_at(from - 1) ? 1u : 0u) | (data[from - 1] >= 0x80 ? 2u : 0u);
  PlainMasks a = masks(from, plain_masks<Ops>);
  for (std::size_t at = from; at < to; at += 64) {
    const PlainMasks b = masks(at + 64, plain_masks<Ops>);
    Triggers t = plain_triggers(a, b, before);
    if (at + 64 + 2 > size || Ops::rare(data + at, a.high != 0))
      rare_triggers(a, b, masks(at, rare_masks<Ops>), masks(at + 64, rare_masks<Ops>), before, t);
    before = static_cast<unsigned>(a.digit >> 63 & 1) | static_cast<unsigned>(a.high >> 63 & 1) << 1;
    a = b;
    if (t.any() == 0) continue;
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
