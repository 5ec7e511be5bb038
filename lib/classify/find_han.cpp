// One pass over the high bytes of a text for characters that begin names, or stand in addresses and dates.
#include <cstring>

#include "classify/finders.h"
#include "classify/han.h"

namespace fengsui::classify {
namespace {

bool tail(std::uint8_t b) { return (b & 0xC0) == 0x80; }
bool triple(base::View b, std::size_t i) { return i + 2 < b.size() && (b[i] & 0xF0) == 0xE0 && tail(b[i + 1]) && tail(b[i + 2]); }
char16_t character(base::View b, std::size_t i) { return static_cast<char16_t>((b[i] & 0x0Fu) << 12 | (b[i + 1] & 0x3Fu) << 6 | (b[i + 2] & 0x3Fu)); }

// Whether a number or a letter may end before `at`.
bool number_before(base::View b, std::size_t at) {
  if (at == 0) return false;
  const std::uint8_t c = b[at - 1];
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '#';
  if (at >= 3 && triple(b, at - 3)) {
    const char16_t one = character(b, at - 3);
    return han_number(one) || (one >= 0xFF10 && one <= 0xFF5A) || one == u'甲' || one == u'乙' || one == u'丙' || one == u'东' || one == u'西' || one == u'南' || one == u'北';
  }
  return true;  // GB: the parser looks again
}

// What can be said from two characters alone, so that most places cost nothing more.
bool worth_a_look(const Lexicon& l, base::View b, std::size_t i) {
  const char16_t first = character(b, i);
  if (i + 5 >= b.size()) return i + 3 < b.size();
  if (!triple(b, i + 3)) {
    const std::uint8_t c = b[i + 3];
    return c >= 0xC2 || c == '*' || c == 'X' || c == 'x';  // masked, or a character outside the basic plane
  }
  const char16_t second = character(b, i + 3);
  const Family family = l.family(first);
  const bool open = i < 3 || !triple(b, i - 3) || !han(character(b, i - 3));
  const std::uint32_t pair = l.pair(first, second);
  if ((pair & (kCompound | kElement)) != 0) return true;
  if (!han(second)) return open || (family == Family::strong || family == Family::usual);
  if (second == u'某') return true;
  if (l.given(second) == Given::never || family == Family::none) return false;
  if (open) return (pair & kCommon) == 0 || (i >= 3 && triple(b, i - 3) && character(b, i - 3) == u'：');
  if ((pair & kCommon) != 0) return false;
  if (family == Family::rare) return l.ends_cue(character(b, i - 3));
  return family == Family::strong || family == Family::usual || l.ends_cue(character(b, i - 3));
}

}  // namespace

void Finder::chinese(std::size_t begin, std::size_t end) {
  const Lexicon& l = *engine.lexicon;
  end = std::min(end, bytes.size());
  bool gb = false;
  std::size_t placed = 0;  // behind the last address
  const auto look = [&](std::size_t i, std::uint8_t what, bool utf8) {
    if ((what & kNameTrigger) != 0 && (!utf8 || worth_a_look(l, bytes, i))) person(i);
    if ((what & kElementTrigger) != 0 && (!utf8 || !triple(bytes, i + 3) || (l.pair(character(bytes, i), character(bytes, i + 3)) & kElement) != 0)) minority(i);
    if ((what & kUnitTrigger) != 0 && i >= placed && number_before(bytes, i)) placed = place(i);
    if ((what & kEstateTrigger) != 0 && i + 3 < bytes.size() && bytes[i + (utf8 ? 3 : 2)] >= '0' && bytes[i + (utf8 ? 3 : 2)] <= '9' && i >= placed) placed = place(i);
    if ((what & kPlaceTrigger) != 0) labelled_place(i);
    if ((what & kBirthTrigger) != 0) birth(i);
    if ((what & kHealthTrigger) != 0) health(i);
    if ((what & kAgeTrigger) != 0) age(i);
  };
  for (std::size_t i = begin; i < end;) {
    if (i + 8 <= end) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, bytes.data() + i, 8);
      eight &= 0x8080808080808080u;
      if (eight == 0) {
        i += 8;
        continue;
      }
    }
    const std::uint8_t a = bytes[i];
    if (a < 0x80) {
      ++i;
      continue;
    }
    if (triple(bytes, i)) {
      if (!gb || utf8_around(bytes, i)) {
        if (const std::uint8_t what = l.trigger(character(bytes, i)); what != 0) look(i, what, true);
        gb = false;
        i += 3;
        continue;
      }
    }
    if (i + 1 < end && ((a == 0xC2 && bytes[i + 1] == 0xB7) || (a == 0xA1 && bytes[i + 1] == 0xA4))) {
      dotted_name(i);
    } else if (i + 1 < end && a >= 0xB0 && a <= 0xF7 && bytes[i + 1] >= 0xA1 && bytes[i + 1] <= 0xFE) {
      const bool inside = (i >= 1 && triple(bytes, i - 1)) || (i >= 2 && triple(bytes, i - 2));
      if (!inside) {
        gb = true;
        if (const std::uint8_t what = l.trigger_gb(a, bytes[i + 1]); what != 0) look(i, what, false);
      }
    }
    ++i;
  }
}

}  // namespace fengsui::classify
