// One pass over the high bytes of a text for characters that begin names, or stand in addresses and dates.
#include "classify/finders.h"
#include "classify/han.h"
#include "classify/han_blocks.h"

namespace fengsui::classify {
namespace {

bool tail(std::uint8_t b) { return (b & 0xC0) == 0x80; }
bool triple(base::View b, std::size_t i) { return i + 2 < b.size() && (b[i] & 0xF0) == 0xE0 && tail(b[i + 1]) && tail(b[i + 2]); }
char16_t character(base::View b, std::size_t i) { return static_cast<char16_t>((b[i] & 0x0Fu) << 12 | (b[i + 1] & 0x3Fu) << 6 | (b[i + 2] & 0x3Fu)); }

// Whether a number or a letter may end before `at`.
bool number_before(base::View b, std::size_t at) {
  if (at == 0) return false;
  std::uint8_t c = b[at - 1];
  if (c == ' ' && at > 1) c = b[at - 2] < 0x80 ? b[at - 2] : std::uint8_t{' '};  // 66 号
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '#' || c == '*';
  if (at >= 3 && triple(b, at - 3)) {
    const char16_t one = character(b, at - 3);
    return han_number(one) || one == u'＊' || one == u'●' || one == u'•' || one == u'■' || one == u'□' || one == u'○' || one == u'×' || (one >= 0xFF10 && one <= 0xFF5A) || one == u'甲' || one == u'乙' || one == u'丙' || one == u'东' || one == u'西' || one == u'南' || one == u'北';
  }
  return true;  // GB: the parser looks again
}

// What can be said from two characters alone, so that most places cost nothing more.
bool worth_a_look(const Lexicon& l, base::View b, std::size_t i) {
  const char16_t first = character(b, i);
  if (i + 5 >= b.size()) return i + 3 < b.size();
  const char16_t before = i >= 3 && triple(b, i - 3) ? character(b, i - 3) : char16_t{0};
  const bool open = !han(before);
  const Family family = l.family(first);
  const bool likely = family == Family::strong || family == Family::usual;
  if (!triple(b, i + 3)) {
    const std::uint8_t c = b[i + 3];
    return c >= 0xC2 || c == '*' || c == 'X' || c == 'x';  // masked, or a character outside the basic plane
  }
  const char16_t second = character(b, i + 3);
  if (!likely && !open && !l.ends_cue(before) && !l.starts_compound(first)) return false;
  if (!han(second)) return open || likely;
  if (second == u'某') return true;
  if (l.starts_compound(first) && (l.pair(first, second) & kCompound) != 0) return true;
  if (family == Family::none || l.given(second) == Given::never) return false;
  if (!open && !l.ends_cue(before) && l.given(second) != Given::common && l.given(second) != Given::usual) return false;
  if ((l.pair(first, second) & kCommon) == 0 || before == u'：' || before == u':' || before == u'、') return true;
  if (open && triple(b, i + 6) && (character(b, i + 6) == u'、' || (before == u'，' && character(b, i + 6) == u'，'))) return true;
  if (open && triple(b, i + 6) && l.given(character(b, i + 6)) == Given::common && (i + 9 >= b.size() || b[i + 9] < 0x80)) return true;  // 包子轩 in a cell
  // 康健，男 and 耿直同学 are persons all the same.
  if (!(open || l.ends_cue(before)) || !triple(b, i + 6) || !triple(b, i + 9)) return false;
  const char16_t third = character(b, i + 6), fourth = character(b, i + 9);
  if (l.given(third) == Given::common) return true;  // 晋安 begins 晋安平
  return ((third == u'，' || third == u'（') && (fourth == u'男' || fourth == u'女')) || (l.pair(third, fourth) & kTitle) != 0 ||
         (triple(b, i + 12) && (l.pair(fourth, character(b, i + 12)) & kTitle) != 0);
}

// 出生, 生日, 生于, 生年.
bool of_birth(base::View b, std::size_t i) {
  if (i >= 3 && triple(b, i - 3) && character(b, i - 3) == u'出') return true;
  const char16_t next = triple(b, i + 3) ? character(b, i + 3) : char16_t{0};
  return next == u'日' || next == u'于' || next == u'年';
}

bool digit_or_capital(std::uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }
bool gb_pair(base::View b, std::size_t i) { return i + 1 < b.size() && b[i] >= 0xB0 && b[i] <= 0xF7 && b[i + 1] >= 0xA1 && b[i + 1] <= 0xFE; }

}  // namespace

void Finder::chinese(std::size_t begin, std::size_t end) {
  const Lexicon& l = *engine.lexicon;
  end = std::min(end, bytes.size());
  std::size_t placed = 0;  // behind the last address
  // 一, 幺 or 壹 with another digit behind it.
  const auto spoken_one = [&](std::size_t i, bool utf8) {
    if (!utf8) return spoken_digit(l.from_gb(bytes[i], bytes[i + 1])) == 1;
    return spoken_digit(character(bytes, i)) == 1;
  };
  const auto look = [&](std::size_t i, std::uint8_t what, bool utf8) {
    const std::size_t next = i + (utf8 ? 3 : 2);
    if ((what & kNameTrigger) != 0 && (!utf8 || worth_a_look(l, bytes, i))) person(i);
    if ((what & kElementTrigger) != 0 && (!utf8 || (triple(bytes, next) && (l.pair(character(bytes, i), character(bytes, next)) & kElementBegins) != 0))) minority(i);
    if ((what & kUnitTrigger) != 0 && i >= placed && number_before(bytes, i)) placed = place(i);
    if ((what & kEstateTrigger) != 0 && i >= placed && next < bytes.size() && bytes[next] >= '0' && bytes[next] <= '9') placed = place(i);
    if ((what & kPlaceTrigger) != 0) {
      if (spoken_one(i, utf8)) {
        if (!utf8 || (triple(bytes, next) && spoken_digit(character(bytes, next)) >= 3)) spoken(i);
      }
      else labelled_place(i);
    }
    if ((what & kBirthTrigger) != 0 && (!utf8 || of_birth(bytes, i))) birth(i);
    if ((what & kHealthTrigger) != 0 && (!utf8 || (triple(bytes, next) && (l.pair(character(bytes, i), character(bytes, next)) & kDiseaseBegins) != 0))) health(i);
    if ((what & kAgeTrigger) != 0 && i > 0 && bytes[i - 1] < 0x80) age(i);
  };
  std::vector<HanBlock> blocks;
  han_blocks(bytes, begin, end, blocks);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (blocks[k].high == 0) continue;
    const std::uint64_t wanted = blocks[k].high & near_sign(blocks, k);
    if (wanted == 0) continue;
    const std::uint64_t of_gb = near_gb(blocks, k);
    for (std::uint64_t rest = wanted; rest != 0; rest &= rest - 1) {
      const auto place = static_cast<unsigned>(__builtin_ctzll(rest));
      const std::size_t i = begin + 64 * k + place;
      const bool gb = (of_gb >> place & 1) != 0;
      if (i >= end) break;
      const std::uint8_t a = bytes[i];
      if (a < 0xC0 && !gb) continue;
      if (gb && i > 0 && digit_or_capital(bytes[i - 1]) && (a == 0x81 || a == 0x84 || a == 0xA1 || a == 0xA8)) parted(i);
      if (a < 0xA1) continue;
      if (a >= 0xE4 && a <= 0xE9 && triple(bytes, i)) {
        if (const std::uint8_t what = l.trigger(character(bytes, i)); what != 0) look(i, what, true);
      } else if (i + 1 < end && ((a == 0xC2 && bytes[i + 1] == 0xB7) || (a == 0xA1 && bytes[i + 1] == 0xA4))) {
        dotted_name(i);
        continue;
      }
      if (gb && gb_pair(bytes, i) && l.trigger_gb(a, bytes[i + 1]) != 0) {
        const bool inside = triple(bytes, i) || (i >= 1 && triple(bytes, i - 1)) || (i >= 2 && triple(bytes, i - 2));
        if (!inside || !utf8_around(bytes, triple(bytes, i) ? i : triple(bytes, i - 1) ? i - 1 : i - 2)) look(i, l.trigger_gb(a, bytes[i + 1]), false);
      }
    }
  }
}

}  // namespace fengsui::classify
