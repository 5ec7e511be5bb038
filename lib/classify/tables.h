// Fact tables the validators look things up in: area codes, bank prefixes, countries. Immutable after load.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fengsui::classify {

enum class Area : std::uint8_t { none, province, retired, current };  // from nothing known to a code in use

class Tables {
 public:
  // Reads areas/gb2260.txt, areas/iso3166.txt and bins/unionpay.txt below `rules`. A line that is not of the table's
  // shape is Errc::malformed with file and line. Bytes read are appended to `digested` for the engine's digest.
  static base::Result<std::unique_ptr<const Tables>> load(const std::filesystem::path& rules, std::string& digested,
                                                          unsigned latest_birth);

  // Of six digits: the code itself, or at least its province.
  Area area(std::string_view six) const;
  bool province(std::string_view two) const;
  // Length of the longest bank prefix of `card` for a card of that length; 0 when none.
  unsigned bin(std::string_view card) const;
  bool country_alpha3(std::string_view code) const;
  bool country_numeric(std::string_view code) const;

  unsigned latest_birth = 0;  // YYYYMMDD; no date of birth after it is believed

 private:
  std::bitset<1'000'000> ever_, current_;
  std::bitset<100> provinces_;
  void add_bin(std::uint64_t key);
  bool has_bin(std::uint64_t key) const;

  // Prefix, its length and the card's length in one number; open addressing, a power of two of places at most half full.
  std::vector<std::uint64_t> bins_;
  std::size_t bin_count_ = 0;
  std::array<std::uint16_t, 1000> bin_lengths_{};  // by the first three digits: bit n for a prefix of n digits
  // Nearly all prefixes have six digits; these answer at once. By the card's length; and the beginnings of longer ones.
  static constexpr std::size_t kShortCard = 15, kMaxCard = 19;
  std::array<std::bitset<1'000'000>, kMaxCard - kShortCard + 1> six_;
  std::bitset<1'000'000> longer_;
  std::bitset<26 * 26 * 26> alpha3_;
  std::bitset<1000> numeric_;
};

}  // namespace fengsui::classify
