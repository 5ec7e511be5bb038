#include "model/field.h"

namespace fengsui::model {

void Fields::set(std::string name, Value value) {
  for (auto& field : fields_) {
    if (field.name != name) continue;
    field.value = std::move(value);
    return;
  }
  fields_.push_back({std::move(name), std::move(value)});
}

const Value* Fields::find(std::string_view name) const {
  for (const auto& field : fields_)
    if (field.name == name) return &field.value;
  return nullptr;
}

std::string_view Fields::text(std::string_view name) const {
  const Value* value = find(name);
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  return text ? std::string_view(*text) : std::string_view{};
}

void Fields::merge(const Fields& other) {
  for (const auto& field : other.fields_) set(field.name, field.value);
}

}  // namespace fengsui::model
