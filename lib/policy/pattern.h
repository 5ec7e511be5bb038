// Pattern: one value of a Sigma selection, compiled.
// Source: Sigma specification 2.1.0, "Detection" and appendix "Modifiers".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/scalar.h"

namespace fengsui::policy {

struct Regex;

// What the modifiers of a field item ask for. Modifiers that this build does not know are an error of the parser.
struct Modifiers {
  enum class Place : std::uint8_t { whole, contains, starts, ends };
  enum class Compare : std::uint8_t { none, less, less_equal, greater, greater_equal };
  enum class Encode : std::uint8_t { none, utf16le, utf16be, utf16 };
  Place place = Place::whole;
  Compare compare = Compare::none;
  Encode encode = Encode::none;
  bool all = false, cased = false, regex = false, cidr = false, exists = false, fieldref = false, windash = false;
  bool base64 = false, base64offset = false, negate = false;
  bool re_i = false, re_m = false, re_s = false;
};
// From the parts of "field|a|b" after the first. Errc::unsupported names the modifier, Errc::malformed a combination
// that means nothing.
base::Result<Modifiers> parse_modifiers(const std::vector<std::string>& names);

// Immutable once made; cheap to move.
class Pattern {
 public:
  // The patterns of one value: usually one, three for base64offset. Errc::malformed for a value its modifiers cannot
  // take (a bad regular expression, a bad network, a wildcard in base64).
  static base::Result<std::vector<Pattern>> compile(std::string_view value, const Modifiers& modifiers);
  static Pattern null();

  bool is_null() const { return op_ == Op::null; }
  bool matches(const Scalar& value) const;

 private:
  enum class Op : std::uint8_t { equals, contains, starts, ends, glob, regex, network, compare, null };
  static Pattern from_elements(std::vector<std::uint16_t> elements, const Modifiers& modifiers);
  bool glob(std::string_view text) const;
  bool in_network(std::string_view text) const;

  Op op_ = Op::equals;
  bool cased_ = false;
  std::string literal_;
  std::vector<std::uint16_t> elements_;  // of a glob
  std::shared_ptr<const Regex> regex_;
  Modifiers::Compare compare_ = Modifiers::Compare::none;
  double number_ = 0;
  std::array<std::uint8_t, 16> network_{};  // IPv4 in the last four bytes
  std::uint8_t bits_ = 0;
  bool v6_ = false;
};

// Compares two values of an event (modifier fieldref).
bool relates(const Scalar& left, const Scalar& right, Modifiers::Place place, bool cased);

}  // namespace fengsui::policy
