#include "classify/site/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "classify/scan.h"
#include "classify/site/rule_stream.h"

namespace fengsui::classify {
namespace {

namespace fs = std::filesystem;

// "file:line: what", as the loaders say it.
RuleLint::Problem problem_of(const std::string& said) {
  for (std::size_t at = said.find(':'); at != std::string::npos; at = said.find(':', at + 1)) {
    int line = 0;
    const char* from = said.data() + at + 1;
    const auto [end, error] = std::from_chars(from, said.data() + said.size(), line);
    const std::string_view rest(end, static_cast<std::size_t>(said.data() + said.size() - end));
    if (error == std::errc{} && rest.starts_with(": ")) return {said.substr(0, at), line, std::string(rest.substr(2))};
  }
  return {said, 1, "cannot be read"};
}

bool holds(const std::string& expect, const std::vector<model::Detection>& found, std::string_view type) {
  std::size_t all = 0, clear = 0, wanted = 0;
  for (const auto& d : found) {
    if (d.type != type) continue;
    ++all;
    clear += d.state == model::ValueState::clear;
    wanted += model::id(d.state) == expect;
  }
  return expect == "none" ? all == 0 : expect == "not_clear" ? clear == 0 : wanted > 0;
}

template <class Detect>
void try_tests(const std::vector<DetectorTest>& tests, std::string_view type, const std::string& file, Detect detect, RuleLint& out) {
  for (const DetectorTest& test : tests) {
    ++out.tests;
    if (!holds(test.expect, detect(test.text), type)) out.problems.push_back({file, test.line, fmt::format("the example does not give \"{}\"", test.expect)});
  }
}

void note(const SiteRules& rules, RuleLint& out) {
  out.site_rules = rules.rules().size();
  for (const SiteRule& rule : rules.rules()) out.notes.push_back({rule.type, rule.file, rule.cost});
}

bool holds_site_rules(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml") return true;
  return false;
}

}  // namespace

base::Result<RuleLint> lint(const fs::path& rules) {
  std::error_code error;
  if (!fs::is_directory(rules, error)) return base::fail(base::Errc::not_found, rules.string() + ": no such folder");
  RuleLint out;
  if (fs::is_directory(rules / "detectors", error)) {
    const auto engine = Engine::load(rules);
    if (!engine) {
      out.problems.push_back(problem_of(engine.error().what));
      return out;
    }
    const auto detect = [&](const std::string& text) { return (*engine)->detect(base::view(text)); };
    const auto& state = (*engine)->state();
    out.detectors = state.detectors.size();
    for (const Detector& d : state.detectors) try_tests(d.tests, id(d.type), d.file, detect, out);
    if (state.site) {
      note(state.site->rules(), out);
      for (const SiteRule& rule : state.site->rules().rules()) try_tests(rule.tests, rule.type, rule.file, detect, out);
    }
    return out;
  }
  if (rules.filename() != "site" || !holds_site_rules(rules)) return out;
  std::string digested;
  const auto alone = SiteRules::load(rules, digested);
  if (!alone) {
    out.problems.push_back(problem_of(alone.error().what));
    return out;
  }
  note(*alone, out);
  return out;
}

}  // namespace fengsui::classify
