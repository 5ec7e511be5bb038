// Dates of birth: a date beside a word that says so.
#include <array>

#include "classify/finders.h"
#include "classify/han.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

constexpr bool one_of(char16_t c, std::u16string_view set) { return set.find(c) != std::u16string_view::npos; }
constexpr bool idle(char16_t c) { return one_of(c, u"：: \t\"'“=（(|>,为是于"); }

// Digits of `text` from `i`, at most `most`.
std::size_t digits_at(const Han& h, std::size_t i, std::size_t most, unsigned& value) {
  std::size_t n = 0;
  value = 0;
  while (n < most && han_digit(h.get(i + n))) value = value * 10 + (h.c[i + n++] - u'0');
  return n;
}

bool valid(unsigned year, unsigned month, unsigned day, unsigned latest) {
  std::array<char, 8> text{};
  unsigned number = year * 10000 + month * 100 + day;
  for (std::size_t k = 8; k-- > 0; number /= 10) text[k] = static_cast<char>('0' + number % 10);
  return year >= 1900 && sums::birth_date({text.data(), 8}, latest);
}

// End of a date that starts at `i`: 1990年3月7日, 1990年3月, 1990-03-07, 1990/3/7, 1990.03, 19900307; 0 when there is none.
std::size_t date_end(const Han& h, std::size_t i, unsigned latest) {
  unsigned year = 0, month = 0, day = 0;
  if (han_digit(h.before(i))) return 0;
  if (digits_at(h, i, 9, year) == 8) return valid(year / 10000, year / 100 % 100, year % 100, latest) ? i + 8 : 0;
  if (digits_at(h, i, 5, year) != 4) return 0;
  const char16_t mark = h.get(i + 4);
  if (!one_of(mark, u"年-/.")) return 0;
  std::size_t p = i + 5;
  const std::size_t m = digits_at(h, p, 2, month);
  if (m == 0) return 0;
  p += m;
  const char16_t second = h.get(p);
  if (mark == u'年' ? second != u'月' : second != mark) return mark != u'年' && valid(year, month, 1, latest) && !han_digit(second) ? p : 0;
  ++p;
  const std::size_t d = digits_at(h, p, 2, day);
  if (d == 0) return mark == u'年' && valid(year, month, 1, latest) ? p : 0;
  p += d;
  if (!valid(year, month, day, latest) || han_digit(h.get(p))) return 0;
  return mark == u'年' && one_of(h.get(p), u"日号") ? p + 1 : p;
}

}  // namespace

void Finder::birth(std::size_t at) {
  if ((engine.enabled & bit(Type::birth_date)) == 0) return;
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 14, 24, h)) return;
  std::size_t label = 0;
  for (std::size_t k = 1; k <= 5 && h.here + k <= h.n; ++k)
    if (l.longest_before(h.text(), h.here + k, kBirthLabel) >= k) label = h.here + k;
  if (label == 0) return;
  const unsigned latest = engine.tables->latest_birth;
  Verdict v{Type::birth_date, Strength::structure};
  v.reasons = bit(Reason::structure) | bit(Reason::date);
  std::size_t p = label;
  while (p < h.n && p - label < 6 && idle(h.c[p])) ++p;
  if (const std::size_t end = date_end(h, p, latest); end != 0) return propose(v, h.at[p], h.at[end]);
  // 1990年3月7日出生
  const std::size_t word = h.here > 0 && h.c[h.here - 1] == u'出' ? h.here - 1 : h.here;
  if (word != h.here || h.get(h.here + 1) == u'于')
    for (std::size_t i = word; i-- > 0 && word - i <= 12;)
      if (const std::size_t end = date_end(h, i, latest); end == word) return propose(v, h.at[i], h.at[end]);
}

}  // namespace fengsui::classify
