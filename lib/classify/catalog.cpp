#include "classify/catalog.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

#include "base/fd.h"
#include "classify/catalog_build.h"

namespace fengsui::classify {
namespace {

namespace json = boost::json;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("/!");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// What of a column's name counts.
std::string folded(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot + 1 < name.size()) name.remove_prefix(dot + 1);
  std::string out;
  for (const char c : name)
    if (c != ' ' && c != '_' && c != '"' && c != '\'' && c != '`') out.push_back(lower(c));
  return out;
}

json::array list(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& t : texts) out.emplace_back(t);
  return out;
}

// One item from its JSON; false and a problem in `builder` otherwise.
bool take(const json::value& value, CatalogBuilder& builder, const std::string& where) {
  if (!value.is_object()) return builder.complain(where, "is not an object");
  CatalogFields fields;
  for (const auto& [key, field] : value.get_object()) {
    const std::string name(key);
    if (field.is_string()) {
      fields.texts.emplace_back(name, std::string(field.get_string()));
    } else if (field.is_bool()) {
      fields.texts.emplace_back(name, field.get_bool() ? "true" : "false");
    } else if (field.is_array()) {
      std::vector<std::string> texts;
      for (const auto& one : field.get_array()) {
        if (!one.is_string()) return builder.complain(where, fmt::format("\"{}\" must be a list of texts", name));
        texts.emplace_back(one.get_string());
      }
      fields.lists.emplace_back(name, std::move(texts));
    } else if (!field.is_null()) {
      return builder.complain(where, fmt::format("\"{}\" must be a text, a list of texts or true or false", name));
    }
  }
  return builder.add(fields, where);
}

}  // namespace

base::Result<Catalog> Catalog::from_json(std::string_view text, const std::string& source) {
  if (text.size() > kMaxCatalogFile) return base::fail(base::Errc::limit, fmt::format("{}: {} bytes, at most {} are read", source, text.size(), kMaxCatalogFile));
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  const json::value root = json::parse(text, error, {}, options);
  if (error) return base::fail(base::Errc::malformed, fmt::format("{}: not JSON ({})", source, error.message()));
  const json::value* items = root.is_object() ? root.get_object().if_contains("items") : &root;
  if (items == nullptr || !items->is_array()) return base::fail(base::Errc::usage, fmt::format("{}: a list of items, or {{\"items\":[…]}}, is wanted", source));
  CatalogBuilder builder(source);
  std::size_t number = 0;
  for (const json::value& item : items->get_array())
    if (!take(item, builder, fmt::format("item {}", ++number))) break;
  return builder.finish();
}

base::Result<Catalog> Catalog::load(const std::filesystem::path& file) {
  auto bytes = base::read_file(file, kMaxCatalogFile);
  if (!bytes) return std::unexpected(bytes.error());
  const std::string name = file.string();
  if (file.extension() == ".json") return from_json(base::text(*bytes), name);
  if (file.extension() == ".csv" || file.extension() == ".tsv") return from_csv(base::text(*bytes), name);
  return base::fail(base::Errc::usage, fmt::format("{}: a catalogue is a .csv, .tsv or .json file", name));
}

std::string Catalog::to_json() const {
  json::array items;
  for (const CatalogItem& i : items_)
    items.emplace_back(json::object{{"id", i.id},
                                    {"name", i.name},
                                    {"unit", i.unit},
                                    {"paths", list(i.paths)},
                                    {"columns", list(i.columns)},
                                    {"class", i.data_class},
                                    {"grade", i.grade},
                                    {"share", i.share},
                                    {"use_without_view", i.use_without_view}});
  return json::serialize(json::object{{"items", std::move(items)}});
}

const CatalogItem* Catalog::find(std::string_view id) const {
  const auto at = std::find_if(items_.begin(), items_.end(), [&](const CatalogItem& i) { return i.id == id; });
  return at == items_.end() ? nullptr : &*at;
}

bool fits_pattern(std::string_view pattern, std::string_view text, bool fold) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t] || (fold && lower(pattern[p]) == lower(text[t])))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

const CatalogItem* Catalog::match(const ObjectNames& names) const {
  const std::string whole = names.member.empty() ? std::string(names.path) : std::string(names.path) + "!" + std::string(names.member);
  const std::string_view file = base_name(names.path), member = base_name(names.member);
  const auto fits = [&](const std::string& pattern) {
    if (pattern.find('/') != std::string::npos) return fits_pattern(pattern, names.path, false) || fits_pattern(pattern, whole, false);
    for (const std::string_view table : names.tables)
      if (fits_pattern(pattern, table, true)) return true;
    return (!file.empty() && fits_pattern(pattern, file, false)) || (!member.empty() && fits_pattern(pattern, member, false));
  };
  for (const CatalogItem& item : items_)
    if (std::any_of(item.paths.begin(), item.paths.end(), fits)) return &item;
  return nullptr;
}

std::vector<std::string> undeclared_columns(const CatalogItem& item, const std::vector<std::string>& names) {
  std::vector<std::string> declared, out;
  for (const std::string& column : item.columns) declared.push_back(folded(column));
  bool known = false;
  for (const std::string& name : names) {
    const bool is = std::find(declared.begin(), declared.end(), folded(name)) != declared.end();
    known = known || is;
    if (!is) out.push_back(name);
  }
  if (!known) out.clear();
  return out;
}

}  // namespace fengsui::classify
