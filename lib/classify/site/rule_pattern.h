// The pattern of a site rule: what is allowed in it, which literal every match holds, and how it reads as bytes of an encoding.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fengsui::classify {

enum class Charset : std::uint8_t { utf8, gb18030 };
constexpr std::string_view id(Charset charset) { return charset == Charset::utf8 ? "UTF-8" : "GB 18030"; }

// GB 18030 of every character of the Basic Multilingual Plane. Made once for a folder of rules.
class GbTable {
 public:
  GbTable();
  std::string_view of(std::uint32_t character) const;  // "" when there is none

 private:
  std::string bytes_;
  std::vector<std::uint32_t> start_;  // by character, one more at the end
};

inline constexpr std::size_t kMaxPattern = 512;        // bytes
inline constexpr unsigned kMaxRepeat = 256;            // in {n,m}
inline constexpr unsigned kMaxNesting = 8;             // groups in groups
inline constexpr std::size_t kMaxNodes = 400;          // of a pattern
inline constexpr std::size_t kMaxExpression = 65536;   // bytes of the expression for one encoding
inline constexpr std::size_t kMinLiteral = 3, kMaxLiteral = 32, kMaxLiterals = 16;  // bytes; alternatives

// Characters, not bytes: '.', classes and repetition count characters of the text. Allowed: literals, escapes (\d \w \s and their
// opposites, \b, \t, \\ …, \xHH below 80), '.', classes, groups, '|', * + ? {n,m}, and (?i) at the start. \d, \w, \s and \b speak of
// ASCII only. Not allowed: anchors, look-around, back references, lazy or possessive repetition. Immutable.
class RulePattern {
 public:
  // Errc::usage with the place in the pattern; limit.
  static base::Result<RulePattern> parse(std::string_view text);
  RulePattern(RulePattern&&) noexcept;
  RulePattern& operator=(RulePattern&&) noexcept;
  ~RulePattern();

  // Literals of which every match holds at least one, as bytes; the best there are. Errc::usage when one of them would have
  // fewer than kMinLiteral bytes in either encoding, or a character that GB 18030 lacks.
  base::Result<std::vector<std::string>> literals(Charset charset, const GbTable& table) const;
  // A regular expression over bytes. Errc::limit when it is larger than kMaxExpression.
  base::Result<std::string> expression(Charset charset, const GbTable& table) const;
  bool caseless() const { return caseless_; }
  bool unbounded() const;  // has * or + or {n,}: only the window bounds a match

  struct Node;

 private:
  RulePattern();
  std::unique_ptr<Node> root_;
  bool caseless_ = false;
};

std::string utf8_of(std::uint32_t character);

}  // namespace fengsui::classify
