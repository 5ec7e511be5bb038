// The files of a site that people write, as TOML: rules and allow-lists.
#include <fmt/format.h>
// A malformed file is an error of toml++, not an assertion that ends the program.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/nearest.h"
#include "classify/site/allow_list.h"
#include "classify/site/match_key.h"
#include "classify/site/rule_pattern.h"
#include "classify/site/site_rules.h"
#include "classify/words.h"

namespace fengsui::classify {
namespace {

// Reads one file that a person wrote: remembers the first complaint, with file and line, and knows its keys.
class TomlFile {
 public:
  explicit TomlFile(std::string path) : path_(std::move(path)) {}

  base::Result<toml::table> parse(std::string_view text) const {
    try {
      return toml::parse(text, path_);
    } catch (const toml::parse_error& wrong) {
      return base::fail(base::Errc::malformed, fmt::format("{}:{}: {}", path_, wrong.source().begin.line, std::string(wrong.description())));
    }
  }
  void complain(int line, std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{}:{}: {}", path_, std::max(line, 1), what);
  }
  void complain(const toml::node& at, std::string_view what) { complain(line_of(at), what); }
  static int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }
  base::Status status() const { return problem_.empty() ? base::Status{} : base::fail(base::Errc::usage, problem_); }

  void keys(const toml::table& table, std::span<const std::string_view> known) {
    for (const auto& [key, value] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        complain(value, fmt::format("unknown key \"{}\"; the nearest is \"{}\"", key.str(), base::nearest(key.str(), known)));
  }
  std::string text(const toml::table& table, std::string_view key, bool needed) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (needed) complain(table, fmt::format("{} is missing", key));
      return {};
    }
    const auto* value = node->as_string();
    if (value == nullptr || value->get().empty()) {
      complain(*node, fmt::format("{} must be a text that is not empty", key));
      return {};
    }
    return value->get();
  }
  std::vector<std::string> texts(const toml::table& table, std::string_view key, std::size_t least, std::size_t most) {
    std::vector<std::string> out;
    const toml::node* node = table.get(key);
    if (node == nullptr) return out;
    const toml::array* array = node->as_array();
    if (array == nullptr) complain(*node, fmt::format("{} must be a list of texts", key));
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      const auto* value = (*array)[i].as_string();
      if (value == nullptr || value->get().size() < least || value->get().size() > most)
        complain((*array)[i], fmt::format("an entry of {} must be a text of {} to {} bytes", key, least, most));
      else
        out.push_back(value->get());
    }
    return out;
  }
  unsigned number(const toml::table& table, std::string_view key, unsigned most) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return most;
    const auto* value = node->as_integer();
    if (value != nullptr && value->get() >= 0 && value->get() <= most) return static_cast<unsigned>(value->get());
    complain(*node, fmt::format("{} must be a number from 0 to {}", key, most));
    return 0;
  }

 private:
  std::string path_, problem_;
};

constexpr std::size_t kMaxContext = 40;
constexpr std::array<std::string_view, 9> kKeys = {"id", "name", "pattern", "class", "grade", "source", "context", "mask", "tests"};
constexpr std::array<std::string_view, 2> kNameKeys = {"zh", "en"}, kMaskKeys = {"head", "tail"}, kTestKeys = {"text", "expect"};
constexpr std::array<std::string_view, 1> kAllowRootKeys = {"allow"};
constexpr std::array<std::string_view, 8> kAllowKeys = {"id", "type", "value", "path", "rule", "reason", "approver", "expires"};
constexpr std::array<std::string_view, 3> kExpect = {"clear", "masked", "none"};
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 40 && std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

void read_tests(TomlFile& file, const toml::table& root, SiteRule& rule) {
  const toml::array* array = root["tests"].as_array();
  if (array == nullptr) return file.complain(root, "[[tests]] are missing: every rule carries its own examples");
  bool positive = false, negative = false;
  for (const auto& element : *array) {
    const toml::table* one = element.as_table();
    if (one == nullptr) return file.complain(element, "tests must be written as [[tests]]");
    file.keys(*one, kTestKeys);
    DetectorTest test{file.text(*one, "text", true), file.text(*one, "expect", true), TomlFile::line_of(*one)};
    if (std::find(kExpect.begin(), kExpect.end(), test.expect) == kExpect.end()) file.complain(*one, "expect must be one of clear, masked, none");
    (test.expect == "none" ? negative : positive) = true;
    rule.tests.push_back(std::move(test));
  }
  if (!positive || !negative) file.complain(root, "[[tests]] need at least one positive and one negative example");
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

}  // namespace

base::Result<SiteRule> read_site_rule(std::string_view text, const std::string& path) {
  TomlFile file(path);
  const auto parsed = file.parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  const toml::table& root = *parsed;
  SiteRule rule;
  rule.file = path;
  file.keys(root, kKeys);
  rule.id = file.text(root, "id", true);
  if (!rule.id.empty() && !is_id(rule.id)) file.complain(*root.get("id"), "id is 1 to 40 of a-z 0-9 _ -");
  rule.type = "site:" + rule.id;
  if (const toml::table* name = root["name"].as_table()) {
    file.keys(*name, kNameKeys);
    rule.name_zh = file.text(*name, "zh", true);
    rule.name_en = file.text(*name, "en", true);
  } else {
    file.complain(root, "name = {zh = …, en = …} is missing");
  }
  rule.pattern = file.text(root, "pattern", true);
  if (const toml::node* at = root.get("pattern")) rule.line = TomlFile::line_of(*at);
  rule.data_class = file.text(root, "class", true);
  rule.grade = file.text(root, "grade", true);
  rule.source = file.text(root, "source", false);
  rule.context = file.texts(root, "context", 2, kMaxContext);
  if (const toml::table* mask = root["mask"].as_table()) {
    file.keys(*mask, kMaskKeys);
    rule.mask_head = file.number(*mask, "head", 3);
    rule.mask_tail = file.number(*mask, "tail", 2);
  }
  read_tests(file, root, rule);
  if (auto ok = file.status(); !ok) return std::unexpected(ok.error());
  if (auto pattern = RulePattern::parse(rule.pattern); !pattern) return base::fail(pattern.error().code, fmt::format("{}:{}: pattern: {}", path, std::max(rule.line, 1), pattern.error().what));
  for (const auto& word : rule.context)
    for (const std::string& bytes : {lower(word), lower(to_gb18030(word))}) {
      if (bytes.empty() || (!rule.context_bytes.empty() && rule.context_bytes.back() == bytes)) continue;
      rule.context_bytes.push_back(bytes);
      rule.context_reason.push_back("context:" + word);
    }
  return rule;
}

namespace {

base::Day day_of(TomlFile& file, const toml::table& entry) {
  const toml::node* node = entry.get("expires");
  if (node == nullptr) return file.complain(entry, "expires is missing: nothing is allowed for ever"), base::Day{};
  if (const auto* date = node->as_date()) return {date->get().year, date->get().month, date->get().day};
  if (const auto* text = node->as_string())
    if (const auto day = base::parse_day(text->get())) return *day;
  file.complain(*node, "expires must be a day, as 2027-06-30");
  return {};
}

AllowEntry read_allowed(TomlFile& file, const toml::table& table, const std::string& path) {
  AllowEntry e;
  e.file = path;
  e.line = TomlFile::line_of(table);
  file.keys(table, kAllowKeys);
  e.id = file.text(table, "id", true);
  e.type = file.text(table, "type", false);
  e.value = file.text(table, "value", false);
  e.path = file.text(table, "path", false);
  e.rule = file.text(table, "rule", false);
  e.reason = file.text(table, "reason", true);
  e.approver = file.text(table, "approver", true);
  e.expires = day_of(file, table);
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; };
  if (e.id.size() > 64 || !std::all_of(e.id.begin(), e.id.end(), fits)) file.complain(table, "id is 1 to 64 of a-z 0-9 _ - .");
  if (!e.type.empty() && !type_of(e.type) && e.type != "document" && e.type != "exact" && !e.type.starts_with("site:"))
    file.complain(*table.get("type"), fmt::format("\"{}\" is not a type this engine knows; the nearest is \"{}\"", e.type, base::nearest(e.type, kTypeIds)));
  if (!e.value.empty() && !is_letters(e.value)) file.complain(*table.get("value"), "value is 32 letters, as `fengsui-agent allow digest` prints them");
  if (!e.value.empty() && e.type.empty()) file.complain(table, "a value needs its type");
  if (!e.rule.empty() && (!e.value.empty() || !e.type.empty())) file.complain(table, "an entry is about findings of a rule or about values, not both");
  if (e.value.empty() && e.path.empty() && e.rule.empty()) file.complain(table, "an entry needs a value, a path or a rule");
  return e;
}

}  // namespace

base::Result<std::vector<AllowEntry>> read_allow_list(std::string_view text, const std::string& path) {
  TomlFile file(path);
  const auto root = file.parse(text);
  if (!root) return std::unexpected(root.error());
  file.keys(*root, kAllowRootKeys);
  std::vector<AllowEntry> out;
  const toml::node* node = root->get("allow");
  const toml::array* array = node != nullptr ? node->as_array() : nullptr;
  if (node != nullptr && array == nullptr) file.complain(*node, "entries are written as [[allow]]");
  if (array != nullptr && array->size() > kMaxAllowed)
    return base::fail(base::Errc::limit, fmt::format("{}: {} entries; at most {}", path, array->size(), kMaxAllowed));
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const toml::table* table = (*array)[i].as_table();
    if (table == nullptr) {
      file.complain((*array)[i], "entries are written as [[allow]]");
      continue;
    }
    out.push_back(read_allowed(file, *table, path));
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (out[i].id == out[j].id) file.complain(out[i].line, fmt::format("id \"{}\" is already in line {}", out[i].id, out[j].line));
  if (auto ok = file.status(); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace fengsui::classify
