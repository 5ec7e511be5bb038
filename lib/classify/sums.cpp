#include "classify/sums.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fengsui::classify::sums {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 0-9, A=10 .. Z=35; -1 otherwise.
int alnum(char c) { return is_digit(c) ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1; }

constexpr std::string_view kUsccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

// Values of characters by table, -1 outside the alphabet.
using Values = std::array<signed char, 256>;
constexpr Values index_of(std::string_view alphabet) {
  Values table{};
  for (auto& v : table) v = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
  return table;
}
constexpr Values kUsccIndex = index_of(kUsccAlphabet);

constexpr Values vin_values() {
  //                                        A  B  C  D  E  F  G  H  I   J  K  L  M  N  O   P  Q   R  S  T  U  V  W  X  Y  Z
  constexpr std::array<signed char, 26> of = {1, 2, 3, 4, 5, 6, 7, 8, -1, 1, 2, 3, 4, 5, -1, 7, -1, 9, 2, 3, 4, 5, 6, 7, 8, 9};
  Values table = index_of("0123456789");
  for (std::size_t i = 0; i < of.size(); ++i) table['A' + i] = of[i];
  return table;
}
constexpr Values kVinValues = vin_values();
constexpr Values kAlnum = index_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

// Sum of values times weights; below 0 when a character is outside the alphabet. No branch depends on the characters.
template <std::size_t n>
inline int weighed(const char* text, const Values& values, const std::array<int, n>& weights) {
  int sum = 0, outside = 0;
#pragma GCC unroll 17
  for (std::size_t i = 0; i < n; ++i) {
    const int v = values[static_cast<unsigned char>(text[i])];
    outside |= v;
    sum += v * weights[i];
  }
  return outside < 0 ? -1 : sum;
}

#if defined(__SSE2__)
inline bool only_digits(__m128i values) {  // characters less '0'
  return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values)) == 0xFFFF;
}
inline int total(__m128i four) {
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
}
inline __m128i load16(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
#endif

unsigned days_in(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const unsigned leap = static_cast<unsigned>(year % 4 == 0) & (static_cast<unsigned>(year % 100 != 0) | static_cast<unsigned>(year % 400 == 0));
  return days[month - 1] + (leap & static_cast<unsigned>(month == 2));
}

}  // namespace

bool digits(std::string_view text) {
  // Eight at a time, overlapping: a digit stays below 0x80 when 0x46 is added, and 0x30 can be taken off.
  if (const std::size_t n = text.size(); n >= 8) {
    std::uint64_t wrong = 0;
    const auto see = [&](std::size_t at) {
      std::uint64_t w = 0;
      std::memcpy(&w, text.data() + at, 8);
      wrong |= w | (w + 0x4646464646464646u) | (w - 0x3030303030303030u);
    };
    see(0);
    see(std::min<std::size_t>(8, n - 8));
    see(n - 8);
    if (n > 24)
      for (std::size_t at = 16; at + 8 < n; at += 8) see(at);
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
#if defined(__SSE2__)
  const __m128i values = _mm_sub_epi8(load16(first17.data()), _mm_set1_epi8('0'));
  const __m128i low = _mm_madd_epi16(_mm_unpacklo_epi8(values, _mm_setzero_si128()), _mm_setr_epi16(7, 9, 10, 5, 8, 4, 2, 1));
  const __m128i high = _mm_madd_epi16(_mm_unpackhi_epi8(values, _mm_setzero_si128()), _mm_setr_epi16(6, 3, 7, 9, 10, 5, 8, 4));
  const auto sum = static_cast<unsigned>(total(_mm_add_epi32(low, high)) + (first17[16] - '0') * 2);
#else
  constexpr std::array<int, 17> weight = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  unsigned sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += static_cast<unsigned>((first17[i] - '0') * weight[i]);
#endif
  return "10X98765432"[sum % 11];
}

bool mod_11_2(std::string_view text) {
  if (text.size() != 18) return false;
#if defined(__SSE2__)
  if (!is_digit(text[16]) || !only_digits(_mm_sub_epi8(load16(text.data()), _mm_set1_epi8('0')))) return false;
#else
  if (!digits(text.substr(0, 17))) return false;
#endif
  return mod_11_2_check(text.substr(0, 17)) == text[17];
}

bool uscc(std::string_view text) {
  constexpr std::array<int, 17> weight = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  if (text.size() != 18) return false;
  const int last = kUsccIndex[static_cast<unsigned char>(text[17])];
#if defined(__SSE2__)
  const __m128i c = load16(text.data()), digit = _mm_sub_epi8(c, _mm_set1_epi8('0')), letter = _mm_sub_epi8(c, _mm_set1_epi8('A'));
  const auto is = [&](char k) { return _mm_cmpeq_epi8(c, _mm_set1_epi8(k)); };
  const auto past = [&](char k) { return _mm_cmpgt_epi8(c, _mm_set1_epi8(k)); };  // -1 where one letter more is left out
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(24)), letter);
  const __m128i left_out = _mm_or_si128(_mm_or_si128(is('I'), is('O')), _mm_or_si128(is('S'), is('V')));
  if (_mm_movemask_epi8(_mm_andnot_si128(left_out, _mm_or_si128(is_digit, is_letter))) != 0xFFFF) return false;
  const __m128i skipped = _mm_add_epi8(_mm_add_epi8(past('I'), past('O')), _mm_add_epi8(past('S'), past('V')));
  const __m128i index = _mm_add_epi8(_mm_add_epi8(letter, _mm_set1_epi8(10)), skipped);
  const __m128i values = _mm_or_si128(_mm_and_si128(is_digit, digit), _mm_andnot_si128(is_digit, index));
  const __m128i low = _mm_madd_epi16(_mm_unpacklo_epi8(values, _mm_setzero_si128()), _mm_setr_epi16(1, 3, 9, 27, 19, 26, 16, 17));
  const __m128i high = _mm_madd_epi16(_mm_unpackhi_epi8(values, _mm_setzero_si128()), _mm_setr_epi16(20, 29, 25, 13, 8, 24, 10, 30));
  const int seventeenth = kUsccIndex[static_cast<unsigned char>(text[16])];
  if (seventeenth < 0) return false;
  const int sum = total(_mm_add_epi32(low, high)) + seventeenth * weight[16];
#else
  const int sum = weighed(text.data(), kUsccIndex, weight);
#endif
  return sum >= 0 && last == static_cast<int>((31 - static_cast<unsigned>(sum) % 31) % 31);
}

bool org_code(std::string_view text) {
  constexpr std::array<int, 8> weight = {3, 7, 9, 10, 5, 8, 4, 2};
  if (text.size() != 9) return false;
  const int sum = weighed(text.data(), kAlnum, weight);
  return sum >= 0 && text[8] == "0X987654321"[static_cast<unsigned>(sum) % 11];
}

// The digits from the right: the second, fourth, … count twice, and of 10 and more the sum of the two digits.
bool luhn(std::string_view text) {
  constexpr std::array<std::uint8_t, 10> doubled = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
  unsigned sum = 0;
  std::size_t i = text.size();
#if defined(__SSE2__)
  if (i >= 16 && i < 32) {
    // The last 16 and, of those before, what is left; counted from the right, every second one twice.
    const __m128i zero = _mm_setzero_si128(), text0 = _mm_set1_epi8('0');
    const __m128i place = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i last = _mm_sub_epi8(load16(text.data() + i - 16), text0);
    const __m128i first = _mm_and_si128(_mm_sub_epi8(load16(text.data()), text0), _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(i - 16)), place));
    if (!only_digits(last) || !only_digits(first)) return false;
    const auto folded = [](__m128i value, __m128i which) {
      const __m128i twice = _mm_and_si128(value, which);
      const __m128i nine = _mm_and_si128(_mm_cmpgt_epi8(twice, _mm_set1_epi8(4)), _mm_set1_epi8(9));
      return _mm_sub_epi8(_mm_add_epi8(value, twice), nine);
    };
    const __m128i sums = _mm_sad_epu8(_mm_add_epi8(folded(last, _mm_set1_epi16(0x00FF)), folded(first, _mm_set1_epi16(i % 2 == 0 ? 0x00FF : static_cast<short>(0xFF00)))), zero);
    return static_cast<unsigned>(_mm_cvtsi128_si32(sums) + _mm_extract_epi16(sums, 4)) % 10 == 0;
  }
#endif
  if (!digits(text)) return false;
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
  if (text.size() != 17) return false;
  const int sum = weighed(text.data(), kVinValues, weight);
  return sum >= 0 && text[8] == "0123456789X"[static_cast<unsigned>(sum) % 11];
}

bool birth_date(std::string_view text, unsigned latest) {
  if (text.size() != 8 || !digits(text)) return false;
  const unsigned year = number(text.substr(0, 4)), month = number(text.substr(4, 2)), day = number(text.substr(6, 2));
  if (month < 1 || month > 12) return false;
  const unsigned date = year * 10000 + month * 100 + day;
  return static_cast<unsigned>(date >= 18500101) & static_cast<unsigned>(day >= 1) & static_cast<unsigned>(day <= days_in(year, month)) &
         static_cast<unsigned>(date <= latest);
}

bool short_birth_date(std::string_view text) {
  if (text.size() != 6 || !digits(text)) return false;
  const unsigned year = 1900 + number(text.substr(0, 2)), month = number(text.substr(2, 2)), day = number(text.substr(4, 2));
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

}  // namespace fengsui::classify::sums
