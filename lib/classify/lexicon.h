// What is known of Chinese words: family names, characters of given names, titles, words around names, names of
// administrative divisions, parts of addresses. Read from rules/names, rules/areas/names.txt, rules/addresses.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fengsui::classify {

// What a word is, as a set of bits: one word may be several things.
enum Word : std::uint32_t {
  kCommon = 1u << 0, kTail = 1u << 1, kLabel = 1u << 2, kRole = 1u << 3, kTitle = 1u << 4, kBefore = 1u << 5, kAfter = 1u << 6,
  kCompound = 1u << 7, kElement = 1u << 8,                                              // of names
  kProvince = 1u << 9, kCity = 1u << 10, kCounty = 1u << 11, kShortArea = 1u << 12,     // of divisions
  kStreet = 1u << 13, kTown = 1u << 14, kVillage = 1u << 15, kEstate = 1u << 16, kUnit = 1u << 17, kStop = 1u << 18,
  kPlaceLabel = 1u << 19, kLead = 1u << 20,                                             // of addresses
  kDisease = 1u << 21, kHealthLabel = 1u << 22, kMinorWord = 1u << 23, kBirthLabel = 1u << 24,
  kElementBegins = 1u << 25, kDiseaseBegins = 1u << 26,  // two characters that such a word begins with
  kAnyArea = kProvince | kCity | kCounty,
};

enum class Family : std::uint8_t { none, strong, usual, ambiguous, rare };
enum class Given : std::uint8_t { unknown, common, usual, doubtful, never };

// What a character may be the beginning or a part of; 0 for most. kPlaceTrigger also stands for a spoken one.
enum Trigger : std::uint8_t { kNameTrigger = 1, kUnitTrigger = 2, kPlaceTrigger = 4, kBirthTrigger = 8, kHealthTrigger = 16, kElementTrigger = 32, kEstateTrigger = 64, kAgeTrigger = 128 };

// Immutable after load; shared by threads. About 1 MiB.
class Lexicon {
 public:
  static constexpr std::size_t kLongest = 16;  // characters of a word
  static constexpr char16_t kFirst = 0x4E00, kLast = 0x9FFF;

  // Reads the tables below `rules`; errors as each_line. Bytes read are appended to `digested`.
  static base::Result<std::unique_ptr<const Lexicon>> load(const std::filesystem::path& rules, std::string& digested);

  Family family(char16_t c) const { return in_range(c) ? static_cast<Family>(kind_[c - kFirst] & 7) : Family::none; }
  Given given(char16_t c) const { return in_range(c) ? static_cast<Given>(kind_[c - kFirst] >> 3 & 7) : Given::unknown; }
  bool starts_compound(char16_t c) const { return in_range(c) && (kind_[c - kFirst] >> 7 & 1) != 0; }
  bool ends_cue(char16_t c) const { return in_range(c) && (kind_[c - kFirst] >> 6 & 1) != 0; }  // a word that may stand before a name
  std::uint8_t trigger(char16_t c) const { return in_range(c) ? trigger_[c - kFirst] : std::uint8_t{0}; }
  // For bytes B0..F7 and A1..FE.
  std::uint8_t trigger_gb(std::uint8_t a, std::uint8_t b) const { return trigger_gb_[static_cast<std::size_t>(a - 0xB0) * 94 + (b - 0xA1u)]; }
  // What the two characters are as one word.
  std::uint32_t pair(char16_t a, char16_t b) const { return find(step(step(kSeed, a), b)) & ~kPrefix; }
  // The character of two bytes of GBK; 0xFFFF when there is none.
  char16_t from_gb(std::uint8_t a, std::uint8_t b) const;

  // Calls take(length, word) for each word that starts at text[i] and ends by `n`, the shortest first.
  template <class Take>
  void starting(const char16_t* text, std::size_t i, std::size_t n, Take take) const {
    std::uint64_t h = kSeed;
    for (std::size_t k = i; k < n && k - i < kLongest; ++k) {
      h = step(h, text[k]);
      const std::uint32_t found = find(h);
      if (found == 0) return;
      if ((found & ~kPrefix) != 0) take(k + 1 - i, found & ~kPrefix);
    }
  }
  // As starting, for words that end at text[end).
  template <class Take>
  void ending(const char16_t* text, std::size_t end, Take take) const {
    std::uint64_t h = kBackSeed;
    for (std::size_t k = end; k > 0 && end - k < kLongest; --k) {
      h = step(h, text[k - 1]);
      const std::uint32_t found = find(h);
      if (found == 0) return;
      if ((found & ~kPrefix) != 0) take(end - (k - 1), found & ~kPrefix);
    }
  }
  // Length of the longest such word that is one of `kinds`; 0 when none is.
  std::size_t longest_at(const char16_t* text, std::size_t i, std::size_t n, std::uint32_t kinds) const {
    std::size_t out = 0;
    starting(text, i, n, [&](std::size_t length, std::uint32_t word) { out = (word & kinds) != 0 ? length : out; });
    return out;
  }
  std::size_t longest_before(const char16_t* text, std::size_t end, std::uint32_t kinds) const {
    std::size_t out = 0;
    ending(text, end, [&](std::size_t length, std::uint32_t word) { out = (word & kinds) != 0 ? length : out; });
    return out;
  }

 private:
  static constexpr std::uint32_t kPrefix = 1u << 31;  // longer words begin so
  static constexpr std::uint64_t kSeed = 0x9AE16A3B2F90404F, kBackSeed = 0xC3A5C85C97CB3127;
  static bool in_range(char16_t c) { return c >= kFirst && c <= kLast; }
  static std::uint64_t step(std::uint64_t h, char16_t c) {
    h = (h ^ c) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
  }
  struct Place {
    std::uint32_t tag = 0, word = 0;
  };
  std::uint32_t find(std::uint64_t h) const {
    for (std::size_t at = static_cast<std::size_t>(h >> 40) & mask_;; at = (at + 1) & mask_) {
      if (places_[at].word == 0) return 0;
      if (places_[at].tag == static_cast<std::uint32_t>(h)) return places_[at].word;
    }
  }
  void put(std::uint64_t h, std::uint32_t word);
  bool add(std::string_view utf8, std::uint32_t word);
  bool add_family(std::string_view section, std::string_view word);
  bool add_given(std::string_view section, std::string_view line);
  bool add_area(std::string_view section, std::string_view word);
  void settle();

  std::vector<Place> places_;
  std::vector<std::uint64_t> hashes_;  // of the places, while the tables are read
  std::size_t mask_ = 0, used_ = 0;
  std::vector<std::uint8_t> kind_, trigger_, trigger_gb_;  // family | given << 3 | ends_cue << 6 | starts_compound << 7
  std::vector<char16_t> gb_;
};

// Characters of UTF-8 of the basic plane; empty when there is another.
std::u16string characters(std::string_view utf8);

}  // namespace fengsui::classify
