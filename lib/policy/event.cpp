#include "policy/event.h"

#include <algorithm>

namespace fengsui::policy {
namespace {

void add_value(const model::Value& value, Values& out) {
  out.mark_present();
  if (std::holds_alternative<std::monostate>(value))
    out.add().set_null();
  else if (const bool* b = std::get_if<bool>(&value))
    out.add().set_bool(*b);
  else if (const std::int64_t* i = std::get_if<std::int64_t>(&value))
    out.add().set_int(*i);
  else if (const std::string* s = std::get_if<std::string>(&value))
    out.add().set_text(*s);
  else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& item : *list) out.add().set_text(item);
  }
}

std::uint64_t sum(const std::vector<model::TypeCount>& types, std::uint64_t model::TypeCount::*member) {
  std::uint64_t total = 0;
  for (const auto& type : types) total += type.*member;
  return total;
}

// Addresses of machines are found and listed, but are no reason for a finding about people's data by themselves.
bool counts_in_total(std::string_view type) { return type != "ipv4" && type != "ipv6" && type != "mac"; }

std::uint64_t total_of(const std::vector<model::TypeCount>& types) {
  std::uint64_t total = 0;
  for (const auto& type : types)
    if (counts_in_total(type.type)) total += type.clear;
  return total;
}

// Of columns and of running text: the larger, since the text of a column is counted in both.
std::uint64_t weak_masked_of(const model::Conclusion& conclusion) {
  std::uint64_t columns = 0;
  for (const auto& column : conclusion.profile) columns += column.weak_masked;
  return std::max(columns, sum(conclusion.types, &model::TypeCount::weak_masked));
}

}  // namespace

std::uint32_t FieldTable::slot(const std::string& name) {
  const auto [at, fresh] = by_name_.try_emplace(name, static_cast<std::uint32_t>(entries_.size()));
  if (fresh) {
    Entry entry{name, {name}};
    for (const std::string_view other : ocsf_names(name)) entry.candidates.emplace_back(other);
    entries_.push_back(std::move(entry));
  }
  return at->second;
}

void ActivityEvent::fetch(const std::string& name, Values& out) const {
  if (const model::Value* value = activity_.fields.find(name)) return add_value(*value, out);
  if (name == "class_uid")
    out.add().set_uint(activity_.class_uid);
  else if (name == "activity_id")
    out.add().set_uint(activity_.activity_id);
  else if (name == "severity_id")
    out.add().set_uint(static_cast<std::uint64_t>(activity_.severity));
  else if (name == "time")
    out.add().set_int(activity_.time);
  else if (name == "fengsui.stage")
    out.add().set_text(model::id(activity_.stage));
  else if (name == "fengsui.sensor")
    out.add().set_text(activity_.sensor);
}

void ActivityEvent::fetch_all(Values& out) const {
  for (const model::Field& field : activity_.fields) add_value(field.value, out);
}

std::string_view id(model::ContentKind kind) {
  switch (kind) {
    case model::ContentKind::file:
      return "file";
    case model::ContentKind::http_body:
      return "http_body";
    case model::ContentKind::dns_name:
      return "dns_name";
    case model::ContentKind::log_line:
      return "log_line";
    case model::ContentKind::message:
      return "message";
    case model::ContentKind::db_rows:
      return "db_rows";
  }
  return "unknown";
}

std::string object_of(const model::Provenance& from) {
  return from.member.empty() ? from.object : from.object + "!" + from.member;
}

void ConclusionEvent::fetch(const std::string& name, Values& out) const {
  const model::Provenance& from = *conclusion_.from;
  if (const model::Value* value = from.fields.find(name)) return add_value(*value, out);
  if (name.starts_with("fengsui.")) {
    if (name == "fengsui.stage")
      out.add().set_text(model::id(from.stage));
    else if (name == "fengsui.kind")
      out.add().set_text(id(from.kind));
    else if (name == "fengsui.object")
      out.add().set_text(object_of(from));
    else if (name == "fengsui.media_type")
      out.add().set_text(from.media_type);
    else if (name == "fengsui.cleartext")
      out.add().set_bool(from.cleartext);
    else if (name == "fengsui.sensor")
      out.add().set_text(from.sensor);
    else if (name == "fengsui.complete")
      out.add().set_bool(conclusion_.unread.empty());
    return;
  }
  if (!name.starts_with("data.")) {
    if (name == "time") out.add().set_int(from.time);
    return;
  }
  if (name == "data.total")
    out.add().set_uint(total_of(conclusion_.types));
  else if (name == "data.masked")
    out.add().set_uint(sum(conclusion_.types, &model::TypeCount::masked));
  else if (name == "data.unclear")
    out.add().set_uint(sum(conclusion_.types, &model::TypeCount::unclear));
  else if (name == "data.weak_masked")
    out.add().set_uint(weak_masked_of(conclusion_));
  else if (name == "data.undeclared") {
    for (const auto& column : conclusion_.undeclared) out.add().set_text(column);
  } else if (name == "data.grade") {
    if (!conclusion_.grading.grade.empty()) out.add().set_text(conclusion_.grading.grade);
  } else if (name == "data.class") {
    if (!conclusion_.grading.data_class.empty()) out.add().set_text(conclusion_.grading.data_class);
  } else if (name == "data.persons") {
    if (!conclusion_.grading.persons_method.empty()) out.add().set_uint(conclusion_.grading.persons);
  } else if (name == "data.catalog_item")
    out.add().set_text(conclusion_.catalog_item);
  else if (name == "data.use_without_view")
    out.add().set_bool(conclusion_.use_without_view);
  else if (name == "data.desensitised") {
    for (const auto& column : conclusion_.profile)
      if (column.desensitised) out.add().set_text(column.name);
  } else if (name == "data.rows")
    out.add().set_uint(conclusion_.rows);
  else if (name == "data.columns") {
    for (const auto& column : conclusion_.columns) out.add().set_text(column);
  } else if (name == "data.named") {  // sets of exact values and registered documents of the site
    for (const auto& type : conclusion_.types)
      for (const auto& set : type.exact) out.add().set_text(set.name);
  } else if (name == "data.types") {
    for (const auto& type : conclusion_.types) out.add().set_text(type.type);
  } else {
    for (const auto& type : conclusion_.types) {
      if (std::string_view(name).substr(5) == type.type) out.add().set_uint(type.clear);
    }
  }
}

void ConclusionEvent::fetch_all(Values& out) const {
  for (const model::Field& field : conclusion_.from->fields) add_value(field.value, out);
  out.add().set_text(object_of(*conclusion_.from));
  for (const auto& type : conclusion_.types) out.add().set_text(type.type);
}

void Event::reset(const EventSource& source) {
  source_ = &source;
  ++epoch_;
}

const Values& Event::values(std::uint32_t slot) {
  Slot& here = slots_[slot];
  if (here.epoch != epoch_) {
    here.epoch = epoch_;
    here.values.clear();
    for (const std::string& name : table_.entries()[slot].candidates) {
      source_->fetch(name, here.values);
      if (here.values.size() > 0) break;
    }
  }
  return here.values;
}

const Values& Event::all() {
  if (all_.epoch != epoch_) {
    all_.epoch = epoch_;
    all_.values.clear();
    source_->fetch_all(all_.values);
  }
  return all_.values;
}

}  // namespace fengsui::policy
