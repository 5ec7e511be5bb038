#include "classify/plain_reader.h"

#include <cctype>
#include <cstdlib>

namespace fengsui::classify::test {
namespace {

bool all_digits(std::string_view s) {
  for (char c : s)
    if (c < '0' || c > '9') return false;
  return true;
}
int number(std::string_view s) { return std::atoi(std::string(s).c_str()); }

bool date(std::string_view s) {
  const int y = number(s.substr(0, 4)), m = number(s.substr(4, 2)), d = number(s.substr(6, 2));
  int days = 31;
  if (m == 4 || m == 6 || m == 9 || m == 11) days = 30;
  if (m == 2) days = (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : 28;
  return y >= 1850 && y <= 2030 && m >= 1 && m <= 12 && d >= 1 && d <= days;
}

}  // namespace

// 2^(18-i) mod 11 is the weight of the i-th character (ISO 7064), and the whole sum is 1 modulo 11.
bool PlainReader::citizen(std::string_view s) const {
  if (s.size() != 18 || !all_digits(s.substr(0, 17)) || !date(s.substr(6, 8))) return false;
  const std::string area(s.substr(0, 6));
  if (!areas_.contains(area)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 18; ++i) {
    int weight = 1;
    for (std::size_t k = i + 1; k < 18; ++k) weight = weight * 2 % 11;
    const char c = s[i];
    if (i == 17 && (c == 'X' || c == 'x')) sum += 10 * weight;
    else if (c >= '0' && c <= '9') sum += (c - '0') * weight;
    else return false;
  }
  return sum % 11 == 1;
}

bool PlainReader::card(std::string_view s) const {
  if (s.size() < 15 || s.size() > 19 || !all_digits(s)) return false;
  bool known = false;
  for (std::size_t n = 5; n <= 10; ++n) known = known || bins_.contains({std::string(s.substr(0, n)), s.size()});
  if (!known) return false;
  int sum = 0;
  bool twice = false;
  for (std::size_t i = s.size(); i-- > 0; twice = !twice) {
    const int d = (s[i] - '0') * (twice ? 2 : 1);
    sum += d / 10 + d % 10;
  }
  return sum % 10 == 0;
}

bool PlainReader::credit(std::string_view s) const {
  const std::string alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  if (s.size() != 18) return false;
  const std::set<std::string> kinds = {"11", "12", "13", "19", "21", "29", "31", "32", "33", "34", "35", "36", "39", "41", "49", "51", "52",
                                       "53", "54", "55", "59", "61", "62", "69", "71", "72", "79", "81", "82", "89", "91", "92", "93", "99",
                                       "A1", "A9", "G1", "G9", "J1", "J9", "N1", "N2", "N3", "N9", "Q1", "Q2", "Q3", "Q9", "Y1"};
  if (!kinds.contains(std::string(s.substr(0, 2))) || !all_digits(s.substr(2, 6)) || !areas_.contains(std::string(s.substr(2, 6)))) return false;
  long sum = 0, weight = 1;
  for (std::size_t i = 0; i < 17; ++i, weight = weight * 3 % 31) {
    const auto at = alphabet.find(s[i]);
    if (at == std::string::npos) return false;
    sum += static_cast<long>(at) * weight;
  }
  if ((sum + static_cast<long>(alphabet.find(s[17]))) % 31 != 0 || alphabet.find(s[17]) == std::string::npos) return false;
  const int w[] = {3, 7, 9, 10, 5, 8, 4, 2};
  int inner = 0;
  for (std::size_t i = 0; i < 8; ++i) inner += (std::isdigit(s[8 + i]) != 0 ? s[8 + i] - '0' : s[8 + i] - 'A' + 10) * w[i];
  const int c = s[16] == 'X' ? 10 : std::isdigit(s[16]) != 0 ? s[16] - '0' : -1;
  return c >= 0 && (inner + c) % 11 == 0;
}

bool PlainReader::mobile(std::string_view s) {
  if (s.size() != 11 || !all_digits(s)) return false;
  const std::set<int> used = {130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 145, 147, 149, 150, 151, 152, 153, 155,
                              156, 157, 158, 159, 162, 165, 166, 167, 170, 171, 172, 173, 174, 175, 176, 177, 178, 180,
                              181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 195, 196, 197, 198, 199};
  return used.contains(number(s.substr(0, 3)));
}

std::vector<Found> PlainReader::read(std::string_view text) const {
  std::vector<Found> out;
  for (std::size_t i = 0; i < text.size();) {
    if (std::isalnum(static_cast<unsigned char>(text[i])) == 0) {
      ++i;
      continue;
    }
    std::size_t e = i;
    while (e < text.size() && std::isalnum(static_cast<unsigned char>(text[e])) != 0) ++e;
    const std::string_view s = text.substr(i, e - i);
    if (citizen(s)) out.push_back({"citizen_id", i, e});
    else if (credit(s)) out.push_back({"uscc", i, e});
    else if (card(s)) out.push_back({"bank_card", i, e});
    else if (mobile(s)) out.push_back({"mobile", i, e});
    i = e;
  }
  return out;
}

}  // namespace fengsui::classify::test
