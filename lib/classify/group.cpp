#include "classify/group.h"

#include <algorithm>
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

// Whether the run that ends at `end` may belong to a group: it must hold a digit or a mask sign.
bool worthy_before(base::View bytes, std::size_t end) {
  std::size_t units = 0;
  for (std::size_t p = end; units < kMaxUnits; ++units) {
    const Unit u = unit_before(bytes, p);
    if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) return false;
    if (u.kind == UnitKind::digit || u.kind == UnitKind::mask) return true;
    p -= u.size;
  }
  return false;
}

bool worthy_after(base::View bytes, std::size_t start) {
  std::size_t units = 0, letters = 0;
  for (std::size_t p = start; units < kMaxUnits; ++units) {
    const Unit u = unit_at(bytes, p);
    if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) return letters == 1 && units == 1;
    if (u.kind == UnitKind::digit || u.kind == UnitKind::mask) return true;
    ++letters;
    p += u.size;
  }
  return false;
}

#if defined(__SSE2__)
__m128i in_range(__m128i v, char first, char last) {
  const __m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first)), span = _mm_set1_epi8(static_cast<char>(last - first));
  return _mm_cmpeq_epi8(_mm_min_epu8(offset, span), offset);
}
unsigned mask_of(__m128i v) { return static_cast<unsigned>(_mm_movemask_epi8(v)); }
unsigned ones(std::uint64_t m) {  // of 32 bits
  m -= m >> 1 & 0x55555555;
  m = (m & 0x33333333) + (m >> 2 & 0x33333333);
  m = (m + (m >> 4)) & 0x0F0F0F0F;
  return static_cast<unsigned>(m * 0x01010101 >> 24 & 0x3F);
}

// The digits, letters and mask signs of ASCII from bytes[p] on, at most 16 a block, of which as many may be read and kept.
template <unsigned kBlocks>
unsigned ascii_units_at(base::View bytes, std::size_t p, Group& g, Run& run) {
  std::uint64_t solid = 0, letters = 0, masks = 0, smalls = 0;
  const std::size_t at = g.count;
  for (unsigned block = 0; block < kBlocks; ++block) {
    const unsigned shift = 16 * block;
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + p + shift));
    const __m128i digit = in_range(v, '0', '9'), letter = in_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i small = in_range(v, 'a', 'z');
    const __m128i mask = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('*')), _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
    const __m128i chars = _mm_or_si128(_mm_andnot_si128(mask, v), _mm_and_si128(mask, _mm_set1_epi8('*')));
    const __m128i fold = _mm_and_si128(small, _mm_set1_epi8(0x20));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(g.chars.data() + at + shift), chars);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(g.upper.data() + at + shift), _mm_andnot_si128(fold, chars));
    solid |= static_cast<std::uint64_t>(mask_of(_mm_or_si128(_mm_or_si128(digit, letter), mask))) << shift;
    letters |= static_cast<std::uint64_t>(mask_of(letter)) << shift;
    masks |= static_cast<std::uint64_t>(mask_of(mask)) << shift;
    smalls |= static_cast<std::uint64_t>(mask_of(small)) << shift;
  }
  for (unsigned k = 0; k < 16 * kBlocks; ++k) {
    g.start[at + k] = static_cast<std::uint32_t>(p) + k;
    g.end[at + k] = static_cast<std::uint32_t>(p) + k + 1;
  }
  const auto n = static_cast<unsigned>(__builtin_ctzll(~solid));
  const std::uint64_t inside = (std::uint64_t{1} << n) - 1;
  const unsigned letter_count = ones(letters & inside), mask_count = ones(masks & inside);
  g.lower = g.lower || (smalls & inside) != 0;
  g.masks = g.masks || mask_count != 0;
  run.letters = static_cast<std::uint8_t>(run.letters + letter_count);
  run.masks = static_cast<std::uint8_t>(run.masks + mask_count);
  run.digits = static_cast<std::uint8_t>(run.digits + n - letter_count - mask_count);
  run.count = static_cast<std::uint8_t>(run.count + n);
  g.count = static_cast<std::uint8_t>(at + n);
  return n;
}
#endif

// Reads one run from `p`; false when the group is full.
bool read_run(base::View bytes, std::size_t& p, char separator, Group& g) {
  if (g.run_count == kMaxRuns) return false;
  Run run{g.count, 0, 0, 0, 0, separator};
  for (;;) {
#if defined(__SSE2__)
    if (p + 32 <= bytes.size() && g.count + 32u <= kMaxUnits) {
      const unsigned n = ascii_units_at<2>(bytes, p, g, run);
      p += n;
      if (n == 32) continue;
      if (bytes[p] < 0x80) break;
    } else if (p + 16 <= bytes.size() && g.count + 16u <= kMaxUnits) {
      const unsigned n = ascii_units_at<1>(bytes, p, g, run);
      p += n;
      if (n == 16) continue;
      if (bytes[p] < 0x80) break;
    }
#endif
    const Unit u = unit_at(bytes, p);
    if (u.kind == UnitKind::nothing && u.size != 0) {
      // Only inside a run: a trailing zero-width character belongs to nobody, and does no harm.
      g.zero_width = g.zero_width || solid(unit_at(bytes, p + u.size).kind);
      p += u.size;
      continue;
    }
    if (u.size == 0 || !solid(u.kind)) break;
    if (g.count == kMaxUnits) return false;
    const bool small = u.value >= 'a' && u.value <= 'z';
    g.chars[g.count] = u.value;
    g.upper[g.count] = small ? static_cast<char>(u.value - 32) : u.value;
    g.start[g.count] = static_cast<std::uint32_t>(p);
    g.end[g.count] = static_cast<std::uint32_t>(p + u.size);
    ++g.count;
    ++run.count;
    (u.kind == UnitKind::digit ? run.digits : u.kind == UnitKind::letter ? run.letters : run.masks)++;
    g.lower = g.lower || small;
    g.wide = g.wide || u.wide;
    g.masks = g.masks || u.kind == UnitKind::mask;
    p += u.size;
  }
  g.runs[g.run_count++] = run;
  return true;
}

void clear(Group& g) {
  g.count = g.run_count = 0;
  g.wide = g.zero_width = g.masks = g.lower = false;
}

bool has_value(const Group& g) {
  for (std::size_t i = 0; i < g.run_count; ++i)
    if (g.runs[i].digits + g.runs[i].masks > 0) return true;
  return false;
}

// Past the run that holds `at`, however long it is.
std::size_t past_run(base::View bytes, std::size_t at) {
  std::size_t p = at;
  for (;;) {
    const Unit u = unit_at(bytes, p);
    if (u.size == 0 || !(solid(u.kind) || u.kind == UnitKind::nothing)) return std::max(p, at + 1);
    p += u.size;
  }
}

}  // namespace

bool group_around(base::View bytes, std::size_t at, Group& out) {
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
  std::size_t own = 0;
  if (!run_start(bytes, at, own)) {
    out.to = std::max(past_run(bytes, at), anchor + 1);
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
    if (out.run_count > 1 && last.digits + last.masks == 0) break;  // a letter alone ends a group
    const Unit next = unit_at(bytes, p);
    if (next.size == 0 || next.kind != UnitKind::separator || !worthy_after(bytes, p + next.size)) break;
    p += next.size;
  }
  if (list) {
    clear(out);
    out.from = p = own;
    // The neighbours are part of a list; the separator before is kept so that validators see that they are not alone.
    const Unit separator = unit_before(bytes, own);
    if (!read_run(bytes, p, separator.kind == UnitKind::separator ? separator.value : '\0', out)) {
      out.to = std::max(past_run(bytes, at), anchor + 1);
      return false;
    }
  }
  out.to = std::max(p, anchor + 1);
  return has_value(out);
}

}  // namespace fengsui::classify
