#include "classify/sums.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fengsui::classify::sums {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 0-9, A=10 .. Z=35; -1 otherwise.
int alnum(char c) { return is_digit(c) ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1; }

constexpr std::string_view kUsccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

constexpr std::array<signed char, 256> index_of(std::string_view alphabet) {
  std::array<signed char, 256> table{};
  for (auto& v : table) v = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
  return table;
}
constexpr auto kUsccIndex = index_of(kUsccAlphabet);

unsigned days_in(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

}  // namespace

bool digits(std::string_view text) {
  // Eight at a time, overlapping at the end: a digit stays below 0x80 when 0x46 is added, and 0x30 can be taken off.
  if (const std::size_t n = text.size(); n >= 8) {
    std::uint64_t wrong = 0;
    const auto see = [&](std::size_t at) {
      std::uint64_t w = 0;
      std::memcpy(&w, text.data() + at, 8);
      wrong |= w | (w + 0x4646464646464646u) | (w - 0x3030303030303030u);
    };
    see(0);
    see(std::min<std::size_t>(8, n - 8));
    for (std::size_t at = 16; at + 8 < n; at += 8) see(at);
    see(n - 8);
    return (wrong & 0x8080808080808080u) == 0;
  }
  for (char c : text)
    if (!is_digit(c)) return false;
  return !text.empty();
}

unsigned number(std::string_view text) {
  unsigned n = 0;
  for (char c : text) n = n * 10 + static_cast<unsigned>(c - '0');
  return n;
}

char mod_11_2_check(std::string_view first17) {
  constexpr std::array<int, 17> weight = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (first17[i] - '0') * weight[i];
  return "10X98765432"[sum % 11];
}

bool mod_11_2(std::string_view text) {
  if (text.size() != 18 || !digits(text.substr(0, 17))) return false;
  return mod_11_2_check(text.substr(0, 17)) == text[17];
}

bool uscc(std::string_view text) {
  constexpr std::array<int, 17> weight = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  if (text.size() != 18) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const int v = kUsccIndex[static_cast<unsigned char>(text[i])];
    if (v < 0) return false;
    sum += v * weight[i];
  }
  return kUsccAlphabet[static_cast<std::size_t>((31 - sum % 31) % 31)] == text[17];
}

bool org_code(std::string_view text) {
  constexpr std::array<int, 8> weight = {3, 7, 9, 10, 5, 8, 4, 2};
  if (text.size() != 9) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const int v = alnum(text[i]);
    if (v < 0) return false;
    sum += v * weight[i];
  }
  const int check = 11 - sum % 11;
  return text[8] == (check == 10 ? 'X' : check == 11 ? '0' : static_cast<char>('0' + check));
}

bool luhn(std::string_view text) {
  constexpr std::array<std::uint8_t, 10> doubled = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
  if (!digits(text)) return false;
  unsigned sum = 0;
  std::size_t i = text.size();
  for (; i >= 2; i -= 2) sum += static_cast<unsigned>(text[i - 1] - '0') + doubled[static_cast<std::size_t>(text[i - 2] - '0')];
  if (i == 1) sum += static_cast<unsigned>(text[0] - '0');
  return sum % 10 == 0;
}

bool mod_11_10(std::string_view text) {
  if (text.size() < 2 || !digits(text)) return false;
  int p = 10;
  for (char c : text.substr(0, text.size() - 1)) {
    int x = (p + c - '0') % 10;
    if (x == 0) x = 10;
    p = x * 2 % 11;
  }
  return (11 - p) % 10 == text.back() - '0';
}

bool icao_731(std::string_view text) {
  constexpr std::array<int, 3> weight = {7, 3, 1};
  if (text.size() < 2) return false;
  int sum = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const int v = alnum(text[i]);
    if (v < 0) return false;
    sum += v * weight[i % 3];
  }
  return is_digit(text.back()) && sum % 10 == text.back() - '0';
}

bool vin(std::string_view text) {
  constexpr std::array<int, 17> weight = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  //                             A  B  C  D  E  F  G  H  I  J  K  L  M  N  O  P  Q  R  S  T  U  V  W  X  Y  Z
  constexpr std::array<int, 26> value = {1, 2, 3, 4, 5, 6, 7, 8, -1, 1, 2, 3, 4, 5, -1, 7, -1, 9, 2, 3, 4, 5, 6, 7, 8, 9};
  if (text.size() != 17) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const char c = text[i];
    const int v = is_digit(c) ? c - '0' : c >= 'A' && c <= 'Z' ? value[static_cast<std::size_t>(c - 'A')] : -1;
    if (v < 0) return false;
    sum += v * weight[i];
  }
  const int check = sum % 11;
  return text[8] == (check == 10 ? 'X' : static_cast<char>('0' + check));
}

bool birth_date(std::string_view text, unsigned latest) {
  if (text.size() != 8 || !digits(text)) return false;
  const unsigned year = number(text.substr(0, 4)), month = number(text.substr(4, 2)), day = number(text.substr(6, 2));
  if (year < 1850 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return false;
  return number(text) <= latest;
}

bool short_birth_date(std::string_view text) {
  if (text.size() != 6 || !digits(text)) return false;
  const unsigned year = 1900 + number(text.substr(0, 2)), month = number(text.substr(2, 2)), day = number(text.substr(4, 2));
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

}  // namespace fengsui::classify::sums
