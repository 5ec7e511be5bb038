#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "classify/site/lint.h"
#include "policy/commands.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
namespace json = boost::json;
namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> folders;
  std::string file, rule, tests;
};

std::vector<fs::path> paths(const Options& options) { return {options.folders.begin(), options.folders.end()}; }

// Detectors and site rules below a folder: what does not load, examples that do not hold, and what each site rule costs.
void lint_detectors(Context& context, const fs::path& folder) {
  auto done = classify::lint(folder);
  if (!done) return report(context, done.error());
  if (done->detectors + done->site_rules + done->problems.size() == 0) return;
  for (const auto& problem : done->problems) {
    if (context.json)
      std::printf("%s\n", json::serialize(json::object{{"file", problem.file}, {"line", problem.line}, {"problem", problem.what}}).c_str());
    else
      std::printf("%s:%d: %s\n", problem.file.c_str(), problem.line, problem.what.c_str());
  }
  for (const auto& note : done->notes) {
    if (context.json) std::printf("%s\n", json::serialize(json::object{{"rule", note.id}, {"file", note.file}, {"cost", note.text}}).c_str());
    else std::printf("%s: %s\n", note.id.c_str(), note.text.c_str());
  }
  if (context.json)
    std::printf("%s\n", json::serialize(json::object{{"detectors", done->detectors}, {"site_rules", done->site_rules}, {"examples", done->tests}, {"problems", done->problems.size()}}).c_str());
  else
    std::printf("%zu detectors and %zu site rules load, %zu examples, %zu problems\n", done->detectors, done->site_rules, done->tests, done->problems.size());
  if (!done->problems.empty()) context.exit_code = 1;
}

// 0 all load, 1 problems were found.
void lint(Context& context, const Options& options) {
  auto done = policy::lint(paths(options));
  if (!done) return report(context, done.error());
  for (const auto& problem : done->problems) {
    if (context.json)
      std::printf("%s\n", json::serialize(json::object{{"file", problem.file}, {"line", problem.line}, {"problem", problem.what}}).c_str());
    else
      std::printf("%s:%d: %s\n", problem.file.c_str(), problem.line, problem.what.c_str());
  }
  if (context.json)
    std::printf("%s\n", json::serialize(json::object{{"rules", done->rules}, {"problems", done->problems.size()}}).c_str());
  else
    std::printf("%zu rules load, %zu problems\n", done->rules, done->problems.size());
  context.exit_code = done->problems.empty() ? 0 : 1;
  for (const auto& folder : paths(options)) lint_detectors(context, folder);
}

// 0 however many rules hit; 3 when an event could not be read.
void match(Context& context, const Options& options) {
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file) return report(context, {base::Errc::usage, "cannot read " + options.file});
  }
  auto done = policy::match(paths(options), options.file == "-" ? std::cin : file, std::cout);
  std::cout.flush();
  if (!done) return report(context, done.error());
  for (const auto& problem : done->problems) std::fprintf(stderr, "fengsui: %s\n", problem.c_str());
  if (done->malformed > done->problems.size()) std::fprintf(stderr, "fengsui: … and %zu more\n", done->malformed - done->problems.size());
  context.exit_code = done->malformed == 0 ? 0 : 3;
}

json::object as_json(const policy::Part& part) {
  json::array inner;
  for (const auto& below : part.parts) inner.push_back(as_json(below));
  json::object out{{"what", part.what}, {"matched", part.matched}};
  if (!inner.empty()) out["parts"] = std::move(inner);
  return out;
}

void explain(Context& context, const Options& options) {
  auto rules = policy::RuleSet::load(paths(options));
  if (!rules) return report(context, rules.error());
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file) return report(context, {base::Errc::usage, "cannot read " + options.file});
  }
  std::istream& in = options.file == "-" ? std::cin : file;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    auto part = policy::explain(**rules, options.rule, line);
    if (!part) return report(context, part.error());
    std::printf("%s\n", context.json ? json::serialize(as_json(*part)).c_str() : policy::to_text(*part).c_str());
  }
}

void test(Context& context, const Options& options) {
  auto done = policy::test(paths(options), options.tests);
  if (!done) return report(context, done.error());
  for (const auto& failure : done->failures) std::printf("%s\n", context.json ? json::serialize(json::object{{"failure", failure}}).c_str() : failure.c_str());
  for (const auto& id : done->untested)
    std::printf("%s\n", context.json ? json::serialize(json::object{{"untested", id}}).c_str() : (id + ": has no positive and negative test").c_str());
  if (context.json)
    std::printf("%s\n", json::serialize(json::object{{"files", done->files}, {"events", done->events}, {"failures", done->failures.size()}, {"untested", done->untested.size()}}).c_str());
  else
    std::printf("%zu events in %zu files, %zu failures, %zu rules untested\n", done->events, done->files, done->failures.size(), done->untested.size());
  context.exit_code = done->failures.empty() && done->untested.empty() ? 0 : 1;
}
}  // namespace

void add_rule(CLI::App& app, Context& context) {
  auto* noun = app.add_subcommand("rule", "Rules: Sigma policies, checked and tried without a collector")->require_subcommand(1);
  auto verb = [&](const char* name, const char* text, void (*run)(Context&, const Options&)) {
    auto* command = noun->add_subcommand(name, text);
    auto options = std::make_shared<Options>();
    command->add_option("--rules", options->folders, "Folder of rules, read recursively; may be given more than once")->required();
    command->callback([&context, options, run] { run(context, *options); });
    return std::pair(command, options);
  };
  verb("lint", "Load every rule, detector and site rule; name what does not load, examples that fail, and what site rules cost", lint);
  {
    auto [command, options] = verb("match", "Match events: fengsui rule match --rules DIR EVENTS.ndjson", match);
    command->add_option("events", options->file, "File of {\"event\":{…},\"logsource\":{…}} lines, or -")->required();
  }
  {
    auto [command, options] = verb("explain", "Say which parts of a rule an event matches", explain);
    command->add_option("rule", options->rule, "Rule id")->required();
    command->add_option("event", options->file, "File of events as for match, or -")->required();
  }
  {
    auto [command, options] = verb("test", "Run the positive and negative events of each rule", test);
    command->add_option("tests", options->tests, "Folder with one folder a rule id, e.g. rules/tests")->required();
  }
}

}  // namespace fengsui::cli
