#include "agent/commands/detect.h"

#include <fmt/format.h>
#include <time.h>

#include <filesystem>
#include <iostream>

#include "agent/commands/commands.h"
#include "agent/ruleset.h"
#include "agent/system.h"
#include "classify/commands.h"

namespace fengsui::agent {
namespace {

double thread_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

int detect(const Config& config, const DetectArguments& arguments) {
  auto fail = [](const std::string& what) {
    fmt::print(stderr, "fengsui-agent detect: {}\n", what);
    return kUsage;
  };
  if (arguments.jsonl == !arguments.bench.empty()) return fail("give --jsonl or --bench FILE…, one of them");
  auto rules = find_rules(config.rules.dir);
  if (!rules) return fail(rules.error().what);
  auto engine = classify::Engine::load(*rules, today(), site_files(config));
  if (!engine) return fail(engine.error().what);
  if (auto problems = (*engine)->site_problems(); !problems.empty()) return fail(problems.front());
  if (arguments.jsonl) {
    std::ios::sync_with_stdio(false);
    auto outcome = classify::detect_jsonl(**engine, std::cin, std::cout);
    std::cout.flush();
    if (!std::cout) return fail("standard output could not be written");
    if (outcome.bad == 0) return kClean;
    fmt::print(stderr, "fengsui-agent detect: {} of {} lines were not examined: malformed\n", outcome.bad,
               outcome.lines + outcome.bad);
    return kIncomplete;
  }
  std::vector<std::filesystem::path> files(arguments.bench.begin(), arguments.bench.end());
  auto line = classify::bench(**engine, files, arguments.against, thread_cpu_seconds);
  if (!line) return fail(line.error().what);
  fmt::print("{}\n", *line);
  return kClean;
}

}  // namespace fengsui::agent
