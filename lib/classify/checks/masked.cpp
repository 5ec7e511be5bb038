// Values whose middle is hidden: the shape of an identifier with mask signs in place of characters.
#include <algorithm>

#include "classify/checks/check.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

struct Shape {
  std::size_t head = 0, tail = 0, hidden = 0, longest = 0;
  bool contiguous = true;
};

Shape shape_of(std::string_view s) {
  Shape out;
  std::size_t run = 0;
  for (char c : s) {
    if (c == '*') {
      ++out.hidden;
      out.longest = std::max(out.longest, ++run);
    } else {
      run = 0;
    }
  }
  while (out.head < s.size() && s[out.head] != '*') ++out.head;
  while (out.tail < s.size() && s[s.size() - 1 - out.tail] != '*') ++out.tail;
  out.contiguous = out.head + out.tail + out.hidden == s.size();
  return out;
}

bool digits_or_masks(std::string_view s) {
  for (char c : s)
    if (c != '*' && (c < '0' || c > '9')) return false;
  return true;
}

Verdict masked(Type type, const Value& value) {
  Verdict v{type, Strength::structure, model::ValueState::masked};
  v.reasons = bit(Reason::masked) | bit(Reason::layout) | (value.solid() ? 0 : bit(Reason::grouped));
  return v;
}

}  // namespace

std::optional<Verdict> check_masked(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  const Shape shape = shape_of(s);
  if (shape.hidden >= s.size() || (shape.longest < 3 && shape.hidden < 4)) return std::nullopt;
  const std::string_view body = s.substr(0, s.size() - 1);
  const bool all_digits = digits_or_masks(s);
  const bool id_alphabet = digits_or_masks(body) && (all_digits || s.back() == 'X');
  if (s[0] == '0' && all_digits && value.layout.size() == 2 && s.size() >= 10 && s.size() <= 12 && value.layout[1] >= 7 && shape.head >= 3) {
    const bool three = s.starts_with("010") || s[1] == '2';
    if (value.layout[0] == (three ? 3 : 4)) return masked(Type::landline, value);
  }
  if (s.size() == 11 && all_digits && (s[0] == '1' || s[0] == '*')) {
    if (s[1] != '*' && s[0] == '1' && s[1] < '3') return std::nullopt;
    return masked(Type::mobile, value);
  }
  if (s.size() == 13 && all_digits && s.starts_with("861")) return masked(Type::mobile, value);
  if (s.size() == 18) {
    const bool province = shape.head < 2 || (sums::digits(s.substr(0, 2)) && t.province(s.substr(0, 2)));
    const bool card = value.layout.size() > 3 && value.layout[0] == 4;
    if (id_alphabet && province && !card) return masked(Type::citizen_id, value);
    if (!all_digits) return masked(Type::uscc, value);
  }
  if (s.size() >= 15 && s.size() <= 19 && all_digits) {
    const bool card_head = shape.head == 0 || s[0] == '3' || s[0] == '4' || s[0] == '5' || s[0] == '6' || s[0] == '9';
    if (s.size() == 15 && shape.head >= 6 && t.area(s.substr(0, 6)) >= Area::retired) return masked(Type::citizen_id_15, value);
    if (card_head) return masked(Type::bank_card, value);
  }
  if (s.size() == 9 && s[0] >= 'A' && s[0] <= 'Z' && shape.head >= 1) {
    Verdict v = masked(s[0] == 'C' || s[0] == 'H' || s[0] == 'M' || s[0] == 'L' || s[0] == 'T' || s[0] == 'W' ? Type::travel_permit : Type::passport, value);
    v.needs_context = true;
    return v;
  }
  return std::nullopt;
}

}  // namespace fengsui::classify
