#include "collector/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace fengsui::collector {

namespace json = boost::json;

base::Result<json::object> parse_object(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return base::fail(base::Errc::limit, fmt::format("JSON of {} bytes; limit {}", text.size(), max_bytes));
  json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return base::fail(base::Errc::malformed, "not JSON: " + error.message());
  if (!value.is_object()) return base::fail(base::Errc::malformed, "JSON, but not an object");
  return std::move(value.as_object());
}

std::string to_text(const json::object& object) { return json::serialize(object); }
std::string to_text(const json::array& array) { return json::serialize(array); }

std::string text_of(const json::object& object, std::string_view key) {
  const auto* v = object.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->as_string().data(), v->as_string().size()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view key, std::int64_t otherwise) {
  const auto* v = object.if_contains(key);
  if (v == nullptr) return otherwise;
  if (v->is_int64()) return v->as_int64();
  if (v->is_uint64() && v->as_uint64() <= static_cast<std::uint64_t>(INT64_MAX))
    return static_cast<std::int64_t>(v->as_uint64());
  return otherwise;
}

bool flag_of(const json::object& object, std::string_view key) {
  const auto* v = object.if_contains(key);
  return v != nullptr && v->is_bool() && v->as_bool();
}

const json::object* object_of(const json::object& object, std::string_view key) {
  const auto* v = object.if_contains(key);
  return v != nullptr ? v->if_object() : nullptr;
}

const json::array* array_of(const json::object& object, std::string_view key) {
  const auto* v = object.if_contains(key);
  return v != nullptr ? v->if_array() : nullptr;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* items = array_of(object, key))
    for (const auto& item : *items)
      if (item.is_string()) out.emplace_back(item.as_string().data(), item.as_string().size());
  return out;
}

json::array array_from(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& t : texts) out.emplace_back(t);
  return out;
}

base::Status only_members(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string list;
      for (auto k : known) list += (list.empty() ? "" : ", ") + std::string(k);
      return base::fail(base::Errc::usage,
                        "unknown member '" + std::string(name.substr(0, 64)) + "'; known are: " + list);
    }
  }
  return {};
}

}  // namespace fengsui::collector
