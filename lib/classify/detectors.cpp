#include "classify/detectors.h"

#include <fmt/format.h>
// A malformed file is an error of toml++, not an assertion that ends the program.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/nearest.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;
constexpr std::size_t kMaxFiles = 256;
constexpr std::array<std::string_view, 9> kKeys = {"id", "name", "class", "grade", "source", "context", "against", "mask", "tests"};
constexpr std::array<std::string_view, 2> kNameKeys = {"zh", "en"};
constexpr std::array<std::string_view, 2> kMaskKeys = {"head", "tail"};
constexpr std::array<std::string_view, 2> kTestKeys = {"text", "expect"};
constexpr std::array<std::string_view, 5> kExpect = {"clear", "masked", "unclear", "none", "not_clear"};

// Reads one file; remembers the first complaint.
class FileReader {
 public:
  explicit FileReader(std::string path) : path_(std::move(path)) {}

  base::Result<Detector> read(const toml::table& root) {
    Detector d;
    d.file = path_;
    keys(root, kKeys);
    const std::string id = text(root, "id", true);
    if (const auto type = type_of(id)) {
      d.type = *type;
    } else {
      complain(root, fmt::format("\"{}\" is not a type this engine knows; the nearest is \"{}\"", id, base::nearest(id, kTypeIds)));
    }
    if (const toml::table* name = root["name"].as_table()) {
      keys(*name, kNameKeys);
      d.name_zh = text(*name, "zh", true);
      d.name_en = text(*name, "en", true);
    } else {
      complain(root, "name = {zh = …, en = …} is missing");
    }
    d.data_class = text(root, "class", true);
    d.grade = text(root, "grade", true);
    d.source = text(root, "source", true);
    d.context = list(root, "context");
    d.against = list(root, "against");
    if (const toml::table* mask = root["mask"].as_table()) {
      keys(*mask, kMaskKeys);
      d.mask_head = number(*mask, "head", 3);
      d.mask_tail = number(*mask, "tail", 2);
    }
    tests(root, d);
    if (!problem_.empty()) return base::fail(base::Errc::usage, problem_);
    return d;
  }

 private:
  void complain(const toml::node& at, std::string what) {
    if (problem_.empty()) problem_ = fmt::format("{}:{}: {}", path_, at.source().begin.line, what);
  }

  void keys(const toml::table& table, std::span<const std::string_view> known) {
    for (const auto& [key, value] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      complain(value, fmt::format("unknown key \"{}\"; the nearest is \"{}\"", key.str(), base::nearest(key.str(), known)));
    }
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

  // Only up to what a conclusion may show.
  unsigned number(const toml::table& table, std::string_view key, unsigned most) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return most;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < 0 || value->get() > most) {
      complain(*node, fmt::format("{} must be a number from 0 to {}", key, most));
      return 0;
    }
    return static_cast<unsigned>(value->get());
  }

  std::vector<std::string> list(const toml::table& table, std::string_view key) {
    std::vector<std::string> out;
    const toml::node* node = table.get(key);
    if (node == nullptr) return out;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
      complain(*node, fmt::format("{} must be a list of texts", key));
      return out;
    }
    for (const auto& element : *array) {
      const auto* value = element.as_string();
      if (value == nullptr || value->get().size() < 2 || value->get().size() > kContextLimit) {
        complain(element, fmt::format("an entry of {} must be a text of 2 to {} bytes", key, kContextLimit));
        continue;
      }
      out.push_back(value->get());
    }
    return out;
  }

  void tests(const toml::table& root, Detector& d) {
    const toml::array* array = root["tests"].as_array();
    if (array == nullptr) return complain(root, "[[tests]] are missing: every detector carries its own examples");
    bool positive = false, negative = false;
    for (const auto& element : *array) {
      const toml::table* one = element.as_table();
      if (one == nullptr) {
        complain(element, "tests must be written as [[tests]]");
        continue;
      }
      keys(*one, kTestKeys);
      DetectorTest test{text(*one, "text", true), text(*one, "expect", true), static_cast<int>(one->source().begin.line)};
      if (std::find(kExpect.begin(), kExpect.end(), test.expect) == kExpect.end())
        complain(*one, fmt::format("expect must be one of clear, masked, unclear, none, not_clear"));
      (test.expect == "none" || test.expect == "not_clear" ? negative : positive) = true;
      d.tests.push_back(std::move(test));
    }
    if (!positive || !negative) complain(root, "[[tests]] need at least one positive and one negative example");
  }

  static constexpr std::size_t kContextLimit = 40;
  std::string path_;
  std::string problem_;
};

}  // namespace

base::Result<std::vector<Detector>> load_detectors(const std::filesystem::path& folder, std::string& digested) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
    if (files.size() > kMaxFiles)
      return base::fail(base::Errc::limit, fmt::format("{}: more than {} detector files", folder.string(), kMaxFiles));
  }
  if (error || files.empty()) return base::fail(base::Errc::not_found, fmt::format("{}: no detector files", folder.string()));
  std::sort(files.begin(), files.end());
  std::vector<Detector> out;
  for (const auto& file : files) {
    auto bytes = base::read_file(file, kMaxFile);
    if (!bytes) return std::unexpected(bytes.error());
    digested.append(base::text(*bytes));
    try {
      const toml::table root = toml::parse(base::text(*bytes), file.string());
      auto detector = FileReader(file.string()).read(root);
      if (!detector) return std::unexpected(detector.error());
      for (const auto& other : out)
        if (other.type == detector->type)
          return base::fail(base::Errc::usage, fmt::format("{}:1: id \"{}\" is already in {}", file.string(), id(other.type), other.file));
      out.push_back(std::move(*detector));
    } catch (const toml::parse_error& wrong) {
      return base::fail(base::Errc::malformed,
                        fmt::format("{}:{}: {}", file.string(), wrong.source().begin.line, std::string(wrong.description())));
    }
  }
  return out;
}

}  // namespace fengsui::classify
