// The loop of the sieve, compiled once per instruction set. `Ops::load` takes 64 bytes; eq(c), range(low, high) (unsigned, both on
// the same side of 0x80) and high() are masks of 64 bits over them. `Ops::rare(p, high)` tells whether one of the prints may
// start in the 64 bytes at p (66 may be read); an instruction set without byte shuffles answers true.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "classify/classes.h"
#include "classify/prints.h"
#include "classify/sieve.h"

namespace fengsui::classify {
namespace {

// A window of 64 bytes is looked at, of which kStride places in the middle are decided: a trigger depends on the two bytes
// before its place and on kAhead behind it. So nothing is carried from one window to the next.
inline constexpr std::size_t kBack = 2, kAhead = 11, kStride = 64 - kBack - kAhead;

template <class Ops>
inline std::uint64_t folded(const Ops& b, char small) {
  return b.eq(static_cast<std::uint8_t>(small)) | b.eq(static_cast<std::uint8_t>(small - 32));
}

template <class Ops>
inline void classes_of(const std::uint8_t* p, Classes& out) {
  const Ops b = Ops::load(p);
  out.digit = b.range('0', '9');
  out.small = b.range('a', 'z');
  out.letter = out.small | b.range('A', 'Z');
  out.mask = b.eq('*') | b.eq('#');
  out.separator = b.eq(' ') | b.range('-', '.');
  out.high = b.high();
}

struct Triggers {
  std::uint64_t group = 0, at = 0, plate = 0, dotted = 0, colons = 0, name = 0, secrecy = 0, token = 0;
  std::uint64_t others() const { return at | plate | dotted | colons | name | secrecy | token; }
};

template <class Ops>
inline Triggers plain_triggers(const Ops& b, std::uint64_t digit, std::uint64_t high) {
  Triggers t;
  const std::uint64_t capital = b.range('A', 'Z'), small = b.range('a', 'z'), signs = b.range('#', '*');  // # * ) and a few more
  const std::uint64_t dash = b.eq('-'), dot = b.eq('.'), separator = b.eq(' ') | dash | dot;
  // Runs of at least 8 digits and capitals; and of 7 where something beside them may be part of the same value.
  const std::uint64_t run = digit | capital, run2 = run & run >> 1, run4 = run2 & run2 >> 2;
  const std::uint64_t beside = small | high | signs, more = run | beside;
  const std::uint64_t behind = beside | (separator & more >> 1), before = beside | (separator & more << 1);
  const std::uint64_t run7 = run4 & run4 >> 3 & (before << 1 | behind >> 7);
  // Loose runs of at least 11: digits and single separators between digits.
  const std::uint64_t between = digit << 1 & digit >> 1;
  const std::uint64_t loose = digit | (separator & between), loose2 = loose & loose >> 1, loose4 = loose2 & loose2 >> 2;
  const std::uint64_t loose8 = loose4 & loose4 >> 4;
  t.group = (run4 & run4 >> 4) | run7 | (loose8 & loose8 >> 3);
  const std::uint64_t at = b.eq('@');
  t.at = at & ~(at << 1) & ~(at >> 1);  // between two others there is no address
  t.plate = capital & high << 1;
  const std::uint64_t point = dot & between;
  t.dotted = point & (point >> 2 | point >> 3 | point >> 4);
  const std::uint64_t colon = b.eq(':'), dash2 = dash & dash >> 1;
  // Three colons at most five apart, or two together; dashes three apart.
  std::uint64_t soon = colon >> 1;
  soon |= soon >> 1;
  soon |= soon >> 2 | colon >> 5;
  const std::uint64_t near = colon & soon;
  std::uint64_t nearer = near >> 1;
  nearer |= nearer >> 1;
  nearer |= nearer >> 2 | near >> 5;
  t.colons = (near & nearer) | (colon & colon >> 1) | (dash & dash >> 3 & dash >> 6);
  t.token = dash2 & dash2 >> 2 & dash >> 4;
  return t;
}

// Needed only where Ops::rare saw something.
template <class Ops>
inline void rare_triggers(const Ops& b, std::uint64_t digit, std::uint64_t high, Triggers& t) {
  const std::uint64_t after_digit = digit << 1;
  // Three mask signs, or three crosses.
  const std::uint64_t star = b.eq('*') | b.eq('#'), ex = folded(b, 'x'), ex2 = ex & ex >> 1;
  t.name = star & high << 1;
  t.group |= (star & star >> 1 & star >> 2) | (ex2 & ex >> 2);
  if (high != 0) {
    const std::uint64_t e2 = b.eq(0xE2), ef = b.eq(0xEF), c2 = b.eq(0xC2), h80 = b.eq(0x80), blank = b.eq(0xE3) & h80 >> 1 & h80 >> 2;
    // Full-width digits: EF BC 9x twice in a row. GB 18030: A3 Bx three times, twice beside a digit, or one (or a sign) between digits; or signs of its row A1.
    const std::uint64_t wide = ef & b.eq(0xBC) >> 1 & (b.range(0x90, 0x99) | b.eq(0x8A)) >> 2;
    const std::uint64_t a1 = b.eq(0xA1), a3 = b.eq(0xA3), gb = a3 & (b.range(0xB0, 0xB9) | b.eq(0xAA)) >> 1, mark = a1 & b.range(0xF0, 0xF6) >> 1;
    const std::uint64_t gb_blank = a1 & (a1 | b.eq(0xA4)) >> 1;
    // Signs of U+2000..2FFF three times in a row, or one (zero-width, dashes, blanks) between a digit and another or a letter.
    const std::uint64_t letter = b.range('a', 'z') | b.range('A', 'Z'), solid = digit | letter, after_solid = solid << 1;
    const auto joins = [&](unsigned bytes) { return (after_digit & solid >> bytes) | (after_solid & digit >> bytes); };
    t.group |= (wide & wide >> 3) | (gb & gb >> 2 & (gb >> 4 | after_digit | digit >> 4)) | (mark & mark >> 2 & mark >> 4) | (e2 & e2 >> 3 & e2 >> 6) |
               ((e2 | ef | blank) & joins(3)) | ((c2 | a3 | gb_blank) & joins(2));
    t.secrecy = (b.eq(0xE5) & ((b.eq(0xAF) >> 1 & b.eq(0x86) >> 2) | (b.eq(0x86) >> 1 & b.eq(0x85) >> 2 & b.eq(0xE9) >> 3))) |
                (b.eq(0xC3) & b.eq(0xDC) >> 1) | (b.eq(0xC4) & b.eq(0xDA) >> 1 & b.eq(0xB2) >> 2);
  }
  const std::uint64_t e = folded(b, 'e'), y = folded(b, 'y');
  t.token |= (e & y >> 1 & b.eq('J') >> 2) | ((folded(b, 's') | folded(b, 'p')) & folded(b, 'w') >> 1) |
             (folded(b, 'k') & e >> 1 & (y | folded(b, 'n')) >> 2) | (folded(b, 'c') & folded(b, 'r') >> 1 & e >> 2);
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
  p.accept(6, 0, '*', '*'), p.accept(6, 0, '#', '#'), p.accept(6, 1, 0, 255), p.accept(6, 2, 0, 255);
  return p;
}

constexpr Prints high_prints() {
  Prints p;
  p.accept(0, 0, 0xE5, 0xE5), p.accept(0, 1, 0xAF, 0xAF), p.accept(0, 1, 0x86, 0x86), p.accept(0, 2, 0x85, 0x86);  // 密, 内
  p.accept(1, 0, 0xE3, 0xE3), p.accept(1, 1, 0x80, 0x80), p.accept(1, 2, 0x80, 0x80);                  // a wide blank
  p.accept(2, 0, 0xEF, 0xEF), p.accept(2, 1, 0xBC, 0xBC), p.accept(2, 2, 0x90, 0x99);                  // full-width digits
  p.accept(3, 0, 0xEF, 0xEF), p.accept(3, 1, 0xBB, 0xBC), p.accept(3, 2, 0x8A, 0x8A), p.accept(3, 2, 0x8D, 0x8E), p.accept(3, 2, 0xBF, 0xBF);
  p.accept(4, 0, 0xE2, 0xE2), p.accept(4, 1, 0x80, 0x97), p.accept(4, 2, 0x80, 0xBF);                  // signs
  p.accept(5, 0, 0xC2, 0xC2), p.accept(5, 1, 0xA0, 0xB7), p.accept(5, 2, '0', '9');
  p.accept(6, 0, 0xC3, 0xC4), p.accept(6, 1, 0xDA, 0xDA), p.accept(6, 1, 0xDC, 0xDC), p.accept(6, 2, 0, 255);  // 密 and 内部 in GB 18030
  p.accept(7, 0, 0xA1, 0xA1), p.accept(7, 0, 0xA3, 0xA3), p.accept(7, 1, 0xA1, 0xA1), p.accept(7, 1, 0xA4, 0xA4), p.accept(7, 1, 0xAA, 0xAA), p.accept(7, 1, 0xAD, 0xAE), p.accept(7, 1, 0xB0, 0xB9),
      p.accept(7, 1, 0xF0, 0xF6), p.accept(7, 2, 0xA1, 0xA1), p.accept(7, 2, 0xA3, 0xA3), p.accept(7, 2, '0', '9');
  return p;
}
inline constexpr Prints kAsciiPrints = ascii_prints(), kHighPrints = high_prints();

// The places of the window around `at` from `next` on, as bits.
inline std::uint64_t wanted_from(std::size_t next, std::size_t at) {
  if (next <= at) return ~std::uint64_t{0};
  return next - at >= kStride ? 0 : ~std::uint64_t{0} << (next - at + kBack);
}

template <class Ops>
inline void sieve_loop(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) {
  constexpr std::size_t kReads = 66;
  std::size_t wanted[kAnchors] = {};
  std::uint8_t edge[kReads];
  for (std::size_t at = from; at < to; at += kStride) {
    const std::uint8_t* p = bytes.data() + at - kBack;
    if (at < kBack || at - kBack + kReads > bytes.size()) {  // zeros stand for what lies outside
      std::memset(edge, 0, sizeof edge);
      const std::size_t first = at < kBack ? 0 : at - kBack;
      std::memcpy(edge + (first + kBack - at), bytes.data() + first, std::min(bytes.size() - first, kReads - (first + kBack - at)));
      p = edge;
    }
    const Ops b = Ops::load(p);
    const std::uint64_t digit = b.range('0', '9'), high = b.high();
    Triggers t = plain_triggers(b, digit, high);
    if (Ops::rare(p, high != 0)) rare_triggers(b, digit, high, t);
    const std::uint64_t inside = (~std::uint64_t{0} >> (64 - std::min(to - at, kStride))) << kBack;
    const auto hand_over = [&](std::uint64_t bits, Anchor kind) {
      std::size_t& next = wanted[static_cast<std::size_t>(kind)];
      for (bits &= inside & wanted_from(next, at); bits != 0; bits &= (bits - 1) & wanted_from(next, at))
        next = on(self, kind, at + static_cast<std::size_t>(__builtin_ctzll(bits)) - kBack);
    };
    hand_over(t.group, Anchor::group);
    if ((t.others() & inside) == 0) continue;
    hand_over(t.at, Anchor::at);
    hand_over(t.plate, Anchor::plate);
    hand_over(t.dotted, Anchor::dotted);
    hand_over(t.colons, Anchor::colons);
    hand_over(t.name, Anchor::name);
    hand_over(t.secrecy, Anchor::secrecy);
    hand_over(t.token, Anchor::token);
  }
}

}  // namespace
}  // namespace fengsui::classify
