#include "classify/cell_types.h"

#include <algorithm>
#include <array>
#include <string>

#include "classify/names.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kLongestCell = 160;  // bytes; a longer cell is a text, which the stream reads
constexpr std::size_t kLongestCode = 40;

constexpr std::uint32_t one(std::size_t type) { return 1u << type; }
constexpr std::uint32_t one(Type type) { return bit(type); }

bool digit(char c) { return c >= '0' && c <= '9'; }

base::View trimmed(base::View v) {
  while (!v.empty() && (v.front() == ' ' || v.front() == '\t' || v.front() == '\'')) v = v.subspan(1);
  while (!v.empty() && (v.back() == ' ' || v.back() == '\t' || v.back() == '\r' || v.back() == '\'')) v = v.first(v.size() - 1);
  return v;
}

// The cell as capitals and digits, separators left out; nothing when it holds anything else.
bool folded(base::View cell, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < cell.size();) {
    const Unit u = unit_at(cell, at);
    if (u.size == 0 || u.kind == UnitKind::other || out.size() > kLongestCode) return false;
    at += u.size;
    if (u.kind == UnitKind::separator || u.kind == UnitKind::nothing) continue;
    out.push_back(u.value >= 'a' && u.value <= 'z' ? static_cast<char>(u.value - 32) : u.value);
  }
  return !out.empty();
}

bool all_digits(std::string_view s) { return std::all_of(s.begin(), s.end(), digit); }

// By what it is written like.
std::uint32_t shapes(std::string_view s) {
  const bool digits = all_digits(s);
  const auto some = static_cast<std::size_t>(std::count_if(s.begin(), s.end(), digit));
  std::uint32_t out = 0;
  switch (s.size()) {
    case 9:
      if (some >= 6) out |= one(Type::org_code);
      if (some == 8 && !digit(s[0])) out |= one(Type::passport) | one(Type::travel_permit) | one(Type::social_security);
      break;
    case 11:
      if (digits && s[0] == '1') out |= one(Type::mobile);
      break;
    case 15:
      if (digits) out |= one(Type::citizen_id_15) | one(Type::business_reg) | one(Type::imei) | one(Type::imsi);
      break;
    case 17:
      if (some >= 5) out |= one(Type::vin);
      break;
    case 18:
      if (all_digits(s.substr(0, 17)) && (digit(s[17]) || s[17] == 'X')) out |= one(Type::citizen_id) | one(Type::foreign_residence);
      if (some >= 8) out |= one(Type::uscc);
      break;
    default: break;
  }
  if (digits && s.size() >= 15 && s.size() <= 19) out |= one(Type::bank_card);
  return out;
}

// Masked in so few places that the text rules, which want three signs in a row, do not see it.
std::uint32_t thinly_masked(std::string_view s, const Tables& tables) {
  const auto masks = static_cast<std::size_t>(std::count(s.begin(), s.end(), '*'));
  if (masks == 0 || masks > 3) return 0;
  const auto fits = [](std::string_view t) { return std::all_of(t.begin(), t.end(), [](char c) { return digit(c) || c == '*'; }); };
  if (s.size() == 18 && fits(s.substr(0, 17)) && (fits(s.substr(17)) || s[17] == 'X') && values_that_fit(Type::citizen_id, s, tables) != 0)
    return one(Type::citizen_id);
  if (s.size() == 11 && s[0] == '1' && s[1] >= '3' && fits(s)) return one(Type::mobile);
  if (s.size() >= 16 && s.size() <= 19 && (s[0] == '6' || s[0] == '4' || s[0] == '5') && fits(s)) return one(Type::bank_card);
  return 0;
}

// Two to four characters, the first a family name.
bool like_a_name(base::View cell) {
  const std::size_t family = family_name_at(cell, 0);
  if (family == 0) return false;
  std::size_t at = family, given = 0;
  while (at < cell.size()) {
    const std::size_t n = character_at(cell, at);
    if (n == 0) return false;
    at += n;
    ++given;
  }
  return given >= 1 && given <= 2;
}

unsigned number(std::string_view s) {
  unsigned n = 0;
  for (const char c : s) n = n * 10 + static_cast<unsigned>(c - '0');
  return n;
}

// 19900307, 1990-3-7, 1990/03/07, 1990.03.07, 1990年3月7日, and each with a time behind it.
bool like_a_birth_date(std::string_view s, unsigned latest) {
  std::array<unsigned, 3> part{};
  std::array<std::size_t, 3> length{};
  if (s.size() >= 8 && all_digits(s.substr(0, 8))) {
    if (s.size() > 8 && digit(s[8])) return false;
    return s.substr(0, 4) >= "1900" && sums::birth_date(s.substr(0, 8), latest);
  }
  std::size_t i = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t from = i;
    while (i < s.size() && digit(s[i])) ++i;
    length[k] = i - from;
    if (length[k] == 0 || length[k] > 4) return false;
    part[k] = number(s.substr(from, length[k]));
    if (k == 2) break;
    const std::size_t mark = i;
    while (i < s.size() && !digit(s[i]) && i - mark < 4) ++i;
    const std::string_view between = s.substr(mark, i - mark);
    const bool ok = between == "-" || between == "/" || between == "." || (k == 0 ? between == "年" || between == "\xC4\xEA" : between == "月" || between == "\xD4\xC2");
    if (!ok) return false;
  }
  if (length[0] != 4 || length[1] > 2 || length[2] > 2) return false;
  const unsigned day = part[0] * 10000 + part[1] * 100 + part[2];
  return part[0] >= 1900 && part[0] < 10000 && sums::birth_date(std::to_string(day), latest);
}

std::uint64_t power(std::uint64_t base, std::size_t n) {
  std::uint64_t out = 1;
  for (; n > 0 && out < 1'000'000'000'000; --n) out *= base;
  return out;
}

bool matches(std::string_view pattern, std::string_view text) {
  return std::equal(pattern.begin(), pattern.end(), text.begin(), [](char p, char t) { return p == '*' || p == t; });
}

// Days between 1900 and `latest` that an 8-digit pattern allows.
std::uint64_t days_that_fit(std::string_view pattern, unsigned latest) {
  if (pattern == "********") return latest / 10000 > 1900 ? (latest / 10000 - 1900) * 365 : 0;
  std::uint64_t n = 0;
  for (unsigned year = 1900; year <= latest / 10000; ++year) {
    if (!matches(pattern.substr(0, 4), std::to_string(year))) continue;
    for (unsigned month = 1; month <= 12; ++month) {
      const std::string m{static_cast<char>('0' + month / 10), static_cast<char>('0' + month % 10)};
      if (!matches(pattern.substr(4, 2), m)) continue;
      for (unsigned day = 1; day <= 31; ++day) {
        const std::string d{static_cast<char>('0' + day / 10), static_cast<char>('0' + day % 10)};
        n += matches(pattern.substr(6, 2), d) && sums::birth_date(std::to_string(year) + m + d, latest);
      }
    }
  }
  return n;
}

std::uint64_t citizens_that_fit(std::string_view s, const Tables& tables, bool birth_known) {
  if (s.size() != 18) return 0;
  const auto hidden = [&](std::size_t from, std::size_t n) {
    return static_cast<std::size_t>(std::count(s.begin() + static_cast<std::ptrdiff_t>(from), s.begin() + static_cast<std::ptrdiff_t>(from + n), '*'));
  };
  constexpr std::uint64_t kAreas = 6645;  // county codes ever in use (GB/T 2260)
  const std::uint64_t areas = hidden(0, 6) == 0 ? (tables.area(s.substr(0, 6)) == Area::none ? 0 : 1) : std::min(power(10, hidden(0, 6)), kAreas);
  const std::uint64_t days = hidden(6, 8) == 0 ? (sums::birth_date(s.substr(6, 8), tables.latest_birth) ? 1 : 0) : days_that_fit(s.substr(6, 8), tables.latest_birth);
  std::uint64_t out = areas * (birth_known ? std::min<std::uint64_t>(days, 1) : days) * power(10, hidden(14, 3));
  // A visible check character leaves one in eleven.
  if (s[17] != '*' && out > 1) out = (out + 10) / 11;
  return out;
}

}  // namespace

std::uint64_t values_that_fit(Type type, std::string_view masked, const Tables& tables, bool birth_known) {
  const auto hidden = static_cast<std::size_t>(std::count(masked.begin(), masked.end(), '*'));
  switch (type) {
    case Type::citizen_id: return citizens_that_fit(masked, tables, birth_known);
    case Type::mobile: return masked.size() == 11 ? power(10, hidden) : 0;
    case Type::bank_card: return hidden == 0 ? 1 : power(10, hidden - 1);  // one digit follows from the others (Luhn)
    case Type::uscc: return masked.size() != 18 ? 0 : hidden == 0 ? 1 : power(31, hidden - 1);
    default: return 0;
  }
}

bool names_birth_date(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  constexpr std::array<std::string_view, 8> kParts = {"出生日", "出生年月", "出生时间", "生日", "birth", "csrq", "csny", "chushengriqi"};
  if (lower == "dob" || lower.ends_with("_dob") || lower.ends_with(".dob")) return true;
  return std::any_of(kParts.begin(), kParts.end(), [&](std::string_view p) { return lower.find(p) != std::string::npos; });
}

CellTypes cell_types(const Engine::State& engine, base::View raw) {
  CellTypes out;
  const base::View cell = trimmed(raw);
  if (cell.empty() || cell.size() > kLongestCell) return out;
  std::size_t digits = 0, high = 0, marks = 0, joints = 0;
  for (const std::uint8_t c : cell) {
    digits += c >= '0' && c <= '9';
    high += c >= 0x80;
    marks += c == '*' || c == '#';
    joints += c == '@' || c == '.' || c == ':';
  }
  if (high == cell.size() && cell.size() <= 12 && like_a_name(cell)) {
    out.clear |= one(Type::person_name);
    out.weak |= one(Type::person_name);
    out.pattern |= one(Type::person_name);
    return out;
  }
  if (digits + high + marks < 4 && joints < 2) return out;
  if (digits >= 6 && digits <= 14 && like_a_birth_date(base::text(cell), engine.tables->latest_birth)) {
    out.clear |= one(kBirthDate);
    out.weak |= one(kBirthDate);
    out.pattern |= one(kBirthDate);
  }
  if (digits < 7 && high == 0 && marks == 0 && joints == 0) return out;
  std::string code;
  const bool is_code = folded(cell, code);
  if (is_code && marks == 0) out.shape = shapes(code);
  if (is_code && code.find('*') != std::string::npos) out.masked |= thinly_masked(code, *engine.tables);
  std::vector<Hit> hits;
  candidates(engine, engine.sieve, cell, 0, cell.size(), hits);
  for (const Hit& hit : hits) {
    if (hit.start != 0 || hit.end != cell.size()) continue;
    if (hit.state == model::ValueState::masked) out.masked |= one(hit.type);
    else out.clear |= one(hit.type);
    if (hit.needs_context || hit.weak_without || hit.state == model::ValueState::unclear) out.weak |= one(hit.type);
    if (hit.strength == Strength::pattern) out.pattern |= one(hit.type);
  }
  out.shape |= out.clear & ~one(Type::person_name) & ~one(kBirthDate);
  if (is_code && out.masked != 0) {
    for (const Type type : {Type::citizen_id, Type::mobile, Type::bank_card, Type::uscc}) {
      if ((out.masked & one(type)) == 0) continue;
      const std::uint64_t fits = values_that_fit(type, code, *engine.tables);
      out.recoverable = out.recoverable || (fits != 0 && fits <= kMaskedFits);
      const std::uint64_t with_birth = values_that_fit(type, code, *engine.tables, true);
      out.recoverable_by_birth = out.recoverable_by_birth || (with_birth != 0 && with_birth <= kMaskedFits);
    }
  }
  return out;
}

}  // namespace fengsui::classify
