#include "policy/commands.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <istream>
#include <map>
#include <ostream>

#include "policy/json_event.h"
#include "policy/rule.h"

namespace fengsui::policy {
namespace fs = std::filesystem;

namespace {

Part explain_item(const FieldItem& item, Event& event) {
  Part out{item.keyword && item.text.empty() ? "keyword" : item.text, matches(item, event), {}};
  if (item.modifiers.exists || item.modifiers.fieldref) return out;
  const Values& values = item.keyword ? event.all() : event.values(item.slot);
  for (std::size_t i = 0; i < item.values.size(); ++i) {
    Part part{"value " + item.value_texts[i], false, {}};
    for (const Pattern& pattern : item.values[i]) {
      if (pattern.is_null()) part.matched |= values.is_null();
      for (const Scalar& value : values) part.matched |= pattern.matches(value);
    }
    out.parts.push_back(std::move(part));
  }
  return out;
}

Part explain_selection(const Selection& selection, Event& event) {
  Part out{selection.name, matches(selection, event), {}};
  for (const auto& items : selection.alternatives) {
    Part alternative{"any of", true, {}};
    for (const FieldItem& item : items) {
      alternative.parts.push_back(explain_item(item, event));
      alternative.matched = alternative.matched && alternative.parts.back().matched;
    }
    alternative.what = "alternative";
    if (selection.alternatives.size() == 1)
      out.parts = std::move(alternative.parts);
    else
      out.parts.push_back(std::move(alternative));
  }
  return out;
}

Part explain_expression(const Rule& rule, const Expression& expression, Event& event) {
  if (expression.op == Expression::Op::selection)
    return explain_selection(rule.selections[expression.selection], event);
  Part out{expression.text, matches(rule, expression, event), {}};
  for (const Expression& part : expression.parts) out.parts.push_back(explain_expression(rule, part, event));
  return out;
}

void write(const Part& part, std::size_t depth, std::string& out) {
  out.append(depth * 2, ' ').append(part.matched ? "+ " : "- ").append(part.what).append("\n");
  for (const Part& child : part.parts) write(child, depth + 1, out);
}

struct Seen {
  bool positive = false, negative = false;
};

base::Status test_file(const std::shared_ptr<const RuleSet>& rules, const RuleInfo& info, const fs::path& file,
                       TestReport& report, Seen& seen) {
  std::ifstream in(file);
  if (!in) return base::fail(base::Errc::io, "cannot read " + file.string());
  ++report.files;
  Engine engine(rules);
  const std::string place = info.id + "/" + file.filename().string() + ":";
  std::string line;
  for (std::size_t n = 1; std::getline(in, line); ++n) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    ++report.events;
    auto parsed = JsonEvent::parse(line);
    auto hits = engine.match_json(line);
    if (!parsed || !hits) {
      report.failures.push_back(place + std::to_string(n) + ": " + (parsed ? hits.error().what : parsed.error().what));
      continue;
    }
    const bool hit = std::find(hits->ids.begin(), hits->ids.end(), info.uuid) != hits->ids.end();
    const bool wanted = (*parsed)->expect();
    (wanted ? seen.positive : seen.negative) = true;
    if (hit != wanted)
      report.failures.push_back(place + std::to_string(n) + (wanted ? ": expected a hit" : ": expected no hit"));
  }
  return {};
}

}  // namespace

base::Result<LintReport> lint(const std::vector<fs::path>& folders) {
  auto rules = RuleSet::load(folders);
  if (!rules) return std::unexpected(rules.error());
  return LintReport{(*rules)->rules().size(), (*rules)->problems()};
}

base::Result<MatchReport> match(const std::vector<fs::path>& folders, std::istream& in, std::ostream& out) {
  auto rules = RuleSet::load(folders);
  if (!rules) return std::unexpected(rules.error());
  Engine engine(*rules);
  MatchReport report;
  std::string line;
  for (std::size_t n = 0; std::getline(in, line); ++n) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    ++report.events;
    auto hits = engine.match_json(line);
    boost::json::object answer;
    answer["n"] = n;
    boost::json::array ids;
    if (hits) {
      report.hits += hits->ids.size();
      for (const std::string& id : hits->ids) ids.emplace_back(id);
    } else {
      ++report.malformed;
      if (report.problems.size() < 100)
        report.problems.push_back("line " + std::to_string(n + 1) + ": " + hits.error().what);
    }
    answer["hits"] = std::move(ids);
    if (!hits) answer["error"] = hits.error().what;
    out << boost::json::serialize(answer) << '\n';
  }
  if (in.bad()) return base::fail(base::Errc::io, "reading events failed");
  out.flush();
  if (!out) return base::fail(base::Errc::io, "writing hits failed");
  return report;
}

base::Result<Part> explain(const RuleSet& rules, const std::string& id, const std::string& line) {
  for (const Rule& rule : rules.state().rules) {
    if (rule.info.id != id && rule.info.uuid != id && (rule.name.empty() || rule.name != id)) continue;
    if (rule.correlation)
      return base::fail(base::Errc::unsupported, "rule " + id + " is a correlation: explain the rules it refers to");
    auto event = JsonEvent::parse(line);
    if (!event) return std::unexpected(event.error());
    Event values(rules.state().fields);
    values.reset(**event);
    const auto wanted = rules_for(rules.state(), (*event)->source());
    const std::size_t index = static_cast<std::size_t>(&rule - rules.state().rules.data());
    const bool applies = std::find(wanted.begin(), wanted.end(), index) != wanted.end();
    Part out{rule.info.id + " " + rule.info.title.en, applies && matches(rule, rule.condition, values), {}};
    const model::LogSource& s = rule.info.source;
    out.parts.push_back(
        {"logsource product=" + s.product + " category=" + s.category + " service=" + s.service, applies, {}});
    out.parts.push_back(explain_expression(rule, rule.condition, values));
    return out;
  }
  return base::fail(base::Errc::not_found, "no rule " + id.substr(0, 80) + " is loaded");
}

std::string to_text(const Part& part) {
  std::string out;
  write(part, 0, out);
  return out;
}

base::Result<TestReport> test(const std::vector<fs::path>& folders, const fs::path& tests) {
  auto rules = RuleSet::load(folders);
  if (!rules) return std::unexpected(rules.error());
  TestReport report;
  for (const LoadProblem& problem : (*rules)->problems()) {
    report.failures.push_back(problem.file + ":" + std::to_string(problem.line) + ": " + problem.what);
  }
  std::map<std::string, bool> known;
  for (const Rule& rule : (*rules)->state().rules) {
    const RuleInfo& info = rule.info;
    known[info.id] = true;
    Seen seen;
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator at(tests / info.id, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() == ".ndjson") files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      if (auto done = test_file(*rules, info, file, report, seen); !done) return std::unexpected(done.error());
    }
    if (info.ours && !rule.silent && (!seen.positive || !seen.negative)) report.untested.push_back(info.id);
  }
  std::error_code error;
  for (fs::directory_iterator at(tests, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory() && !known.contains(at->path().filename().string())) {
      report.failures.push_back(at->path().filename().string() + ": tests of a rule that is not loaded");
    }
  }
  return report;
}

}  // namespace fengsui::policy
