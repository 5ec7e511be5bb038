// The JSON of evidence: a strict subset of RFC 8259 in which equal values have one reading. Integers only, below 2^53 in
// magnitude; no duplicate keys; well-formed UTF-8; bounded depth. General JSON libraries accept more (duplicate keys, floats),
// and two readers that disagree about a signed line would be two truths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace fengsui::evidence {

struct JsonLimits {
  std::size_t max_bytes = 65'535;
  unsigned max_depth = 16;
  bool one_line = true;  // refuse line feeds between tokens
};

// A value. Objects keep the order of their keys. Value type; no thread contract.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(bool b) : value_(b) {}
  Json(std::int64_t n) : value_(n) {}
  Json(int n) : value_(static_cast<std::int64_t>(n)) {}
  Json(unsigned n) : value_(static_cast<std::int64_t>(n)) {}
  Json(std::uint64_t n) : value_(static_cast<std::int64_t>(n)) {}
  Json(const char* s) : value_(std::string(s)) {}
  Json(std::string s) : value_(std::move(s)) {}
  Json(std::string_view s) : value_(std::string(s)) {}
  Json(Array a) : value_(std::move(a)) {}
  Json(Object o) : value_(std::move(o)) {}
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // nullptr when the value is of another kind.
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
  const std::string* string() const { return std::get_if<std::string>(&value_); }
  const Array* items() const { return std::get_if<Array>(&value_); }
  const Object* members() const { return std::get_if<Object>(&value_); }

  // Member of an object; nullptr when absent or this is not an object.
  const Json* find(std::string_view key) const;
  // "" / fallback when absent or of another kind.
  std::string_view text(std::string_view key) const;
  std::int64_t number(std::string_view key, std::int64_t fallback = 0) const;
  bool flag(std::string_view key) const;
  // The items of an array member; empty when absent or of another kind.
  const Array& list(std::string_view key) const;

  // Builders. set() replaces a key that exists; asserts an object (push: an array).
  Json& set(std::string key, Json value);
  Json& push(Json value);

  // One line, no spaces, keys in their order. Control characters, '"' and '\' escaped, everything else raw UTF-8;
  // in a string that is not UTF-8 every byte above 0x7f becomes U+FFFD, so that what is signed can always be parsed.
  std::string dump() const;

  // Errc::limit (size, depth), malformed (grammar, UTF-8, duplicate key, float, integer of 2^53 or more, trailing bytes).
  // Messages name the offset, never the content.
  static base::Result<Json> parse(std::string_view text, const JsonLimits& limits = {});

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

// Reads the members of an object and remembers the first that is missing or wrong. One pass, then test error().
class Fields {
 public:
  Fields(const Json& object, std::string_view thing);

  std::string text(std::string_view key, std::size_t max = 4096);           // required string
  std::string text_or(std::string_view key, std::size_t max = 4096);        // "" when absent
  std::int64_t integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max);
  const Json& object(std::string_view key);                                 // required; an empty object when wrong
  const Json::Array& array(std::string_view key, std::size_t max_items);    // required
  const Json::Array& array_or_empty(std::string_view key, std::size_t max_items);
  std::vector<std::string> texts(std::string_view key, std::size_t max_items);  // absent = empty
  void fail(std::string_view key, std::string_view why);

  base::Status status() const;

 private:
  const Json& object_;
  std::string thing_;
  std::string error_;
};

inline constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;

}  // namespace fengsui::evidence
