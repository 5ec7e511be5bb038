// Numbers of persons: GB 11643, the permanent residence card of foreigners, permits and passports.
#include "classify/checks/check.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

using model::ValueState;

std::uint64_t writing(const Value& v) {
  return (v.solid() ? 0 : bit(Reason::grouped)) | (v.had_lower ? bit(Reason::lower_case) : 0);
}

bool capital(char c) { return c >= 'A' && c <= 'Z'; }
bool series_letter(char c) { return capital(c) && c != 'I' && c != 'O'; }

// GB 11643-1999 over exactly 18 characters.
std::optional<Verdict> citizen_18(std::string_view s, const Tables& t, bool right) {
  if (!(right || sums::mod_11_2(s)) || !sums::birth_date(s.substr(6, 8), t.latest_birth)) return std::nullopt;
  Verdict v{Type::citizen_id, Strength::checksum};
  v.reasons = bit(Reason::checksum) | bit(Reason::date);
  const std::string_view six = s.substr(0, 6);
  if (six == "810000" || six == "820000" || six == "830000") {
    v.reasons |= bit(Reason::residence_permit) | bit(Reason::area_current);
    return v;
  }
  switch (t.area(six)) {
    case Area::current: v.reasons |= bit(Reason::area_current); return v;
    case Area::retired: v.reasons |= bit(Reason::area_retired); return v;
    case Area::province:
      v.reasons |= bit(Reason::area_unknown) | bit(Reason::area_province);
      v.state = ValueState::unclear;
      return v;
    case Area::none: break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Verdict> check_citizen_id(const Value& value, const Tables& t) {
  std::string_view s = value.text;
  std::uint64_t form = 0;
  bool derived = false;
  if (s.size() == 19) {  // student number: G (or L, not yet confirmed) + the citizen number
    if (s[0] != 'G' && s[0] != 'L') return std::nullopt;
    s.remove_prefix(1);
    form = bit(Reason::student_number);
  } else if (s.size() == 20) {  // card of disabled persons: + kind 1-7 + grade 1-4
    if (s[18] < '1' || s[18] > '7' || s[19] < '1' || s[19] > '4') return std::nullopt;
    s.remove_suffix(2);
    form = bit(Reason::disability_card);
    derived = true;
  }
  auto v = citizen_18(s, t, s.size() == value.text.size() && value.has(Sum::mod_11_2));
  if (!v) return v;
  v->needs_context = derived;
  v->reasons |= form | writing(value);
  return v;
}

std::optional<Verdict> check_citizen_id_15(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  if (!sums::digits(s) || !sums::short_birth_date(s.substr(6, 6))) return std::nullopt;
  const Area area = t.area(s.substr(0, 6));
  if (area != Area::current && area != Area::retired) return std::nullopt;
  Verdict v{Type::citizen_id_15, Strength::structure};
  v.weak_without = true;
  v.reasons = bit(Reason::structure) | bit(Reason::date) |
              bit(area == Area::current ? Reason::area_current : Reason::area_retired) | writing(value);
  return v;
}

std::optional<Verdict> check_foreign_residence(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  Verdict v{Type::foreign_residence, Strength::checksum};
  v.reasons = bit(Reason::checksum) | bit(Reason::date) | bit(Reason::country) | writing(value);
  if (s.size() == 18) {  // since 2023: 9, province, country, date of birth, sequence, MOD 11-2
    if (s[0] != '9' || !sums::mod_11_2(s) || !t.province(s.substr(1, 2)) || !t.country_numeric(s.substr(3, 3)) ||
        !sums::birth_date(s.substr(6, 8), t.latest_birth))
      return std::nullopt;
    return v;
  }
  if (s.size() != 15) return std::nullopt;  // 2017: country, area, YYMMDD, sequence, ICAO 7-3-1
  if (!capital(s[0]) || !sums::digits(s.substr(3)) || !t.country_alpha3(s.substr(0, 3))) return std::nullopt;
  if (!t.province(s.substr(3, 2)) || !sums::short_birth_date(s.substr(7, 6)) || !sums::icao_731(s)) return std::nullopt;
  return v;
}

std::optional<Verdict> check_travel_permit(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  Verdict v{Type::travel_permit, Strength::pattern};
  v.needs_context = true;
  v.reasons = bit(Reason::pattern) | writing(value);
  if (sums::digits(s)) {  // Taiwan residents to the mainland: 8 digits, 10 with the renewal count
    if (!value.solid() || (s.size() != 8 && s.size() != 10)) return std::nullopt;
    return v;
  }
  if (s.size() == 9 && s[0] == 'C' && series_letter(s[1]) && sums::digits(s.substr(2))) return v;
  if (!capital(s[0]) || !sums::digits(s.substr(1))) return std::nullopt;
  const bool home = s[0] == 'H' || s[0] == 'M';
  const bool out = s[0] == 'C' || s[0] == 'W' || s[0] == 'L' || s[0] == 'T';
  if ((s.size() == 9 && (home || out)) || (s.size() == 11 && home)) return v;
  return std::nullopt;
}

std::optional<Verdict> check_passport(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  Verdict v{Type::passport, Strength::pattern};
  v.needs_context = true;
  v.reasons = bit(Reason::pattern) | writing(value);
  if (sums::digits(s)) {  // old 14 or 15 + 7; Taiwan nine digits
    return value.solid() && s.size() == 9 ? std::optional(v) : std::nullopt;
  }
  const bool one = capital(s[0]) && sums::digits(s.substr(1));
  const std::size_t n = s.size() - 1;
  if (one && n == 8 && (s[0] == 'E' || s[0] == 'G' || s[0] == 'S' || s[0] == 'K' || s[0] == 'H')) return v;
  if (one && n == 7 && (s[0] == 'D' || s[0] == 'S' || s[0] == 'P')) return v;
  if (s.size() == 9 && series_letter(s[1]) && sums::digits(s.substr(2))) {
    const std::string_view two = s.substr(0, 2);
    if (s[0] == 'E' || two == "DE" || two == "SE" || two == "PE" || two == "MA") return v;
  }
  return std::nullopt;
}

// Number on the face of a social security card: a letter and eight digits, a local practice.
std::optional<Verdict> check_social_security(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  if (s.size() != 9 || !capital(s[0]) || !sums::digits(s.substr(1))) return std::nullopt;
  Verdict v{Type::social_security, Strength::pattern};
  v.needs_context = true;
  v.reasons = bit(Reason::pattern) | writing(value);
  return v;
}

}  // namespace fengsui::classify
