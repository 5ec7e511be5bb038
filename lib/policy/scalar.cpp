#include "policy/scalar.h"

#include <fmt/format.h>

namespace fengsui::policy {

void fold(std::string_view in, std::string& out) {
  out.resize(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    out[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

void Scalar::set_null() {
  kind = Kind::null;
  text.clear();
  folded.clear();
}

void Scalar::set_bool(bool value) {
  kind = Kind::boolean;
  text = value ? "true" : "false";
  folded = text;
}

void Scalar::set_int(std::int64_t value) {
  kind = Kind::number;
  number = static_cast<double>(value);
  text.clear();
  fmt::format_to(std::back_inserter(text), "{}", value);
  folded = text;
}

void Scalar::set_uint(std::uint64_t value) {
  kind = Kind::number;
  number = static_cast<double>(value);
  text.clear();
  fmt::format_to(std::back_inserter(text), "{}", value);
  folded = text;
}

void Scalar::set_real(double value) {
  kind = Kind::number;
  number = value;
  text.clear();
  fmt::format_to(std::back_inserter(text), "{}", value);
  fold(text, folded);
}

void Scalar::set_text(std::string_view value) {
  kind = Kind::text;
  text.assign(value);
  fold(value, folded);
}

Scalar& Values::add() {
  if (used_ == items_.size()) items_.emplace_back();
  return items_[used_++];
}

bool Values::is_null() const {
  if (used_ == 0) return !present_;
  for (const Scalar& value : *this) {
    if (value.kind != Scalar::Kind::null) return false;
  }
  return true;
}

}  // namespace fengsui::policy
