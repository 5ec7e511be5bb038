#include "classify/finders.h"

#include <algorithm>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "classify/sums.h"

namespace fengsui::classify {
namespace {

using model::ValueState;

bool letter(std::uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(std::uint8_t c) { return c >= '0' && c <= '9'; }
bool hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t on_anchor(void* self, Anchor kind, std::size_t at) {
  Finder& f = *static_cast<Finder*>(self);
  switch (kind) {
    case Anchor::group: return f.group(at);
    case Anchor::at: return f.email(at);
    case Anchor::plate: return f.plate(at);
    case Anchor::dotted: return f.ipv4(at);
    case Anchor::colons: return f.colons(at);
    case Anchor::name: return f.name(at);
    case Anchor::secrecy: return f.secrecy(at);
    case Anchor::token: return f.token(at);
  }
  return at + 1;
}

// Bytes that may stand between a key and its mark, and between the mark and the value.
constexpr std::array<bool, 256> bytes_of(std::string_view set) {
  std::array<bool, 256> t{};
  for (char c : set) t[static_cast<unsigned char>(c)] = true;
  return t;
}
constexpr auto kBeforeMark = bytes_of(" \"'\\"), kBehindMark = bytes_of(" \"'\\+("),
               kMark = bytes_of(" \"'\\+(:=>D\x9A\xBA");  // the last byte of what may stand before a value with a key

// What stands around a value that has a cell for itself.
constexpr auto kCellStart = bytes_of(",;|\t\n"), kCellEnd = bytes_of(",;|\t\n\r\"");

bool key_byte(std::uint8_t c) { return letter(c) || digit(c) || c == '_' || c == '-' || c == '.' || c >= 0x80; }

}  // namespace

base::View key_before(base::View bytes, std::size_t start) {
  constexpr std::size_t kReach = 48;
  const std::size_t low = start > kReach ? start - kReach : 0;
  std::size_t p = start;
  if (p > low && !kMark[bytes[p - 1]]) return {};
  while (p > low && kBehindMark[bytes[p - 1]]) --p;
  if (p == low) return {};
  const std::uint8_t mark = bytes[p - 1];
  if (p >= low + 3 && mark == 0x9A && bytes[p - 2] == 0xBC && bytes[p - 3] == 0xEF) p -= 3;       // ：
  else if (p >= low + 2 && mark == 0xBA && bytes[p - 2] == 0xA3) p -= 2;                           // ： in GB 18030
  else if (mark == ':' || mark == '=' || mark == '>') --p;
  else if (p >= low + 3 && mark == 'D' && bytes[p - 2] == '3' && bytes[p - 3] == '%') p -= 3;     // %3D
  else return {};
  while (p > low && kBeforeMark[bytes[p - 1]]) --p;
  const std::size_t end = p;
  while (p > low && key_byte(bytes[p - 1])) --p;
  return bytes.subspan(p, end - p);
}

void Finder::propose(const Verdict& v, std::size_t start, std::size_t end) {
  if ((engine.enabled & bit(v.type)) == 0) return;
  Hit& hit = out.emplace_back(Hit{v.type});  // filled in place
  hit.state = v.state;
  hit.strength = v.strength;
  hit.needs_context = v.needs_context;
  hit.weak_without = v.weak_without;
  hit.reasons = v.reasons;
  hit.start = static_cast<std::uint32_t>(start);
  hit.end = static_cast<std::uint32_t>(end);
  if (const base::View key = key_before(bytes, start); !key.empty()) {
    std::uint32_t against = 0;
    int word = -1;
    const std::uint32_t types = engine.words.named(key, against, word);
    if ((types & bit(v.type)) != 0) hit.column = static_cast<std::int16_t>(word);
    if ((types & bit(v.type)) == 0 && (against & bit(v.type)) != 0) hit.against = true;
  }
  if (hit.column >= 0) return;
  const Words::Near near = engine.words.near(bytes, start, end, v.type, clean[static_cast<std::size_t>(v.type)]);
  hit.word = static_cast<std::int16_t>(near.word);
  hit.against = hit.against || near.against;
}

namespace {

// A value cut out of a group: characters [first, last) of the group, runs i..j.
struct Cut {
  Cut(std::size_t from, std::size_t run, bool behind_letters = false)
      : first(static_cast<std::uint8_t>(from)), i(static_cast<std::uint8_t>(run)), word_prefix(behind_letters) {}
  std::uint8_t first, last = 0, i, j = 0;
  bool word_prefix;  // letters were left off in front: they must name the type
};

class GroupReader {
 public:
  GroupReader(Finder& f, Group& g) : f_(f), g_(g) {}

  void read() {
    if (g_.letters != 0) find_crosses();
    for (std::size_t i = 0; i < g_.run_count; ++i) {
      if (g_.runs[i].count == 0) continue;
      const Run& run = g_.runs[i];
      const std::size_t first = run.first + leading_marks(run);
      read_from(Cut(first, i));
      if ((g_.letters >> first & 1) != 0) more_starts(i, first);
      else if (const std::size_t at = g_.start(run, first); at > 0 && f_.bytes[at - 1] == '%') more_starts(i, first);
    }
    parentheses();
  }

 private:
  static constexpr std::size_t kLongest = 24;  // characters of a value

  // One or two mask signs at the edge of digits are quotes or emphasis, not a mask.
  std::size_t leading_marks(const Run& run) const {
    if (g_.masks == 0) return 0;
    const auto n = static_cast<std::size_t>(__builtin_ctzll(~(g_.masks >> run.first) | std::uint64_t{1} << 63));
    return n < 3 && n < run.count ? n : 0;
  }
  std::size_t trailing_marks(const Run& run) const {
    if (g_.masks == 0) return 0;
    std::size_t n = 0;
    while (n < run.count && g_.upper[run.first + run.count - 1 - n] == '*') ++n;
    return n < 3 && n < run.count ? n : 0;
  }

  // The values that start at one place: to the end of this run and of the next ones.
  void read_from(Cut cut) {
    for (std::size_t j = cut.i; j < g_.run_count && j < cut.i + 7u; ++j) {
      const Run& last = g_.runs[j];
      const std::size_t end = std::size_t{last.first} + last.count - trailing_marks(last);
      if (end <= cut.first) continue;
      if (end - cut.first > kLongest) break;
      cut.j = static_cast<std::uint8_t>(j);
      cut.last = static_cast<std::uint8_t>(end);
      if (end - cut.first >= 8) try_cut(cut);
    }
  }

  // Behind an escape ("\n1380…", "%201380…") and behind letters that may name the type ("tel1380…").
  void more_starts(std::size_t i, std::size_t first) {
    const Run& run = g_.runs[i];
    const std::size_t from = g_.start(run, first), end = run.first + run.count;
    std::size_t letters = first;
    while (letters < end && (g_.letters >> letters & 1) != 0) ++letters;
    if (first < letters && from > 0 && f_.bytes[from - 1] == '\\') {
      const char c = g_.upper[first];
      if ((g_.smalls >> first & 1) != 0 && (c == 'N' || c == 'T' || c == 'R')) read_from(Cut(first + 1, i));
    } else if (from > 0 && f_.bytes[from - 1] == '%' && end - first > 2 && hex(g_.upper[first]) && hex(g_.upper[first + 1])) {
      read_from(Cut(first + 2, i));
    }
    if (letters > first && letters < end && letters - first <= 16) read_from(Cut(letters, i, true));
  }

  // Of the checks `todo`, those whose sum is right.
  std::uint32_t with_sums(std::uint32_t todo, std::string_view text, unsigned& found) const {
    const auto& by_sum = f_.engine.by_sum;
    const auto need = [&](Sum sum, auto right) {
      const std::uint32_t those = by_sum[static_cast<std::size_t>(sum)];
      if ((todo & those) == 0) return;
      const auto yes = static_cast<unsigned>(right());
      found |= yes << static_cast<unsigned>(sum);
      todo &= ~those | (0u - yes);
    };
    need(Sum::luhn, [&] { return sums::luhn(text); });
    need(Sum::mod_11_2, [&] { return sums::mod_11_2(text); });
    need(Sum::uscc, [&] { return sums::uscc(text); });
    need(Sum::org_code, [&] { return sums::org_code(text.substr(0, 9)); });
    need(Sum::vin, [&] { return sums::vin(text); });
    return todo;
  }

  // Of the checks `todo`, those that may say something where nothing names the value.
  std::uint32_t without_unnamed(std::uint32_t todo, const Cut cut) const {
    const std::size_t start = g_.start(g_.runs[cut.i], cut.first), end = g_.end(g_.runs[cut.j], cut.last - 1u);
    for (std::uint32_t rest = todo & f_.engine.only_named; rest != 0; rest &= rest - 1)
      if (f_.unnamed(checks()[static_cast<std::size_t>(__builtin_ctz(rest))].only_named, start, end)) todo &= ~(rest & -rest);
    return todo;
  }

  // Lengths of the runs of a cut, and the separator between them.
  std::size_t layout_of(const Cut cut, std::array<std::uint8_t, kMaxRuns>& layout, char& separator) const {
    std::size_t runs = 0;
    for (std::size_t r = cut.i; r <= cut.j; ++r) {
      const std::size_t a = std::max<std::size_t>(g_.runs[r].first, cut.first);
      const std::size_t b = std::min<std::size_t>(g_.runs[r].first + g_.runs[r].count, cut.last);
      layout[runs++] = static_cast<std::uint8_t>(b - a);
      if (r > cut.i + (layout[0] == 2 || (layout[0] == 4 && g_.upper[cut.first] == '0') ? 1u : 0u)) {
        const char s = g_.runs[r].separator;
        separator = separator == 0 || separator == s ? s : '?';
      } else if (r > cut.i && separator == 0 && runs == 2 && cut.j == r) {
        separator = g_.runs[r].separator;
      }
    }
    return runs;
  }

  void try_cut(const Cut cut) {
    const auto n = static_cast<std::size_t>(cut.last - cut.first);
    const std::uint64_t inside = bits_of(cut.first, n);
    const std::string_view text(g_.upper.data() + cut.first, n);
    const bool masks = (g_.masks & inside) != 0, only_digits = (g_.digits & inside) == inside;
    const Engine::State& e = f_.engine;
    std::uint32_t todo = 0;
    bool crossed = false;
    unsigned right = 0;
    if (!masks) {
      todo = e.by_length[n] & e.by_first[static_cast<unsigned char>(text[0]) & 127u];
      if (!only_digits) {
        crossed = (crosses_ & inside & inside >> 2) != 0;
        todo &= e.not_only_digits;
      }
      todo = with_sums(todo, text, right);
      if ((todo & e.only_named) != 0 && !crossed) todo = without_unnamed(todo, cut);
      if (todo == 0 && !crossed) return;
    }
    std::array<std::uint8_t, kMaxRuns> layout;
    char separator = 0;
    const std::size_t runs = layout_of(cut, layout, separator);
    std::size_t mask_count = 0;
    if (masks)
      for (const char c : text) mask_count += c == '*';
    const Value value{text, {layout.data(), runs}, separator, (g_.smalls & inside) != 0, masks, static_cast<std::uint8_t>(mask_count), static_cast<std::uint8_t>(right)};
    if (masks) {
      masked(cut, value);
      return;
    }
    if (crossed && crosses(cut, value)) return;
    const auto all = checks();
    for (; todo != 0; todo &= todo - 1) {
      auto verdict = all[static_cast<std::size_t>(__builtin_ctz(todo))].run(value, *e.tables);
      if (verdict && fits(cut, *verdict, value)) keep(cut, *verdict);
    }
  }

  // "510107xxxxxxxx1234": three or more crosses in a row are mask signs.
  bool crosses(const Cut cut, Value value) {
    std::array<char, kMaxUnits> folded{};
    for (std::size_t k = 0; k < value.text.size();) {
      std::size_t e = k;
      while (e < value.text.size() && value.text[e] == 'X') ++e;
      for (std::size_t m = k; m < std::max(e, k + 1); ++m) folded[m] = e - k >= 3 ? '*' : value.text[m];
      k = std::max(e, k + 1);
    }
    value.text = {folded.data(), value.text.size()};
    value.masked = true;
    return masked(cut, value);
  }

  bool masked(const Cut cut, const Value& value) {
    if (cut.word_prefix) return false;
    auto verdict = check_masked(value, *f_.engine.tables);
    return verdict && keep(cut, *verdict);
  }

  // Rules about the neighbours of a value in its group.
  bool fits(const Cut cut, const Verdict& v, const Value& value) {
    neighbour_ = false;
    if (v.type == Type::citizen_id || v.type == Type::uscc || v.type == Type::foreign_residence) return true;
    const char left = g_.runs[cut.i].separator;
    const char right = cut.j + 1 < g_.run_count ? g_.runs[cut.j + 1].separator : '\0';
    if (left == '.' || right == '.') return false;
    if (!value.solid() && value.separator != ' ' && (left == value.separator || right == value.separator)) return false;
    if (v.type == Type::mobile && (v.reasons & bit(Reason::prefix)) != 0) return true;
    neighbour_ = left == '-' || right == '-';
    return true;
  }

  bool keep(const Cut cut, Verdict& v) {
    if (g_.wide) v.reasons |= bit(Reason::full_width);
    if (g_.zero_width) v.reasons |= bit(Reason::zero_width);
    std::size_t start = g_.start(g_.runs[cut.i], cut.first);
    const std::size_t end = g_.end(g_.runs[cut.j], cut.last - 1);
    if (cut.word_prefix && v.type != Type::citizen_id && !named_by_prefix(cut, v.type)) return false;
    if (v.type == Type::mobile && v.state == ValueState::clear) start = mobile_prefix(start, v);
    const std::size_t before = f_.out.size();
    f_.propose(v, start, end);
    if (f_.out.size() > before) f_.out.back().neighbour = neighbour_;
    return true;
  }

  bool named_by_prefix(const Cut cut, Type type) const {
    const Run& run = g_.runs[cut.i];
    const std::size_t from = g_.start(run, run.first);
    std::uint32_t against = 0;
    int word = -1;
    return (f_.engine.words.named(f_.bytes.subspan(from, g_.start(run, cut.first) - from), against, word) & bit(type)) != 0;
  }

  // The last byte of a closing bracket.
  static bool closes_bracket(std::uint8_t c) { return c == ')' || c == 0x89 || c == 0xA9; }

  // "+" before the country code, or "(86)" / "（+86）" before the number.
  std::size_t mobile_prefix(std::size_t start, Verdict& v) const {
    const base::View b = f_.bytes;
    if (start > 0 && b[start - 1] == '+' && (v.reasons & bit(Reason::prefix)) != 0) return start - 1;
    std::size_t p = start;
    if (p > 0 && (b[p - 1] == ' ' || b[p - 1] == '-')) --p;
    if (p == 0 || !closes_bracket(b[p - 1])) return start;
    const auto is = [&](std::string_view s) { return p >= s.size() && base::text(b.subspan(p - s.size(), s.size())) == s; };
    if (is(")")) p -= 1;
    else if (is("\xEF\xBC\x89")) p -= 3;
    else if (is("\xA3\xA9")) p -= 2;
    else return start;
    if (is("0086")) p -= 4;
    else if (is("86")) p -= 2;
    else return start;
    if (is("+")) p -= 1;
    if (is("(")) p -= 1;
    else if (is("\xEF\xBC\x88")) p -= 3;
    else if (is("\xA3\xA8")) p -= 2;
    else return start;
    v.reasons |= bit(Reason::prefix);
    return p;
  }

  // "(0825)2223333": the area code in brackets before the first run.
  void parentheses() {
    if (g_.run_count == 0) return;
    const base::View b = f_.bytes;
    std::size_t p = g_.from;
    const auto is = [&](std::string_view s) { return p >= s.size() && base::text(b.subspan(p - s.size(), s.size())) == s; };
    if (p > 0 && (b[p - 1] == ' ' || b[p - 1] == '-')) --p;
    if (p == 0 || !closes_bracket(b[p - 1])) return;
    if (is(")")) p -= 1;
    else if (is("\xEF\xBC\x89")) p -= 3;
    else if (is("\xA3\xA9")) p -= 2;
    else return;
    std::array<char, 16> text{};
    std::size_t area = 0;
    while (area < 4 && p > 0 && digit(b[p - 1])) text[3 - area++] = static_cast<char>(b[--p]);
    if (is("(")) p -= 1;
    else if (is("\xEF\xBC\x88")) p -= 3;
    else if (is("\xA3\xA8")) p -= 2;
    else return;
    if (area < 3) return;
    std::size_t n = 4;
    std::size_t runs = 0;
    std::size_t last = 0;
    while (runs < g_.run_count && n < 12 && n + g_.runs[runs].count - trailing_marks(g_.runs[runs]) <= 12) {
      last = g_.runs[runs].count - trailing_marks(g_.runs[runs]);
      for (std::size_t k = 0; k < last; ++k) text[n++] = g_.upper[g_.runs[runs].first + k];
      ++runs;
    }
    const std::array<std::uint8_t, 2> layout = {static_cast<std::uint8_t>(area), static_cast<std::uint8_t>(n - 4)};
    Value value{{text.data() + 4 - area, area + n - 4}, layout, '-', false, false, 0};
    if (value.text.size() < 10) return;
    const auto verdict = check_landline(value, *f_.engine.tables);
    if (verdict && runs > 0) f_.propose(*verdict, p, g_.end(g_.runs[runs - 1], g_.runs[runs - 1].first + last - 1));
  }

  // Bit k: characters k to k + 2 are crosses.
  void find_crosses() {
    std::uint64_t ex = 0;
#if defined(__SSE2__)
    for (unsigned k = 0; k < kMaxUnits; k += 16) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(g_.upper.data() + k));
      ex |= static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('X')))) << k;
    }
#else
    for (std::size_t k = 0; k < g_.count; ++k) ex |= static_cast<std::uint64_t>(g_.upper[k] == 'X') << k;
#endif
    ex &= g_.letters;
    crosses_ = ex & ex >> 1 & ex >> 2;
  }

  Finder& f_;
  Group& g_;
  std::uint64_t crosses_ = 0;
  bool neighbour_ = false;
};

}  // namespace

namespace {

// "2026-01-18 21:" with nothing before that could join it: the most frequent loose run of logs, and never a value.
// Past it, or 0.
std::size_t past_date_time(base::View b, std::size_t at) {
  constexpr std::string_view shape = "0000-00-00 00:";
  if (at + shape.size() > b.size() || b[at + 4] != '-') return 0;
#if defined(__SSE2__)
  if (at + 16 <= b.size()) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b.data() + at));
    const __m128i value = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    const auto digits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value)));
    const __m128i marks = _mm_setr_epi8(0, 0, 0, 0, '-', 0, 0, '-', 0, 0, ' ', 0, 0, ':', 0, 0);
    const auto same = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, marks)));
    constexpr unsigned kMarks = 1u << 4 | 1u << 7 | 1u << 10 | 1u << 13, kDigits = 0x3FFFu & ~kMarks;
    if ((digits & kDigits) != kDigits || (same & kMarks) != kMarks) return 0;
  } else
#endif
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (shape[i] == '0' ? !digit(b[at + i]) : b[at + i] != static_cast<std::uint8_t>(shape[i])) return 0;
  if (at > 0 && (b[at - 1] >= 0x80 || letter(b[at - 1]) || unit_before(b, at).kind != UnitKind::other)) return 0;
  return at + shape.size() - 1;
}

}  // namespace

bool Finder::unnamed(std::uint32_t type, std::size_t start, std::size_t end) const {
  return (columns & type) == 0 && clean[static_cast<std::size_t>(__builtin_ctz(type))].around(start, end) && key_before(bytes, start).empty();
}

std::size_t Finder::idle_number(std::size_t at) const {
#if defined(__SSE2__)
  if (at == 0 || at + 16 > bytes.size() || !kCellStart[bytes[at - 1]]) return 0;
  const __m128i value = _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at)), _mm_set1_epi8('0'));
  const auto digits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value)));
  const auto n = static_cast<std::size_t>(__builtin_ctz(~digits));
  if (n < 8 || n > 10 || !kCellEnd[bytes[at + n]]) return 0;
  std::uint32_t todo = engine.by_length[n] & engine.by_first[bytes[at] & 127u];
  const std::uint32_t org_code = engine.by_sum[static_cast<std::size_t>(Sum::org_code)];
  if ((todo & org_code) != 0 && !sums::org_code(base::text(bytes.subspan(at, 9)))) todo &= ~org_code;
  if ((todo & ~engine.only_named) != 0) return 0;
  for (; todo != 0; todo &= todo - 1)
    if (!unnamed(checks()[static_cast<std::size_t>(__builtin_ctz(todo))].only_named, at, at + n)) return 0;
  return at + n;
#else
  (void)at;
  return 0;
#endif
}

std::size_t Finder::group(std::size_t at) {
  if (const std::size_t past = idle_number(at)) return past;
  if (const std::size_t past = past_date_time(bytes, at)) return past;
  if (const std::size_t past = spread(at)) return past;
  Group g;
  if (!group_around(bytes, at, engine.classes, chain, g)) return g.to;
  GroupReader(*this, g).read();
  return g.to;
}

void candidates(const Engine::State& engine, const AnchorSource& anchors, base::View bytes, std::size_t from, std::size_t to, std::vector<Hit>& out,
                std::uint32_t columns) {
  Finder finder{engine, bytes, out, columns};
  const std::size_t begin = from > kLeft ? from - kLeft : 0;
  const std::size_t end = std::min(bytes.size(), to + kMaxEmail + kMaxGroupBytes);
  anchors.run(bytes, begin, end, on_anchor, &finder);
  finder.chinese(begin, end);
}

}  // namespace fengsui::classify
