#include "classify/han.h"

#include <algorithm>
#include <string_view>

namespace fengsui::classify {
namespace {

std::size_t more_of(std::uint8_t b) { return b >= 0xC2 && b <= 0xDF ? 1 : b >= 0xE0 && b <= 0xEF ? 2 : b >= 0xF0 && b <= 0xF4 ? 3 : 0; }
bool tail(std::uint8_t b) { return (b & 0xC0) == 0x80; }

// Whether a character of two bytes starts at `at`: by the distance from where the run of high bytes begins, or, when that
// is too far, by which of the two readings has more characters of the first level.
bool gb_starts_at(base::View b, std::size_t at) {
  constexpr std::size_t kFar = 96;
  std::size_t r = at;
  while (r > 0 && at - r < kFar && b[r - 1] >= 0x80) --r;
  if (at - r < kFar && r > 0) return (at - r) % 2 == 0;
  std::size_t level[2] = {0, 0};
  for (std::size_t i = r; i < at; ++i) level[(at - i) % 2] += (b[i] >= 0xB0 && b[i] <= 0xD7) || b[i] == 0xA1 || b[i] == 0xA3;
  if (r == 0 && at < 8) return at % 2 == 0 || level[0] >= level[1];
  return level[0] >= level[1];
}

constexpr char16_t kNothing = 0xFFFE;  // zero width

char16_t folded(char16_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char16_t>(c - 0xFEE0);
  if (c == 0x3000 || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F) return ' ';
  if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) return '-';
  if ((c >= 0x200B && c <= 0x200F) || c == 0xFEFF || c == 0x2060 || c == 0xAD) return kNothing;
  return c;
}

// One character at `i`; its size.
std::size_t read_utf8(base::View b, std::size_t i, char16_t& c) {
  const std::size_t more = b[i] < 0x80 ? 0 : more_of(b[i]);
  c = b[i] < 0x80 ? b[i] : char16_t{0xFFFF};
  if (more == 0 || i + more >= b.size()) return 1;
  for (std::size_t k = 1; k <= more; ++k)
    if (!tail(b[i + k])) return 1;
  if (more == 1) c = static_cast<char16_t>((b[i] & 0x1Fu) << 6 | (b[i + 1] & 0x3Fu));
  if (more == 2) c = static_cast<char16_t>((b[i] & 0x0Fu) << 12 | (b[i + 1] & 0x3Fu) << 6 | (b[i + 2] & 0x3Fu));
  return more + 1;
}

// The few characters of four bytes that are written between digits.
char16_t four_bytes(const std::uint8_t* p) {
  const std::uint32_t code = static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 | static_cast<std::uint32_t>(p[2]) << 8 | p[3];
  if (code >= 0x8136A336 && code <= 0x8136A339) return static_cast<char16_t>(0x2000 + (code - 0x8136A336));
  if (code >= 0x8136A430 && code <= 0x8136A439) return static_cast<char16_t>(0x2004 + (code - 0x8136A430));
  switch (code) {
    case 0x81308432: return 0xA0;
    case 0x81308532: return 0xAD;
    case 0x8136A530: return 0x200E;
    case 0x8136A532: return 0x2011;
    case 0x8136A533: return 0x2012;
    case 0x8136A732: return 0x202F;
    case 0x8136AB36: return 0x2060;
    case 0x8136D331: return 0x2212;
    case 0x84319533: return 0xFEFF;
    default: return 0xFFFF;
  }
}

std::size_t read_gb(const Lexicon& l, base::View b, std::size_t i, char16_t& c) {
  c = b[i] < 0x80 ? b[i] : char16_t{0xFFFF};
  if (b[i] < 0x81 || i + 1 >= b.size()) return 1;
  if (b[i + 1] >= '0' && b[i + 1] <= '9' && i + 3 < b.size() && b[i + 2] >= 0x81) {
    c = four_bytes(b.data() + i);
    return 4;
  }
  const char16_t one = l.from_gb(b[i], b[i + 1]);
  if (one == 0xFFFF) return 1;
  c = one;
  return 2;
}

}  // namespace

bool utf8_around(base::View b, std::size_t at) {
  constexpr std::size_t kSide = 24;
  std::size_t i = at > kSide ? at - kSide : 0;
  const std::size_t end = std::min(b.size(), at + kSide);
  for (int skipped = 0; i > 0 && i < end && skipped < 3 && tail(b[i]); ++i) ++skipped;
  while (i < end) {
    if (b[i] < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = more_of(b[i]);
    if (more == 0) return i == 0 && tail(b[i]);  // the buffer may begin inside a character
    for (std::size_t k = 1; k <= more; ++k) {
      if (i + k >= b.size()) return true;
      if (!tail(b[i + k])) return false;
    }
    i += more + 1;
  }
  return true;
}

bool han_number(char16_t c) {
  constexpr std::u16string_view set = u"一二三四五六七八九十百〇零两";
  return set.find(c) != std::u16string_view::npos;
}

int spoken_digit(char16_t c) {
  constexpr std::u16string_view digits[] = {u"〇零○洞", u"一幺壹", u"二贰两", u"三叁", u"四肆", u"五伍", u"六陆", u"七柒拐", u"八捌", u"九玖勾"};
  for (int d = 0; d < 10; ++d)
    if (digits[d].find(c) != std::u16string_view::npos) return d;
  return -1;
}

bool han_around(const Lexicon& lexicon, base::View bytes, std::size_t at, std::size_t left, std::size_t right, Han& out) {
  const bool high = bytes[at] >= 0x80;
  bool utf8 = true;
  char16_t first = 0;
  if (high) utf8 = read_utf8(bytes, at, first) > 1 && first != 0xFFFF && utf8_around(bytes, at);
  if (!utf8 && !gb_starts_at(bytes, at)) return false;
  // Back: characters of UTF-8 one by one; of GB from the start of the run on.
  const std::size_t low = at > kHanReach ? at - kHanReach : 0;
  std::array<std::uint32_t, kHanReach + 4> starts;
  std::size_t n = 0, p = at;
  if (utf8) {
    while (p > low && n < left) {
      std::size_t q = p - 1;
      while (q > low && p - q < 4 && tail(bytes[q])) --q;
      char16_t c = 0;
      if (bytes[q] >= 0x80 && q + read_utf8(bytes, q, c) != p) q = p - 1;
      starts[n++] = static_cast<std::uint32_t>(q);
      p = q;
    }
  } else {
    // From the first ASCII byte on the reading is certain, and before it by counting back from there.
    std::size_t q = low, ascii = low;
    while (ascii < at && bytes[ascii] >= 0x80) ++ascii;
    q += (ascii - low) % 2;
    for (std::size_t i = q; i < at && n < starts.size();) {
      char16_t c = 0;
      starts[n++] = static_cast<std::uint32_t>(i);
      i += read_gb(lexicon, bytes, i, c);
    }
    std::reverse(starts.begin(), starts.begin() + static_cast<std::ptrdiff_t>(n));
    n = std::min(n, left);
    if (n > 0) p = starts[n - 1];
  }
  out.from_start = p == 0;
  out.n = 0;
  const auto put = [&](std::size_t i, char16_t c) {
    c = folded(c);
    if (c == kNothing) return;
    out.c[out.n] = c;
    out.at[out.n++] = static_cast<std::uint32_t>(i);
  };
  const auto read = [&](std::size_t i, char16_t& c) { return utf8 ? read_utf8(bytes, i, c) : read_gb(lexicon, bytes, i, c); };
  for (std::size_t k = n; k-- > 0;) {
    char16_t c = 0;
    read(starts[k], c);
    put(starts[k], c);
  }
  out.here = out.n;
  std::size_t i = at;
  std::uint32_t end = static_cast<std::uint32_t>(at);
  while (i < bytes.size() && out.n - out.here < right) {
    char16_t c = 0;
    const std::size_t size = read(i, c);
    put(i, c);
    i += size;
    end = static_cast<std::uint32_t>(i);
  }
  out.to_end = i >= bytes.size();
  out.at[out.n] = end;
  return out.n > out.here;
}

}  // namespace fengsui::classify
