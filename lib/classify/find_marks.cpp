// Plates, network addresses and masked names: anchors that are not digit groups.
#include <algorithm>
#include <array>

#include "classify/finders.h"

namespace fengsui::classify {
namespace {

using model::ValueState;

bool digit(std::uint8_t c) { return c >= '0' && c <= '9'; }
bool lower(std::uint8_t c) { return c >= 'a' && c <= 'z'; }
bool capital(std::uint8_t c) { return c >= 'A' && c <= 'Z'; }
bool letter(std::uint8_t c) { return lower(c) || capital(c); }
bool hex(std::uint8_t c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// GA 36-2018: the marks of provinces, and 使 of embassies, in UTF-8 and GB 18030.
constexpr std::array<std::string_view, 32> kMarks = {"京", "津", "沪", "渝", "冀", "豫", "云", "辽", "黑", "湘", "皖",
                                                     "鲁", "新", "苏", "浙", "赣", "鄂", "桂", "甘", "晋", "蒙", "陕",
                                                     "吉", "闽", "贵", "粤", "青", "藏", "川", "宁", "琼", "使"};
constexpr std::array<std::string_view, 32> kMarksGb = {
    "\xBE\xA9", "\xBD\xF2", "\xBB\xA6", "\xD3\xE5", "\xBC\xBD", "\xD4\xA5", "\xD4\xC6", "\xC1\xC9", "\xBA\xDA", "\xCF\xE6", "\xCD\xEE",
    "\xC2\xB3", "\xD0\xC2", "\xCB\xD5", "\xD5\xE3", "\xB8\xD3", "\xB6\xF5", "\xB9\xF0", "\xB8\xCA", "\xBD\xFA", "\xC3\xC9", "\xC9\xC2",
    "\xBC\xAA", "\xC3\xF6", "\xB9\xF3", "\xD4\xC1", "\xC7\xE0", "\xB2\xD8", "\xB4\xA8", "\xC4\xFE", "\xC7\xED", "\xCA\xB9"};
constexpr std::array<std::string_view, 8> kTails = {"挂", "学", "警", "港", "澳", "试", "超", "领"};
constexpr std::array<std::string_view, 8> kTailsGb = {"\xB9\xD2", "\xD1\xA7", "\xBE\xAF", "\xB8\xDB", "\xB0\xC4", "\xCA\xD4", "\xB3\xAC", "\xC1\xEC"};

// The marks as numbers of `n` bytes in places of their own, by a multiplication without collisions found when this is compiled.
template <std::size_t n>
struct MarkSet {
  std::uint32_t factor = 0;
  std::array<std::uint32_t, 128> places{};
  static constexpr std::uint32_t number(const auto* p) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < n; ++i) out = out << 8 | static_cast<std::uint8_t>(p[i]);
    return out;
  }
  constexpr std::size_t place(std::uint32_t one) const { return one * factor >> 25; }
  constexpr explicit MarkSet(const std::array<std::string_view, 32>& marks) {
    for (factor = 0x9E3779B1u;; factor = factor * 1664525u + 2) {
      places = {};
      bool clash = false;
      for (const std::string_view mark : marks) {
        clash = clash || places[place(number(mark.data()))] != 0;
        places[place(number(mark.data()))] = number(mark.data());
      }
      if (!clash) return;
    }
  }
  // Whether a mark ends at `at`.
  bool before(base::View b, std::size_t at) const {
    if (at < n) return false;
    const std::uint32_t one = number(b.data() + at - n);
    return places[place(one)] == one;
  }
};
constexpr MarkSet<3> kMarkSet(kMarks);
constexpr MarkSet<2> kMarkSetGb(kMarksGb);

template <class List>
std::size_t mark_at(base::View b, std::size_t at, const List& marks) {
  for (std::string_view m : marks)
    if (at + m.size() <= b.size() && base::text(b.subspan(at, m.size())) == m) return m.size();
  return 0;
}

// GA 36 serial after the office letter: five, or six for new energy. `n` is its length.
bool serial(std::string_view s, bool tail) {
  std::size_t letters = 0, masks = 0;
  for (char c : s) {
    const auto u = static_cast<std::uint8_t>(c);
    if (c == '*') ++masks;
    else if (capital(u)) ++letters;
    else if (!digit(u)) return false;
    if (c == 'I' || c == 'O') return false;
  }
  if (masks > 0) return masks >= 2 && masks < s.size() && (s.size() == 5 || s.size() == 6);
  if (tail) return s.size() == 4 && letters <= 2;
  if (s.size() == 5) return letters <= 2;
  if (s.size() != 6) return false;
  // Small: D A B C E (electric) or F G H J K first, then one of either kind, then digits; large: the letter last.
  constexpr std::string_view energy = "DABCEFGHJK";
  const auto all_digits = [](std::string_view t) { return std::all_of(t.begin(), t.end(), [](char c) { return digit(static_cast<std::uint8_t>(c)); }); };
  if (energy.find(s[0]) != std::string_view::npos && all_digits(s.substr(2))) return true;
  return all_digits(s.substr(0, 5)) && energy.find(s[5]) != std::string_view::npos;
}

}  // namespace

std::size_t Finder::plate(std::size_t at) {
  const std::size_t next = at + 1;
  const std::size_t mark = kMarkSet.before(bytes, at) ? 3 : kMarkSetGb.before(bytes, at) ? 2 : 0;
  if (mark == 0 || bytes[at] == 'I') return next;
  std::size_t p = at + 1;
  const Unit between = unit_at(bytes, p);
  if (between.size != 0 && between.kind == UnitKind::separator) p += between.size;
  std::array<char, 8> text{};
  std::size_t n = 0, end = p;
  bool wide = false;
  while (n < text.size()) {
    const Unit u = unit_at(bytes, p);
    if (u.size == 0 || (u.kind != UnitKind::digit && u.kind != UnitKind::letter && u.kind != UnitKind::mask)) break;
    text[n++] = u.value;
    wide = wide || u.wide;
    p += u.size;
    end = p;
  }
  // Emphasis behind a clear plate ("**川A12345**") is no mask.
  const std::string_view written(text.data(), n);
  const auto last = written.find_last_not_of('*');
  if (last != std::string_view::npos && n - last - 1 <= 2 && written.find('*') == last + 1 && last + 1 >= 5) {
    end -= n - last - 1;
    n = last + 1;
  }
  for (std::size_t k = 0; k < n;) {  // 川Axx345: two or more small crosses, or three of either
    std::size_t e = k;
    while (e < n && (text[e] == 'x' || text[e] == 'X')) ++e;
    if (e - k >= 3 || (e - k == 2 && text[k] == 'x')) std::fill(text.begin() + static_cast<std::ptrdiff_t>(k), text.begin() + static_cast<std::ptrdiff_t>(e), '*');
    k = std::max(e, k + 1);
  }
  const std::string_view s(text.data(), n);
  const std::size_t tail = n == 4 ? mark_at(bytes, end, kTails) + mark_at(bytes, end, kTailsGb) : 0;
  if (!serial(s, tail != 0)) return next;
  if (bytes[at] == 'O' && tail == 0 && n != 5) return next;
  Verdict v{Type::vehicle_plate, Strength::structure};
  v.reasons = bit(Reason::structure) | (wide ? bit(Reason::full_width) : 0);
  if (s.find('*') != std::string_view::npos) {
    v.state = ValueState::masked;
    v.reasons |= bit(Reason::masked);
  }
  propose(v, at - mark, end + tail);
  return end;
}

// Four numbers up to 255 without leading zeros, not part of a longer dotted run, not a version.
std::size_t Finder::ipv4(std::size_t at) {
  constexpr std::size_t kReach = 20;
  std::size_t start = at;
  const std::size_t low = at > kReach ? at - kReach : 0;
  while (start > low && (digit(bytes[start - 1]) || bytes[start - 1] == '.')) --start;
  std::size_t end = at;
  const std::size_t high = std::min(bytes.size(), at + kReach);
  while (end < high && (digit(bytes[end]) || bytes[end] == '.')) ++end;
  const std::size_t next = end;
  while (end > start && bytes[end - 1] == '.') --end;  // the stop of a sentence
  if ((start == low && low != 0) || (next == high && next != bytes.size())) return next;
  std::size_t parts = 0, small = 0;
  for (std::size_t p = start; p <= end; ++parts) {
    std::size_t e = p;
    unsigned value = 0;
    while (e < end && digit(bytes[e])) value = value * 10 + (bytes[e++] - '0');
    if (e == p || e - p > 3 || value > 255 || (e - p > 1 && bytes[p] == '0')) return next;
    small += e - p == 1;
    if (e < end && bytes[e] != '.') return next;
    p = e + 1;
  }
  if (parts != 4) return next;
  const auto before = [&](std::size_t n) { return start >= n ? bytes[start - n] : std::uint8_t{0}; };
  if (letter(before(1)) || before(1) == '_' || (end < bytes.size() && (letter(bytes[end]) || bytes[end] == '_'))) return next;
  Verdict v{Type::ipv4, Strength::structure};
  v.reasons = bit(Reason::structure);
  const bool product = (before(1) == '/' || before(1) == '-') && letter(before(2));  // "Chrome/120.0.0.0"
  v.weak_without = !product && small == 4;
  if (product) v.reasons |= bit(Reason::version_like);
  v.needs_context = product || bytes[start] == '0';
  propose(v, start, end);
  return next;
}

namespace {

// Six pairs with one separator; start of it when `at` (a separator) is its first.
std::size_t mac_end(base::View b, std::size_t start, char separator) {
  std::size_t p = start;
  for (int pair = 0; pair < 6; ++pair) {
    if (p + 2 > b.size() || !hex(b[p]) || !hex(b[p + 1])) return 0;
    p += 2;
    if (pair < 5) {
      if (p >= b.size() || b[p] != static_cast<std::uint8_t>(separator)) return 0;
      ++p;
    }
  }
  return p;
}

// RFC 4291 text form; groups and "::" only. At least three groups.
bool ipv6(std::string_view s) {
  std::size_t groups = 0, doubles = 0;
  for (std::size_t p = 0; p < s.size();) {
    if (s[p] == ':') {
      if (p + 1 < s.size() && s[p + 1] == ':') {
        ++doubles;
        p += 2;
        if (p < s.size() && s[p] == ':') return false;
        continue;
      }
      if (p == 0 || p + 1 == s.size()) return false;
      ++p;
      continue;
    }
    std::size_t e = p;
    while (e < s.size() && s[e] != ':') ++e;
    if (e - p > 4) return false;
    ++groups;
    p = e;
  }
  if (doubles > 1 || groups < 3) return false;
  return doubles == 1 ? groups <= 7 : groups == 8;
}

}  // namespace

std::size_t Finder::colons(std::size_t at) {
  if (bytes[at] == '-') {  // a MAC address with dashes
    std::size_t start = at;
    while (start > 0 && at - start < 18 && (hex(bytes[start - 1]) || bytes[start - 1] == '-')) --start;
    const std::size_t end = mac_end(bytes, start, '-');
    const auto joined = [](std::uint8_t c) { return letter(c) || digit(c) || c == '-' || c == '_'; };
    if (end <= at || (start > 0 && joined(bytes[start - 1])) || (end < bytes.size() && joined(bytes[end]))) return at + 1;
    Verdict v{Type::mac, Strength::structure};
    v.reasons = bit(Reason::structure);
    propose(v, start, end);
    return end;
  }
  constexpr std::size_t kReach = 44;
  const auto part = [&](std::size_t i) { return i < bytes.size() && (hex(bytes[i]) || bytes[i] == ':'); };
  if (!part(at + 1) && (at == 0 || !part(at - 1))) return at + 1;
  std::size_t start = at, end = at;
  const std::size_t low = at > kReach ? at - kReach : 0, high = std::min(bytes.size(), at + kReach);
  while (start > low && (hex(bytes[start - 1]) || bytes[start - 1] == ':')) --start;
  while (end < high && (hex(bytes[end]) || bytes[end] == ':')) ++end;
  const std::size_t next = std::max(end, at + 1);
  if ((start == low && low != 0) || (end == high && end != bytes.size())) return next;
  while (start + 1 < end && bytes[start] == ':' && bytes[start + 1] != ':') ++start;  // "addr:fe80::1"
  while (end > start + 1 && bytes[end - 1] == ':' && bytes[end - 2] != ':') --end;
  const auto alnum = [](std::uint8_t c) { return letter(c) || digit(c) || c == '_'; };
  if ((start > 0 && (alnum(bytes[start - 1]) || bytes[start - 1] == '.')) || (end < bytes.size() && alnum(bytes[end]))) return next;
  if (end < bytes.size() && bytes[end] == '.' && end + 1 < bytes.size() && alnum(bytes[end + 1])) return next;
  if (end - start == 17 && mac_end(bytes, start, ':') == end) {
    Verdict v{Type::mac, Strength::structure};
    v.reasons = bit(Reason::structure);
    propose(v, start, end);
  } else if (ipv6(base::text(bytes.subspan(start, end - start)))) {
    Verdict v{Type::ipv6, Strength::structure};
    v.reasons = bit(Reason::structure);
    propose(v, start, end);
  }
  return next;
}

// "张*", "张**", "欧阳*", "张*三": the reader of names looks at what may be the family name.
std::size_t Finder::name(std::size_t at) {
  if (at >= 6) person(at - 6);
  if (at >= 4) person(at - 4);
  if (at >= 3) person(at - 3);
  if (at >= 2) person(at - 2);
  return at + 1;
}

}  // namespace fengsui::classify
