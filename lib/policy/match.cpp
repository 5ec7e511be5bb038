#include "policy/rule.h"

namespace fengsui::policy {
namespace {

bool any_pattern(const std::vector<Pattern>& patterns, const Values& values) {
  for (const Pattern& pattern : patterns) {
    if (pattern.is_null()) {
      if (values.is_null()) return true;
      continue;
    }
    for (const Scalar& value : values) {
      if (pattern.matches(value)) return true;
    }
  }
  return false;
}

bool any_reference(const FieldItem& item, std::uint32_t slot, Event& event) {
  const Values& left = event.values(item.slot);
  const Values& right = event.values(slot);
  for (const Scalar& a : left) {
    for (const Scalar& b : right) {
      if (relates(a, b, item.modifiers.place, item.modifiers.cased)) return true;
    }
  }
  return false;
}

bool positive(const FieldItem& item, Event& event) {
  const bool all = item.modifiers.all;
  if (item.modifiers.fieldref) {
    for (const std::uint32_t slot : item.references) {
      if (any_reference(item, slot, event) != all) return !all;
    }
    return all;
  }
  const Values& values = item.keyword ? event.all() : event.values(item.slot);
  if (item.modifiers.exists) return (values.present() && !values.is_null()) == item.must_exist;
  for (const auto& patterns : item.values) {
    if (any_pattern(patterns, values) != all) return !all;
  }
  return all;
}

}  // namespace

bool matches(const FieldItem& item, Event& event) { return positive(item, event) != item.modifiers.negate; }

bool matches(const Selection& selection, Event& event) {
  for (const auto& items : selection.alternatives) {
    bool every = true;
    for (const FieldItem& item : items) {
      if (!matches(item, event)) {
        every = false;
        break;
      }
    }
    if (every) return true;
  }
  return false;
}

bool matches(const Rule& rule, const Expression& expression, Event& event) {
  switch (expression.op) {
    case Expression::Op::selection:
      return matches(rule.selections[expression.selection], event);
    case Expression::Op::negation:
      return !matches(rule, expression.parts.front(), event);
    case Expression::Op::all_of:
      for (const Expression& part : expression.parts) {
        if (!matches(rule, part, event)) return false;
      }
      return true;
    case Expression::Op::any_of:
      for (const Expression& part : expression.parts) {
        if (matches(rule, part, event)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace fengsui::policy
