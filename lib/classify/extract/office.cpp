#include "classify/extract/office.h"

#include <algorithm>
#include <cctype>

namespace fengsui::classify::extract {

bool Parts::begin(const std::string& name) {
  XmlSink* sink = nullptr;
  switch (choose_(name, sink)) {
    case Use::skip: return false;
    case Use::xml:
      if (sink == nullptr) return false;
      xml_.emplace(*sink);
      break;
    case Use::inner:
      inner_.emplace(context_, name, Bond::part);
      if (!inner_->begun()) return inner_.reset(), false;
      break;
  }
  name_ = name;
  return true;
}

void Parts::bytes(base::View bytes) {
  if (xml_) xml_->feed(bytes);
  if (inner_) inner_->feed(bytes);
}

void Parts::end() {
  if (xml_) {
    xml_->finish();
    xml_.reset();
    if (done_) done_(name_);
  }
  if (inner_) inner_->finish(), inner_.reset();
}

void Parts::missed(Missed why) {
  if (inner_) inner_->missed(why, Format::text);
  else context_.missed(why, Format::zip);
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t m = i, n = j;
      while (m < a.size() && digit(a[m])) ++m;
      while (n < b.size() && digit(b[n])) ++n;
      if (m - i != n - j) return m - i < n - j;
      if (const int order = a.substr(i, m - i).compare(b.substr(j, n - j)); order != 0) return order < 0;
      i = m, j = n;
      continue;
    }
    if (a[i] != b[j]) return a[i] < b[j];
    ++i, ++j;
  }
  return a.size() - i < b.size() - j;
}

void Relations::start(std::string_view name, const Attributes& attributes) {
  if (name != "Relationship" || targets.size() >= kMaxMembers) return;
  std::string target = attributes.get("Target");
  if (target.starts_with('/')) target.erase(0, 1);
  else target = folder_ + target;
  targets[attributes.get("Id")] = std::move(target);
}

}  // namespace fengsui::classify::extract
