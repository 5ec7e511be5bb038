#include "classify/group.h"

#include <algorithm>
#include <utility>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fengsui::classify {
namespace {

constexpr Unit kOther{};

// U+FF01.. and a few signs of three bytes.
Unit three_bytes(std::uint8_t a, std::uint8_t b, std::uint8_t c) {
  if (a == 0xEF && b == 0xBC) {
    if (c >= 0x90 && c <= 0x99) return {UnitKind::digit, static_cast<char>('0' + c - 0x90), 3, true};
    if (c >= 0xA1 && c <= 0xBA) return {UnitKind::letter, static_cast<char>('A' + c - 0xA1), 3, true};
    if (c == 0x8A || c == 0x83) return {UnitKind::mask, '*', 3, true};
    if (c == 0x8D) return {UnitKind::separator, '-', 3, true};
    if (c == 0x8E) return {UnitKind::separator, '.', 3, true};
  }
  if (a == 0xEF && b == 0xBD && c >= 0x81 && c <= 0x9A) return {UnitKind::letter, static_cast<char>('a' + c - 0x81), 3, true};
  if (a == 0xEF && b == 0xBB && c == 0xBF) return {UnitKind::nothing, 0, 3, false};
  if (a == 0xE2 && b == 0x80) {
    if (c >= 0x8B && c <= 0x8F) return {UnitKind::nothing, 0, 3, false};
    if (c >= 0x90 && c <= 0x95) return {UnitKind::separator, '-', 3, false};
    if (c == 0xA2) return {UnitKind::mask, '*', 3, false};
    if ((c >= 0x80 && c <= 0x8A) || c == 0xAF) return {UnitKind::separator, ' ', 3, false};
  }
  if (a == 0xE2 && b == 0x81 && c == 0xA0) return {UnitKind::nothing, 0, 3, false};
  if (a == 0xE2 && b == 0x88 && c == 0x92) return {UnitKind::separator, '-', 3, false};
  if (a == 0xE2 && b == 0x97 && (c == 0x8F || c == 0x8B)) return {UnitKind::mask, '*', 3, false};
  if (a == 0xE2 && b == 0x96 && (c == 0xA0 || c == 0xA1)) return {UnitKind::mask, '*', 3, false};
  if (a == 0xE3 && b == 0x80 && c == 0x80) return {UnitKind::separator, ' ', 3, true};
  return kOther;
}

// Two bytes of UTF-8 that are certain in either encoding's text.
Unit two_bytes_utf8(std::uint8_t a, std::uint8_t b) {
  if (a != 0xC2) return kOther;
  if (b == 0xA0) return {UnitKind::separator, ' ', 2, false};
  if (b == 0xAD) return {UnitKind::nothing, 0, 2, false};
  if (b == 0xB7) return {UnitKind::separator, '.', 2, false};
  return kOther;
}

// Rows A1 and A3 of GB 18030.
Unit two_bytes_gb(std::uint8_t a, std::uint8_t b) {
  if (a == 0xA3) {
    if (b >= 0xB0 && b <= 0xB9) return {UnitKind::digit, static_cast<char>('0' + b - 0xB0), 2, true};
    if (b >= 0xC1 && b <= 0xDA) return {UnitKind::letter, static_cast<char>('A' + b - 0xC1), 2, true};
    if (b >= 0xE1 && b <= 0xFA) return {UnitKind::letter, static_cast<char>('a' + b - 0xE1), 2, true};
    if (b == 0xAA || b == 0xA3) return {UnitKind::mask, '*', 2, true};
    if (b == 0xAD) return {UnitKind::separator, '-', 2, true};
    if (b == 0xAE) return {UnitKind::separator, '.', 2, true};
  }
  if (a == 0xA1) {
    if (b == 0xA1) return {UnitKind::separator, ' ', 2, true};
    if (b == 0xA4) return {UnitKind::separator, '.', 2, true};
    if (b == 0xF0 || b == 0xF1 || b == 0xF5 || b == 0xF6) return {UnitKind::mask, '*', 2, true};
  }
  return kOther;
}

// Whether the bytes around `at` read as UTF-8: then A3 B0 is the tail of a character and not a full-width zero.
bool reads_as_utf8(base::View bytes, std::size_t at) {
  constexpr std::size_t kSide = 24;
  std::size_t i = at > kSide ? at - kSide : 0;
  const std::size_t end = std::min(bytes.size(), at + kSide);
  for (int skipped = 0; i > 0 && i < end && skipped < 3 && (bytes[i] & 0xC0) == 0x80; ++i) ++skipped;
  bool high = false;
  while (i < end) {
    const std::uint8_t b = bytes[i];
    if (b < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = b >= 0xC2 && b <= 0xDF ? 1 : b >= 0xE0 && b <= 0xEF ? 2 : b >= 0xF0 && b <= 0xF4 ? 3 : 0;
    if (more == 0) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if (i + k >= end) return high;
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
    }
    high = true;
    i += more + 1;
  }
  return high;
}

}  // namespace

Unit high_unit_at(base::View bytes, std::size_t at) {
  const std::uint8_t a = bytes[at];
  if (at + 3 <= bytes.size() && a >= 0xE2) {
    const Unit u = three_bytes(a, bytes[at + 1], bytes[at + 2]);
    if (u.size != 0) return u;
  }
  if (at + 2 <= bytes.size()) {
    if (a == 0xC2) return two_bytes_utf8(a, bytes[at + 1]);
    if (a == 0xA1 || a == 0xA3) {
      const Unit u = two_bytes_gb(a, bytes[at + 1]);
      if (u.size != 0 && !reads_as_utf8(bytes, at)) return u;
    }
  }
  return kOther;
}

Unit high_unit_before(base::View bytes, std::size_t at) {
  const std::uint8_t c = bytes[at - 1];
  if (at >= 3) {
    const Unit u = three_bytes(bytes[at - 3], bytes[at - 2], c);
    if (u.size != 0) return u;
  }
  if (at >= 2) {
    Unit u = two_bytes_utf8(bytes[at - 2], c);
    if (u.size != 0) return u;
    u = two_bytes_gb(bytes[at - 2], c);
    if (u.size != 0 && !reads_as_utf8(bytes, at - 2)) return u;
  }
  return kOther;
}

namespace {

bool solid(UnitKind kind) { return kind == UnitKind::digit || kind == UnitKind::letter || kind == UnitKind::mask; }

// Start of the run that `at` is in, or 0-size failure when it is longer than the window.
bool run_start(base::View bytes, std::size_t at, std::size_t& start) {
  std::size_t units = 0, p = at;
  while (units < kMaxUnits) {
    const Unit u = unit_before(bytes, p);
    if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) {
      start = p;
      return true;
    }
    p -= u.size;
    ++units;
  }
  return false;
}

bool cross(const Unit& u) { return u.value == 'x' || u.value == 'X'; }
constexpr std::size_t kCrosses = 3;  // so many and nothing else: a run that somebody hid

// Whether the run that ends at `end` may belong to a group: it must hold a digit or a mask sign, or be of crosses.
bool worthy_before(base::View bytes, std::size_t end) {
  std::size_t units = 0, crosses = 0;
  for (std::size_t p = end; units < kMaxUnits; ++units) {
    const Unit u = unit_before(bytes, p);
    if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) return crosses == units && crosses >= kCrosses;
    if (u.kind == UnitKind::digit || u.kind == UnitKind::mask) return true;
    crosses += cross(u);
    p -= u.size;
  }
  return false;
}

bool worthy_after(base::View bytes, std::size_t start) {
  std::size_t units = 0, letters = 0, crosses = 0;
  for (std::size_t p = start; units < kMaxUnits; ++units) {
    const Unit u = unit_at(bytes, p);
    if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) return units == 1 ? letters == 1 : crosses == units && crosses >= kCrosses;
    if (u.kind == UnitKind::digit || u.kind == UnitKind::mask) return true;
    ++letters;
    crosses += cross(u);
    p += u.size;
  }
  return false;
}

void see_encoding(base::View bytes, std::size_t at, const Unit& u, Group& g) {
  if (u.size > 1) (bytes[at] == 0xA1 || bytes[at] == 0xA3 ? g.gb : g.utf8) = true;
}

// Reads one run from `p`; false when the group is full.
bool read_run(base::View bytes, std::size_t& p, char separator, Group& g) {
  if (g.run_count == kMaxRuns) return false;
  Run run{g.count, 0, separator, static_cast<std::uint32_t>(p)};
  for (;;) {
    const Unit u = unit_at(bytes, p);
    if (u.kind == UnitKind::nothing && u.size != 0) {
      // Only inside a run: a trailing zero-width character belongs to nobody, and does no harm.
      g.zero_width = g.zero_width || solid(unit_at(bytes, p + u.size).kind);
      see_encoding(bytes, p, u, g);
      p += u.size;
      continue;
    }
    if (u.size == 0 || !solid(u.kind)) break;
    if (g.count == kMaxUnits) return false;
    const bool small = u.value >= 'a' && u.value <= 'z';
    const std::uint64_t one = std::uint64_t{1} << g.count;
    g.upper[g.count] = small ? static_cast<char>(u.value - 32) : u.value;
    g.starts[g.count] = static_cast<std::uint32_t>(p);
    g.ends[g.count] = static_cast<std::uint32_t>(p + u.size);
    ++g.count;
    ++run.count;
    (u.kind == UnitKind::digit ? g.digits : u.kind == UnitKind::letter ? g.letters : g.masks) |= one;
    if (small) g.smalls |= one;
    g.wide = g.wide || u.wide;
    see_encoding(bytes, p, u, g);
    p += u.size;
  }
  g.runs[g.run_count++] = run;
  return true;
}

void clear(Group& g) {
  g.count = g.run_count = 0;
  g.digits = g.letters = g.smalls = g.masks = 0;
  g.plain = g.wide = g.zero_width = g.list = g.utf8 = g.gb = false;
}

// Past the run that holds `at`, or far into it when it is longer.
std::size_t past_run(base::View bytes, std::size_t at, ClassesFn classes) {
  constexpr std::size_t kFar = 4096;
  const std::size_t far = std::min(bytes.size(), at + kFar);
  std::size_t p = at;
  while (p < far) {
    if (p + 64 <= bytes.size()) {
      Classes c;
      classes(bytes.data() + p, c);
      const std::uint64_t open = ~(c.digit | c.letter | c.mask);
      p += open == 0 ? 64 : static_cast<std::size_t>(__builtin_ctzll(open));
      if (open == 0) continue;
    }
    for (std::size_t n = 0, pairs = 0; p < far; ++n) {
      if (n != 0 && bytes[p] < 0x80) break;  // by bits again
      // Amid full-width digits of GB 18030 nothing reads as UTF-8, whose sight goes 24 bytes to either side.
      constexpr std::size_t kSight = 24;
      if (pairs * 2 > kSight) {
        std::size_t q = p;
        while (q + 2 <= far && bytes[q] == 0xA3 && bytes[q + 1] >= 0xB0 && bytes[q + 1] <= 0xB9) q += 2;
        if (q > p + 2 * kSight) p = q - 2 * kSight;
      }
      pairs = bytes[p] == 0xA3 && p + 1 < far && bytes[p + 1] >= 0xB0 && bytes[p + 1] <= 0xB9 ? pairs + 1 : 0;
      const Unit u = unit_at(bytes, p);
      if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) return std::max(p, at + 1);
      p += u.size;
    }
  }
  return std::max(p, at + 1);
}

// Capitals and '*' of the characters bytes[at, at + 32).
inline void fold(const std::uint8_t* from, char* to) {
#if defined(__SSE2__)
  for (int half = 0; half < 32; half += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + half));
    const __m128i place = _mm_sub_epi8(v, _mm_set1_epi8('a'));
    const __m128i small = _mm_cmpeq_epi8(_mm_min_epu8(place, _mm_set1_epi8(25)), place);
    const __m128i hash = _mm_cmpeq_epi8(v, _mm_set1_epi8('#'));
    const __m128i change = _mm_or_si128(_mm_and_si128(small, _mm_set1_epi8(0x20)), _mm_and_si128(hash, _mm_set1_epi8('#' ^ '*')));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + half), _mm_xor_si128(v, change));
  }
#else
  for (int i = 0; i < 32; ++i) {
    const char c = static_cast<char>(from[i]);
    to[i] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c == '#' ? '*' : c;
  }
#endif
}

enum class Plain : std::uint8_t { no, group, nothing };

// A run of a list, alone but for the separator before it. Runs too short for any value are passed over at once.
Plain listed(base::View bytes, std::size_t at, ClassesFn classes, Group& out) {
  constexpr std::size_t kShortest = 7;  // of a local number behind an area code in brackets
  Classes c;
  classes(bytes.data() + at, c);
  const std::uint64_t open = ~(c.digit | c.letter | c.mask);
  if ((open & 1) != 0 || open == 0) return Plain::no;
  const auto n = static_cast<std::size_t>(__builtin_ctzll(open));
  if (bytes[at + n] >= 0x80 && high_unit_at(bytes, at + n).kind != UnitKind::other) return Plain::no;
  out.list = true;
  out.from = at;
  out.to = at + n;
  out.count = 0;
  if (n < kShortest && (c.digit & bits_of(0, n)) == bits_of(0, n)) {
    const std::uint64_t linked = c.digit | (c.separator & c.digit << 1 & c.digit >> 1);
    const std::uint64_t run2 = c.digit & c.digit >> 1, run4 = run2 & run2 >> 2, run7 = run4 & run4 >> 3;
    const std::uint64_t stop = ~linked | run7;  // of what may be passed over
    const std::uint64_t gaps = c.separator & linked & (stop == 0 ? ~std::uint64_t{0} : bits_of(0, static_cast<std::size_t>(__builtin_ctzll(stop))));
    if (gaps != 0) out.to = at + 63 - static_cast<std::size_t>(__builtin_clzll(gaps));
    return Plain::nothing;
  }
  out.count = static_cast<std::uint8_t>(n);
  out.run_count = 1;
  out.runs[0] = {0, static_cast<std::uint8_t>(n), kAsciiUnits[bytes[at - 1]].value, static_cast<std::uint32_t>(at)};
  fold(bytes.data() + at, out.upper.data());
  if (n > 32) fold(bytes.data() + at + 32, out.upper.data() + 32);
  const std::uint64_t run = bits_of(0, n);
  out.digits = c.digit & run;
  out.letters = c.letter & run;
  out.smalls = c.small & run;
  out.masks = c.mask & run;
  return out.values() != 0 ? Plain::group : Plain::nothing;
}

// The usual case, by bits: everything the group is made of is ASCII and lies within 64 bytes before `at` and 64 bytes
// from its start on. `no` where it may be otherwise, and then nothing is said about `out`.
Plain plain_group(base::View bytes, std::size_t at, ClassesFn classes, const Chain& chain, Group& out) {
  constexpr std::size_t kWindow = 64;
  if (at < kWindow || at + 2 * kWindow > bytes.size()) return Plain::no;
  const std::size_t anchor = at;
  if (bytes[at] < 0x80 && kAsciiUnits[bytes[at]].kind == UnitKind::separator) ++at;  // to what it leads to
  if (bytes[at] >= 0x80 || !solid(kAsciiUnits[bytes[at]].kind)) return Plain::no;
  // A byte from 0x80 on beside a run must not be part of it.
  const auto bounded_before = [&](std::size_t p) { return bytes[p - 1] < 0x80 || high_unit_before(bytes, p).kind == UnitKind::other; };
  const auto bounded_at = [&](std::size_t p) { return bytes[p] < 0x80 || high_unit_at(bytes, p).kind == UnitKind::other; };
  const auto crosses = [&](std::size_t p, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k)
      if ((bytes[p + k] | 0x20) != 'x') return false;
    return n >= kCrosses;
  };
  Classes c;
  std::size_t from = at;
  out.digits = out.letters = out.smalls = out.masks = 0;
  out.plain = true;
  out.wide = out.zero_width = out.list = out.utf8 = out.gb = false;
  if (chain.reaches(at) && at - chain.first > kMaxGroupBytes && bytes[at - 1] < 0x80 && kAsciiUnits[bytes[at - 1]].kind == UnitKind::separator)
    return listed(bytes, at, classes, out);
  if (kAsciiUnits[bytes[at - 1] & 0x7F].kind != UnitKind::other && bytes[at - 1] < 0x80) {
    classes(bytes.data() + at - kWindow, c);
    const std::uint64_t solid = c.digit | c.letter | c.mask, values = c.digit | c.mask;
    std::size_t back = 0, runs = 1;  // bytes and runs taken so far
    for (;; ++runs) {
      const std::uint64_t open = ~solid << back;
      if (open == 0) return Plain::no;
      const auto n = static_cast<std::size_t>(__builtin_clzll(open));
      if (back != 0 || n != 0) {
        if (back != 0 && (n == 0 || ((values << back >> (63 - n) >> 1) == 0 && !crosses(at - back - n, n)))) {  // no value: no run of this group
          if (!bounded_before(at - back - n)) return Plain::no;
          break;
        }
        back += n;
      }
      from = at - back;
      if (back >= kWindow - 2 || runs == kMaxRuns) return Plain::no;
      if ((c.separator << back >> 63) == 0) {
        if (!bounded_before(from)) return Plain::no;
        break;
      }
      ++back;
    }
  } else if (!bounded_before(at)) {
    return Plain::no;
  }
  classes(bytes.data() + from, c);
  const std::uint64_t solid = c.digit | c.letter | c.mask, values = c.digit | c.mask;
  if ((solid & 1) == 0) return Plain::no;
  out.from = from;
  std::size_t p = 0, count = 0, runs = 0;
  char separator = 0;
  for (;;) {
    const std::uint64_t open = ~solid >> p;
    if (open == 0 || runs == kMaxRuns) return Plain::no;
    const auto n = static_cast<std::size_t>(__builtin_ctzll(open));
    if (p + n >= kWindow - 2) return Plain::no;
    const std::uint64_t run = bits_of(0, n);
    out.runs[runs++] = {static_cast<std::uint8_t>(count), static_cast<std::uint8_t>(n), separator, static_cast<std::uint32_t>(from + p)};
    fold(bytes.data() + from + p, out.upper.data() + count);
    if (n > 32) fold(bytes.data() + from + p + 32, out.upper.data() + count + 32);
    out.digits |= (c.digit >> p & run) << count;
    out.letters |= (c.letter >> p & run) << count;
    out.smalls |= (c.small >> p & run) << count;
    out.masks |= (c.mask >> p & run) << count;
    const bool alone = (values >> p & run) == 0 && !crosses(from + p, n);  // a letter alone ends a group
    if (alone && runs == 1) {  // and begins none
      out.to = std::max(from + n, anchor + 1);
      return bounded_at(from + n) ? Plain::nothing : Plain::no;
    }
    count += n;
    p += n;
    if (!bounded_at(from + p)) return Plain::no;
    if (alone || (c.separator >> p & 1) == 0) break;
    const std::uint64_t next = ~solid >> (p + 1);  // the run behind the separator
    if (next == 0) return Plain::no;
    const auto m = static_cast<std::size_t>(__builtin_ctzll(next));
    if (p + 1 + m >= kWindow) return Plain::no;
    if (m == 0 || (m > 1 && (values >> (p + 1) & bits_of(0, m)) == 0 && !crosses(from + p + 1, m))) {
      if (!bounded_at(from + p + 1 + m)) return Plain::no;
      break;
    }
    separator = kAsciiUnits[bytes[from + p]].value;
    ++p;
  }
  out.count = static_cast<std::uint8_t>(count);
  out.run_count = static_cast<std::uint8_t>(runs);
  out.to = std::max(from + p, anchor + 1);
  return out.values() != 0 ? Plain::group : Plain::nothing;
}

}  // namespace

bool group_around(base::View bytes, std::size_t at, ClassesFn classes, Chain& chain, Group& out) {
  if (const Plain plain = plain_group(bytes, at, classes, chain, out); plain != Plain::no) {
    if (!out.list || (plain == Plain::nothing && out.count != 0)) chain = {};  // and a run without a value joins nothing
    else chain.end = out.to;
    return plain == Plain::group;
  }
  clear(out);
  const std::size_t anchor = at;
  for (std::size_t back = 1; back < 3 && back <= anchor; ++back) {  // to the first byte of the character
    if (bytes[anchor - back] < 0x80) continue;
    const Unit u = unit_at(bytes, anchor - back);
    if (u.size > back && u.kind != UnitKind::other) at = anchor - back;
  }
  for (int n = 0; n < 2; ++n) {  // from a separator to what it leads to
    const Unit u = unit_at(bytes, at);
    if (u.kind == UnitKind::separator || u.kind == UnitKind::nothing) at += u.size;
  }
  const Chain earlier = std::exchange(chain, {});
  std::size_t own = 0;
  if (!run_start(bytes, at, own)) {
    out.to = std::max(past_run(bytes, at, classes), anchor + 1);
    return false;
  }
  std::size_t from = own;
  bool list = false;
  for (std::size_t runs = 1;; ++runs) {
    const Unit separator = unit_before(bytes, from);
    if (separator.size == 0 || separator.kind != UnitKind::separator) break;
    const std::size_t before = from - separator.size;
    if (!worthy_before(bytes, before)) break;
    std::size_t start = 0;
    if (runs >= kMaxRuns || !run_start(bytes, before, start) || at - start > kMaxGroupBytes) {
      list = true;
      break;
    }
    from = start;
  }
  out.from = from;
  std::size_t p = from;
  while (!list) {
    const char separator = p == from ? '\0' : unit_before(bytes, p).value;
    if (!read_run(bytes, p, separator, out) || p - from > kMaxGroupBytes) {
      list = true;
      break;
    }
    const Run& last = out.runs[out.run_count - 1];
    const auto crossed = [&] {
      return last.count >= kCrosses && std::all_of(out.upper.begin() + last.first, out.upper.begin() + last.first + last.count, [](char one) { return one == 'X'; });
    };
    if ((out.values() & bits_of(last.first, last.count)) == 0 && !crossed()) break;  // a letter alone ends a group, and begins none
    const Unit next = unit_at(bytes, p);
    if (next.size == 0 || next.kind != UnitKind::separator || !worthy_after(bytes, p + next.size)) break;
    see_encoding(bytes, p, next, out);
    p += next.size;
  }
  if (list) {
    clear(out);
    out.from = p = own;
    // The neighbours are part of a list; the separator before is kept so that validators see that they are not alone.
    const Unit separator = unit_before(bytes, own);
    const bool joined = earlier.reaches(own) && separator.kind == UnitKind::separator && separator.size == 1;
    const std::size_t first = joined ? std::min(earlier.first, from) : from;
    if (!read_run(bytes, p, separator.kind == UnitKind::separator ? separator.value : '\0', out)) {
      out.to = std::max(past_run(bytes, at, classes), anchor + 1);
      return false;
    }
    if (out.values() != 0) chain = {first, p};
  }
  out.to = std::max(p, anchor + 1);
  return out.values() != 0 && !(out.utf8 && out.gb);
}

}  // namespace fengsui::classify
