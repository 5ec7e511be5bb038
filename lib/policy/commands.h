// The verbs of `fengsui rule`: lint, match, explain, test. Pure functions over folders and streams.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/error.h"
#include "policy/engine.h"

namespace fengsui::policy {

struct LintReport {
  std::size_t rules = 0;  // loaded
  std::vector<LoadProblem> problems;
};
// Errc::not_found when a folder is missing.
base::Result<LintReport> lint(const std::vector<std::filesystem::path>& folders);

struct MatchReport {
  std::size_t events = 0, hits = 0;
  std::vector<std::string> problems;  // "line 7: …", at most 100; their count is in `malformed`
  std::size_t malformed = 0;
};
// One line out per line in: {"n":<zero-based line>,"hits":[…]}; a malformed line gives no hits and "error". Blank lines
// are counted in n and give nothing.
base::Result<MatchReport> match(const std::vector<std::filesystem::path>& folders, std::istream& in, std::ostream& out);

// What became of each part of a rule.
struct Part {
  std::string what;  // "selection_img", "CommandLine|contains", "value /etc/shadow", "and", "not", "1 of sel*"
  bool matched = false;
  std::vector<Part> parts;
};
// `rule` is an id of ours or a Sigma id; `line` as for match. Errc::not_found when no such rule is loaded,
// Errc::unsupported for a correlation (it has no single event).
base::Result<Part> explain(const RuleSet& rules, const std::string& rule, const std::string& line);
std::string to_text(const Part& part);  // indented, one part a line, "+" matched, "-" not

struct TestReport {
  std::size_t files = 0, events = 0;
  std::vector<std::string> failures;  // "STO-1/positive.ndjson:3: expected a hit"
  std::vector<std::string> untested;  // ids of our rules without a folder, or without both a positive and a
                                      // negative event; parts of a correlation are tested by it
};
// Every *.ndjson below tests/<id>/: each line has "expect": true or false, whether rule <id> hits on this event after
// the events before it in the same file.
base::Result<TestReport> test(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& tests);

}  // namespace fengsui::policy
