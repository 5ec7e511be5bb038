// Text cases of tests/cases/policy/*.case: rules in YAML, then events, then the names of the rules each must hit.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "policy/engine.h"
#include "policy/rule.h"
#include "policy/support/folder.h"

namespace fengsui::policy {
namespace {

struct Case {
  std::string rules;
  struct Line {
    int number;
    std::string event, expected;
  };
  std::vector<Line> lines;
  std::vector<std::string> problems;  // "line: part of the text"
};

// Sections begin with "--- rules", "--- events" or "--- problems"; an event line is followed by "=> name name".
Case read_case(const std::filesystem::path& file) {
  Case out;
  std::ifstream in(file);
  std::string line, section;
  for (int n = 1; std::getline(in, line); ++n) {
    if (line.starts_with("--- ") && line != "---") {
      section = line.substr(4);
    } else if (section == "rules") {
      out.rules += line + "\n";
    } else if (line.empty() || line.starts_with('#')) {
      continue;
    } else if (section == "problems") {
      out.problems.push_back(line);
    } else if (section == "events") {
      if (line.starts_with("=>"))
        out.lines.back().expected = line.size() > 3 ? line.substr(3) : "";
      else
        out.lines.push_back({n, line, "(no expectation)"});
    }
  }
  return out;
}

class PolicyCases : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(PolicyCases, EveryEventHitsExactlyTheNamedRules) {
  const Case text = read_case(GetParam());
  support::Folder folder;
  folder.write("case.yml", text.rules);
  auto rules = RuleSet::load({folder.path()});
  ASSERT_TRUE(rules.has_value()) << rules.error().what;
  std::vector<std::string> problems;
  for (const auto& problem : (*rules)->problems())
    problems.push_back(std::to_string(problem.line) + ": " + problem.what);
  ASSERT_EQ(problems.size(), text.problems.size()) << testing::PrintToString(problems);
  for (std::size_t i = 0; i < problems.size(); ++i)
    EXPECT_EQ(problems[i].substr(0, text.problems[i].size()), text.problems[i]);
  EXPECT_TRUE(!text.lines.empty() || !text.problems.empty()) << "a case without events or problems tests nothing";
  std::map<std::string, std::string> names;
  for (const auto& rule : (*rules)->state().rules)
    names[rule.info.uuid.empty() ? rule.info.id : rule.info.uuid] = rule.info.title.en;
  Engine engine(*rules);
  for (const auto& line : text.lines) {
    const bool whole = line.event.starts_with("{\"event\"");
    auto hits =
        engine.match_json(whole ? line.event : "{\"event\":" + line.event + ",\"logsource\":{\"product\":\"t\"}}");
    ASSERT_TRUE(hits.has_value()) << GetParam() << ":" << line.number << ": " << hits.error().what;
    std::string got;
    for (const auto& id : hits->ids) got += (got.empty() ? "" : " ") + names[id];
    EXPECT_EQ(got, line.expected) << GetParam() << ":" << line.number << ": " << line.event;
  }
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(FENGSUI_SOURCE_DIR) / "tests/cases/policy")) {
    if (entry.path().extension() == ".case") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Files, PolicyCases, testing::ValuesIn(case_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace fengsui::policy
