// The part of the OCSF 1.8.0 schema that Fengsui emits, as text tables: which attribute is legal where, and its type.
// A field that does not fit its place goes under `unmapped`, so every line stays valid whatever a sensor names its fields.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fengsui::model::shape {

// `attributes`: space-separated "name:T" with T one of s string, i int32, l int64, b boolean, p port, a IP, e e-mail, m MAC,
// u UUID; upper case = array of them; "@x" object x; "*x" array of objects x; a trailing # = the value is of an Enum.
struct Shape {
  std::string_view name;
  std::uint32_t class_uid;  // 0: an object
  std::string_view attributes;
  std::string_view required;      // space-separated
  std::string_view at_least_one;  // space-separated; "" no constraint
};

// `values`: "value=caption|" repeated. `sibling`: the string attribute that must equal the caption; "" none.
struct Enum {
  std::string_view shape, attribute, sibling, values;
};

std::span<const Shape> shapes();
std::span<const Enum> enums();

const Shape* class_shape(std::uint32_t class_uid);  // nullptr: not a class we emit
const Shape* object_shape(std::string_view name);   // nullptr: not an object we emit
// Type text of an attribute ("i#", "@file"); "" when the shape does not have it.
std::string_view type_of(const Shape& shape, std::string_view attribute);
const Enum* enum_of(std::string_view shape, std::string_view attribute);
// Caption of a value, "" when it is not one of the enum.
std::string_view caption_of(const Enum& values, std::string_view value);

}  // namespace fengsui::model::shape
