#include "classify/catalog_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "base/encode.h"
#include "base/nearest.h"
#include "classify/text.h"

namespace fengsui::classify {
namespace {

struct Name {
  std::string_view name, field;
};
constexpr std::array<Name, 41> kNames = {{
    {"id", "id"}, {"item_id", "id"}, {"目录编号", "id"}, {"目录代码", "id"}, {"资源编号", "id"}, {"资源代码", "id"}, {"信息资源代码", "id"}, {"编号", "id"},
    {"name", "name"}, {"名称", "name"}, {"资源名称", "name"}, {"目录名称", "name"}, {"数据资源名称", "name"}, {"信息资源名称", "name"},
    {"unit", "unit"}, {"单位", "unit"}, {"责任单位", "unit"}, {"提供单位", "unit"}, {"资源提供方", "unit"}, {"数据提供方", "unit"},
    {"paths", "paths"}, {"path", "paths"}, {"table", "paths"}, {"路径", "paths"}, {"表名", "paths"}, {"库表", "paths"}, {"位置", "paths"},
    {"columns", "columns"}, {"字段", "columns"}, {"信息项", "columns"}, {"信息项名称", "columns"}, {"数据项", "columns"},
    {"class", "class"}, {"数据分类", "class"}, {"分类", "class"},
    {"grade", "grade"}, {"数据分级", "grade"}, {"分级", "grade"},
    {"share", "share"}, {"共享属性", "share"},
    {"use_without_view", "use_without_view"},
}};
constexpr std::array<Name, 3> kMoreNames = {{{"共享类型", "share"}, {"共享条件", "share"}, {"可用不可见", "use_without_view"}}};
constexpr std::array<std::string_view, 9> kFields = {"id", "name", "unit", "paths", "columns", "class", "grade", "share", "use_without_view"};

constexpr std::array<Name, 19> kGradeNames = {{
    {"core", "core"}, {"核心", "core"}, {"核心数据", "core"}, {"important", "important"}, {"重要", "important"}, {"重要数据", "important"},
    {"g4", "g4"}, {"g3", "g3"}, {"g2", "g2"}, {"g1", "g1"}, {"4级", "g4"}, {"3级", "g3"}, {"2级", "g2"}, {"1级", "g1"},
    {"一般数据4级", "g4"}, {"一般数据3级", "g3"}, {"一般数据2级", "g2"}, {"一般数据1级", "g1"}, {"一般4级", "g4"},
}};
constexpr std::array<Name, 9> kShareNames = {{
    {"unconditional", "unconditional"}, {"无条件共享", "unconditional"}, {"conditional", "conditional"}, {"有条件共享", "conditional"},
    {"条件共享", "conditional"}, {"none", "none"}, {"不予共享", "none"}, {"不共享", "none"}, {"可用不可见", "conditional"},
}};

template <class List>
std::optional<std::string_view> in(const List& list, std::string_view name) {
  for (const Name& n : list)
    if (n.name == name) return n.field;
  return std::nullopt;
}

std::optional<bool> yes(std::string_view s) {
  for (const std::string_view w : {"true", "yes", "1", "是", "y"})
    if (s == w) return true;
  for (const std::string_view w : {"", "false", "no", "0", "否", "n"})
    if (s == w) return false;
  return std::nullopt;
}

std::string_view trimmed(std::string_view s) {
  const auto idle = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!s.empty() && idle(s.front())) s.remove_prefix(1);
  while (!s.empty() && idle(s.back())) s.remove_suffix(1);
  return s;
}

// At ; ； 、 | and line ends.
std::vector<std::string> divided(std::string_view s) {
  std::vector<std::string> out;
  const auto next = [&](std::string_view one) {
    one = trimmed(one);
    if (!one.empty()) out.emplace_back(one);
  };
  std::size_t from = 0;
  for (std::size_t i = 0; i < s.size();) {
    const std::size_t n = s[i] == ';' || s[i] == '|' || s[i] == '\n' ? 1 : s.substr(i, 3) == "；" || s.substr(i, 3) == "、" ? 3 : 0;
    if (n == 0) {
      ++i;
      continue;
    }
    next(s.substr(from, i - from));
    from = i += n;
  }
  next(s.substr(from));
  return out;
}

// Records of a CSV, each with the line it begins on.
struct Record {
  std::vector<std::string> cells;
  std::size_t line = 0;
};

std::vector<Record> records(std::string_view s, char delimiter) {
  std::vector<Record> out;
  Record record{{}, 1};
  std::string cell;
  bool quoted = false, used = false;
  std::size_t line = 1;
  const auto end_cell = [&] {
    record.cells.emplace_back(trimmed(cell));
    cell.clear();
  };
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    line += c == '\n';
    if (quoted) {
      if (c == '"' && i + 1 < s.size() && s[i + 1] == '"') cell.push_back(s[++i]);
      else if (c == '"') quoted = false;
      else cell.push_back(c);
    } else if (c == '"' && trimmed(cell).empty()) {
      quoted = used = true;
      cell.clear();
    } else if (c == delimiter) {
      used = true;
      end_cell();
    } else if (c == '\n') {
      end_cell();
      if (used) out.push_back(std::move(record));
      record = {{}, line};
      used = false;
    } else {
      used = used || (c != ' ' && c != '\r');
      cell.push_back(c);
    }
  }
  end_cell();
  if (used) out.push_back(std::move(record));
  return out;
}

}  // namespace

std::string_view CatalogBuilder::field_of(std::string_view name) {
  std::string lower(trimmed(name));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == ' ' ? '_' : c;
  if (const auto field = in(kNames, lower)) return *field;
  return in(kMoreNames, lower).value_or("");
}

bool CatalogBuilder::complain(const std::string& where, const std::string& what) {
  if (problem_.empty()) problem_ = fmt::format("{}: {}: {}", source_, where, what);
  return false;
}

bool CatalogBuilder::set(CatalogItem& item, std::string_view field, std::string value, const std::string& where) {
  if (field == "paths" || field == "columns") return set(item, field, divided(value), where);
  if (value.size() > kMaxCatalogText) return complain(where, fmt::format("{} of {} bytes, at most {} are kept", field, value.size(), kMaxCatalogText));
  if (!base::is_utf8(base::view(value))) return complain(where, fmt::format("{} is not UTF-8", field));
  if (field == "id") item.id = value;
  else if (field == "name") item.name = value;
  else if (field == "unit") item.unit = value;
  else if (field == "class") item.data_class = value;
  else if (field == "grade") {
    const auto grade = value.empty() ? std::optional<std::string_view>("") : in(kGradeNames, value);
    if (!grade) return complain(where, "the grade is none of core, important, g4, g3, g2, g1 (核心, 重要, 4级 … 1级)");
    item.grade = *grade;
  } else if (field == "share") {
    const auto share = value.empty() ? std::optional<std::string_view>("") : in(kShareNames, value);
    if (!share) return complain(where, "the share condition is none of unconditional, conditional, none (无条件共享, 有条件共享, 不予共享)");
    item.share = *share;
    item.use_without_view = item.use_without_view || value == "可用不可见";
  } else if (field == "use_without_view") {
    const auto is = yes(value);
    if (!is) return complain(where, "use_without_view is neither true nor false (是, 否)");
    item.use_without_view = item.use_without_view || *is;
  }
  return true;
}

bool CatalogBuilder::set(CatalogItem& item, std::string_view field, std::vector<std::string> values, const std::string& where) {
  if (field != "paths" && field != "columns") return complain(where, fmt::format("{} is one text and no list", field));
  if (values.size() > kMaxCatalogList) return complain(where, fmt::format("{} {}, at most {} are kept", values.size(), field, kMaxCatalogList));
  for (const std::string& v : values)
    if (v.size() > kMaxCatalogText || v.empty() || !base::is_utf8(base::view(v))) return complain(where, fmt::format("an entry of {} is empty, longer than {} bytes or not UTF-8", field, kMaxCatalogText));
  (field == "paths" ? item.paths : item.columns) = std::move(values);
  return true;
}

bool CatalogBuilder::add(const CatalogFields& fields, const std::string& where) {
  if (catalog_.items_.size() >= kMaxCatalogItems) {
    code_ = base::Errc::limit;
    return complain(where, fmt::format("more than {} items", kMaxCatalogItems));
  }
  CatalogItem item;
  const auto unknown = [&](const std::string& name) {
    return complain(where, fmt::format("unknown field \"{}\"; the nearest is \"{}\"", name.substr(0, 60), base::nearest(name, kFields)));
  };
  for (const auto& [name, value] : fields.texts) {
    const std::string_view field = field_of(name);
    if (field.empty()) return unknown(name);
    if (!set(item, field, value, where)) return false;
  }
  for (const auto& [name, values] : fields.lists) {
    const std::string_view field = field_of(name);
    if (field.empty()) return unknown(name);
    if (!set(item, field, values, where)) return false;
  }
  if (item.id.empty()) return complain(where, "has no id (目录编号)");
  if (item.name.empty()) return complain(where, "has no name (名称)");
  catalog_.items_.push_back(std::move(item));
  return true;
}

base::Result<Catalog> CatalogBuilder::finish() {
  std::unordered_set<std::string_view> ids;
  for (const CatalogItem& item : catalog_.items_)
    if (!ids.insert(item.id).second) complain(item.id, "this id occurs twice");
  if (!problem_.empty()) return base::fail(code_, problem_);
  return std::move(catalog_);
}

base::Result<Catalog> Catalog::from_csv(std::string_view bytes, const std::string& source) {
  if (bytes.size() > kMaxCatalogFile) return base::fail(base::Errc::limit, fmt::format("{}: {} bytes, at most {} are read", source, bytes.size(), kMaxCatalogFile));
  std::string text = to_utf8(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  const std::string_view head = std::string_view(text).substr(0, text.find('\n'));
  const auto count = [&](char c) { return std::count(head.begin(), head.end(), c); };
  const char delimiter = count('\t') > count(',') ? '\t' : count(';') > count(',') ? ';' : ',';
  const std::vector<Record> rows = records(text, delimiter);
  if (rows.empty()) return base::fail(base::Errc::usage, fmt::format("{}: no head line", source));
  CatalogBuilder builder(source);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const std::string where = fmt::format("line {}", rows[r].line);
    CatalogFields fields;
    for (std::size_t i = 0; i < rows[r].cells.size(); ++i) {
      if (i < rows[0].cells.size()) fields.texts.emplace_back(rows[0].cells[i], rows[r].cells[i]);
      else if (!rows[r].cells[i].empty()) builder.complain(where, "has more cells than the head has names");
    }
    if (!builder.add(fields, where)) break;
  }
  return builder.finish();
}

}  // namespace fengsui::classify
