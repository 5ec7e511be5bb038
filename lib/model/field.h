// Named values: the common shape of what sensors saw, for rules to match and for OCSF to carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fengsui::model {

using Value = std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

// `name` is the dotted path of an OCSF 1.8.0 attribute ("http_request.http_method", "src_endpoint.ip"); what OCSF has no
// place for is under "unmapped.fengsui.".
struct Field {
  std::string name;
  Value value;
};

// A small ordered set of fields; linear search, meant for some tens of entries. Value type.
class Fields {
 public:
  // Replaces an earlier value of the same name.
  void set(std::string name, Value value);
  void set(std::string name, const char* text) { set(std::move(name), Value(std::string(text))); }
  void set(std::string name, std::string_view text) { set(std::move(name), Value(std::string(text))); }
  void set(std::string name, const std::string& text) { set(std::move(name), Value(text)); }
  // nullptr when absent.
  const Value* find(std::string_view name) const;
  // "" when absent or not a string.
  std::string_view text(std::string_view name) const;
  void merge(const Fields& other);  // other's values win
  bool empty() const { return fields_.empty(); }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

}  // namespace fengsui::model
