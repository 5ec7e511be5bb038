// Health: names of diseases beside a word that says whose, and ages of minors.
#include "classify/finders.h"
#include "classify/han.h"

namespace fengsui::classify {

void Finder::health(std::size_t at) {
  if ((engine.enabled & bit(Type::health)) == 0) return;
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 16, 12, h)) return;
  const std::size_t n = l.longest_at(h.text(), h.here, h.n, kDisease);
  if (n == 0) return;
  bool inside = false;  // 高血压 in 妊娠期高血压病 was seen already
  for (std::size_t back = 1; back <= 6 && back <= h.here; ++back)
    inside = inside || l.longest_at(h.text(), h.here - back, h.n, kDisease) > back;
  if (inside) return;
  std::size_t label = 0;
  for (std::size_t i = h.here; i > 0 && h.here - i < 14 && h.c[i - 1] != u'。' && h.c[i - 1] != '\n'; --i)
    if (label = l.longest_before(h.text(), i, kHealthLabel); label != 0) break;
  Verdict v{Type::health, Strength::structure};
  v.needs_context = label == 0;
  v.reasons = bit(Reason::dictionary) | bit(Reason::disease);
  propose(v, at, h.at[h.here + n]);
}

// 12岁 beside 学生, 儿童, 未成年人.
void Finder::age(std::size_t at) {
  if ((engine.enabled & bit(Type::minor)) == 0) return;
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 24, 14, h)) return;
  std::size_t p = h.here;
  unsigned years = 0, scale = 1;
  while (p > 0 && h.here - p < 2 && han_digit(h.c[p - 1])) {
    years += scale * (h.c[p - 1] - u'0');
    scale *= 10;
    --p;
  }
  if (p == h.here || years == 0 || years >= 18 || han_digit(h.before(p)) || h.before(p) == '.' || h.before(p) == '-') return;
  const char16_t after = h.get(h.here + 1);
  if (after == u'以' || after == u'至' || after == u'到' || after == u'及' || after == '-' || after == u'～') return;  // a rule, not a person
  bool minor = false;
  for (std::size_t i = 2; i <= h.n && !minor; ++i) minor = l.longest_before(h.text(), i, kMinorWord) != 0;
  if (!minor) return;
  Verdict v{Type::minor, Strength::structure};
  v.reasons = bit(Reason::age) | bit(Reason::dictionary);
  propose(v, h.at[p], h.at[h.here + 1]);
}

}  // namespace fengsui::classify
