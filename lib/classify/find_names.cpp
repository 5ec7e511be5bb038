// Names of persons in Chinese: family names and given names by dictionary, and what stands around them.
#include <algorithm>

#include "classify/finders.h"
#include "classify/han.h"

namespace fengsui::classify {
namespace {

using model::ValueState;

// Points for and against a reading as a name. Sums were tried on written sentences; tests/classify/names_test.cpp holds the outcome.
constexpr int kFamilyPoints[] = {-100, 15, 12, 0, -10};           // by Family
constexpr int kGivenPoints[] = {-6, 10, 1, -12, -100};            // by Given
constexpr int kLabelled = 40, kVouched = 26, kCue = 13, kWeakCue = 4, kEdge = 10, kOpenList = 12, kNothingLeft = -10;
constexpr int kTitled = 30, kVerb = 15, kParticle = 10, kSex = 25, kKnownWord = 5, kNothingRight = -8;
constexpr int kOrdinary = -30, kOrdinaryVouched = -18, kInside = -10, kWordForGiven = -15, kCrossing = -8, kCrossingVerb = -16, kParticleForGiven = -10, kTwoGiven = 4, kTailWord = -60;
constexpr int kCompany = 20, kCompanion = 8;  // other items of a list that read as names: two, one
constexpr int kEnough = 24, kEnoughAmbiguous = 29, kEnoughRare = 40, kEnoughInCell = 10;

constexpr bool one_of(char16_t c, std::u16string_view set) { return set.find(c) != std::u16string_view::npos; }

// Between a label and its value.
constexpr bool idle(char16_t c) { return one_of(c, u"：: \t\"'“「=（([【《*|>"); }
// What parts the cells of a table, the values of JSON and the tags of XML.
constexpr bool cell_edge(char16_t c) { return one_of(c, u",\"'|\t\n\r<>;{}[]=&:`"); }
constexpr bool edge(char16_t c) { return c < 0x80 ? !han_digit(c) && !han_letter(c) && c != '*' && c != '.' && c != '_' && c != '-' && c != '/' : !han(c) && c != 0xFFFF && c != u'·' && c != u'＊'; }
constexpr bool hidden(char16_t c) { return one_of(c, u"*#●○■□×◯※★•"); }

struct Reading {
  int points = -1000;
  std::size_t end = 0;
  std::uint64_t reasons = 0;
  bool ordinary = false;  // begins as an ordinary word does, and lost kOrdinary for it
};

class NameReader {
 public:
  NameReader(const Lexicon& lexicon, const Han& text) : l_(lexicon), h_(text) {}

  // The best reading of a name that starts at `s`.
  Reading best(std::size_t s) const {
    const std::size_t family = family_size(s);
    Reading out;
    if (family == 0) return out;
    const auto [left, why] = left_of(s);
    for (std::size_t given = 1; given <= 2; ++given) {
      const std::size_t end = s + family + given;
      if (end > h_.n) break;
      Reading one{family_points(s, family) + (given == 2 ? kTwoGiven : 0), end, why};
      bool possible = true;
      for (std::size_t k = s + family; k < end; ++k) {
        const char16_t c = h_.c[k];
        possible = possible && han(c);
        one.points += kGivenPoints[static_cast<std::size_t>(l_.given(c))];
      }
      if (!possible || one.points < -50) break;
      if (title_at(s + family)) break;  // 张主任 is no full name
      const int right = right_of(end, one.reasons);
      const bool certain = left > kVouched || (right >= kSex && (given == 2 || right == kSex || enough(s) <= kEnough)) || (left == kVouched && given == 2);  // 关爱老人 is nobody
      one.points += left + right + words_within(s, family, end, left >= kVouched, certain);
      one.ordinary = !certain && family == 1 && ordinary_at(s);
      if (one.points > out.points) out = one;
    }
    return out;
  }

  // Items of the list around [s, end) that read as names by themselves: 路长青、简明、贝晓玲. Three at most on either side.
  unsigned company(std::size_t s, std::size_t end) const {
    unsigned out = 0;
    std::size_t p = s;
    for (int item = 0; item < 3 && p > 1 && list_mark(h_.c[p - 1]); ++item) {
      std::size_t last = p - 1;
      if (h_.c[last - 1] == ')')
        while (last > 0 && h_.c[--last] != '(') {}
      p = last;
      while (p > 0 && last - p < 5 && han(h_.c[p - 1]) && !list_mark(h_.c[p - 1])) --p;
      out += looks_named(p, last) || (last - p > 3 && looks_named(last - 3, last));
    }
    p = end;
    for (int item = 0; item < 3; ++item) {
      if (h_.get(p) == '(')
        while (p < h_.n && h_.c[p++] != ')') {}
      if (!list_mark(h_.get(p))) break;
      const std::size_t first = ++p;
      while (p < h_.n && p - first < 5 && han(h_.c[p]) && !list_mark(h_.c[p])) ++p;
      out += looks_named(first, p) || (p - first > 3 && looks_named(first, first + 3));
    }
    return out;
  }

  int enough(std::size_t s) const {
    if (compound(s) != 0) return kEnough;
    const Family family = l_.family(h_.c[s]);
    return family == Family::strong || family == Family::usual ? kEnough : family == Family::ambiguous ? kEnoughAmbiguous : kEnoughRare;
  }

  // Whether another family name up to two characters before begins a name that covers `s` with at least as much for it.
  bool covered(std::size_t s, int points) const {
    for (std::size_t back = 1; back <= 3 && back <= s; ++back) {
      const std::size_t other = s - back;
      if (family_size(other) == 0) continue;
      const Reading r = best(other);
      if (r.end > s && r.points >= enough(other) && r.points >= points) return true;
    }
    return false;
  }

  std::size_t family_size(std::size_t s) const {
    if (const std::size_t n = compound(s)) return n;
    return l_.family(h_.c[s]) == Family::none ? 0 : 1;
  }

  struct Side {
    int points;
    std::uint64_t why;
  };

  Side left_of(std::size_t s) const {
    std::size_t p = s;
    while (p > 0 && s - p < 4 && idle(h_.c[p - 1])) --p;
    std::size_t named = p;
    if (named > 0 && one_of(h_.c[named - 1], u"为是系叫")) --named;
    if (s - p > 0 || named < p) {
      if (l_.longest_before(h_.text(), named, kLabel) != 0 || l_.longest_before(h_.text(), p, kLabel) != 0) return {kLabelled, bit(Reason::name_label)};
    }
    if (p == s && l_.longest_before(h_.text(), s, kLabel) >= 3) return {kLabelled - 4, bit(Reason::name_label)};
    const std::size_t role = l_.longest_before(h_.text(), s, kRole);
    if (role >= 2 && l_.longest_before(h_.text(), s + 1, kRole | kTitle) > role) return {kTailWord, 0};  // 书记员
    if (role >= 2) return {kVouched, bit(Reason::name_role)};
    if (tail_word(s)) return {kTailWord, 0};
    const std::size_t cue = l_.longest_before(h_.text(), s, kBefore);
    if (cue >= 2) return {kCue + 2, bit(Reason::name_cue)};
    if (cue == 1) return {kCue, bit(Reason::name_cue)};
    const char16_t before = h_.before(s);
    if (s == 0) return {h_.from_start ? kEdge : kNothingLeft, 0};
    if (before == '@') return {kVouched, bit(Reason::name_cue)};
    if (one_of(before, u"、和与及")) return {kOpenList, 0};
    if (edge(before)) return {kEdge, 0};
    if (one_of(before, u"的了过着到在于以")) return {kWeakCue, 0};
    if (han_digit(before) || han_letter(before)) return {0, 0};
    return {kNothingLeft, 0};
  }

  int right_of(std::size_t end, std::uint64_t& why) const {
    if (end >= h_.n) return h_.to_end ? kEdge : 0;
    const char16_t c = h_.c[end];
    const std::size_t title = l_.longest_at(h_.text(), end, h_.n, kTitle);
    if (title >= 2) {
      why |= bit(Reason::name_title);
      return kTitled;
    }
    if (one_of(c, u"，, （(/") && one_of(h_.get(end + 1), u"男女") && !han(h_.get(end + 2))) return kSex;
    if (edge(c)) return c == ' ' ? kEdge - 2 : kEdge;
    if (han_digit(c) || han_letter(c)) return 4;
    const std::size_t verb = l_.longest_at(h_.text(), end, h_.n, kAfter);
    if (verb >= 2) return kVerb;
    if (verb == 1 && one_of(c, u"为以之其于与和") && (end + 1 >= h_.n ? h_.to_end : edge(h_.c[end + 1]))) return kNothingRight;  // 佟大为。
    if (verb == 1) return kParticle;
    if (l_.longest_at(h_.text(), end, h_.n, kCommon | kAnyArea | kBefore | kRole) >= 2) return kKnownWord;
    return kNothingRight;
  }

 private:
  static bool list_mark(char16_t c) { return one_of(c, u"、, ;/|\n\t和与及"); }

  bool looks_named(std::size_t first, std::size_t end) const {
    if (end - first < 2 || end - first > 4) return false;
    const std::size_t family = family_size(first);
    if (family == 0 || end - first <= family || end - first > family + 2) return false;
    if (l_.longest_at(h_.text(), first, end, kCommon | kAnyArea) == end - first) return false;
    const Family tier = l_.family(h_.c[first]);
    const bool likely = family > 1 || tier == Family::strong || tier == Family::usual;
    if (!likely && tier != Family::ambiguous) return false;
    for (std::size_t k = first + family; k < end; ++k) {
      const Given given = l_.given(h_.c[k]);
      if (given != Given::common && !(likely && (given == Given::usual || given == Given::unknown))) return false;
    }
    return true;
  }

  std::size_t compound(std::size_t s) const {
    const std::size_t n = l_.longest_at(h_.text(), s, h_.n, kCompound);
    if (n != 0 && l_.longest_at(h_.text(), s, h_.n, kCommon) > n) return 0;              // 司空见惯
    return n != 0 && l_.longest_before(h_.text(), s + 1, kRole | kTitle) >= 2 ? 0 : n;  // 局长孙丽华
  }

  int family_points(std::size_t s, std::size_t family) const {
    return family >= 2 ? 18 : kFamilyPoints[static_cast<std::size_t>(l_.family(h_.c[s]))];
  }

  bool title_at(std::size_t i) const {
    bool found = false;
    l_.starting(h_.text(), i, h_.n, [&](std::size_t n, std::uint32_t w) { found = found || (n >= 2 && (w & kTitle) != 0); });
    return found;
  }

  // 紧张, 公安: the character before and the family name are one word.
  bool tail_word(std::size_t s) const {
    bool found = false;
    l_.ending(h_.text(), s + 1, [&](std::size_t n, std::uint32_t w) { found = found || (n >= 2 && (w & (kTail | kCommon | kCity | kCounty | kProvince)) != 0); });
    return found;
  }

  bool ordinary_at(std::size_t s) const { return l_.longest_at(h_.text(), s, h_.n, kCommon | kAnyArea) >= 2; }

  // Ordinary words that begin where the name does, lie in it, or begin in it and end behind it.
  int words_within(std::size_t s, std::size_t family, std::size_t end, bool vouched, bool certain) const {
    int out = 0;
    if (family == 1 && ordinary_at(s)) out += certain ? kOrdinaryVouched : kOrdinary;
    for (std::size_t k = s + family; k < end; ++k) {
      bool inside = false, crossing = false, verb = false;
      const bool whole = k == s + family && end - k == 2 && (l_.pair(h_.c[k], h_.c[k + 1]) & kCommon) != 0;
      l_.starting(h_.text(), k, h_.n, [&](std::size_t n, std::uint32_t w) {
        if (n < 2 || (w & (kCommon | kAfter | kProvince | kCity)) == 0) return;
        (k + n > end ? crossing : inside) = true;
        verb = verb || (k + n > end && (w & kAfter) != 0);
      });
      if (whole) out += kWordForGiven;
      else if (inside && !vouched) out += kInside;
      if (crossing) out += verb && k > s + family ? kCrossingVerb : kCrossing;
    }
    // 贾玲未: the last character is a word that stands behind names.
    if (end - s - family == 2 && end < h_.n && !edge(h_.c[end]) && l_.given(h_.c[end - 1]) != Given::common && one_of(h_.c[end - 1], u"为未已曾将被把向从到说称道在是于因系却便又也就都还则即均再")) out += kParticleForGiven;
    return out;
  }

  const Lexicon& l_;
  const Han& h_;
};

}  // namespace

void Finder::person(std::size_t at) {
  if ((engine.enabled & bit(Type::person_name)) == 0) return;
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 16, 16, h)) return;
  const std::size_t s = h.here;
  const NameReader reader(l, h);
  const std::size_t family = reader.family_size(s);
  if (family == 0) return;
  // 张某, 李某某, 王××, 赵＊＊: somebody took the name away.
  const std::size_t first = s + family;
  std::size_t end = first;
  if (h.get(first) == u'某') {
    for (end = first + 1; end < h.n && end < first + 2 && one_of(h.c[end], u"某甲乙丙丁");) ++end;
  } else {
    while (end < h.n && end < first + 3 && hidden(h.c[end])) ++end;
    for (std::size_t k = first; end == k && k < first + 2 && one_of(h.get(k), u"xX");) end = ++k;
    if (end > first && han_letter(h.get(end))) return;
    if (end > first && hidden(h.get(end))) return;
    if (end == first + 1 && han(h.get(end)) && !han(h.get(end + 1))) ++end;  // 张＊三
  }
  if (end > first) {
    const auto side = reader.left_of(s);
    const Family tier = l.family(h.c[s]);
    if (side.points < (tier == Family::strong || tier == Family::usual || family > 1 ? kNothingLeft : kEdge)) return;
    Verdict v{Type::person_name, Strength::structure, ValueState::masked};
    v.reasons = bit(Reason::masked) | bit(Reason::dictionary) | side.why;
    propose(v, at, h.at[end]);
    return;
  }
  Reading name = reader.best(s);
  if (name.points > -20 && name.points < reader.enough(s)) {
    const unsigned company = reader.company(s, name.end);
    if (company >= 2) name.points += kCompany + (name.ordinary ? kOrdinaryVouched - kOrdinary : 0);
    else if (company == 1) name.points += kCompanion;
  }
  const bool cell = (s == 0 ? h.from_start : cell_edge(h.c[s - 1])) && (name.end >= h.n ? h.to_end : cell_edge(h.get(name.end)));
  const bool sure = name.points >= reader.enough(s);
  if (!sure && !(cell && name.points >= kEnoughInCell)) return;
  if (reader.covered(s, name.points)) return;
  Verdict v{Type::person_name, Strength::structure};
  v.needs_context = !sure;
  v.reasons = bit(Reason::dictionary) | bit(Reason::structure) | name.reasons;
  propose(v, at, h.at[name.end]);
}

namespace {

// Characters that names of other languages are written with.
constexpr std::u16string_view kSounds =
    u"阿艾埃爱安巴拜班包贝比毕别宾波伯博布卜不满都才查达大代丹旦德登迪丁杜多额恩尔伐法凡方菲费芬夫弗福尕噶盖甘冈高戈格葛根古哈海汗罕豪赫亨胡华霍吉基季加贾杰金喀卡"
    u"凯坎康考科克肯孔库昆拉莱兰朗劳勒雷黎李里力利丽莉连林琳龙卢鲁路伦罗洛马玛麦曼芒毛梅门蒙孟米密苗敏明莫默木穆娜那乃南内尼宁诺努欧帕派潘庞佩彭皮普奇齐其恰钱乔切钦琴"
    u"青琼丘热仁日瑞若萨赛桑色沙山尚什士史舒斯苏孙索塔泰坦唐陶特提田铁廷图土托瓦万旺威维卫魏温文翁沃乌吾武西希锡夏香肖谢辛兴休许雅亚延扬耶叶伊衣依义因英永尤宇玉裕扎再"
    u"泽曾张赞哲珍芝治朱卓孜子宗祖佐坐则买肉江坎娅勒吐逊洪合如排祖农哎萝丝妮丹克妲黛";

bool sound(char16_t c) { return kSounds.find(c) != std::u16string_view::npos; }

}  // namespace

void Finder::dotted_name(std::size_t at) {
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 20, 20, h) || h.c[h.here] != u'·') return;
  const NameReader reader(l, h);
  std::size_t start = h.here, end = h.here + 1;
  while (start > 0 && h.here - start < 8 && (sound(h.c[start - 1]) || h.c[start - 1] == u'·')) {
    if (h.here - start >= 2 && reader.left_of(start).points >= kCue) break;
    --start;
  }
  while (end < h.n && end - h.here < 12 && (sound(h.c[end]) || h.c[end] == u'·')) {
    if (end - h.here >= 3 && l.longest_at(h.text(), end, h.n, kTitle) >= 2) break;
    ++end;
  }
  while (end > h.here + 1 && h.c[end - 1] == u'·') --end;
  if (h.here - start < 1 || end - h.here < 2 || end - start < 4) return;
  for (std::size_t i = start; i < h.here; ++i)
    if (h.c[i] == u'·') return;  // the first dot speaks for all
  std::uint64_t why = 0;
  const auto left = reader.left_of(start);
  const int right = reader.right_of(end, why);
  Verdict v{Type::person_name, Strength::structure};
  v.weak_without = left.points < 0 && right < 0;
  v.reasons = bit(Reason::structure) | bit(Reason::minority_name) | left.why | why;
  propose(v, h.at[start], h.at[end]);
}

void Finder::minority(std::size_t at) {
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 14, 16, h)) return;
  const std::size_t s = h.here;
  std::size_t end = s, parts = 0;
  while (parts < 3) {
    const std::size_t n = l.longest_at(h.text(), end, h.n, kElement);
    if (n == 0) break;
    end += n;
    ++parts;
  }
  if (parts == 0) return;
  if (h.get(end) == u'·' || h.before(s) == u'·') return;
  bool middle = false;  // 洛桑扎西 speaks for itself, 扎西 in it does not
  l.ending(h.text(), s, [&](std::size_t n, std::uint32_t w) { middle = middle || (n >= 2 && (w & kElement) != 0); });
  if (middle) return;
  const NameReader reader(l, h);
  std::uint64_t why = 0;
  const auto left = reader.left_of(s);
  const int right = reader.right_of(end, why);
  const int points = left.points + right + (parts >= 2 ? 20 : 0) + (end - s >= 3 ? 10 : 0);
  Verdict v{Type::person_name, Strength::structure};
  const bool cell = (s == 0 ? h.from_start : cell_edge(h.c[s - 1])) && (end >= h.n ? h.to_end : cell_edge(h.get(end)));
  if (points < kEnoughAmbiguous && !cell) return;
  v.needs_context = points < kEnoughAmbiguous;
  v.reasons = bit(Reason::dictionary) | bit(Reason::minority_name) | left.why | why;
  propose(v, at, h.at[end]);
}

}  // namespace fengsui::classify
