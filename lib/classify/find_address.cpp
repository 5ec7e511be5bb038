// Addresses in Chinese: from the first administrative division (or what introduces the place) to the last house element.
#include <algorithm>

#include "classify/finders.h"
#include "classify/han.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMostCharacters = 44;  // of an address, so that its overlaps stay within kLeft
constexpr std::size_t kMostName = 9;         // characters of one name before its end

constexpr bool one_of(char16_t c, std::u16string_view set) { return set.find(c) != std::u16string_view::npos; }
constexpr bool no_place_name(char16_t c) { return one_of(c, u"的了是在与及或被把等为请让给不也就都而且但我你他她它这那该您吗呢吧啊着过得已曾第"); }
constexpr bool body(char16_t c) { return han(c) || han_digit(c) || han_letter(c) || one_of(c, u"-#·"); }
constexpr bool idle(char16_t c) { return one_of(c, u"：: \t\"'“「=（(【|>,"); }

struct Address {
  std::size_t end = 0;
  unsigned divisions = 0, names = 0, numbers = 0;
  bool town = false, street = false, village = false, estate = false, house = false;

  bool placed() const { return street || village || estate; }
};

class PlaceReader {
 public:
  PlaceReader(const Lexicon& lexicon, const Han& text) : l_(lexicon), h_(text) {}

  // What can be read as an address from `start` on. `labelled`: names count for the end as numbers do.
  Address read(std::size_t start, bool labelled) {
    Address a;
    a.end = start;
    std::size_t p = start;
    Last last = Last::start;
    const std::size_t most = std::min(h_.n, start + kMostCharacters);
    while (p < most) {
      if (h_.c[p] == ' ' && p > start && han(h_.c[p - 1]) && (han(h_.get(p + 1)) || han_digit(h_.get(p + 1))) && (a.numbers == 0 || unit_ahead(p + 1))) ++p;
      if (h_.c[p] == '(' && last == Last::name && a.numbers == 0) p = past_aside(p);
      if (a.numbers == 0 && a.names < 2) {
        if (const std::size_t n = area_at(p); n != 0) {
          ++a.divisions;
          p += n;
          last = Last::division;
          continue;
        }
      }
      if (one_of(h_.c[p], u"xX") && one_of(h_.get(p + 1), u"xX号")) break;  // xx号: hidden
      if (const std::size_t n = number_at(p, last, a); n != 0) {
        p += n;
        if (last == Last::name) {  // 南区, 二期, 三段
          if (a.numbers != 0) a.end = p;
          continue;
        }
        ++a.numbers;
        a.end = p;
        continue;
      }
      const std::size_t n = name_at(p, last, a, labelled);
      if (n == 0) break;
      p += n;
      if (labelled && a.numbers == 0) a.end = p;
      if (a.numbers > 0 && last == Last::building_name) a.end = p;
    }
    a.end = std::min(a.end, most);
    return a;
  }

  // The longest division that begins at `i`; short forms of counties are too ordinary.
  std::size_t area_at(std::size_t i) const {
    std::size_t out = 0;
    l_.starting(h_.text(), i, h_.n, [&](std::size_t n, std::uint32_t w) {
      if ((w & kAnyArea) == 0 || n < 2) return;
      if ((w & kShortArea) != 0 && ((w & (kProvince | kCity)) == 0 || names_a_street(i + n))) return;
      out = n;
    });
    return out;
  }

 private:
  enum class Last : std::uint8_t { start, division, name, building_name, number, building };

  // A number with its unit, or the number of a room behind a building.
  std::size_t number_at(std::size_t p, Last& last, Address& a) const {
    if (last == Last::start) return 0;
    std::size_t q = p;
    if (one_of(h_.get(q), u"附之") && last == Last::number) ++q;
    if (one_of(h_.get(q), u"第") ) ++q;
    if (one_of(h_.get(q), u"-") && (last == Last::number || last == Last::building)) ++q;
    const std::size_t first = q;
    bool digits = false, numerals = false;
    while (q < h_.n && q - first < 12) {
      const char16_t c = h_.c[q];
      if (han_digit(c)) digits = true;
      else if (han_number(c) || (q == first && one_of(c, u"甲乙丙丁戊东西南北"))) numerals = true;
      else if (!(han_letter(c) || (q > first && one_of(c, u"-/、") && (han_digit(h_.get(q + 1)) || han_letter(h_.get(q + 1)))))) break;
      if (digits && han_number(c)) break;
      ++q;
    }
    if (q == first) return 0;
    if (digits && h_.get(q) == ' ' && one_of(h_.get(q + 1), u"号栋幢单室楼层座")) ++q;  // 66 号
    std::size_t unit = 0;
    if (h_.get(q) == '#') unit = 1 + l_.longest_at(h_.text(), q + 1, h_.n, kUnit);
    else unit = l_.longest_at(h_.text(), q, h_.n, kUnit);
    const bool letters_only = !digits && !numerals;
    if (unit == 0) {
      if (!digits || numerals) return 0;
      const bool room = last == Last::building || (last == Last::number && q - first <= 10) || (last == Last::building_name) ||
                        (last == Last::name && a.estate && std::find(h_.c.begin() + static_cast<std::ptrdiff_t>(first), h_.c.begin() + static_cast<std::ptrdiff_t>(q), u'-') != h_.c.begin() + static_cast<std::ptrdiff_t>(q));
      if (!room || q - first > 12 || !rooms(first, q) || han_letter(h_.get(q))) return 0;
      if (one_of(h_.get(q), u"年月日元人个万平米㎡岁次层条亩")) return 0;
      last = Last::building;
      a.house = true;
      return q - p;
    }
    const char16_t u = h_.c[q];
    if (letters_only && one_of(u, u"号室层组社队户") && !(u == u'室' && q - first == 1 && last == Last::building)) return 0;
    if (last == Last::division && !one_of(u, u"组社村")) return 0;
    if (u == u'号' && unit == 1 && l_.longest_at(h_.text(), q + unit, h_.n, kStop) != 0) return 0;
    if (one_of(u, u"号楼层室") && one_of(h_.get(q + unit), u"线令文")) return 0;
    if (unit == 1 && (one_of(u, u"村区期段街巷排") || (u == u'门' && a.numbers == 0))) {
      (u == u'村' ? a.village : u == u'街' || u == u'巷' || u == u'段' ? a.street : a.estate) = true;
      if (a.names == 0 && u != u'村') return 0;
      ++a.names;
      last = Last::name;
      if (u == u'村' || u == u'期' || u == u'区') return q + unit - p;
      return q + unit - p;
    }
    a.house = true;
    last = one_of(u, u"栋幢座塔单楼层梯门") || unit > 1 || h_.c[q] == '#' ? Last::building : Last::number;
    return q + unit - p;
  }

  // 3 栋: a number whose unit follows, a blank between or none.
  bool unit_ahead(std::size_t i) const {
    std::size_t q = i;
    while (q < h_.n && q - i < 5 && (han_digit(h_.c[q]) || han_letter(h_.c[q]))) ++q;
    if (q == i || q - i >= 5) return false;
    const std::size_t behind = h_.get(q) == ' ' ? q + 1 : q;
    if (one_of(h_.get(behind), u"号栋幢单室楼层座")) return true;
    return q - i >= 3 && one_of(h_.before(i - 1), u"元栋幢座楼") && !han(h_.get(behind)) && !han_digit(h_.get(behind)) && !one_of(h_.get(q), u"-.:/@");  // 1 单元 1803
  }

  // （明月路小学旁）32号: behind the bracket, when a number follows it.
  std::size_t past_aside(std::size_t p) const {
    for (std::size_t q = p + 1; q < h_.n && q - p < 14; ++q)
      if (h_.c[q] == ')') return han_digit(h_.get(q + 1)) ? q + 1 : p;
    return p;
  }

  // 南京路, 北京东路: the division is the name of a street there; 遂宁经济技术开发区 is two divisions.
  bool names_a_street(std::size_t i) const {
    if (l_.longest_at(h_.text(), i, h_.n, kCounty) >= 3 && l_.longest_at(h_.text(), i, h_.n, kStreet) == 0) return false;
    if (l_.longest_at(h_.text(), i, h_.n, kStreet | kEstate | kVillage | kTown) != 0) return true;
    return one_of(h_.get(i), u"东西南北中") && l_.longest_at(h_.text(), i + 1, h_.n, kStreet) != 0;
  }

  // 8栋, A座, 2期: what only follows the name of an estate.
  bool building_at(std::size_t i) const {
    std::size_t q = i;
    while (q < h_.n && q - i < 4 && (han_digit(h_.c[q]) || han_letter(h_.c[q]) || han_number(h_.c[q]))) ++q;
    if (q == i) return false;
    const std::size_t unit = l_.longest_at(h_.text(), q, h_.n, kUnit);
    return unit != 0 && (one_of(h_.c[q], u"栋幢座塔期") || (unit > 1 && (h_.c[q] == u'号' || h_.c[q] == u'单')));
  }

  // 501, 3-2-501: parts of at most four digits, the last of two at least.
  bool rooms(std::size_t first, std::size_t end) const {
    std::size_t run = 0;
    for (std::size_t i = first; i < end; ++i) {
      if (han_digit(h_.c[i])) {
        if (++run > 4) return false;
      } else {
        run = 0;
      }
    }
    return run >= 1;
  }

  // A name with its end: 凯旋路, 白马村, 翠苑小区. Behind a house number only buildings.
  std::size_t name_at(std::size_t p, Last& last, Address& a, bool labelled) {
    const std::size_t least = last == Last::name || a.numbers != 0 ? 0 : 1;  // 127号住院部五楼
    const std::uint32_t kinds = a.numbers == 0 ? (kTown | kStreet | kVillage | kEstate) : kEstate;
    for (std::size_t k = 0; k <= kMostName && p + k < h_.n; ++k) {
      std::uint32_t kind = 0;
      std::size_t size = 0;
      if (k >= least) l_.starting(h_.text(), p + k, h_.n, [&](std::size_t n, std::uint32_t w) {
        if ((w & kinds) != 0) size = n, kind = w & kinds;
      });
      const char16_t c = h_.c[p + k];
      if (size == 0 && a.village && a.numbers == 0 && k >= 1 && k <= 4 && one_of(c, u"组社队") && han_digit(h_.get(p + k + 1))) size = 1, kind = kVillage;  // 上屋组16号
      if (k == 0 && size == 1 && (kind & kEstate) != 0 && (kind & (kTown | kStreet | kVillage)) == 0) size = 0;
      if (size == 0 && k >= 2 && building_at(p + k)) {  // 金色海岸8栋
        ++a.names;
        a.estate = true;
        last = Last::building_name;
        return k;
      }
      // 里, 院, 公司 and the like begin or lie in other names: what follows decides.
      if (size != 0 && a.numbers != 0 && !(followed_by_number(p + k + size) || (k >= 1 && closes(p + k, size)))) size = 0;
      if (size != 0) {
        ++a.names;
        a.town = a.town || (kind & kTown) != 0;
        a.street = a.street || (kind & kStreet) != 0 || (k == 0 && (kind & kTown) != 0 && size == 2 && h_.c[p + 1] == u'道' && han_digit(h_.get(p + 2)));  // 文井镇街道12号
        a.village = a.village || (kind & kVillage) != 0;
        a.estate = a.estate || ((kind & kEstate) != 0 && (kind & (kTown | kStreet | kVillage)) == 0);
        last = a.numbers != 0 ? Last::building_name : Last::name;
        return k + size;
      }
      if (!han(c) && !han_letter(c) && c != u'·') return 0;
      if (no_place_name(c) && !(labelled && k == 0) && !(a.numbers != 0 && c == u'第')) return 0;
      if (c == u'和' && area_at(p + k + 1) != 0) return 0;
    }
    return 0;
  }

  bool followed_by_number(std::size_t i) const {
    if (h_.get(i) == ' ') return unit_ahead(i + 1);
    const char16_t c = h_.get(i);
    if (han_letter(c) && han_digit(h_.get(i + 1))) return l_.longest_at(h_.text(), i + 2, h_.n, kUnit) != 0 || (han_digit(h_.get(i + 2)) && l_.longest_at(h_.text(), i + 3, h_.n, kUnit) != 0);  // W5区
    return han_digit(c) || ((han_letter(c) || han_number(c) || one_of(c, u"东西南北")) && l_.longest_at(h_.text(), i + 1, h_.n, kUnit) != 0);
  }

  // Ends that are a building by themselves.
  bool closes(std::size_t i, std::size_t n) const {
    constexpr std::u16string_view sure[] = {u"小区", u"花园", u"苑", u"家园", u"公寓", u"大厦", u"广场", u"大楼", u"宿舍", u"宿舍楼", u"写字楼",
                                            u"公馆", u"山庄", u"佳苑", u"雅苑", u"嘉园", u"华庭", u"家属院", u"家属楼", u"安置小区", u"住宅小区", u"学校", u"中学", u"小学", u"大学", u"学院", u"医院", u"幼儿园", u"商场", u"超市", u"百货",
                                            u"酒店", u"大酒店", u"宾馆", u"饭店", u"政务大厅", u"服务大厅", u"派出所", u"校区", u"院区", u"厂区", u"产业园", u"科技园",
                                            u"工业园", u"创业园", u"孵化园", u"商城", u"商厦", u"支行", u"营业厅", u"办公楼", u"综合楼", u"门诊楼", u"住院楼", u"教学楼"};
    const std::u16string_view word(h_.text() + i, n);
    return std::find(std::begin(sure), std::end(sure), word) != std::end(sure);
  }

  const Lexicon& l_;
  const Han& h_;
};

constexpr bool hidden(char16_t c) { return one_of(c, u"*#●○■□×•◯xX"); }

// Behind an address: "**号*栋". Past it, or `end` when nothing is hidden.
std::size_t hidden_end(const Han& h, std::size_t end) {
  std::size_t p = end, last = end, signs = 0;
  for (; p < h.n && p - end < 16; ++p) {
    if (hidden(h.c[p])) ++signs, last = p + 1;
    else if (signs != 0 && one_of(h.c[p], u"号栋幢座单元室楼层户组村社路街巷弄")) last = p + 1;
    else break;
  }
  return signs >= 2 && !han_letter(h.get(last)) ? last : end;
}

std::uint64_t reasons(const Address& a) {
  return bit(Reason::structure) | (a.divisions != 0 ? bit(Reason::area_name) : 0) | (a.street ? bit(Reason::street) : 0) | (a.house ? bit(Reason::house) : 0);
}

}  // namespace

namespace {

// Characters of the divisions that stand at `p`, one behind the other.
std::size_t divisions_size(const Lexicon& l, const Han& h, std::size_t p) {
  const PlaceReader reader(l, h);
  std::size_t q = p;
  while (const std::size_t n = reader.area_at(q)) q += n;
  return q - p;
}

// Whether `i` is in the bracket of （明月路小学旁）32号.
bool aside(const Han& h, std::size_t i) {
  if (h.before(i) != '(') return false;
  for (std::size_t q = i; q < h.n && q - i < 14; ++q)
    if (h.c[q] == ')') return han_digit(h.get(q + 1));
  return false;
}

}  // namespace

std::size_t Finder::place(std::size_t at) {
  const std::size_t next = at + 1;
  if ((engine.enabled & bit(Type::address)) == 0) return next;
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, kHanLeft, kHanRight, h)) return next;
  std::size_t low = h.here;
  while (low > 0 && (body(h.c[low - 1]) || hidden(h.c[low - 1]) || (h.c[low - 1] == ' ' && low > 1 && (han(h.c[low - 2]) || han_digit(h.c[low - 2]))) || (h.c[low - 1] == ')' && han_digit(h.c[low])) || aside(h, low))) --low;
  PlaceReader reader(l, h);
  for (std::size_t i = low; i < h.here; ++i) {
    if (reader.area_at(i) == 0) continue;
    const Address a = reader.read(i, false);
    if (a.end <= h.here || !a.house || !a.placed()) {
      if (!hidden(h.before(h.here))) continue;
      const Address open = reader.read(i, true);  // 凯旋路**号
      if (const std::size_t end = hidden_end(h, open.end); end > h.here && end != open.end && open.placed()) {
        Verdict v{Type::address, Strength::structure, model::ValueState::masked};
        v.reasons = reasons(open) | bit(Reason::masked);
        propose(v, h.at[i], h.at[end]);
        return h.at[end];
      }
      continue;
    }
    Verdict v{Type::address, Strength::structure};
    v.reasons = reasons(a);
    const std::size_t end = hidden_end(h, a.end);
    if (end != a.end) v.state = model::ValueState::masked, v.reasons |= bit(Reason::masked);
    propose(v, h.at[i], h.at[end]);
    return h.at[end];
  }
  // Without a division: behind a word that introduces a place, or in a place of its own.
  for (std::size_t i = h.here; i-- > low;) {
    const std::size_t lead = l.longest_before(h.text(), i, kLead | kPlaceLabel);
    const bool edge = i == low && (i == 0 ? h.from_start : !han(h.c[i - 1]));
    if (lead == 0 && !edge) continue;
    const Address a = reader.read(i, false);
    if (a.end <= h.here || !a.house || !a.placed()) continue;
    const bool rich = a.names >= 2 || a.numbers >= 3;
    const bool strong_lead = lead >= 2 || (lead == 1 && h.c[i - 1] != u'的' && h.c[i - 1] != u'和' && h.c[i - 1] != u'与');
    Verdict v{Type::address, Strength::structure};
    v.needs_context = !(strong_lead && (rich || a.street || a.village || a.numbers >= 2)) && !(edge && rich);
    v.reasons = reasons(a);
    propose(v, h.at[i], h.at[a.end]);
    return h.at[a.end];
  }
  return next;
}

void Finder::labelled_place(std::size_t at) {
  if ((engine.enabled & bit(Type::address)) == 0) return;
  const Lexicon& l = *engine.lexicon;
  Han h;
  if (!han_around(l, bytes, at, 8, kHanRight, h)) return;
  std::size_t i = 0;
  for (std::size_t k = 1; k <= 5 && h.here + k <= h.n; ++k)
    if (l.longest_before(h.text(), h.here + k, kPlaceLabel) >= k) i = h.here + k;
  if (i == 0) return;
  std::size_t p = i;
  while (p < h.n && p - i < 4 && idle(h.c[p])) ++p;
  if (p < h.n && one_of(h.c[p], u"为是在于")) ++p;
  while (p < h.n && p - i < 6 && idle(h.c[p])) ++p;
  PlaceReader reader(l, h);
  const Address a = reader.read(p, true);
  if (p == i) return;
  const std::size_t behind = std::max(a.end, p + (a.divisions != 0 ? divisions_size(l, h, p) : 0));
  if (const std::size_t end = hidden_end(h, behind); end != behind && (a.divisions != 0 || a.placed())) {
    Verdict v{Type::address, Strength::structure, model::ValueState::masked};
    v.reasons = reasons(a) | bit(Reason::place_label) | bit(Reason::masked);
    return propose(v, h.at[p], h.at[end]);
  }
  if (a.end <= p) return;
  if (!(a.placed() && (a.divisions > 0 || a.names >= 2 || a.house))) return;
  if (a.divisions == 0 && !a.house && a.names < 2) return;
  Verdict v{Type::address, Strength::structure};
  v.reasons = reasons(a) | bit(Reason::place_label);
  propose(v, h.at[p], h.at[a.end]);
}

}  // namespace fengsui::classify
