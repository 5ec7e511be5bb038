// Small helpers over Boost.JSON for the collector's .cpp files; the library's own header stays out of ours.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace boost::json {
class value;
class object;
class array;
}  // namespace boost::json

namespace fengsui::collector {

// One JSON object of at most `max_bytes`, at most 16 deep. Errc::limit, malformed.
base::Result<boost::json::object> parse_object(std::string_view text, std::size_t max_bytes = 1 << 20);
std::string to_text(const boost::json::object& object);
std::string to_text(const boost::json::array& array);

// The member when it is there and of the type; else "" / 0 / false / nothing.
std::string text_of(const boost::json::object& object, std::string_view key);
std::int64_t number_of(const boost::json::object& object, std::string_view key, std::int64_t otherwise = 0);
bool flag_of(const boost::json::object& object, std::string_view key);
std::vector<std::string> texts_of(const boost::json::object& object, std::string_view key);
const boost::json::object* object_of(const boost::json::object& object, std::string_view key);
const boost::json::array* array_of(const boost::json::object& object, std::string_view key);
boost::json::array array_from(const std::vector<std::string>& texts);

// Errc::usage naming the first member of `object` that is not in `known`, with the nearest that is.
base::Status only_members(const boost::json::object& object, std::initializer_list<std::string_view> known);

}  // namespace fengsui::collector
