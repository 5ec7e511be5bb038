// Loose groups: the runs of digits, letters and mask signs around a place, joined by single separators, with full-width
// forms folded to ASCII and zero-width characters skipped. Everything a validator needs to know about the writing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "classify/classes.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxUnits = 64;        // characters of one group
inline constexpr std::size_t kMaxRuns = 12;         // runs of one group
inline constexpr std::size_t kMaxGroupBytes = 96;  // a longer group is a list: only the run itself is looked at

enum class UnitKind : std::uint8_t { other, digit, letter, mask, separator, nothing };

// One character as written. `value` is the ASCII character it stands for ('*' for every mask sign; '-', '.' or ' ' for
// separators); `size` its bytes, 0 at the edge of the buffer.
struct Unit {
  UnitKind kind = UnitKind::other;
  char value = 0;
  std::uint8_t size = 0;
  bool wide = false;
};

constexpr std::array<Unit, 128> ascii_units() {
  std::array<Unit, 128> t{};
  for (int c = 0; c < 128; ++c) {
    Unit u{UnitKind::other, static_cast<char>(c), 1, false};
    if (c >= '0' && c <= '9') u.kind = UnitKind::digit;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) u.kind = UnitKind::letter;
    if (c == '*' || c == '#') u.kind = UnitKind::mask, u.value = '*';
    if (c == ' ' || c == '-' || c == '.') u.kind = UnitKind::separator;
    t[static_cast<std::size_t>(c)] = u;
  }
  return t;
}
inline constexpr auto kAsciiUnits = ascii_units();

Unit high_unit_at(base::View bytes, std::size_t at);      // as below, for a byte from 0x80 on at `at`
Unit high_unit_before(base::View bytes, std::size_t at);  // as below, for a byte from 0x80 on before `at`

// The character that starts at `at`.
inline Unit unit_at(base::View bytes, std::size_t at) {
  if (at >= bytes.size()) return {};
  return bytes[at] < 0x80 ? kAsciiUnits[bytes[at]] : high_unit_at(bytes, at);
}
// The character that ends at `at`.
inline Unit unit_before(base::View bytes, std::size_t at) {
  if (at == 0 || at > bytes.size()) return {};
  return bytes[at - 1] < 0x80 ? kAsciiUnits[bytes[at - 1]] : high_unit_before(bytes, at);
}

// `first`, `count` index the group's characters. Positions are bytes of the scanned buffer.
struct Run {
  std::uint8_t first = 0, count = 0;
  char separator = 0;     // between the run before and this one; 0 for the first
  std::uint32_t at = 0;   // its first byte
};

// Characters `first` to `first + n` as bits.
constexpr std::uint64_t bits_of(std::size_t first, std::size_t n) { return (n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1) << first; }

struct Group {
  std::array<char, kMaxUnits + 64> upper;  // letters as capitals, '*' for mask signs; behind `count` anything
  std::uint64_t digits = 0, letters = 0, smalls = 0, masks = 0;  // bit n: what character n is; small letters are letters
  std::array<std::uint32_t, kMaxUnits> starts, ends;             // bytes of each character, unless `plain`
  std::array<Run, kMaxRuns> runs;
  std::uint8_t count = 0, run_count = 0;
  bool plain = false;  // every character is one byte and each run is contiguous
  bool wide = false, zero_width = false;
  bool list = false;   // a run of a list, read alone
  bool utf8 = false, gb = false;  // characters of more than one byte, by encoding; both is damage and no group
  std::size_t from = 0, to = 0;  // bytes the group covers; scanning goes on at `to`

  std::uint64_t values() const { return digits | masks; }
  // First byte of, and behind, character `k` of `run`.
  std::size_t start(const Run& run, std::size_t k) const { return plain ? run.at + (k - run.first) : starts[k]; }
  std::size_t end(const Run& run, std::size_t k) const { return plain ? run.at + (k - run.first) + 1 : ends[k]; }
};

// Runs that follow each other with one separator between, as far as the anchors of one scan have led: a run with more than
// kMaxGroupBytes of them before it is part of a list, which then need not be read again.
struct Chain {
  std::size_t first = 0, end = 0;  // its first byte, and the end of the last run that was read; `end` 0 for none
  bool reaches(std::size_t at) const { return end != 0 && end + 1 == at; }
};

// The group around `at`, which lies on or inside one of its characters: the same one from each of them. It begins with a run
// that holds a digit or a mask sign. False when there is nothing to validate (no such run, a run longer than kMaxUnits, both
// encodings in one group); `out.to` is set all the same and is past `at`.
// Depends only on the kMaxGroupBytes + 16 bytes on either side. `classes` is that of the engine's instruction set.
bool group_around(base::View bytes, std::size_t at, ClassesFn classes, Chain& chain, Group& out);

}  // namespace fengsui::classify
