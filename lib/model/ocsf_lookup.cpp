#include "model/ocsf_shape.h"

namespace fengsui::model::shape {

const Shape* class_shape(std::uint32_t class_uid) {
  if (class_uid == 0) return nullptr;
  for (const auto& s : shapes())
    if (s.class_uid == class_uid) return &s;
  return nullptr;
}

const Shape* object_shape(std::string_view name) {
  if (name.ends_with('#')) name.remove_suffix(1);
  for (const auto& s : shapes())
    if (s.class_uid == 0 && s.name == name) return &s;
  return nullptr;
}

std::string_view type_of(const Shape& shape, std::string_view attribute) {
  if (attribute.empty()) return {};
  std::string_view words = shape.attributes;
  while (!words.empty()) {
    auto end = words.find(' ');
    auto word = words.substr(0, end);
    if (word.size() > attribute.size() && word.starts_with(attribute) && word[attribute.size()] == ':')
      return word.substr(attribute.size() + 1);
    words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
  }
  return {};
}

const Enum* enum_of(std::string_view shape, std::string_view attribute) {
  for (const auto& e : enums())
    if (e.shape == shape && e.attribute == attribute) return &e;
  return nullptr;
}

std::string_view caption_of(const Enum& values, std::string_view value) {
  std::string_view rest = values.values;
  while (!rest.empty()) {
    auto end = rest.find('|');
    auto pair = rest.substr(0, end);
    auto equals = pair.find('=');
    if (pair.substr(0, equals) == value) return pair.substr(equals + 1);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return {};
}

}  // namespace fengsui::model::shape
