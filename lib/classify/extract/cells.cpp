#include "classify/extract/cells.h"

#include <fmt/format.h>

#include <cmath>

#include "base/time.h"

namespace fengsui::classify::extract {

std::string number_text(double value) {
  if (!std::isfinite(value)) return {};
  if (value == std::floor(value) && std::fabs(value) < 1e18) return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{:.15g}", value);
}

std::string date_text(double serial, bool from_1904) {
  if (!(serial >= 1 && serial < 401'769)) return number_text(serial);
  const base::Day day = base::plus_days(from_1904 ? base::Day{1904, 1, 1} : base::Day{1899, 12, 30}, static_cast<int>(serial));
  return base::to_string(day);
}

bool is_date_format(int id) { return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58 && id != 55 && id != 56); }

bool is_date_code(std::string_view code) {
  bool quoted = false, year = false, day = false;
  int brackets = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '"') quoted = !quoted;
    else if (c == '\\') ++i;
    else if (!quoted && c == '[') ++brackets;
    else if (!quoted && c == ']') --brackets;
    else if (!quoted && brackets == 0) {
      year |= c == 'y' || c == 'Y';
      day |= c == 'd' || c == 'D' || c == 'm' || c == 'M';
    }
  }
  return year && day;
}

int column_of(std::string_view reference) {
  int column = 0;
  std::size_t n = 0;
  while (n < reference.size() && n < 4 && reference[n] >= 'A' && reference[n] <= 'Z') column = column * 26 + (reference[n++] - 'A' + 1);
  return n == 0 || n == 4 ? -1 : column - 1;
}

}  // namespace fengsui::classify::extract
