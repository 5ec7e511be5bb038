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
constexpr auto kBeforeMark = bytes_of(" \"'\\"), kBehindMark = bytes_of(" \"'\\+(");

bool key_byte(std::uint8_t c) { return letter(c) || digit(c) || c == '_' || c == '-' || c == '.' || c >= 0x80; }

}  // namespace

base::View key_before(base::View bytes, std::size_t start) {
  constexpr std::size_t kReach = 48;
  const std::size_t low = start > kReach ? start - kReach : 0;
  std::size_t p = start;
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
  Hit hit;
  hit.type = v.type;
  hit.state = v.state;
  hit.strength = v.strength;
  hit.needs_context = v.needs_context;
  hit.weak_without = v.weak_without;
  hit.reasons = v.reasons;
  hit.start = static_cast<std::uint32_t>(start);
  hit.end = static_cast<std::uint32_t>(end);
  const base::View key = key_before(bytes, start);
  if (!key.empty()) {
    std::uint32_t against = 0;
    int word = -1;
    const std::uint32_t types = engine.words.named(key, against, word);
    if ((types & bit(v.type)) != 0) hit.column = static_cast<std::int16_t>(word);
    if ((types & bit(v.type)) == 0 && (against & bit(v.type)) != 0) hit.against = true;
  }
  if (hit.column < 0) {
    const Words::Near near = engine.words.near(bytes, start, end, v.type);
    hit.word = static_cast<std::int16_t>(near.word);
    hit.against = hit.against || near.against;
  }
  out.push_back(hit);
}

namespace {

// A value cut out of a group: characters [first, last) of the group, runs i..j.
struct Cut {
  std::size_t first, last, i, j;
  bool word_prefix = false;  // letters were left off in front: they must name the type
};

class GroupReader {
 public:
  GroupReader(Finder& f, Group& g) : f_(f), g_(g) {}

  void read() {
    for (std::size_t i = 0; i < g_.run_count; ++i) {
      if (g_.runs[i].count == 0) continue;
      std::array<Cut, 3> starts;
      const std::size_t n = starts_of(i, starts);
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t j = i; j < g_.run_count && j < i + 7; ++j) {
          const Run& last = g_.runs[j];
          Cut cut = starts[k];
          cut.i = i;
          cut.j = j;
          cut.last = last.first + last.count - trailing_marks(last);
          if (cut.last <= cut.first) continue;
          if (cut.last - cut.first > 24) break;
          if (cut.last - cut.first >= 8) try_cut(cut);
        }
      }
    }
    parentheses();
  }

 private:
  // One or two mask signs at the edge of digits are quotes or emphasis, not a mask.
  std::size_t leading_marks(const Run& run) const {
    std::size_t n = 0;
    while (n < run.count && g_.chars[run.first + n] == '*') ++n;
    return n < 3 && n < run.count ? n : 0;
  }
  std::size_t trailing_marks(const Run& run) const {
    std::size_t n = 0;
    while (n < run.count && g_.chars[run.first + run.count - 1 - n] == '*') ++n;
    return n < 3 && n < run.count ? n : 0;
  }

  std::size_t starts_of(std::size_t i, std::array<Cut, 3>& out) const {
    const Run& run = g_.runs[i];
    std::size_t n = 0, first = run.first + leading_marks(run);
    out[n++] = Cut{first, 0, i, i};
    const std::size_t end = run.first + run.count;
    std::size_t letters = first;
    while (letters < end && g_.chars[letters] >= 'A' && !(g_.chars[letters] >= '0' && g_.chars[letters] <= '9')) ++letters;
    const std::size_t from = g_.start[first];
    if (first < letters && from > 0 && f_.bytes[from - 1] == '\\') {
      const char c = g_.chars[first];
      if (c == 'n' || c == 't' || c == 'r') out[n++] = Cut{first + 1, 0, i, i};
    } else if (from > 0 && f_.bytes[from - 1] == '%' && end - first > 2 && hex(g_.chars[first]) && hex(g_.chars[first + 1])) {
      out[n++] = Cut{first + 2, 0, i, i};
    }
    if (letters > first && letters < end && letters - first <= 16) out[n++] = Cut{letters, 0, i, i, true};
    return n;
  }

  static bool sign(char c) { return c == '*'; }

  void try_cut(const Cut& cut) {
    const std::size_t n = cut.last - cut.first;
    std::array<std::uint8_t, kMaxRuns> layout;
    std::size_t runs = 0;
    char separator = 0;
    bool had_lower = false;
    for (std::size_t r = cut.i; r <= cut.j; ++r) {
      const std::size_t a = std::max<std::size_t>(g_.runs[r].first, cut.first);
      const std::size_t b = std::min<std::size_t>(g_.runs[r].first + g_.runs[r].count, cut.last);
      layout[runs++] = static_cast<std::uint8_t>(b - a);
      if (r > cut.i + (layout[0] == 2 || (layout[0] == 4 && g_.upper[cut.first] == '0') ? 1 : 0)) {
        const char s = g_.runs[r].separator;
        separator = separator == 0 || separator == s ? s : '?';
      } else if (r > cut.i && separator == 0 && runs == 2 && cut.j == r) {
        separator = g_.runs[r].separator;
      }
    }
    std::size_t masks = 0, digits = 0;
    for (std::size_t r = cut.i; r <= cut.j; ++r) digits += g_.runs[r].digits;
    if (g_.lower || g_.masks) {
      for (std::size_t k = cut.first; k < cut.last; ++k) {
        had_lower = had_lower || g_.chars[k] != g_.upper[k];
        masks += g_.upper[k] == '*';
      }
    }
    Value value{{g_.upper.data() + cut.first, n}, {layout.data(), runs}, separator, had_lower, masks != 0, static_cast<std::uint8_t>(masks)};
    if (masks != 0) return masked(cut, value);
    const Engine::State& e = f_.engine;
    std::uint32_t todo = e.by_length[n] & e.by_first[static_cast<unsigned char>(value.text[0]) & 127u];
    const bool only_digits = digits >= n && sums::digits(value.text);
    if (!only_digits) todo &= e.not_only_digits;
    const auto all = checks();
    bool found = false;
    for (; todo != 0; todo &= todo - 1) {
      auto verdict = all[static_cast<std::size_t>(__builtin_ctz(todo))].run(value, *f_.engine.tables);
      if (verdict && fits(cut, *verdict, value)) found = keep(cut, *verdict, value) || found;
    }
    if (!found && !only_digits && value.text.find("XXX") != std::string_view::npos) crosses(cut, value);
  }

  // "510107xxxxxxxx1234": three or more crosses in a row are mask signs.
  void crosses(const Cut& cut, Value value) {
    std::array<char, kMaxUnits> folded{};
    for (std::size_t k = 0; k < value.text.size();) {
      std::size_t e = k;
      while (e < value.text.size() && value.text[e] == 'X') ++e;
      for (std::size_t m = k; m < std::max(e, k + 1); ++m) folded[m] = e - k >= 3 ? '*' : value.text[m];
      k = std::max(e, k + 1);
    }
    value.text = {folded.data(), value.text.size()};
    value.masked = true;
    masked(cut, value);
  }

  void masked(const Cut& cut, const Value& value) {
    if (cut.word_prefix) return;
    const auto verdict = check_masked(value, *f_.engine.tables);
    if (verdict) keep(cut, *verdict, value);
  }

  // Rules about the neighbours of a value in its group.
  bool fits(const Cut& cut, const Verdict& v, const Value& value) {
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

  bool keep(const Cut& cut, Verdict v, const Value&) {
    if (g_.wide) v.reasons |= bit(Reason::full_width);
    if (g_.zero_width) v.reasons |= bit(Reason::zero_width);
    std::size_t start = g_.start[cut.first];
    const std::size_t end = g_.end[cut.last - 1];
    if (cut.word_prefix && v.type != Type::citizen_id && !named_by_prefix(cut, v.type)) return false;
    if (v.type == Type::mobile && v.state == ValueState::clear) start = mobile_prefix(start, v);
    const std::size_t before = f_.out.size();
    f_.propose(v, start, end);
    if (f_.out.size() > before) f_.out.back().neighbour = neighbour_;
    return true;
  }

  bool named_by_prefix(const Cut& cut, Type type) const {
    const std::size_t from = g_.start[g_.runs[cut.i].first];
    std::uint32_t against = 0;
    int word = -1;
    return (f_.engine.words.named(f_.bytes.subspan(from, g_.start[cut.first] - from), against, word) & bit(type)) != 0;
  }

  // "+" before the country code, or "(86)" / "（+86）" before the number.
  std::size_t mobile_prefix(std::size_t start, Verdict& v) const {
    const base::View b = f_.bytes;
    if (start > 0 && b[start - 1] == '+' && (v.reasons & bit(Reason::prefix)) != 0) return start - 1;
    std::size_t p = start;
    if (p > 0 && (b[p - 1] == ' ' || b[p - 1] == '-')) --p;
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
    if (is(" ") || is("-")) p -= 1;
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
    if (verdict && runs > 0) f_.propose(*verdict, p, g_.end[g_.runs[runs - 1].first + last - 1]);
  }

  Finder& f_;
  Group& g_;
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

std::size_t Finder::group(std::size_t at) {
  if (const std::size_t past = past_date_time(bytes, at)) return past;
  Group g;
  if (!group_around(bytes, at, g)) return g.to;
  GroupReader(*this, g).read();
  return g.to;
}

void candidates(const Engine::State& engine, const AnchorSource& anchors, base::View bytes, std::size_t from, std::size_t to, std::vector<Hit>& out) {
  Finder finder{engine, bytes, out};
  const std::size_t begin = from > kLeft ? from - kLeft : 0;
  const std::size_t end = std::min(bytes.size(), to + kMaxEmail + kMaxGroupBytes);
  anchors.run(bytes, begin, end, on_anchor, &finder);
}

}  // namespace fengsui::classify
