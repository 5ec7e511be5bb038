#include "classify/grade.h"

#include <fmt/format.h>
// A malformed file is an error of toml++, not an assertion that ends the program.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/fd.h"
#include "base/nearest.h"
#include "classify/cell_types.h"

namespace fengsui::classify {
namespace {

constexpr std::array<std::string_view, 6> kGrades = {"g1", "g2", "g3", "g4", "important", "core"};
constexpr std::array<std::string_view, 3> kKeys = {"basis", "masked_grade", "rule"};
constexpr std::array<std::string_view, 7> kRuleKeys = {"id", "zh", "en", "all", "any", "persons", "grade"};
constexpr std::size_t kMaxFile = 1u << 20, kMaxFiles = 64, kMaxRules = 256;

class FileReader {
 public:
  explicit FileReader(std::string path) : path_(std::move(path)) {}

  base::Status read(const toml::table& root, GradeRules& out) {
    keys(root, kKeys);
    if (root.contains("masked_grade")) out.masked_grade = grade_of(root, "masked_grade");
    const toml::array* rules = root["rule"].as_array();
    if (root.contains("rule") && rules == nullptr) complain(root, "rules must be written as [[rule]]");
    for (std::size_t i = 0; rules != nullptr && i < rules->size() && i < kMaxRules; ++i) {
      const toml::table* one = rules->get_as<toml::table>(i);
      if (one == nullptr) complain(root, "rules must be written as [[rule]]");
      else out.rules.push_back(rule(*one));
    }
    if (!problem_.empty()) return base::fail(base::Errc::usage, problem_);
    return {};
  }

 private:
  void complain(const toml::node& at, std::string what) {
    if (problem_.empty()) problem_ = fmt::format("{}:{}: {}", path_, at.source().begin.line, what);
  }
  void keys(const toml::table& table, std::span<const std::string_view> known) {
    for (const auto& [key, value] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        complain(value, fmt::format("unknown key \"{}\"; the nearest is \"{}\"", key.str(), base::nearest(key.str(), known)));
  }
  std::string text(const toml::table& table, std::string_view key) {
    const auto value = table[key].value<std::string>();
    if (!value || value->empty()) complain(table, fmt::format("{} = \"…\" is missing", key));
    return value.value_or("");
  }
  std::string grade_of(const toml::table& table, std::string_view key) {
    std::string grade = text(table, key);
    if (grade_rank(grade) == 0) complain(table, fmt::format("\"{}\" is no grade; the nearest is \"{}\"", grade, base::nearest(grade, kGrades)));
    return grade;
  }
  std::uint32_t types(const toml::table& table, std::string_view key) {
    std::uint32_t out = 0;
    if (!table.contains(key)) return 0;
    const toml::array* list = table[key].as_array();
    if (list == nullptr) {
      complain(table, fmt::format("{} must be a list of types", key));
      return 0;
    }
    for (const auto& element : *list) {
      const auto name = element.value<std::string>();
      const auto type = name ? type_of(*name) : std::nullopt;
      if (type) out |= bit(*type);
      else complain(element, fmt::format("\"{}\" is not a type this engine knows; the nearest is \"{}\"", name.value_or(""), base::nearest(name.value_or(""), kTypeIds)));
    }
    return out;
  }
  GradeRule rule(const toml::table& one) {
    keys(one, kRuleKeys);
    GradeRule out{text(one, "id"), text(one, "zh"), text(one, "en"), types(one, "all"), types(one, "any"), 0, grade_of(one, "grade")};
    const auto persons = one["persons"].value_or(std::int64_t{0});
    if (persons < 0) complain(one, "persons must not be negative");
    else out.persons = static_cast<std::uint64_t>(persons);
    if (out.all == 0 && out.any == 0) complain(one, "a rule needs `all` or `any`");
    return out;
  }

  std::string path_, problem_;
};

const model::TypeCount* found(const model::Conclusion& c, std::string_view type) {
  const auto at = std::find_if(c.types.begin(), c.types.end(), [&](const model::TypeCount& t) { return t.type == type; });
  return at == c.types.end() ? nullptr : &*at;
}

std::uint64_t clear_of(const model::Conclusion& c, Type type) {
  const model::TypeCount* t = found(c, id(type));
  return t == nullptr ? 0 : t->clear;
}

// Never more persons than values: the count of distinct values is an estimate.
std::uint64_t distinct(const model::Conclusion& c, const People& people, Type type) {
  const std::uint64_t clear = clear_of(c, type);
  const std::uint64_t seen = people.distinct(type);
  return clear == 0 ? 0 : seen == 0 ? clear : std::min(clear, seen);
}

void estimate_persons(const People& people, model::Conclusion& out) {
  model::Grading& g = out.grading;
  // One person has one of these.
  for (const Type type : {Type::citizen_id, Type::citizen_id_15, Type::foreign_residence, Type::passport, Type::travel_permit}) {
    const std::uint64_t n = distinct(out, people, type);
    if (n == 0) continue;
    g.persons += n;
    g.persons_method += (g.persons_method.empty() ? "distinct:" : "+") + std::string(id(type));
  }
  for (const Type type : {Type::mobile, Type::social_security, Type::bank_card, Type::email}) {
    if (g.persons != 0) return;
    g.persons = distinct(out, people, type);
    if (g.persons != 0) g.persons_method = "distinct:" + std::string(id(type));
  }
  if (g.persons != 0) return;
  // Names repeat: their number is the better estimate.
  g.persons = clear_of(out, Type::person_name);
  if (g.persons != 0) {
    g.persons_method = "values:person_name";
    return;
  }
  for (const model::TypeCount& t : out.types) {
    const auto type = type_of(t.type);
    if (type && stands_for_a_person(*type)) g.persons = std::max(g.persons, t.masked);
  }
  if (g.persons != 0) g.persons_method = "values:masked";
}

}  // namespace

unsigned grade_rank(std::string_view grade) {
  const auto at = std::find(kGrades.begin(), kGrades.end(), grade);
  return at == kGrades.end() ? 0 : static_cast<unsigned>(at - kGrades.begin()) + 1;
}

base::Result<GradeRules> load_grading(const std::filesystem::path& folder, std::string& digested) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
    if (files.size() > kMaxFiles) return base::fail(base::Errc::limit, fmt::format("{}: more than {} files", folder.string(), kMaxFiles));
  }
  std::sort(files.begin(), files.end());
  GradeRules out;
  for (const auto& file : files) {
    auto bytes = base::read_file(file, kMaxFile);
    if (!bytes) return std::unexpected(bytes.error());
    digested.append(base::text(*bytes));
    try {
      if (auto read = FileReader(file.string()).read(toml::parse(base::text(*bytes), file.string()), out); !read) return std::unexpected(read.error());
    } catch (const toml::parse_error& wrong) {
      return base::fail(base::Errc::malformed, fmt::format("{}:{}: {}", file.string(), wrong.source().begin.line, std::string(wrong.description())));
    }
  }
  return out;
}

void grade(const GradeRules& rules, std::span<const Detector* const> by_type, const People& people, model::Conclusion& out) {
  model::Grading& g = out.grading;
  struct Kind {
    std::string name, data_class, grade;
    std::uint64_t values = 0;
  };
  std::vector<Kind> kinds;
  std::uint32_t clear = 0;
  for (const model::TypeCount& t : out.types) {
    const auto type = type_of(t.type);
    const Detector* d = type && static_cast<std::size_t>(*type) < by_type.size() ? by_type[static_cast<std::size_t>(*type)] : nullptr;
    if (d == nullptr || t.clear + t.masked + t.unclear == 0) continue;
    if (t.clear != 0) clear |= bit(*type);
    if (t.clear + t.masked == 0) continue;  // nothing that is believed
    kinds.push_back({t.type, d->data_class, t.clear != 0 ? d->grade : rules.masked_grade, t.clear + t.masked});
  }
  for (model::ColumnFacts& column : out.profile) {
    if (column.desensitised) column.grade = rules.masked_grade;
    if (std::none_of(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == column.type; }) && found(out, column.type) == nullptr)
      kinds.push_back({column.type, column.data_class, column.grade, column.clear + column.masked});
  }
  if (kinds.empty()) return;
  std::stable_sort(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) {
    const unsigned x = grade_rank(a.grade), y = grade_rank(b.grade);
    return x != y ? x > y : a.values > b.values;
  });
  g.data_class = kinds[0].data_class;
  g.grade = kinds[0].grade;
  for (const Kind& kind : kinds) g.kinds.push_back(kind.name);
  estimate_persons(people, out);
  for (const GradeRule& rule : rules.rules) {
    if ((rule.all & ~clear) != 0 || (rule.any != 0 && (rule.any & clear) == 0) || g.persons < rule.persons) continue;
    if (grade_rank(rule.grade) < grade_rank(g.grade)) continue;
    g.grade = rule.grade;
    g.why.push_back(rule.id);
  }
}

}  // namespace fengsui::classify
