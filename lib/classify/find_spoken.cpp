// Numbers as people spell them: Chinese digits behind a telephone word, and one character at a time.
#include <array>

#include "classify/finders.h"
#include "classify/han.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

bool decimal(std::uint8_t c) { return c >= '0' && c <= '9'; }

}  // namespace

// 一三八 零零一三 八零零零: needs a word or a key that names a telephone.
void Finder::spoken(std::size_t at) {
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 2, 20, h) || spoken_digit(h.before(h.here)) >= 0) return;
  std::array<char, 12> text{};
  std::size_t n = 0, i = h.here;
  for (; i < h.n && n < text.size(); ++i) {
    const int d = spoken_digit(h.c[i]);
    if (d >= 0) text[n++] = static_cast<char>('0' + d);
    else if (!((h.c[i] == ' ' || h.c[i] == '-') && n > 0 && spoken_digit(h.get(i + 1)) >= 0)) break;
  }
  if (n != 11) return;
  const std::array<std::uint8_t, 1> layout = {11};
  auto verdict = check_mobile({{text.data(), n}, layout, 0, false, false, 0}, *engine.tables);
  if (!verdict) return;
  verdict->needs_context = true;
  verdict->reasons |= bit(Reason::chinese_digits);
  propose(*verdict, at, h.at[i]);
}

// "5 1 0 1 0 7 1 9 …": single characters with the same separator between.
std::size_t Finder::spread(std::size_t at) {
  if (at + 20 >= bytes.size() || !decimal(bytes[at])) return 0;
  const std::uint8_t mark = bytes[at + 1];
  if ((mark != ' ' && mark != '-' && mark != '.') || bytes[at + 3] != mark || bytes[at + 5] != mark || bytes[at + 7] != mark) return 0;
  std::size_t start = at;
  while (start >= 2 && at - start < 2 * kMaxUnits && bytes[start - 1] == mark && decimal(bytes[start - 2])) start -= 2;
  std::array<char, kMaxUnits> text{};
  std::size_t n = 0, p = start;
  while (p < bytes.size() && n < text.size()) {
    const std::uint8_t c = bytes[p];
    const bool capital = (c >= 'A' && c <= 'Z') || c == 'x';
    if (!decimal(c) && !capital) break;
    text[n++] = static_cast<char>(c == 'x' ? 'X' : c);
    ++p;
    if (p + 1 >= bytes.size() || bytes[p] != mark) break;
    ++p;
  }
  const auto joins = [](std::uint8_t c) { return decimal(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (n > 0 && p < bytes.size() && bytes[p - 1] != mark && joins(bytes[p])) --n, --p;  // "… 6 S" of "… 6 STATUS=200"
  if (p > start && bytes[p - 1] == mark) --p;                                          // "… 6 |"
  if (n < 11 || n > 19 || (start > 0 && joins(bytes[start - 1])) || (p < bytes.size() && joins(bytes[p]))) return 0;
  const std::array<std::uint8_t, 1> layout = {static_cast<std::uint8_t>(n)};
  const Value value{{text.data(), n}, layout, 0, false, false, 0};
  const bool only_digits = sums::digits(value.text);
  std::optional<Verdict> verdict;
  if (n == 18) verdict = text[0] == '9' && only_digits ? check_foreign_residence(value, *engine.tables) : check_citizen_id(value, *engine.tables);
  if (n == 18 && !verdict) verdict = check_uscc(value, *engine.tables);
  if (!verdict && only_digits && n >= 15) verdict = check_bank_card(value, *engine.tables);
  if (!verdict && only_digits && n == 11) verdict = check_mobile(value, *engine.tables);
  if (!verdict) return 0;
  verdict->weak_without = verdict->strength != Strength::checksum;
  verdict->reasons |= bit(Reason::grouped) | bit(Reason::layout_unusual);
  propose(*verdict, start, p);
  return p;
}

// Numbers of GB 18030 text whose separators are not of ASCII: "138\x81\x36\xA4\x37" "0013…". `at`: the separator.
void Finder::parted(std::size_t at) {
  Han h;
  if (at == 0 || !han_around(*engine.lexicon, bytes, at, 26, 30, h)) return;
  const auto solid = [](char16_t c) { return han_digit(c) || han_letter(c); };
  const auto joint = [](char16_t c) { return c == ' ' || c == '-' || c == '.' || c == u'·'; };
  std::size_t first = h.here, last = h.here;
  while (first > 0 && (solid(h.c[first - 1]) || (joint(h.c[first - 1]) && first > 1 && solid(h.c[first - 2])))) --first;
  while (last < h.n && (solid(h.c[last]) || (joint(h.c[last]) && solid(h.get(last + 1))))) ++last;
  std::array<char, kMaxUnits> text{};
  std::array<std::uint8_t, kMaxUnits> layout{};
  std::size_t n = 0, runs = 0, run = 0;
  char separator = 0;
  for (std::size_t i = first; i < last && n < 24; ++i) {
    if (solid(h.c[i])) {
      const char c = static_cast<char>(h.c[i]);
      text[n++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      ++run;
    } else {
      layout[runs++] = static_cast<std::uint8_t>(run);
      run = 0;
      const char s = h.c[i] == u'·' ? '.' : static_cast<char>(h.c[i]);
      separator = separator == 0 || separator == s ? s : '?';
    }
  }
  if (run != 0) layout[runs++] = static_cast<std::uint8_t>(run);
  if (n < 10 || n > 20) return;
  const Value value{{text.data(), n}, {layout.data(), runs}, separator, false, false, 0};
  std::uint32_t todo = engine.by_length[n] & engine.by_first[static_cast<unsigned char>(text[0]) & 127u];
  if (!sums::digits(value.text)) todo &= engine.not_only_digits;
  for (; todo != 0; todo &= todo - 1) {
    auto verdict = checks()[static_cast<std::size_t>(__builtin_ctz(todo))].run(value, *engine.tables);
    if (!verdict) continue;
    if (runs == 1) verdict->reasons |= bit(Reason::zero_width);
    propose(*verdict, h.at[first], h.at[last]);
  }
}

}  // namespace fengsui::classify
