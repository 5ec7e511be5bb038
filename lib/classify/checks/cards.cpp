// Numbers with a Luhn digit: bank cards with their prefix table, devices and SIM cards.
#include "classify/checks/check.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

std::uint64_t writing(const Value& v) { return v.solid() ? 0 : bit(Reason::grouped); }

// 4-4-4-4, 4-4-4-4-1..3, 4-6-5.
bool card_layout(const Value& v) {
  if (v.solid()) return true;
  if (v.separator == '?') return false;
  const auto l = v.layout;
  if (l.size() == 3) return l[0] == 4 && l[1] == 6 && l[2] == 5;
  if (l.size() == 2) return l[0] == 6;
  if (l.size() != 4 && l.size() != 5) return false;
  for (std::size_t i = 0; i < 4; ++i)
    if (l[i] != 4) return false;
  return l.size() == 4 || l[4] <= 3;
}

}  // namespace

std::optional<Verdict> check_bank_card(const Value& value, const Tables& t) {
  const std::string_view s = value.text;
  if (!value.has(Sum::luhn) && !sums::luhn(s)) return std::nullopt;
  const unsigned bin = t.bin(s);
  if (bin == 0) return std::nullopt;
  Verdict v{Type::bank_card, Strength::checksum};
  v.reasons = bit(Reason::checksum) | bit(bin < 5 ? Reason::bin_short : Reason::bin) | writing(value);
  v.needs_context = bin < 5;
  if (!card_layout(value)) {
    v.needs_context = true;
    v.reasons |= bit(Reason::layout_unusual);
  }
  return v;
}

std::optional<Verdict> check_imei(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  if (!sums::luhn(s) || s.substr(0, 2) == "00") return std::nullopt;
  Verdict v{Type::imei, Strength::checksum};
  v.needs_context = true;
  v.reasons = bit(Reason::checksum) | writing(value);
  return v;
}

std::optional<Verdict> check_iccid(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  if (s.substr(0, 4) != "8986" || !sums::digits(s.substr(0, s.size() - 1))) return std::nullopt;
  Verdict v{Type::iccid, Strength::checksum};
  v.reasons = writing(value);
  if (sums::luhn(s)) {
    v.reasons |= bit(Reason::checksum) | bit(Reason::prefix);
    return v;
  }
  if (!sums::digits(s) && !(s.back() >= 'A' && s.back() <= 'F')) return std::nullopt;
  v.strength = Strength::structure;  // some issuers print no Luhn digit
  v.needs_context = true;
  v.reasons |= bit(Reason::structure) | bit(Reason::prefix);
  return v;
}

std::optional<Verdict> check_imsi(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  if (!sums::digits(s) || s.substr(0, 3) != "460") return std::nullopt;
  constexpr std::string_view networks = "00 01 02 03 04 05 06 07 08 09 11 13 15 20";
  if (networks.find(s.substr(3, 2)) == std::string_view::npos) return std::nullopt;
  Verdict v{Type::imsi, Strength::structure};
  v.weak_without = true;
  v.reasons = bit(Reason::structure) | bit(Reason::prefix) | writing(value);
  return v;
}

}  // namespace fengsui::classify
