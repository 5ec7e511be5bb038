// Vehicle identification numbers, GB 16735-2019 / ISO 3779.
#include "classify/checks/check.h"
#include "classify/sums.h"

namespace fengsui::classify {

std::optional<Verdict> check_vin(const Value& value, const Tables&) {
  const std::string_view s = value.text;
  if (!value.solid() || !sums::vin(s)) return std::nullopt;
  std::size_t letters = 0;
  for (char c : s) letters += c >= 'A' && c <= 'Z';
  Verdict v{Type::vin, Strength::checksum};
  v.reasons = bit(Reason::checksum) | (value.had_lower ? bit(Reason::lower_case) : 0);
  // The last four are digits by the standard and L is China; a chance string of the alphabet passes the sum once in 11.
  const bool typical = letters >= 2 && sums::digits(s.substr(13));
  v.needs_context = letters == 0 || value.had_lower;
  v.weak_without = letters >= 2 && !(typical || (s[0] == 'L' && letters >= 2));
  return v;
}

}  // namespace fengsui::classify
