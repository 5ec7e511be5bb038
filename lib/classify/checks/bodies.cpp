// Codes of organisations: GB 32100, GB 11714, GS15-2006, WS 218.
#include "classify/checks/check.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

std::uint64_t writing(const Value& v) {
  return (v.solid() ? 0 : bit(Reason::grouped)) | (v.had_lower ? bit(Reason::lower_case) : 0);
}

bool has_letter(std::string_view s) {
  for (char c : s)
    if (c >= 'A' && c <= 'Z') return true;
  return false;
}

// Registering department and class, GB 32100 and its later assignments.
bool uscc_department(char department, char kind) {
  std::string_view kinds;
  switch (department) {
    case '1': kinds = "1239"; break;
    case '2': kinds = "19"; break;
    case '3': kinds = "1234569"; break;
    case '4': kinds = "19"; break;
    case '5': kinds = "123459"; break;
    case '6': kinds = "129"; break;
    case '7': kinds = "129"; break;
    case '8': kinds = "129"; break;
    case '9': kinds = "1239"; break;
    case 'A': kinds = "19"; break;
    case 'G': kinds = "19"; break;
    case 'J': kinds = "19"; break;
    case 'N': kinds = "1239"; break;
    case 'Q': kinds = "1239"; break;
    case 'Y': kinds = "1"; break;
    default: return false;
  }
  return kinds.find(kind) != std::string_view::npos;
}

}  // namespace

std::optional<Verdict> check_uscc(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  if (!uscc_department(s[0], s[1]) || !sums::digits(s.substr(2, 6))) return std::nullopt;
  if (!(value.has(Sum::uscc) || sums::uscc(s)) || !sums::org_code(s.substr(8, 9))) return std::nullopt;
  const Area area = t.area(s.substr(2, 6));
  if (area == Area::none && s.substr(2, 6) != "100000") return std::nullopt;  // 100000 is the state itself
  Verdict v{Type::uscc, Strength::checksum};
  v.reasons = bit(Reason::checksum) | bit(Reason::inner_checksum) | writing(value);
  v.reasons |= bit(area == Area::current ? Reason::area_current : area == Area::retired ? Reason::area_retired : Reason::area_province);
  return v;
}

std::optional<Verdict> check_org_code(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  const bool dashed = value.layout.size() == 2 && value.layout[0] == 8 && value.separator == '-';
  if (!(dashed || value.solid()) || !sums::org_code(s)) return std::nullopt;
  Verdict v{Type::org_code, Strength::checksum};
  v.needs_context = value.had_lower || !(dashed && has_letter(s.substr(0, 8)));
  v.weak_without = !value.had_lower;  // in small letters it is nothing unless it is named
  v.reasons = bit(Reason::checksum) | writing(value);
  return v;
}

std::optional<Verdict> check_business_reg(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  Verdict v{Type::business_reg, Strength::checksum};
  v.needs_context = true;
  v.reasons = bit(Reason::checksum) | writing(value);
  if (!sums::digits(s.substr(0, 6)) || t.area(s.substr(0, 6)) == Area::none) {
    if (s.substr(0, 6) != "100000") return std::nullopt;
  }
  if (sums::mod_11_10(s)) return v;
  if (sums::org_code(s.substr(6))) {  // old tax number: region and organisation code
    v.reasons |= bit(Reason::inner_checksum);
    return v;
  }
  return std::nullopt;
}

// WS 218: organisation code 9, region 6, economic kind 2, class 4, management 1.
std::optional<Verdict> check_medical_org(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  Verdict v{Type::medical_org, Strength::checksum};
  if (s.size() == 22) {
    if (!sums::org_code(s.substr(0, 9)) || !sums::digits(s.substr(9, 6))) return std::nullopt;
    const Area area = t.area(s.substr(9, 6));
    if (area != Area::current && area != Area::retired) return std::nullopt;
    v.weak_without = true;
    v.reasons = bit(Reason::checksum) | bit(area == Area::current ? Reason::area_current : Reason::area_retired) | writing(value);
    return v;
  }
  // Insured institutions: H or P, region, five digits. Not yet confirmed by a standard.
  if (s.size() != 12 || (s[0] != 'H' && s[0] != 'P') || !sums::digits(s.substr(1))) return std::nullopt;
  const Area area = t.area(s.substr(1, 6));
  if (area != Area::current && area != Area::retired) return std::nullopt;
  v.strength = Strength::structure;
  v.weak_without = true;
  v.reasons = bit(Reason::structure) | bit(area == Area::current ? Reason::area_current : Reason::area_retired) | writing(value);
  return v;
}

}  // namespace fengsui::classify
