// Telephone numbers of the mainland: mobile segments in use, and area codes with local numbers.
#include <algorithm>
#include <array>

#include "classify/checks/check.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

enum class Segment : std::uint8_t { none, in_use, with_context };

// By the first three digits (MIIT number plan; lists after 2020).
Segment segment(std::string_view s) {
  const unsigned n = sums::number(s.substr(0, 3));
  if (n < 130 || n > 199) return Segment::none;
  switch (n) {
    case 140: case 141: case 142: case 143: case 144: case 154: case 160: case 161: case 163: case 164: case 168: case 169:
    case 179: case 194: return Segment::none;
    case 146: case 148: return Segment::with_context;
    default: return Segment::in_use;
  }
}

// The prefix of a country code in front of an 11-digit number: "86", "0086", "086".
std::size_t country_prefix(std::string_view s) {
  if (s.size() == 13 && s.starts_with("86")) return 2;
  if (s.size() == 15 && s.starts_with("0086")) return 4;
  if (s.size() == 14 && s.starts_with("0861")) return 3;
  return 0;
}

bool mobile_layout(std::span<const std::uint8_t> l) {
  if (l.size() == 1) return true;
  if (l.size() == 2) return (l[0] == 3 && l[1] == 8) || (l[0] == 7 && l[1] == 4);
  if (l.size() == 3) return (l[0] == 3 && l[1] == 4 && l[2] == 4) || (l[0] == 4 && l[1] == 4 && l[2] == 3) ||
                            (l[0] == 3 && l[1] == 3 && l[2] == 5) || (l[0] == 4 && l[1] == 3 && l[2] == 4);
  return false;
}

}  // namespace

std::optional<Verdict> check_mobile(const Value& value, const Tables&) {
  std::string_view s = value.text;
  if (!sums::digits(s)) return std::nullopt;
  Verdict v{Type::mobile, Strength::structure};
  v.reasons = bit(Reason::structure) | bit(Reason::segment);
  auto layout = value.layout;
  std::array<std::uint8_t, 12> rest{};
  if (s.size() != 11) {
    const std::size_t prefix = country_prefix(s);
    if (prefix == 0) {  // 13-digit numbers of the internet of things
      if (s.size() != 13 || !value.solid()) return std::nullopt;
      if (!s.starts_with("1410") && !s.starts_with("1440") && !s.starts_with("146") && !s.starts_with("148")) return std::nullopt;
      v.needs_context = true;
      v.reasons |= bit(Reason::iot);
      return v;
    }
    s.remove_prefix(prefix);
    v.reasons |= bit(Reason::prefix);
    if (layout[0] == prefix) {
      layout = layout.subspan(1);
    } else if (layout[0] > prefix) {
      std::size_t n = 0;
      for (; n < layout.size() && n < rest.size(); ++n) rest[n] = layout[n];
      rest[0] = static_cast<std::uint8_t>(rest[0] - prefix);
      layout = {rest.data(), n};
    } else {
      return std::nullopt;
    }
  }
  if (s[0] != '1') return std::nullopt;
  const Segment kind = segment(s);
  if (kind == Segment::none || !mobile_layout(layout)) return std::nullopt;
  if (layout.size() > 1) {
    if (value.separator == '?' && (v.reasons & bit(Reason::prefix)) == 0) return std::nullopt;
    v.reasons |= bit(Reason::grouped);
  }
  v.needs_context = kind == Segment::with_context;
  return v;
}

std::optional<Verdict> check_landline(const Value& value, const Tables& tables) {
  const std::string_view s = value.text;
  if (s.starts_with("86") && s.size() < 18 && value.layout.size() >= 3 && value.layout[0] == 2 && value.layout[1] <= 3 && s[2] != '0') {
    std::array<char, 20> text{'0'};  // +86-825-2223333: the zero of the area code is left off
    std::copy(s.begin() + 2, s.end(), text.begin() + 1);
    std::array<std::uint8_t, 12> layout{};
    const std::size_t runs = std::min(value.layout.size() - 1, layout.size());
    std::copy_n(value.layout.begin() + 1, runs, layout.begin());
    ++layout[0];
    Value national{{text.data(), s.size() - 1}, {layout.data(), runs}, value.separator, false, false, 0};
    auto verdict = check_landline(national, tables);
    if (verdict) verdict->reasons |= bit(Reason::prefix);
    return verdict;
  }
  if (!sums::digits(s) || s[0] != '0') return std::nullopt;
  const bool three = s.starts_with("010") || s[1] == '2';
  if (!three && (s[1] < '3' || s[1] > '9')) return std::nullopt;
  const std::size_t area = three ? 3 : 4;
  const auto l = value.layout;
  // Local numbers have 7 or 8 digits and start with 2-9.
  std::size_t digits = 0, runs = 0;
  bool solid = l.size() == 1;
  if (solid) {
    digits = s.size() - area;
    runs = 1;
  } else {
    if (l[0] != area) return std::nullopt;
    digits = l[1];
    runs = 2;
    if (digits < 7 && l.size() > 2) digits += l[2], runs = 3;
  }
  if (digits < 7 || digits > 8 || s[area] < '2') return std::nullopt;
  if (s.size() < area + digits) return std::nullopt;
  const std::size_t extension = s.size() - area - digits;
  Verdict v{Type::landline, Strength::structure};
  if (extension != 0) {
    if (l.size() != runs + 1 || extension > 5) return std::nullopt;
    v.reasons |= bit(Reason::extension);
  }
  v.needs_context = solid || value.separator == '.' || value.separator == '?';
  v.weak_without = value.separator == ' ';
  v.reasons |= bit(Reason::structure) | (solid ? 0 : bit(Reason::grouped));
  return v;
}

}  // namespace fengsui::classify
