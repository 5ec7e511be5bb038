// Synthetic values by the published rules, and the search for them in everything that leaves a program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/encode.h"

namespace fengsui::agent::test {

// With its check character (GB 11643-1999: weights 2^(17-i) mod 11).
inline std::string citizen(std::string body17) {
  constexpr int kWeights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (body17[i] - '0') * kWeights[i];
  return body17 + "10X98765432"[sum % 11];
}

// Scenario S2: five valid numbers (two with retired area codes), three that are not.
inline std::vector<std::string> valid_five() {
  return {citizen("51090319900101123"), citizen("51092119850615012"), citizen("11010519491231002"),
          citizen("51092219771020045"), citizen("51283219680305078")};
}
inline std::vector<std::string> invalid_three() {
  auto wrong_digit = citizen("51090319910203077");
  wrong_digit[17] = wrong_digit[17] == '5' ? '6' : '5';
  return {citizen("99010119900101123"), citizen("51090319900230123"), wrong_digit};
}

// U+FF10 and on, in UTF-8.
inline std::string full_width(std::string_view value) {
  std::string out;
  for (char c : value) {
    unsigned code = 0xFEE0u + static_cast<unsigned char>(c);
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
  return out;
}

// The same in GB18030: row 0xA3 of GB/T 2312.
inline std::string full_width_gb(std::string_view value) {
  std::string out;
  for (char c : value) {
    out += static_cast<char>(0xA3);
    out += static_cast<char>(static_cast<unsigned char>(c) + 0x80);
  }
  return out;
}

// Every form a value could hide in.
inline std::vector<std::string> forms(const std::string& value) {
  std::vector<std::string> out = {value, full_width(value), full_width_gb(value), base::hex(base::view(value))};
  for (std::size_t shift = 0; shift < 3; ++shift) {
    auto coded = base::base64(base::view(std::string(shift, '\0') + value));
    out.push_back(coded.substr(shift ? 4 : 0, coded.size() - 4 - (shift ? 4 : 0)));
  }
  return out;
}

// "" when none of the values is in the bytes in any form, else which form of which.
inline std::string found_in(std::string_view bytes, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto all = forms(values[i]);
    for (std::size_t form = 0; form < all.size(); ++form)
      if (auto at = bytes.find(all[form]); at != std::string_view::npos)
        return "value " + std::to_string(i) + " in form " + std::to_string(form) + " at byte " + std::to_string(at);
  }
  return {};
}

}  // namespace fengsui::agent::test
